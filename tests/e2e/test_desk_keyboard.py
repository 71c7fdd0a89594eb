"""The listener's whole day without a mouse: sign in, take, talk, write up, close, be ready again."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.kit.browser import chromium
from tests.kit.desk_page import DeskPage, caller, desk_page, rules_with, visitor
from tests.kit.service import ANY_PORT, ROOT, RunningService, running_demo

PICTURES = ROOT / "artifacts" / "desk"
pytestmark = [pytest.mark.timeout(120), pytest.mark.usefixtures("ready_engines")]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


async def choose_first(desk: DeskPage, field: str) -> None:
    """Tick the first answer of a long list, opened if it is shut; past its filter."""
    await desk.tab_to(f"[data-field={field}] summary")
    if not await desk.page.locator(f"[data-field={field}] details[open]").count():
        await desk.press("Enter")
    await desk.press("Tab", "Tab")
    await desk.until_focused(f"[data-field={field}] input[type=checkbox] >> nth=0")
    await desk.press("Space")


async def answer_what_closing_needs(desk: DeskPage) -> None:
    await choose_first(desk, "categories")
    await desk.tab_to("#field-qualification")
    await desk.press("ArrowDown")
    await expect(desk.page.locator(".saved")).to_contain_text("Enregistré")


async def take_a_call(desk: DeskPage, service: RunningService) -> None:
    async with caller(service, "0"):
        # Nothing is in hand: the answer comes under it.
        await desk.until_focused("#accept")
        await desk.picture("keyboard-1-offer")
        await desk.press("Enter")
        await desk.until_focused("#contact-title")
        await expect(desk.page.locator("[data-call=talking]")).to_be_visible(timeout=40_000)
        await desk.press("F9")
        await expect(desk.page.locator("#mute")).to_have_attribute("aria-pressed", "true")
        await desk.press("F9")
        await desk.tab_to("#confirm-urgency")
        await desk.press("Enter")
        await expect(desk.page.locator("#confirm-urgency")).to_have_count(0)
        await desk.tab_to("#end", key="Shift+Tab")
        await desk.press("Enter")
        await desk.until_focused("#write-up-title")
    await expect(desk.page.locator("#wrap-up-left")).to_contain_text("encore 9")


async def close_with_a_new_case(desk: DeskPage) -> str:
    await desk.tab_to("#way-new")
    await desk.press("Enter")
    await desk.until_focused("#case-label")
    await desk.page.keyboard.type("Renard")
    await desk.press("Enter")
    await desk.until_focused("#close-treated")
    reference = await desk.page.locator(".attached a").inner_text()
    await desk.press("Enter")
    # The write-up lacks an answer: the desk goes to the question, not to an error page.
    await desk.until_focused("#field-categories")
    await expect(desk.page.locator("#wrong-categories")).to_be_visible()
    await desk.press("Shift+Tab")
    await answer_what_closing_needs(desk)
    await desk.tab_to("#close-treated")
    await desk.press("Enter")
    await desk.until_focused("#quiet-title")
    return reference


async def be_ready_again(desk: DeskPage) -> None:
    """Nothing says it for her; one press does."""
    await expect(desk.page.locator(".dot.break")).to_be_visible()
    await desk.press("Tab")
    await desk.until_focused("#ready-again")
    await desk.press("Enter")
    await expect(desk.page.locator(".dot.ready")).to_be_visible()


async def take_two_chats(desk: DeskPage, service: RunningService, reference: str) -> None:
    page = desk.page
    async with visitor(service) as first, visitor(service, "relative", "93") as second:
        await desk.until_focused("#accept")
        await desk.press("Enter")
        await desk.until_focused("#contact-title")
        await desk.press("F8")
        await desk.until_focused("#compose")
        # She is writing: the next offer waits beside, and takes neither caret nor keys.
        await page.keyboard.type("Bonjour, je suis là")
        await expect(page.locator("#accept")).to_be_visible()
        await desk.until_focused("#compose")
        await desk.picture("keyboard-2-offer-while-writing")
        await desk.press("Control+Shift+Enter")
        await desk.until_focused("#contact-title")
        await expect(page.locator("#compose")).to_have_value("")
        await second.write("Bonsoir.")
        await expect(page.locator(".line.visitor")).to_have_count(1)
        await first.write("Il y a quelqu’un ?")
        await expect(page.locator(".unread")).to_have_text("1 non lu")
        await expect(page).to_have_title("(1) Poste d’écoute — Prostitution des mineurs – le 119")
        await desk.press("F4")
        await desk.until_focused("#contact-title")
        await expect(page.locator(".unread")).to_have_count(0)
        await expect(page.locator("#compose")).to_have_value("Bonjour, je suis là")
        await desk.press("F8", "End", "Enter")
        await first.until_told("je suis là")
        await close_both(desk, reference)


async def close_both(desk: DeskPage, reference: str) -> None:
    await desk.tab_to("#end", key="Shift+Tab")
    await desk.press("Enter")
    await desk.until_focused("#write-up-title")
    await answer_what_closing_needs(desk)
    await desk.tab_to("#way-existing")
    await desk.press("Enter")
    await desk.until_focused("#case-reference")
    await desk.page.keyboard.type(f"situation {reference.replace('-', ' ').lower()}")
    await desk.press("Enter")
    await desk.until_focused(".found button")
    await desk.press("Enter")
    await desk.until_focused("#close-treated")
    await desk.press("Enter")
    # The next contact, at its title; still ready, for she has somebody.
    await desk.until_focused("#contact-title")
    await expect(desk.page.locator(".dot.ready")).to_be_visible()
    await desk.tab_to("#end")
    await desk.press("Enter")
    await desk.tab_to("#way-none")
    await desk.press("Enter")
    await desk.until_focused("#non-content")
    await desk.press("ArrowDown", "Tab", "Enter")
    await desk.until_focused("#quiet-title")
    await expect(desk.page.locator(".dot.break")).to_be_visible()


async def test_the_whole_path_by_keyboard_alone(tmp_path: Path, browser: Browser) -> None:
    rules = rules_with(tmp_path / "rules", offer_seconds=40, round_seconds=60)
    environment = {**ANY_PORT, "HELPLINE_DIR": str(rules)}
    async with (
        running_demo(tmp_path / "demo", environment) as service,
        desk_page(browser, service, "ines", PICTURES) as desk,
    ):
        await desk.press("Tab")
        await desk.until_focused(".skip")
        await desk.press("Enter")
        await desk.until_focused("#content")
        await desk.tab_to("[data-presence=ready]")
        await desk.press("Enter")
        await expect(desk.page.locator(".dot.ready")).to_be_visible()
        await take_a_call(desk, service)
        reference = await close_with_a_new_case(desk)
        await be_ready_again(desk)
        await take_two_chats(desk, service, reference)
        assert desk.refused() == []


async def test_panels_are_one_key_away_and_no_trap(tmp_path: Path, browser: Browser) -> None:
    async with (
        running_demo(tmp_path / "demo") as service,
        desk_page(browser, service, "malik", PICTURES) as desk,
    ):
        page = desk.page
        await desk.tab_to("[data-presence=ready]")
        await desk.press("F2")
        await desk.until_focused("#panel-emergency-title")
        await expect(page.locator("#panel-emergency")).to_contain_text("114")
        await expect(page.locator("#panel-emergency")).to_contain_text("ni confirmer ni infirmer")
        await desk.press("Escape")
        await desk.until_focused("[data-presence=ready]")
        await desk.press("?")
        await desk.until_focused("#panel-help-title")
        await expect(page.locator("#panel-help")).to_contain_text("Ctrl + Maj + Entrée")
        await desk.tab_to("#panel-help input[type=checkbox]")
        await desk.press("Space", "Escape")
        await desk.until_focused("[data-presence=ready]")
        await desk.press("?")
        await expect(page.locator("#panel-help")).to_be_hidden()
        # Round the page and out of it, forwards and back: the focus is held nowhere.
        for key in ("Tab", "Shift+Tab"):
            await page.evaluate("document.activeElement.blur()")
            await desk.tab_to("form[action='/signout'] button", key=key)
        assert desk.refused() == []
