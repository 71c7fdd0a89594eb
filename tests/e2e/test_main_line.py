"""The main line, lived through in a real browser: two listeners, a call and a chat at once.

From a telephone and a chat page to one case file, by what a person sees and
presses; nothing is called behind the pages' backs but the coordinator's list.
"""

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.async_api import Browser, Page, expect

from tests.kit.browser import chromium, keep_picture, page_errors
from tests.kit.service import ANY_PORT, ROOT, RunningService, running_demo
from tests.kit.until import until

PICTURES = ROOT / "artifacts" / "main-line"
SHORT_AWAY = {"away_seconds": 4, "no_socket_offer_seconds": 2, "listener_ring_seconds": 45}
HEARD = 0.01  # the fake microphone beeps far above this


@dataclass
class Desk:
    """A listener at her desk."""

    page: Page
    name: str
    errors: list[str]

    async def ready(self) -> None:
        await self.page.locator("button[data-presence=ready]").click()
        await expect(self.page.locator(".dot.ready")).to_be_visible()

    async def offer(self) -> str:
        await expect(self.page.locator("#accept")).to_be_visible(timeout=40_000)
        return await self.page.locator("[role=alertdialog]").inner_text()

    async def accept(self) -> None:
        await self.page.locator("#accept").focus()
        await self.page.keyboard.press("Enter")

    async def picture(self, name: str) -> None:
        await keep_picture(self.page, PICTURES / f"{name}.png", whole=True)


def short_waits(folder: Path) -> Path:
    """Return the helpline's own rules, but for how long a closed tab is waited for."""
    shutil.copytree(ROOT / "config/helplines/dlpm", folder)
    limits = folder / "limits.toml"
    text = limits.read_text(encoding="utf-8")
    for name, seconds in SHORT_AWAY.items():
        text, found = re.subn(rf"^{name} = \d+", f"{name} = {seconds}", text, flags=re.MULTILINE)
        assert found == 1
    limits.write_text(text, encoding="utf-8")
    return folder


@asynccontextmanager
async def demo(tmp_path: Path) -> AsyncIterator[RunningService]:
    rules = short_waits(tmp_path / "rules")
    environment = {**ANY_PORT, "HELPLINE_DIR": str(rules)}
    async with running_demo(tmp_path / "demo", environment) as service:
        yield service


def account(service: RunningService, login: str) -> dict[str, Any]:
    return next(each for each in service.ready["accounts"] if each["login"] == login)


async def new_page(browser: Browser) -> Page:
    context = await browser.new_context(
        locale="fr-FR", viewport={"width": 1280, "height": 900}, permissions=["microphone"]
    )
    return await context.new_page()


async def at_desk(browser: Browser, service: RunningService, login: str) -> Desk:
    """Sign a listener in, by keyboard."""
    page = await new_page(browser)
    desk = Desk(page, login, page_errors(page))
    person = account(service, login)
    await page.goto(f"{service.ready['staff_url']}/")
    await expect(page.locator("#login")).to_be_focused()
    await page.keyboard.type(login)
    await page.keyboard.press("Tab")
    await page.keyboard.type(person["password"])
    await page.keyboard.press("Tab")
    await page.keyboard.type(pyotp.TOTP(person["totp_secret"]).now())
    await page.keyboard.press("Enter")
    await expect(page.locator("button[data-presence=ready]")).to_be_enabled(timeout=40_000)
    return desk


async def on_phone(browser: Browser, service: RunningService) -> Page:
    page = await new_page(browser)
    await page.goto(f"{service.ready['phone_url']}/")
    await page.locator("#call").click()
    # A key pressed before the menu asks for one is nobody's answer, as on a real line.
    await expect(page.locator("[role=log]")).to_contain_text("Danger immédiat", timeout=40_000)
    return page


async def in_chat(browser: Browser, service: RunningService, audience: str) -> Page:
    page = await new_page(browser)
    await page.goto(f"{service.ready['public_url']}/chat/")
    await page.locator("#start-about > summary").click()
    await page.locator(f"input[name=audience][value={audience}]").check(force=True)
    await page.locator("#department").select_option("93")
    await page.locator("#start-button").click()
    await expect(page.locator("#text")).to_be_visible(timeout=40_000)
    return page


async def abandoned(browser: Browser, service: RunningService) -> list[str]:
    """Return the rows of the abandoned contacts, as the coordinator reads them on her page."""
    jeanne = await at_desk(browser, service, "jeanne")

    async def rows() -> list[str]:
        await jeanne.page.goto(f"{service.ready['staff_url']}/contacts?state=closed")
        shown = await jeanne.page.locator("tr[data-contact]").all_inner_texts()
        return [row for row in shown if "Abandonné" in row]

    found = await until(lambda: _two(rows), 20)
    await jeanne.picture("7-abandoned")
    return found


async def _two(rows: Any) -> list[str] | None:
    found: list[str] = await rows()
    return found if len(found) == 2 else None


async def write_up(desk: Desk) -> None:
    """Answer what closing needs, and see it saved."""
    page = desk.page
    await page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    await page.locator("input[name=categories]").first.check()
    await page.locator("select[name=qualification]").select_option(index=1)
    await expect(page.locator(".saved")).to_contain_text("Enregistré", timeout=40_000)


async def heard_on_phone(phone: Page) -> float:
    return float(await phone.locator("#phone").get_attribute("data-heard") or 0)


async def loudest(desk: Desk) -> float:
    return float(await desk.page.locator("#call-level").evaluate("meter => meter.value"))


@pytest.mark.timeout(180)
async def test_a_call_and_a_chat_reach_two_listeners_and_one_case(tmp_path: Path) -> None:
    async with demo(tmp_path) as service, chromium() as browser:
        ines = await at_desk(browser, service, "ines")
        malik = await at_desk(browser, service, "malik")

        # Both wait before anybody is ready; the visitor writes already.
        visitor = await in_chat(browser, service, "minor")
        await visitor.locator("#text").fill("Bonjour, tu es là ?")
        await visitor.locator("#send").click()
        await expect(visitor.locator("li.line.visitor.stored")).to_contain_text("✓")
        await expect(visitor.locator("#state")).not_to_be_empty()
        caller = await on_phone(browser, service)
        await caller.locator("[data-key='0']").click()
        await keep_picture(visitor, PICTURES / "1-chat-waiting.png")
        await keep_picture(caller, PICTURES / "1-call-waiting.png")

        # The most urgent rings first: the call that pressed 0, although the chat came before it.
        await ines.ready()
        words = await ines.offer()
        assert "U1" in words
        assert "appel" in words.lower()
        await ines.picture("2-offer")
        await malik.ready()
        assert "tchat" in (await malik.offer()).lower()

        # The call: both voices through the browser.
        await ines.accept()
        await expect(ines.page.locator("[data-call=talking]")).to_be_visible(timeout=40_000)
        await until(lambda: loudest_is_heard(ines), 15)
        await until(lambda: phone_is_heard(caller), 15)
        await ines.page.locator("#confirm-urgency").click()
        await expect(ines.page.locator("#confirm-urgency")).to_be_hidden()
        await ines.picture("3-call")

        # The chat: lines both ways, ticked on both sides.
        await malik.accept()
        await expect(malik.page.locator(".line.visitor")).to_contain_text("tu es là")
        await malik.page.locator("textarea#compose").fill("Bonjour, je suis là.")
        await malik.page.keyboard.press("Enter")
        await expect(malik.page.locator(".line.listener .tick").first).to_be_visible()
        await expect(visitor.locator("li.line.listener")).to_contain_text("je suis là")
        await visitor.locator("#text").fill("Merci.")
        await visitor.keyboard.press("Enter")
        await expect(malik.page.locator(".line.visitor").last).to_contain_text("Merci")
        await malik.picture("4-chat")
        await keep_picture(visitor, PICTURES / "4-visitor.png")

        # The caller hangs up; the write-up is saved as it is typed; a new case.
        await caller.locator("#hang-up").click()
        await expect(ines.page.locator("#end")).to_be_hidden(timeout=40_000)
        await write_up(ines)
        await ines.page.locator("#way-new").click()
        await ines.page.locator("#case-label").fill("Dossier d’essai")
        await ines.page.locator("#create-case").click()
        await expect(ines.page.locator("#close-treated")).to_be_visible()
        reference = await ines.page.locator("a[href^='/cases/']").first.inner_text()
        await ines.picture("5-write-up")
        await ines.page.locator("#close-treated").click()
        await expect(ines.page.locator("cc-contact")).to_have_count(0)

        # The listener ends the chat, and attaches it to the same case by its reference.
        await malik.page.locator("#end").click()
        await expect(visitor.locator("#over")).to_be_visible(timeout=40_000)
        await write_up(malik)
        await malik.page.locator("#way-existing").click()
        await malik.page.locator("#case-reference").fill(reference.strip().lower())
        await malik.page.keyboard.press("Enter")
        await malik.page.locator(".found button").first.click()
        await malik.page.locator("#close-treated").click()
        await expect(malik.page.locator("cc-contact")).to_have_count(0)

        # The case: both contacts, who took them, when, how long they waited.
        await malik.page.locator("nav a[href='/cases']").first.click()
        await malik.page.get_by_role("link", name=reference.strip()).click()
        rows = malik.page.locator("tr[data-contact]")
        await expect(rows).to_have_count(2)
        timeline = " ".join(await rows.all_inner_texts())
        assert "Inès" in timeline
        assert "Malik" in timeline
        assert "Appel" in timeline
        assert "Tchat" in timeline
        await malik.picture("6-case")

        # Nobody is ready any more: who hangs up or closes the tab is there as abandoned.
        await ines.page.locator("button[data-presence=break]").click()
        await malik.page.goto(f"{service.ready['staff_url']}/")
        await malik.page.locator("button[data-presence=offline]").click()
        await expect(malik.page.locator(".dot.offline")).to_be_visible()
        gone_caller = await on_phone(browser, service)
        await gone_caller.locator("[data-key='2']").click()
        await expect(gone_caller.locator("body")).to_contain_text("Vous gardez votre place")
        await gone_caller.locator("#hang-up").click()
        gone_visitor = await in_chat(browser, service, "relative")
        await gone_visitor.close()
        rows_found = await abandoned(browser, service)
        assert sum("Appel" in row for row in rows_found) == 1
        assert sum("Tchat" in row for row in rows_found) == 1
        assert all(re.search(r"\d\s?s\b", row) for row in rows_found), "each with its seconds"
        assert ines.errors == []
        assert malik.errors == []


async def loudest_is_heard(desk: Desk) -> bool:
    return await loudest(desk) > HEARD


async def phone_is_heard(phone: Page) -> bool:
    return await heard_on_phone(phone) > HEARD
