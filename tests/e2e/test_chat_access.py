"""The chat page for everybody: zoomed, right to left, without motion, by finger, without scripts."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.kit.browser import chromium
from tests.kit.chat_site import ChatSite
from tests.kit.chat_tab import OVERFLOW, PHONE, picture, served, started, tab, write
from tests.kit.until import until

pytestmark = pytest.mark.timeout(90)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@pytest.fixture
async def site() -> AsyncIterator[ChatSite]:
    async with served() as running:
        yield running


async def test_four_hundred_percent_zoom_needs_no_sideways_scrolling(
    site: ChatSite, browser: Browser
) -> None:
    """1280 × 1024 at 400 % is 320 × 256 (WCAG 1.4.10)."""
    async with tab(browser, viewport={"width": 320, "height": 256}) as page:
        await page.goto(f"{site.public_url}/chat/")
        assert await page.evaluate(OVERFLOW) <= 0
        await page.click("#start-button")
        contact_id = next(iter(await until(lambda: site.centre.talks)))
        site.centre.listener_says(contact_id, "unseulmotsansespaces" * 20)
        await write(page, "bien reçu")
        await expect(page.locator(".line.visitor.stored")).to_have_count(1)
        assert await page.evaluate(OVERFLOW) <= 0
        for control in ("#text", "#send", "#leave", "#exit", ".danger [href='tel:112']"):
            await page.locator(control).scroll_into_view_if_needed()
            await expect(page.locator(control)).to_be_in_viewport(ratio=0.95)
        await picture(page, "zoom-400")


async def test_written_from_right_to_left_nothing_sticks_out(
    site: ChatSite, browser: Browser
) -> None:
    async with tab(browser, viewport=PHONE) as page:
        contact_id = await started(page, site)
        await page.evaluate("document.documentElement.dir = 'rtl'")
        site.centre.accept(contact_id)
        site.centre.listener_says(contact_id, "مرحبا، أنا هنا لأستمع إليك.")
        await write(page, "شكرا")
        await expect(page.locator("#lines .bubble")).to_have_count(2)
        assert await page.evaluate(OVERFLOW) <= 0
        await expect(page.locator(".line.visitor.stored")).to_have_count(1)
        mine, theirs = await page.evaluate(
            "['visitor', 'listener'].map((w) => document.querySelector(`.line.${w}`).getBoundingClientRect().right)"
        )
        assert mine < theirs  # one's own lines stand on the left
        await picture(page, "phone-6-rtl")


async def test_reduced_motion_stops_all_motion(site: ChatSite, browser: Browser) -> None:
    async with tab(browser, reduced_motion="reduce") as page:
        contact_id = await started(page, site)
        await until(lambda: site.centre.watchers[contact_id])
        site.centre.listener_types(contact_id)
        await expect(page.locator("#typing")).to_contain_text("écrit")
        assert await page.evaluate("document.getAnimations().length") == 0


async def test_every_control_has_a_name_and_a_size_for_fingers(
    site: ChatSite, browser: Browser
) -> None:
    async with tab(browser, viewport=PHONE) as page:
        await page.goto(f"{site.public_url}/chat/")
        await page.click("#start-about > summary")
        await _are_named_and_large(page)
    async with tab(browser, viewport=PHONE) as page:
        contact_id = await started(page, site)
        site.centre.listener_says(contact_id, "bonjour")
        await _are_named_and_large(page)


async def _are_named_and_large(page: Page) -> None:
    found = await page.evaluate(
        """() => [...document.querySelectorAll('a, button, select, textarea, input')]
          .filter((e) => e.checkVisibility()).map((e) => {
            const box = (e.closest('label') || e).getBoundingClientRect();
            const label = e.labels && e.labels[0] ? e.labels[0].textContent : e.textContent;
            return [e.outerHTML.slice(0, 60), label.trim(), box.height, box.width];
          })"""
    )
    assert len(found) >= 5
    for html, name, height, width in found:
        assert name, html
        # WCAG 2.5.5 asks 44; half a pixel may be lost to a border.
        assert height >= 43, html
        assert width >= 43, html
    roles = await page.evaluate(
        "['log', 'status', 'alert'].map((r) => document.querySelectorAll(`[role=${r}]`).length)"
    )
    assert all(count >= 1 for count in roles)


async def test_without_scripts_the_page_still_shows_whom_to_call(
    site: ChatSite, browser: Browser
) -> None:
    async with tab(browser, java_script_enabled=False, viewport=PHONE) as page:
        await page.goto(f"{site.public_url}/chat/")
        await expect(page.locator(".danger [href='tel:112']")).to_be_visible()
        # Playwright stops scripts without telling the parser, so <noscript> stays text.
        assert "besoin de JavaScript" in await page.inner_text("noscript")
