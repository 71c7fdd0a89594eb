"""The write-up is the server's: a reloaded tab, a second tab or a lost session loses no word."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.kit.browser import chromium, page_errors
from tests.kit.desk_page import DeskPage, account, desk_page, rules_with, sign_in, visitor
from tests.kit.service import ANY_PORT, ROOT, RunningService, running_demo

PICTURES = ROOT / "artifacts" / "desk"
pytestmark = [pytest.mark.timeout(120), pytest.mark.usefixtures("ready_engines")]


@asynccontextmanager
async def talking(tmp_path: Path) -> AsyncIterator[tuple[DeskPage, RunningService]]:
    """A desk with one chat on it."""
    rules = rules_with(tmp_path / "rules", offer_seconds=40, round_seconds=60)
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(
            running_demo(tmp_path / "demo", {**ANY_PORT, "HELPLINE_DIR": str(rules)})
        )
        browser: Browser = await stack.enter_async_context(chromium())
        desk = await stack.enter_async_context(desk_page(browser, service, "ines", PICTURES))
        await desk.page.locator("button[data-presence=ready]").click()
        await stack.enter_async_context(visitor(service))
        await expect(desk.page.locator("#accept")).to_be_visible()
        await desk.press("Control+Shift+Enter")
        await desk.until_focused("#contact-title")
        yield desk, service


async def test_reloading_in_the_middle_of_a_word_loses_nothing(tmp_path: Path) -> None:
    async with talking(tmp_path) as (desk, _service):
        page = desk.page
        await page.locator("#field-alias").fill("Lune")
        await expect(page.locator(".saved")).to_contain_text("Enregistré")
        # Typed and reloaded at once: nothing waited for the save.
        await page.locator("#field-facts_seen").fill("Elle est partie hier soir avec deux sacs.")
        await page.locator("#field-living_place").select_option(index=2)
        chosen = await page.locator("#field-living_place").input_value()
        await page.reload()
        await expect(page.locator("#field-alias")).to_have_value("Lune")
        await expect(page.locator("#field-facts_seen")).to_have_value(
            "Elle est partie hier soir avec deux sacs."
        )
        await expect(page.locator("#field-living_place")).to_have_value(chosen)
        # Still hers, still ready, and the line still stands.
        await expect(page.locator("#contact-title")).to_contain_text("Tchat")
        await expect(page.locator(".dot.ready")).to_be_visible()
        assert desk.refused() == []


async def test_a_save_of_another_tab_is_shown_and_either_can_be_kept(tmp_path: Path) -> None:
    async with talking(tmp_path) as (desk, service):
        page = desk.page
        other = DeskPage(await page.context.new_page(), [], PICTURES)
        await other.page.goto(f"{service.ready['staff_url']}/")
        await other.page.locator("#field-alias").fill("Lune")
        await other.page.locator("#field-place").fill("Lille")
        await expect(other.page.locator(".saved")).to_contain_text("Enregistré")
        await page.locator("#field-alias").fill("Soleil")
        # What the other tab alone answered comes in; where both did, both are shown.
        await expect(page.locator("#conflict")).to_be_visible()
        await expect(page.locator("[data-field=alias] .theirs")).to_contain_text("Lune")
        await expect(page.locator("#field-alias")).to_have_value("Soleil")
        await expect(page.locator("#field-place")).to_have_value("Lille")
        assert await desk.barriers() == []
        await desk.picture("conflict")
        await page.locator("[data-field=alias] .theirs button").click()
        await expect(page.locator("#field-alias")).to_have_value("Lune")
        await expect(page.locator("#conflict")).to_have_count(0)
        await expect(page.locator(".saved")).to_contain_text("Enregistré")


async def test_a_session_ended_elsewhere_keeps_the_text_until_signed_in_again(
    tmp_path: Path,
) -> None:
    async with talking(tmp_path) as (desk, service):
        page, staff_url = desk.page, service.ready["staff_url"]
        # A chat that goes on is given back when its listener signs out; a write-up stays hers.
        await page.locator("#end").click()
        await expect(page.locator("#wrap-up-left")).to_be_visible()
        ended = await page.request.delete(
            f"{staff_url}/api/v1/session", headers={"Origin": staff_url}
        )
        assert ended.status == 204
        await page.locator("#field-alias").fill("Lune")
        await expect(page.locator("#signed-out")).to_be_visible()
        assert await desk.barriers() == []
        await desk.picture("signed-out")
        tab = await page.context.new_page()
        beside = DeskPage(tab, page_errors(tab), PICTURES)
        await tab.goto(f"{staff_url}/signin")
        await sign_in(beside, account(service, "ines"), later=True)
        await expect(tab.locator("#desk")).to_be_attached()
        await tab.close()
        await page.locator("#signed-out button").click()
        await expect(page.locator("#signed-out")).to_have_count(0)
        await expect(page.locator("#field-alias")).to_have_value("Lune")
        await expect(page.locator(".saved")).to_contain_text("Enregistré")


async def test_a_text_not_sent_never_follows_her_to_another_person(tmp_path: Path) -> None:
    async with talking(tmp_path) as (desk, service):
        page = desk.page
        await page.locator("#compose").fill("Pour le premier seulement")
        async with visitor(service, "relative", "93"):
            await expect(page.locator("#accept")).to_be_visible()
            await desk.press("Control+Shift+Enter")
            await expect(page.locator(".tab")).to_have_count(2)
            await expect(page.locator("#compose")).to_have_value("")
            await page.locator(".tab").first.click()
            await expect(page.locator("#compose")).to_have_value("Pour le premier seulement")
