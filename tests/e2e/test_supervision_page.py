"""Supervision and the wallboard in a real browser: seen live, acted on by keyboard, refused aloud."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from playwright.async_api import Browser, Page, expect

from config.ids import new_id
from tests.kit.browser import chromium
from tests.kit.desk_page import DeskPage, caller, desk_page, rules_with, visitor
from tests.kit.service import ANY_PORT, ROOT, RunningService, running_demo

PICTURES = ROOT / "artifacts" / "supervision"
# A number that could be somebody's: those kept for fiction are none, and none is kept of them.
CALLER = "+33612345678"
WINDOWS = {"wide": (1280, 900), "small": (800, 600), "zoomed-400": (320, 256)}
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


async def open_act(desk: DeskPage, row: str, place: int = 0) -> None:
    """Open a row's dialog from the keyboard, and choose one of its acts."""
    await desk.page.locator(f"{row} button").focus()
    await desk.press("Enter")
    await expect(desk.page.locator("dialog[open] #act-title")).to_be_visible()
    if place:
        await desk.tab_to("dialog[open] input[type=radio]")
        await desk.press(*["ArrowDown"] * place)


async def choose(page: Page, select: str, value: str) -> None:
    await page.locator(f"dialog[open] {select}").select_option(value)


async def test_a_coordinator_sees_and_acts_and_every_refusal_is_said(
    tmp_path: Path, browser: Browser
) -> None:
    async with (
        demo(tmp_path) as service,
        desk_page(browser, service, "ines", PICTURES) as ines,
        desk_page(browser, service, "jeanne", PICTURES) as jeanne,
    ):
        # Whoever does not supervise has no entry, and no page.
        await expect(ines.page.locator("nav a[href='/supervision']")).to_have_count(0)
        page = jeanne.page
        await page.locator("nav a[href='/supervision']").click()
        await expect(page.locator("#contacts-waiting")).to_be_visible()
        async with visitor(service):
            # It comes by itself, as a queue, an urgency and a wait.
            row = page.locator("#waiting tr[data-contact]")
            await expect(row).to_contain_text("Mineur, pour soi")
            await expect(page.locator("[data-alert=nobody_signed_in]")).to_be_visible()
            await reads_well(jeanne, "waiting")
            await open_act(jeanne, "#waiting tr[data-contact]", 1)
            await choose(page, "#act-queue", "temoin")
            await choose(page, "#act-reason", "misrouted")
            await reads_well(jeanne, "move")
            await jeanne.tab_to("#act-do")
            await jeanne.press("Enter")
            await expect(page.locator("#said")).to_contain_text("Témoin")
            await expect(row).to_contain_text("Témoin")
            # She is not ready: nothing is kept for her, and the dialog says why.
            await open_act(jeanne, "#waiting tr[data-contact]", 2)
            await choose(page, "#act-reason", "stuck")
            await page.locator("dialog[open] #act-do").click()
            await expect(page.locator("#act-problem")).to_contain_text("pas disponible")
            await jeanne.press("Escape")
            await expect(page.locator("#waiting tr[data-contact] button")).to_be_focused()

            await ines.page.locator("button[data-presence=ready]").click()
            await expect(ines.page.locator("#accept")).to_be_visible()
            await ines.press("Control+Shift+Enter")
            await expect(page.locator("#in-hand tr[data-contact]")).to_contain_text("Inès")
            await expect(page.locator("#listeners")).to_contain_text("en échange")
            await open_act(jeanne, "#listeners tr[data-listener]")
            await choose(page, "#act-reason", "rest")
            await page.locator("dialog[open] #act-do").click()
            await expect(page.locator("#said")).to_contain_text("Inès")
            await expect(page.locator("#listeners")).to_contain_text("repos")
            await expect(ines.page.locator("#presence-words")).to_contain_text("repos")

            await page.locator("#act-every-queue").click()
            await page.locator("dialog[open] #act-message-fr").fill(
                "Réseau en panne, écrivez-nous."
            )
            await choose(page, "#act-end", "60")
            await choose(page, "#act-reason", "technical")
            await reads_well(jeanne, "queue")
            await page.locator("dialog[open] #act-do").click()
            await expect(page.locator("[data-set='*']")).to_contain_text("message")
            await reads_well(jeanne, "acted")
            await wallboard_names_nobody(jeanne)
            await page.goto(f"{service.ready['staff_url']}/supervision")
            await page.locator("#act-every-queue").click()
            await page.locator("dialog[open] .lift").click()
            await expect(page.locator("[data-set='*']")).to_have_count(0)
            await a_listener_s_board_shows_the_service_level(ines, service)
            await a_follow_up_is_taken_on_and_settled(jeanne, service)
        response = await ines.page.goto(f"{service.ready['staff_url']}/supervision")
        assert response is not None
        assert response.status == 403
        assert jeanne.refused() == []


async def a_listener_s_board_shows_the_service_level(
    desk: DeskPage, service: RunningService
) -> None:
    async with caller(service, "1", CALLER):
        await desk.page.locator("nav a[href='/wallboard']").click()
        busy = desk.page.locator("tr.busy")
        await expect(busy).to_contain_text("Mineur, pour soi")
        await expect(busy.locator("[data-label='Niveau de service']")).to_be_visible()


async def a_follow_up_is_taken_on_and_settled(desk: DeskPage, service: RunningService) -> None:
    records = await asyncpg.connect(service.ready["database_url"], timeout=5)
    await records.execute(
        "INSERT INTO follow_up (follow_up_id, line_id, contact_id, kind, queue, state, due_at,"
        " created_at, version) SELECT $1, line_id, contact_id, 'callback', 'parent_proche', 'open',"
        " arrived_at, arrived_at, 1 FROM contact WHERE channel = 'call'",
        new_id(),
    )
    await records.close(timeout=5)
    page = desk.page
    await page.locator("nav a[href='/follow-ups']").click()
    row = page.locator("#follow-ups tr[data-follow-up]")
    await expect(row).to_contain_text("en retard")
    await row.locator("button").focus()
    await desk.press("Enter")
    # Hers: what she now may read of the contact stands there, and the next step has the focus.
    await expect(row).to_contain_text("Mineur")
    await expect(row.locator("button.primary")).to_be_focused()
    await the_number_is_shown_for_a_minute(desk)
    await row.locator("button.primary").focus()
    await desk.press("Enter")
    await desk.until_focused("#settle-outcome")
    await reads_well(desk, "follow-ups")
    await page.locator("#settle-outcome").select_option("reached")
    await page.locator("#settle-do").click()
    await expect(page.locator("#said")).to_contain_text("réglée")
    await expect(row).to_have_count(0)


async def the_number_is_shown_for_a_minute(desk: DeskPage) -> None:
    page = desk.page
    await page.clock.install()
    await page.locator(".number-show").focus()
    await desk.press("Enter")
    await desk.until_focused(".number select")
    await reads_well(desk, "number-why")
    await page.locator(".number select").select_option("call_back")
    await page.locator(".number form .primary").click()
    await desk.until_focused(".number-hide")
    await expect(page.locator(".number-shown")).to_contain_text(CALLER)
    await reads_well(desk, "number")
    assert CALLER not in page.url + await page.title()
    assert CALLER[1:] not in await page.evaluate(
        "[...document.querySelectorAll('*')].flatMap((e) => [...e.attributes]).map((a) => a.value).join()"
    )
    await page.clock.fast_forward(61_000)
    await expect(page.locator(".number-shown")).to_have_count(0)
    await desk.until_focused(".number-show")
    assert CALLER not in await page.content()


async def wallboard_names_nobody(desk: DeskPage) -> None:
    page = desk.page
    await page.locator("nav a[href='/wallboard']").click()
    await expect(page.locator("#wall-waiting")).to_have_text("0")
    await reads_well(desk, "wallboard")
    words = await page.locator("main").inner_text()
    assert "Inès" not in words
    await page.set_viewport_size({"width": 1920, "height": 1080})
    await desk.picture("wallboard")
