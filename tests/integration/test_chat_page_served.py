"""The chat page as it is served: its policy, its words, its weight, and that nothing is kept."""

import gzip
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest

from chat.centre import Opening
from tests.kit.chat_site import ChatSite, chat_site


@pytest.fixture
async def site() -> AsyncIterator[ChatSite]:
    async with chat_site() as running:
        yield running


@pytest.fixture
async def http(site: ChatSite) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(site.public_url) as session:
        yield session


async def test_nothing_of_the_chat_may_be_kept_anywhere(
    site: ChatSite, http: aiohttp.ClientSession
) -> None:
    opened = await site.centre.open_conversation(Opening())
    messages = f"/chat/conversations/{opened.conversation_id}/messages"
    bearer = {"Authorization": f"Bearer {opened.token}"}
    for path in ("/chat/", "/chat/static/chat.js", "/chat/openings", messages):
        async with http.get(path, headers=bearer) as answer:
            assert answer.status == 200
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "noindex" in answer.headers["X-Robots-Tag"]
            assert "Set-Cookie" not in answer.headers


async def test_the_page_allows_only_its_own_scripts_with_a_fresh_nonce(
    site: ChatSite, http: aiohttp.ClientSession
) -> None:
    nonces = set()
    for _ in range(2):
        async with http.get("/chat/") as answer:
            policy = answer.headers["Content-Security-Policy"]
            html = await answer.text()
        (nonce,) = set(re.findall(r"'nonce-([^']+)'", policy))
        nonces.add(nonce)
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "require-trusted-types-for 'script'" in policy
        assert f"connect-src 'self' {site.socket_url.removesuffix('/chat/socket')};" in policy
        assert set(re.findall(r'nonce="([^"]+)"', html)) == {nonce}
        # No handler or style in the elements, nothing from elsewhere but the way out.
        assert not re.search(r"\son[a-z]+=|\sstyle=|<style", html)
        for address in re.findall(r'(?:src|href)="([^"]+)"', html):
            own = ("/chat/static/", "?lang=", "tel:", "sms:", "/confidentialite", "/accessibilite")
            assert address.startswith(own) or address == "https://fr.wikipedia.org/"
    assert len(nonces) == 2


async def test_the_page_s_title_says_nothing_of_the_line(http: aiohttp.ClientSession) -> None:
    async with http.get("/chat/") as answer:
        html = await answer.text()
    assert re.findall("<title>(.*)</title>", html) == ["Tchat"]


async def test_the_page_speaks_the_language_asked_for_or_the_first(
    http: aiohttp.ClientSession,
) -> None:
    for query, language in (("", "fr"), ("?lang=en", "en"), ("?lang=xx", "fr")):
        async with http.get(f"/chat/{query}") as answer:
            assert f'<html lang="{language}">' in await answer.text()


async def test_the_data_in_the_page_cannot_end_its_element(
    site: ChatSite, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = site.centre.openings("fr")
    words = {**said.texts, "welcome": "</script><b>&amp;"}
    monkeypatch.setattr(site.centre, "openings", lambda *_: replace(said, texts=words))
    async with http.get("/chat/") as answer:
        html = await answer.text()
    (data,) = re.findall(r'id="page-data">(.*?)</script>', html, re.DOTALL)
    assert json.loads(data)["texts"]["welcome"] == "</script><b>&amp;"
    assert "<b>&" not in html


async def test_the_files_are_light_enough_for_an_old_phone(http: aiohttp.ClientSession) -> None:
    """Under 25 kB gzip: one script, style and icon, and the script that stands in the page."""
    async with http.get("/chat/") as answer:
        html = await answer.text()
    (inline,) = re.findall(r"<script nonce=[^>]*>(.*?)</script>", html, re.DOTALL)
    assert len(re.findall(r"<script[^>]* src=", html)) == 1
    total = len(gzip.compress(inline.encode()))
    for path in set(re.findall(r'"(/chat/static/[^"]+)"', html)):
        async with http.get(path) as answer:
            assert answer.status == 200
            assert answer.headers["Content-Encoding"] == "gzip"
            total += int(answer.headers["Content-Length"])
    assert 5_000 < total < 25_000
