"""What is said to who comes in, over the wire: in their language, and true."""

import re
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

from tests.kit.chat_client import visitor
from tests.kit.engines import DatabaseAddresses
from tests.kit.lines import Call, Lines
from tests.kit.listener import listener
from tests.kit.site import site
from tests.kit.until import until

SOMEBODY = r"est là pour|is here (to|for)|Nous cherchons|We are finding|Tous les écoutants"


async def test_a_tag_s_region_and_case_never_change_the_language_answered(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with (
        site(tmp_path, database, redis_url) as centre,
        centre.serving(),
        aiohttp.ClientSession(centre.ports.public_url) as http,
    ):
        for tag, browser, language in (
            ("en-GB", "", "en"),
            ("en_US", "fr", "en"),
            ("EN", "", "en"),
            ("fr-FR", "en", "fr"),
            ("", "en-AU,en;q=0.9,fr;q=0.1", "en"),
            ("ar", "", "fr"),
            ("ar-EG", "de, en;q=0.4", "en"),
        ):
            asked = {"headers": {"Accept-Language": browser}}
            async with http.get(f"/chat/?lang={tag}", **asked) as answer:
                html = await answer.text()
            assert re.findall(r'<html[^>]*lang="([^"]*)"', html) == [language], (tag, browser)
            for path in ("openings", "state"):
                async with http.get(f"/chat/{path}?language={tag}", **asked) as answer:
                    assert (await answer.json())["language"] == language, (path, tag, browser)
        for tag, browser, language in (
            ("en-GB", "fr", "en"),
            ("EN", "", "en"),
            ("fr-FR", "en", "fr"),
            (None, "en-US", "en"),
            ("pt-BR", "", "fr"),
        ):
            body, browsers = {"language": tag}, {"Accept-Language": browser}
            async with http.post("/chat/conversations", json=body, headers=browsers) as answer:
                assert answer.status == 201, (tag, await answer.text())
                contact_id = (await answer.json())["conversation_id"]
            said = "SELECT language FROM contact WHERE contact_id = $1"
            assert (await centre.rows(said, contact_id))[0]["language"] == language, tag
        for nonsense in (7, "en GB", "e" * 99):
            async with http.post("/chat/conversations", json={"language": nonsense}) as answer:
                assert answer.status == 422


async def test_whatever_address_is_typed_a_person_finds_the_page_or_the_numbers(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    english = browser | {"Accept-Language": "en-GB,en;q=0.9"}
    async with (
        site(tmp_path, database, redis_url) as centre,
        centre.serving(),
        aiohttp.ClientSession(centre.ports.public_url) as http,
    ):
        for path in ("/", "/chat", "/tchat", "/tchat/"):
            for headers in (browser, {}):
                async with http.get(path, headers=headers, allow_redirects=False) as answer:
                    assert (answer.status, answer.headers["Location"]) == (308, "/chat/")
        async with http.get("/chat?lang=en-GB", allow_redirects=False) as answer:
            assert answer.headers["Location"] == "/chat/?lang=en-GB"
        async with http.get("/chat?lang=//evil.example", allow_redirects=False) as answer:
            assert answer.headers["Location"] == "/chat/"
        for path in (
            "/tchatt",
            "/chat/nowhere",
            "/chat/static/nothing.js",
            "/<script>",
            "/a/b?c=d",
        ):
            async with http.get(path, headers=browser) as answer:
                page = await answer.text()
                assert (answer.status, answer.content_type) == (404, "text/html"), path
            assert '<html lang="fr">' in page
            assert "Cette page n’existe pas" in page
            assert re.findall(r'href="((?:tel|sms):[^"]+)"', page) == [
                "tel:119",
                "tel:112",
                "sms:114",
            ]
            assert "nothing" not in page, "what was typed is not repeated"
            assert "script" not in page
            async with http.get(path, headers=english) as answer:
                assert "This page does not exist" in await answer.text()
            for accept in ("*/*", "application/json", "application/json, text/html;q=0"):
                async with http.get(path, headers={"Accept": accept}) as answer:
                    assert (answer.status, answer.content_type) == (404, "application/problem+json")
                    assert (await answer.json())["code"] == "not_found"
        async with http.post("/chat/nowhere", headers=browser) as answer:
            assert answer.content_type == "application/problem+json"
        async with http.get("/chat/", headers=browser) as answer:
            page = await answer.text()
        assert "Accessibilité\u00a0: non conforme" in page, "the law wants it said there"
        for path, words in (
            ("/confidentialite", ("Qui lit ce que tu écris", "Who reads what you write")),
            ("/accessibilite", ("aucun audit n’a été fait", "no audit has been made")),
        ):
            assert f'href="{path}?lang=fr"' in page
            for headers, said in zip((browser, english), words, strict=True):
                async with http.get(path, headers=headers) as answer:
                    assert answer.status == 200
                    assert said in await answer.text()


async def test_every_way_in_says_who_is_there_and_key_0_is_answered_first_whatever_is_so(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        centre = await enter(site(tmp_path, database, redis_url, "ines", "colette"))
        await centre.run("UPDATE staff SET role = 'coordinator' WHERE login = 'colette'")
        await enter(centre.serving())
        lines = Lines(centre, await enter(aiohttp.ClientSession()))

        # Whether presence was looked at yet or not: nobody has signed in.
        assert not re.search(SOMEBODY, await lines.page()), "true from the first second"
        await until(lambda: _door_is(lines, "unstaffed"))
        for language, words in (
            ("fr", "pas encore d’écoutant libre"),
            ("en", "Nobody is free yet"),
        ):
            page = await lines.page(language)
            assert words in page
            assert not re.search(SOMEBODY, page)
        for key in ("", "1", "2", "3", "5", "7", "9"):
            call = await lines.call(key)
            heard = await call.heard()
            assert not re.search(SOMEBODY, heard), (key, heard)
            assert re.search("Personne ne peut|Nobody can answer", heard), key
            assert ("Je suis là" in heard) is (key == ""), "who pressed no key may stay silent"
            await call.press("0")
            await _goes_first(call, adult=key in ("2", "3", "5"), english=key == "9")
            await call.hang_up()
        call = await lines.call("0")
        await _goes_first(call, adult=False)
        await call.hang_up()

        child = await enter(visitor(centre.ports.public_url))
        assert (await lines.says(child)) == ["unstaffed"]
        ines = await enter(listener(centre, "ines", telephone=None))
        await until(lambda: _door_is(lines, "open"))
        assert "Quelqu’un est là pour t’écouter" in await lines.page()
        contact = await ines.accept(await ines.until_offered(contact_id=str(child.conversation_id)))
        assert (await lines.says(child)) == ["joined"]
        # Handed over while nobody else is there: told so, and no longer that somebody is.
        await ines.declare("break")
        await ines.did(
            "POST", f"contacts/{contact['contact_id']}/hand-over", queue="mineur_pour_soi"
        )
        await until(lambda: any("te passe à quelqu’un d’autre" in text for text in child.texts))
        assert not {"joined", "start_title"} & set(await lines.says(child))

        colette = await enter(listener(centre, "colette", ready=False, telephone=None))
        closing = {"closed": True, "reason": "other"}
        await colette.did("PUT", "supervision/queues/*", **closing)
        await until(lambda: _door_is(lines, "closed"))
        page = await lines.page()
        assert "Le tchat est fermé pour le moment" in page
        assert "Le 119 répond jour et nuit, c’est gratuit." in page
        assert not re.search(SOMEBODY, page)
        assert (await lines.says(child)) == ["wait_closed"]
        call = await lines.call("3")
        assert "ne répond pas maintenant" in await call.heard()
        await call.press("0")
        await _goes_first(call, adult=True)
        await _goes_first(await lines.call("0"), adult=False)


async def _door_is(lines: Lines, state: str) -> bool:
    document = await lines.openings()
    return all(each["state"] == state for each in document["answering"].values())


async def _goes_first(call: Call, *, adult: bool, english: bool = False) -> None:
    """The first words after key 0, then and each time the network asks again."""
    first = "Restez en ligne" if adult else "Reste en ligne"
    for _ in range(2):
        heard = await call.heard()
        assert heard.startswith("Stay on the line" if english else first), heard
        assert re.search("passe en premier|goes first", heard)
        assert not re.search("Personne ne peut|Nobody can|ne répond pas", heard)
