"""What the chat page says before a talk when it is closed, full or unstaffed: the truth."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser, expect

from chat.widget.page import PageTerms
from tests.kit.browser import chromium
from tests.kit.chat_site import ChatSite
from tests.kit.chat_tab import (
    PHONE,
    neutral_site,
    picture,
    served,
    tab,
)

pytestmark = pytest.mark.timeout(90)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@pytest.fixture
async def site() -> AsyncIterator[ChatSite]:
    async with neutral_site() as exit_url, served(terms=PageTerms(exit_url=exit_url)) as running:
        yield running


async def test_when_nobody_can_be_taken_in_the_page_says_so_and_shows_the_numbers(
    site: ChatSite, browser: Browser
) -> None:
    async with tab(browser, viewport=PHONE) as page:
        await page.goto(f"{site.public_url}/chat/")
        site.centre.fault.down = True
        await page.click("#start-button")
        await expect(
            page.get_by_role("alert").filter(has_text="difficulté technique")
        ).to_be_visible()
        await expect(page.locator(".danger [href='tel:112']")).to_be_in_viewport()
        site.centre.fault.down = False
        await page.click("#start-button")
        await expect(page.locator("#talk")).to_be_visible()


async def test_a_closed_chat_says_when_it_reopens(browser: Browser) -> None:
    async with served() as site, tab(browser, viewport=PHONE) as page:
        site.centre.is_open = False
        site.centre.reopens_at = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
        await page.goto(f"{site.public_url}/chat/")
        await expect(page.locator("#closed")).to_contain_text("Il rouvre demain à 9\u00a0h.")
        await expect(page.locator("#start-form")).to_be_hidden()
        await expect(page.locator("h1").first).to_contain_text("fermé")
        await picture(page, "phone-5-closed")


async def test_danger_is_let_in_though_the_chat_is_closed(browser: Browser) -> None:
    async with served() as site, tab(browser, viewport=PHONE) as page:
        site.centre.is_open = False
        await page.goto(f"{site.public_url}/chat/")
        await page.get_by_role("button", name="Je suis en danger maintenant").click()
        await expect(page.locator("#text")).to_be_focused()
        (talk,) = site.centre.talks.values()
        assert talk.opening.answers == {"danger_maintenant": True}


async def test_who_finds_it_full_is_told_so_and_who_finds_nobody_may_write_and_is_told_so(
    browser: Browser,
) -> None:
    async with served() as site, tab(browser, viewport=PHONE) as page:
        await page.goto(f"{site.public_url}/chat/")
        site.centre.is_full = True
        await page.click("#start-button")
        await expect(page.locator("#closed")).to_contain_text("Trop de personnes attendent")
        await expect(page.locator("#closed")).to_be_focused()
        site.centre.is_full = site.centre.is_staffed = False
        site.centre.message = "Le téléphone est en panne ce soir."
        await page.reload()
        await expect(page.locator("#message")).to_have_text("Le téléphone est en panne ce soir.")
        await expect(page.locator("h1").first).to_have_text("Tu peux nous écrire")
        await expect(page.locator("#unstaffed")).to_contain_text("pas encore d’écoutant libre")
        await page.click("#start-button")
        await expect(page.locator("#state")).to_contain_text("pas encore d’écoutant libre")
        await expect(page.locator("#message")).to_be_visible()
        await picture(page, "phone-7-unstaffed")
        ((contact_id, _),) = site.centre.talks.items()
        site.centre.accept(contact_id)
        await expect(page.locator("#state")).to_have_text("Quelqu’un est là pour toi.")
        await expect(page.locator("#message")).to_be_hidden()
