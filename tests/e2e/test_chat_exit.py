"""The visitor's way out, over the whole service: whatever failed, in every tab, without a trace."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.kit.engines import DatabaseAddresses
from tests.kit.listener import listener
from tests.kit.site import Site
from tests.kit.until import until
from tests.kit.visitor_page import (
    PHONE,
    begun,
    page_of,
    same_tab,
    tabs,
    unprovoked,
    visited,
    written,
)

pytestmark = pytest.mark.timeout(180)
STORED = "sessionStorage.getItem('s')"


async def test_the_way_out_works_whatever_else_does_not(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with visited(tmp_path, database, redis_url) as (centre, browser):
        await _it_is_a_link_without_scripts(centre, browser)
        await _it_works_while_the_script_is_on_its_way(centre, browser)
        await _a_script_that_does_not_come_is_said(centre, browser)
        await _without_a_network_nothing_stays(centre, browser)


async def _it_is_a_link_without_scripts(centre: Site, browser: Browser) -> None:
    async with tabs(browser, java_script_enabled=False, **PHONE) as context:
        page, _ = await page_of(context, centre)
        assert await page.get_attribute("#exit", "rel") == "noreferrer"
        await page.click("#exit")
        await expect(page).to_have_title("Météo")


async def _it_works_while_the_script_is_on_its_way(centre: Site, browser: Browser) -> None:
    async with tabs(browser) as context:
        page = await context.new_page()
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)

        await page.route("**/chat/static/*.js", hold)
        for way in ("click", "Shift", "begin"):
            held.clear()
            await page.goto("about:blank")
            url = f"{centre.ports.public_url}/chat/"
            await page.goto(url, wait_until="commit")
            await page.wait_for_selector("#exit")
            if way == "begin":
                # « Commencer », pressed too early, is not lost either.
                await page.fill("#first", "il est là")
                await page.click("#start-button")
                await until(lambda: held)
                for route in held:
                    await route.continue_()
                await expect(page.locator(".line.visitor.stored")).to_contain_text("il est là")
                continue
            if way == "click":
                await page.click("#exit", no_wait_after=True)
            else:
                for _ in range(3):
                    await page.keyboard.press("Escape")
                assert await page.title(), "Escape leaves only where the helpline says so"
                for _ in range(3):
                    await page.keyboard.press("Shift")
            await expect(page).to_have_title("Météo")
            await page.go_back()
            assert page.url == "about:blank"
        await _left(page)


async def _a_script_that_does_not_come_is_said(centre: Site, browser: Browser) -> None:
    async with tabs(browser, **PHONE) as context:
        await context.route("**/chat/static/*.js", lambda route: route.abort())
        page, errors = await page_of(context, centre)
        await expect(page.locator("#reload")).to_contain_text("recharge la page")
        await context.unroute("**/chat/static/*.js")
        await page.click("#reload a")
        await begun(page)
        await expect(page.locator("#reload")).to_be_hidden()
        assert unprovoked(errors) == []
        await _left(page)


async def _without_a_network_nothing_stays(centre: Site, browser: Browser) -> None:
    async with tabs(browser) as context:
        page, _ = await page_of(context, centre)
        await begun(page, "mon secret")
        await expect(page.locator(".line.visitor.stored")).to_have_count(1)
        await context.set_offline(True)
        await expect(page.locator("#link")).to_contain_text("n’a plus de réseau")
        await page.click("#exit")
        await page.wait_for_url("about:blank")
        assert (await page.title(), await page.inner_text("body")) == ("", "")
        await context.set_offline(False)
        await page.goto(f"{centre.ports.public_url}/chat/")
        await expect(page.locator("#start")).to_be_visible()
        assert await page.evaluate(STORED) is None


async def _left(page: Page) -> None:
    if await page.locator("#talk").is_visible():
        await page.click("#exit")
        await expect(page).to_have_title("Météo")


async def test_every_tab_of_a_talk_leaves_and_escape_does_where_the_helpline_says_so(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    rules = ("escape_leaves = false", "escape_leaves = true")
    async with (
        visited(tmp_path, database, redis_url, rules=rules) as (centre, browser),
        tabs(browser) as context,
        tabs(browser) as elsewhere,
    ):
        page, _ = await page_of(context, centre)
        url = page.url
        await begun(page, "bonjour")
        stored = await page.evaluate(STORED)
        twin, far = await same_tab(context, stored), await same_tab(elsewhere, stored)
        other, _ = await page_of(context, centre)  # a start page, in the same browser
        for each in (twin, far):
            await each.goto(url)
            await expect(each.locator(".line.visitor")).to_contain_text("bonjour")
        async with listener(centre, "ines", telephone=None) as she:
            await she.accept()
            await expect(page.locator("#state")).to_have_class("state with")
            await page.bring_to_front()
            await written(page, "il arrive")
            for left in (2, 1):
                await page.keyboard.press("Escape")
                await expect(page.locator("#exit-count")).to_contain_text(f"{left} fois Échap")
            await page.keyboard.press("Escape")
            # Its own tabs leave by its word, one in another browser by the service's.
            for each in (page, twin, other, far):
                await expect(each).to_have_title("Météo")
            reason = "SELECT end_reason FROM contact"
            assert await until(lambda: centre.value(reason)) == "quick_exit"
            for each in (twin, far):
                await each.goto(url)
                await expect(each.locator("#start")).to_be_visible()
