"""The pages beside the desk: signing in, the cases, a case on screen and on paper, errors."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.kit.browser import chromium, page_errors
from tests.kit.desk_page import DeskPage, desk_context, desk_page, rules_with, visitor
from tests.kit.service import ANY_PORT, ROOT, RunningService, running_demo

PICTURES = ROOT / "artifacts" / "desk"
ZOOMED_400 = {"width": 320, "height": 256}
pytestmark = [pytest.mark.timeout(120), pytest.mark.usefixtures("ready_engines")]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[RunningService]:
    rules = rules_with(tmp_path / "rules", offer_seconds=40, round_seconds=60)
    async with running_demo(tmp_path / "demo", {**ANY_PORT, "HELPLINE_DIR": str(rules)}) as running:
        yield running


async def no_wider_than(desk: DeskPage, name: str) -> None:
    await desk.page.set_viewport_size(ZOOMED_400)
    assert await desk.overflow() <= 0
    await desk.picture(f"{name}-zoomed-400")
    await desk.page.set_viewport_size({"width": 1300, "height": 900})
    await desk.picture(name)


async def case_with_a_contact(desk: DeskPage, service: RunningService) -> str:
    """Take a chat, attach it to a new case, close it; return the case's reference."""
    page = desk.page
    await page.locator("button[data-presence=ready]").click()
    async with visitor(service):
        await expect(page.locator("#accept")).to_be_visible()
        await desk.press("Control+Shift+Enter")
        await page.locator("#end").click()
    await page.locator("#way-new").click()
    await page.locator("#case-label").fill("Renard")
    await page.locator("#create-case").click()
    reference = await page.locator(".attached a").inner_text()
    await page.locator("[data-field=categories] summary").click()
    await page.locator("input[name=categories]").first.check()
    await page.locator("#field-qualification").select_option(index=1)
    await page.locator("#close-treated").click()
    await desk.until_focused("#quiet-title")
    return reference


async def test_sign_in_speaks_the_readers_language_and_reads_well(
    service: RunningService, browser: Browser
) -> None:
    for language, words in (
        ("fr-FR", "Se connecter"),
        ("en-GB", "Sign in"),
        ("de", "Se connecter"),
    ):
        context = await desk_context(browser, locale=language)
        page = await context.new_page()
        desk = DeskPage(page, page_errors(page), PICTURES)
        await page.goto(f"{service.ready['staff_url']}/signin")
        await expect(page.get_by_role("heading", level=1)).to_have_text(words)
        assert await desk.barriers() == []
        if language == "fr-FR":
            await no_wider_than(desk, "sign-in")
            await page.locator("#login").fill("ines")
            await page.locator("#password").fill("nope")
            await page.locator("#totp").fill("123 456")
            await desk.press("Enter")
            await expect(page.locator("#problem")).to_have_text(
                "Identifiant, mot de passe ou code incorrect."
            )
            await desk.until_focused("#password")
            assert await desk.barriers() == []
        assert desk.refused() == []
        await context.close()


async def test_a_case_reads_well_on_screen_and_on_paper(
    service: RunningService, browser: Browser
) -> None:
    async with desk_page(browser, service, "ines", PICTURES) as desk:
        page, staff_url = desk.page, service.ready["staff_url"]
        reference = await case_with_a_contact(desk, service)
        await page.goto(f"{staff_url}/cases")
        assert await desk.barriers() == []
        await no_wider_than(desk, "cases")
        # As it is pasted, as it is read aloud, and with a slip.
        for typed in (f"Situation {reference}", reference.lower().replace("-", " ")):
            await page.locator("#reference").fill(typed)
            await desk.press("Enter")
            await expect(page.locator("a.reference")).to_have_text(reference)
        slip = reference[:-1] + ("C" if reference[-1] != "C" else "D")
        await page.goto(f"{staff_url}/cases?reference={slip}")
        await expect(page.locator("[role=status]")).to_contain_text("comporte une erreur")
        await page.goto(f"{staff_url}/cases?reference={reference}")
        await page.locator("a.reference").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text(reference)
        await expect(page).to_have_title(
            f"Situation {reference} — Prostitution des mineurs – le 119"
        )
        await expect(page.locator("tr[data-contact]")).to_contain_text("Inès")
        await expect(page.locator(".secret-notice")).to_be_visible()
        assert await desk.barriers() == []
        await no_wider_than(desk, "case")
        await page.emulate_media(media="print")
        await expect(page.locator("header.top")).to_be_hidden()
        await expect(page.locator(".secret-notice")).to_be_visible()
        await expect(page.locator(".printed")).to_contain_text("Inès")
        assert desk.refused() == []


async def test_an_error_page_says_what_to_do(service: RunningService, browser: Browser) -> None:
    async with desk_page(browser, service, "ines", PICTURES) as desk:
        answer = await desk.page.goto(f"{service.ready['staff_url']}/cases/nothing")
        assert answer is not None
        assert answer.status == 404
        await expect(desk.page.get_by_role("alert")).to_have_text("Introuvable.")
        assert await desk.barriers() == []
        await desk.tab_to("a.button")
        await desk.press("Enter")
        await expect(desk.page.locator("button[data-presence=ready]")).to_be_enabled()


async def test_forced_colours_and_reduced_motion_keep_every_state(
    service: RunningService, browser: Browser
) -> None:
    options = {"forced_colors": "active", "reduced_motion": "reduce"}
    async with desk_page(browser, service, "ines", PICTURES, **options) as desk:
        page = desk.page
        await page.locator("button[data-presence=ready]").click()
        async with visitor(service):
            await expect(page.locator("#accept")).to_be_visible()
            moving = await page.evaluate("document.getAnimations().length")
            assert moving == 0
            await desk.picture("forced-colours-offer")
            await desk.press("Control+Shift+Enter")
            await desk.until_focused("#contact-title")
            await expect(page.locator("[data-level='3'][aria-pressed=true]")).to_be_visible()
            await desk.picture("forced-colours-chat")
