"""A contact triaged and handed over, the pause after a hard one, more time to write, the shift's end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.kit.browser import chromium
from tests.kit.desk_page import DeskPage, desk_page, rules_with, visitor
from tests.kit.service import ANY_PORT, ROOT, RunningService, running_demo

PICTURES = ROOT / "artifacts" / "desk"
WINDOWS = {"wide": (1280, 900), "zoomed-400": (320, 256)}
pytestmark = [pytest.mark.timeout(120), pytest.mark.usefixtures("ready_engines")]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@asynccontextmanager
async def demo(tmp_path: Path) -> AsyncIterator[RunningService]:
    rules = rules_with(tmp_path / "rules", offer_seconds=40, round_seconds=60)
    async with running_demo(tmp_path / "demo", {**ANY_PORT, "HELPLINE_DIR": str(rules)}) as service:
        yield service


async def reads_well(desk: DeskPage, state: str) -> None:
    """No serious barrier, and nothing wider than its window at any zoom."""
    assert await desk.barriers() == [], state
    for name, (width, height) in reversed(WINDOWS.items()):
        await desk.page.set_viewport_size({"width": width, "height": height})
        assert await desk.overflow() <= 0, (state, name)
        await desk.picture(f"{state}-{name}")


async def take(desk: DeskPage) -> None:
    await expect(desk.page.locator("#accept")).to_be_visible()
    await desk.press("Control+Shift+Enter")
    await desk.until_focused("#contact-title")


async def test_a_contact_is_triaged_and_handed_over_and_a_pause_follows_a_hard_one(
    tmp_path: Path, browser: Browser
) -> None:
    async with (
        demo(tmp_path) as service,
        desk_page(browser, service, "ines", PICTURES) as ines,
        desk_page(browser, service, "malik", PICTURES) as malik,
    ):
        page = ines.page
        await page.locator("button[data-presence=ready]").click()
        async with visitor(service):
            await take(ines)
            # From the urgency to the factors and back up: one yes, and the level follows.
            await page.locator("#triage").click()
            await ines.until_focused("#filter-factors")
            await page.keyboard.type("48 h")
            await ines.tab_to("[data-factor=fugue_lt_48h] [data-answer=yes]")
            await ines.press("Enter")
            await expect(page.locator("[data-level='2'][aria-pressed=true]")).to_be_visible()
            await expect(page.locator(".triage .tags")).to_contain_text("moins de 48 h")
            # « Unknown » is an answer of its own; nothing lowers the level.
            await page.locator("[data-factor=fugue_lt_48h] [data-answer=unknown]").click()
            await expect(page.locator(".triage .tags")).to_have_count(0)
            await expect(page.locator("[data-level='2'][aria-pressed=true]")).to_be_visible()
            await reads_well(ines, "triage")

            await ines.tab_to("#hand-over", key="Shift+Tab")
            await ines.press("Enter")
            await ines.until_focused("#hand-over-queue")
            # No specialist is here, by day or by night: said before anybody is handed to them.
            await page.locator("#hand-over-queue").select_option("dlpm_specialiste")
            await expect(page.locator("#hand-over-state")).to_contain_text("équipe")
            await page.locator("#hand-over-queue").select_option("parent_proche")
            await expect(page.locator("#hand-over-state")).to_have_count(0)
            await page.locator("input[name=need][value=lsf]").check()
            await page.locator("input[name=need][value=lsf]").uncheck()
            await reads_well(ines, "hand-over")
            await page.locator("button[data-presence=break]").click()
            await malik.page.locator("button[data-presence=ready]").click()
            await expect(malik.page.locator(".dot.ready")).to_be_visible()
            # Who is there for that queue may be named; chosen anew, it is read anew.
            await page.locator("#hand-over-queue").select_option("temoin")
            await page.locator("#hand-over-queue").select_option("parent_proche")
            named = page.locator("#hand-over-listener")
            await expect(named).to_contain_text("Malik · Disponible")
            await named.select_option(index=1)
            await page.locator("#hand-over-do").click()
            await expect(page.locator("#notice")).to_contain_text("Parent ou proche")
            await expect(page.locator("cc-contact")).to_have_count(0)
            await take(malik)
            await expect(malik.page.locator("#contact-title")).to_contain_text("Parent ou proche")
            await write_up_and_rest(malik)
        assert ines.refused() == []
        assert malik.refused() == []


async def write_up_and_rest(desk: DeskPage) -> None:
    """End a U2: more time is had, a pause is offered, and only she says what comes next."""
    page = desk.page
    await page.locator("#end").click()
    await expect(page.locator("#wrap-up-left")).to_contain_text("min")
    before = await page.locator("#wrap-up-longer").get_attribute("title")
    await page.locator("#wrap-up-longer").click()
    await expect(page.locator("#wrap-up-longer")).not_to_have_attribute("title", before or "")
    await page.locator("#way-none").click()
    await page.locator("#non-content").select_option(index=1)
    await page.locator("#close-none").click()
    await expect(page.locator("#pause-left")).to_contain_text("Pause proposée")
    await expect(page.locator("#ready-again")).to_be_visible()
    await reads_well(desk, "pause")
    await page.locator("#ready-again").click()
    await expect(page.locator(".dot.ready")).to_be_visible()
    await page.locator("button[data-presence=leaving]").click()
    await expect(page.locator("#quiet-title")).to_have_text("Votre service est terminé")
    await expect(page.locator(".dot.offline")).to_be_visible()
