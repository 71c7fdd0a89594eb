"""What the desk shows when things go otherwise; each state reads well by axe and by zoom."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Dialog, WebSocketRoute, expect

from tests.kit.browser import chromium, page_errors
from tests.kit.desk_page import (
    DeskPage,
    account,
    caller,
    desk_context,
    desk_page,
    rules_with,
    sign_in,
    visitor,
)
from tests.kit.service import ANY_PORT, ROOT, RunningService, running_demo

PICTURES = ROOT / "artifacts" / "desk"
WINDOWS = {"wide": (1920, 1080), "small": (800, 600), "zoomed-200": (650, 450)}
ZOOMED_400 = (320, 256)  # 1280 × 1024 at 400 %
pytestmark = [pytest.mark.timeout(150), pytest.mark.usefixtures("ready_engines")]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@asynccontextmanager
async def demo(tmp_path: Path, **limits: int) -> AsyncIterator[RunningService]:
    rules = rules_with(tmp_path / "rules", **limits)
    async with running_demo(tmp_path / "demo", {**ANY_PORT, "HELPLINE_DIR": str(rules)}) as service:
        yield service


async def reads_well(desk: DeskPage, state: str) -> None:
    """No serious barrier, and nothing wider than its window at any zoom."""
    assert await desk.barriers() == []
    for name, (width, height) in {**WINDOWS, "zoomed-400": ZOOMED_400}.items():
        await desk.page.set_viewport_size({"width": width, "height": height})
        assert await desk.overflow() <= 0, (state, name)
        await desk.picture(f"{state}-{name}")
    await desk.page.set_viewport_size({"width": 1300, "height": 900})
    await desk.picture(state)


async def declare_ready(desk: DeskPage) -> None:
    await desk.page.locator("button[data-presence=ready]").click()
    await expect(desk.page.locator(".dot.ready")).to_be_visible()


async def test_each_state_of_the_main_path_reads_well(tmp_path: Path, browser: Browser) -> None:
    async with (
        demo(tmp_path, offer_seconds=40, round_seconds=60) as service,
        desk_page(browser, service, "ines", PICTURES) as desk,
    ):
        page = desk.page
        await reads_well(desk, "offline")
        await declare_ready(desk)
        await reads_well(desk, "ready")
        async with caller(service, "0"):
            await expect(page.locator("#accept")).to_be_visible()
            # Urgency by colour, by text and by shape.
            await expect(page.locator(".offer-level")).to_contain_text("U1")
            await expect(page.locator(".offer-level svg path")).to_have_count(1)
            await expect(page.locator("#offer-words")).to_contain_text("Immédiate")
            await reads_well(desk, "offer")
            await desk.press("Control+Shift+Enter")
            await expect(page.locator("[data-call=talking]")).to_be_visible(timeout=40_000)
            await reads_well(desk, "talking")
            await desk.press("F2")
            await reads_well(desk, "emergency")
            await desk.press("Escape", "?")
            await reads_well(desk, "help")
            await desk.press("Escape")
        await expect(page.locator("#wrap-up-left")).to_be_visible()
        await page.locator("[data-field=factors] summary").click()
        await page.locator("[data-factor=age_13_14] [data-answer=yes]").click()
        await page.locator("#way-new").click()
        await reads_well(desk, "write-up")
        assert desk.refused() == []


async def test_factors_propose_and_the_listener_decides(tmp_path: Path, browser: Browser) -> None:
    async with (
        demo(tmp_path, offer_seconds=40, round_seconds=60) as service,
        desk_page(browser, service, "jeanne", PICTURES) as desk,
    ):
        page = desk.page
        await declare_ready(desk)
        async with caller(service, "0"):
            await expect(page.locator("#accept")).to_be_visible()
            await desk.press("Control+Shift+Enter")
            # What the person declared is corrected in one press, once she has been heard.
            await expect(page.locator("#confirm-urgency")).to_be_visible()
            await page.locator("[data-level='4']").click()
            await expect(page.locator("[data-level='4'][aria-pressed=true]")).to_be_visible()
            await page.locator("[data-field=factors] summary").click()
            await page.locator("[data-factor=prostitution_averee] [data-answer=yes]").click()
            await expect(page.locator("[data-level='3'][aria-pressed=true]")).to_be_visible()
            # The urgency rises at once to the most severe floor, never to a sum of them.
            await page.locator("[data-factor=fugue_lt_48h] [data-answer=yes]").click()
            await expect(page.locator("[data-level='2'][aria-pressed=true]")).to_be_visible()
            await expect(page.locator("#proposal")).to_have_count(0)
            # Lowering a U2 asks for a reason, and then is done.
            await page.locator("[data-level='5']").click()
            await desk.until_focused("#urgency-reason")
            await reads_well(desk, "reason")
            await page.keyboard.type("Retour à la maison confirmé")
            await desk.press("Enter")
            await expect(page.locator("[data-level='5'][aria-pressed=true]")).to_be_visible()
            # What she decided stands; the floor is proposed again, with the factor that sets it.
            await expect(page.locator("#proposal")).to_contain_text("U2")
            await expect(page.locator("#proposal")).to_contain_text("moins de 48 h")
            await reads_well(desk, "proposal")
            await page.locator("#apply-floor").click()
            await expect(page.locator("[data-level='2'][aria-pressed=true]")).to_be_visible()
            await expect(page.locator("#proposal")).to_have_count(0)
        assert desk.refused() == []


async def test_two_missed_offers_ask_and_nothing_is_automatic(
    tmp_path: Path, browser: Browser
) -> None:
    async with (
        demo(tmp_path, offer_seconds=3, round_seconds=5) as service,
        desk_page(browser, service, "ines", PICTURES) as desk,
    ):
        await declare_ready(desk)
        async with visitor(service), visitor(service):
            await expect(desk.page.locator("#answer-ready")).to_be_visible(timeout=30_000)
            await expect(desk.page.locator("#quiet-title")).to_have_text("Êtes-vous là ?")
            await reads_well(desk, "asked")
            await desk.page.locator("#answer-ready").click()
            await expect(desk.page.locator(".dot.ready")).to_be_visible()
            await expect(desk.page.locator("#accept")).to_be_visible(timeout=40_000)


async def _a_press_of_ready_waits_for_the_telephone(desk: DeskPage) -> None:
    """Leaves her ready, with a telephone that no call reaches."""
    page, may_register = desk.page, asyncio.Event()
    without = "**/static/softphone/emulator.js"
    await page.route(without, lambda route: route.abort())
    await page.locator("button[data-presence=ready]").click()
    await expect(page.locator("#notice")).to_contain_text("ne se relie pas")
    await expect(page.locator(".dot.offline")).to_be_visible()
    await page.unroute(without)

    async def late(socket: WebSocketRoute) -> None:
        network = socket.connect_to_server()

        async def register(frame: str | bytes) -> None:
            await may_register.wait()
            network.send(frame)

        socket.on_message(register)
        network.on_message(lambda frame: None if "incoming" in str(frame) else socket.send(frame))

    await page.route_web_socket(re.compile(r"/softphone$"), late)
    await page.reload()
    await page.locator("button[data-presence=ready]").click()
    await expect(page.locator("#telephone-connecting")).to_be_visible()
    await expect(page.locator(".dot.offline")).to_be_visible()
    may_register.set()
    await expect(page.locator(".dot.ready")).to_be_visible()
    await expect(page.locator("#telephone-connecting")).to_have_count(0)


async def test_a_telephone_that_does_not_answer_asks_for_the_headset(
    tmp_path: Path, browser: Browser
) -> None:
    async with (
        demo(tmp_path, offer_seconds=20, listener_ring_seconds=5) as service,
        desk_page(browser, service, "ines", PICTURES) as desk,
    ):
        page = desk.page
        await _a_press_of_ready_waits_for_the_telephone(desk)
        async with caller(service, "1"):
            await expect(page.locator("#accept")).to_be_visible()
            await desk.press("Control+Shift+Enter")
            await expect(page.locator(".dot.check_audio")).to_be_visible(timeout=30_000)
            await expect(page.locator("cc-contact")).to_have_count(0)
            await expect(page.locator("#notice")).to_contain_text("retourné dans la file")
            await expect(page.locator("cc-audio-check [role=status]")).to_contain_text(
                "microphone est entendu", timeout=40_000
            )
            await reads_well(desk, "check-audio")


async def test_a_page_left_in_mid_call_asks_first_and_then_says_what_it_lost_until_it_is_read(
    tmp_path: Path, browser: Browser
) -> None:
    async with (
        demo(tmp_path) as service,
        desk_page(browser, service, "ines", PICTURES) as desk,
    ):
        page, asked = desk.page, []

        async def leave(dialog: Dialog) -> None:
            asked.append(dialog.type)
            await dialog.accept()

        page.on("dialog", leave)
        await declare_ready(desk)
        async with caller(service, "1"):
            await expect(page.locator("#accept")).to_be_visible()
            await desk.press("Control+Shift+Enter")
            await expect(page.locator("[data-call=talking]")).to_be_visible(timeout=40_000)
            await page.reload()
            assert asked == ["beforeunload"]
            lost = page.locator("#losses")
            await expect(lost).to_contain_text("Appel, Mineur", timeout=40_000)
            await expect(lost).to_contain_text("attend de nouveau, en tête de file")
            assert await desk.barriers() == []
            await page.locator("#losses-seen").click()
            await expect(lost).to_have_count(0)
        await page.reload()
        await expect(page.locator(".dot.check_audio")).to_be_visible()
        await expect(page.locator("#losses")).to_have_count(0)


async def test_a_newer_session_takes_over_visibly(tmp_path: Path, browser: Browser) -> None:
    async with (
        demo(tmp_path) as service,
        desk_page(browser, service, "ines", PICTURES) as first,
    ):
        await declare_ready(first)
        context = await desk_context(browser)
        page = await context.new_page()
        second = DeskPage(page, page_errors(page), PICTURES)
        await page.goto(f"{service.ready['staff_url']}/signin")
        await sign_in(second, account(service, "ines"), later=True)
        await expect(page.locator("button[data-presence=ready]")).to_be_enabled(timeout=40_000)
        await declare_ready(second)
        await expect(first.page.locator("#answer-ready")).to_have_text("Reprendre ici")
        await reads_well(first, "elsewhere")
        await first.page.locator("#answer-ready").click()
        await expect(second.page.locator("#answer-ready")).to_have_text("Reprendre ici")
        await context.close()


async def test_a_lost_connection_is_said_and_the_text_stays(
    tmp_path: Path, browser: Browser
) -> None:
    async with (
        demo(tmp_path) as service,
        desk_page(browser, service, "ines", PICTURES) as desk,
    ):
        await _a_lost_telephone_is_said_and_its_listener_not_ready(desk)
        async with visitor(service):
            await expect(desk.page.locator("#accept")).to_be_visible()
            await desk.press("Control+Shift+Enter")
            await desk.until_focused("#contact-title")
        await service.stop()
        await expect(desk.page.locator("#connection-lost")).to_be_visible(timeout=20_000)
        await expect(desk.page.locator("button[data-presence=ready]")).to_be_disabled()
        await desk.page.locator("#field-alias").fill("Lune")
        await desk.picture("connection-lost")
        assert await desk.barriers() == []
        await expect(desk.page.locator("#field-alias")).to_have_value("Lune")


async def _a_lost_telephone_is_said_and_its_listener_not_ready(desk: DeskPage) -> None:
    """Cut the telephone's own socket; the desk's other ones live on. Leaves her ready again."""
    page, open_sockets, is_cut = desk.page, [], False

    async def through(socket: WebSocketRoute) -> None:
        if is_cut:
            await socket.close()
            return
        open_sockets.append(socket)
        socket.connect_to_server()

    await page.route_web_socket(re.compile(r"/softphone$"), through)
    await page.reload()
    await expect(page.locator("button[data-presence=ready]")).to_be_enabled(timeout=40_000)
    await declare_ready(desk)
    await expect(page.locator("#telephone-lost")).to_have_count(0)
    is_cut = True
    await open_sockets[0].close()
    await expect(page.locator("#telephone-lost")).to_be_visible()
    await expect(page.locator(".dot.check_audio")).to_be_visible(timeout=40_000)
    assert await desk.barriers() == []
    is_cut = False
    await expect(page.locator("#telephone-lost")).to_have_count(0)
    await expect(page.locator(".dot.ready")).to_be_visible()
