"""The listener's desk in a real browser, and people who reach her without one."""

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pyotp
from playwright.async_api import Browser, BrowserContext, Page, expect

from config.clock import SystemClock
from tests.kit.browser import keep_picture, page_errors
from tests.kit.phone import Phone
from tests.kit.service import ROOT, RunningService
from tests.kit.until import until

AXE = ROOT / "tests/kit/vendor/axe-core/axe.min.js"
SERIOUS = {"serious", "critical"}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MOST_TABS = 120
PROVOKED = ("Failed to load resource: the server responded", "Failed to load resource: net::")


@dataclass
class DeskPage:
    """One listener's page: `errors` holds what its console reported, refused content included."""

    page: Page
    errors: list[str]
    pictures: Path

    def refused(self) -> list[str]:
        """Return what the console reported, but for answers that a test provoked itself."""
        return [each for each in self.errors if not each.startswith(PROVOKED)]

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            await self.page.keyboard.press(key)

    async def tab_to(self, selector: str, *, key: str = "Tab") -> None:
        """Press Tab until the focus is there: whatever cannot be reached so fails."""
        for _ in range(MOST_TABS):
            if await self.page.evaluate("s => document.activeElement.matches(s)", selector):
                return
            await self.page.keyboard.press(key)
        raise AssertionError(f"{selector} is not reached by the keyboard")

    async def until_focused(self, selector: str) -> None:
        """Wait until the focus is on this element."""
        await expect(self.page.locator(selector)).to_be_focused()

    async def picture(self, name: str) -> None:
        """Keep a picture of what the window shows, when pictures are wanted."""
        await keep_picture(self.page, self.pictures / f"{name}.png")

    async def barriers(self) -> list[str]:
        """Return what axe finds serious or critical here: rule and first element."""
        if not await self.page.evaluate("'axe' in window"):
            await self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: dict[str, Any] = await self.page.evaluate(
            "rules => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })", RULES
        )
        return [
            f"{each['id']} ({each['impact']}): {each['nodes'][0]['target']}:"
            f" {each['nodes'][0]['failureSummary'][:300]}"
            for each in found["violations"]
            if each["impact"] in SERIOUS
        ]

    async def overflow(self) -> int:
        """Return how many pixels the page is wider than its window."""
        width: int = await self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return width


# A browser that shares its machine with ten others takes its time to answer a call.
PATIENT = {"listener_ring_seconds": 45}


def rules_with(folder: Path, **limits: int) -> Path:
    """Return a copy of the helpline's own rules with other limits, patient unless told otherwise."""
    shutil.copytree(ROOT / "config/helplines/dlpm", folder)
    file = folder / "limits.toml"
    text = file.read_text(encoding="utf-8")
    for name, value in (PATIENT | limits).items():
        text, found = re.subn(rf"^{name} = \d+", f"{name} = {value}", text, flags=re.MULTILINE)
        assert found == 1, name
    file.write_text(text, encoding="utf-8")
    return folder


def account(service: RunningService, login: str) -> dict[str, Any]:
    """Return the demo's account of this login."""
    return next(each for each in service.ready["accounts"] if each["login"] == login)


async def desk_context(browser: Browser, **options: Any) -> BrowserContext:
    """Return a browser of its own: French, with a microphone."""
    settings: dict[str, Any] = {
        "locale": "fr-FR",
        "viewport": {"width": 1300, "height": 900},
        "permissions": ["microphone"],
        **options,
    }
    return await browser.new_context(**settings)


@asynccontextmanager
async def desk_page(
    browser: Browser, service: RunningService, login: str, pictures: Path, **options: Any
) -> AsyncIterator[DeskPage]:
    """Sign a listener in by keyboard; her desk is live."""
    context = await desk_context(browser, **options)
    page = await context.new_page()
    desk = DeskPage(page, page_errors(page), pictures)
    await page.goto(f"{service.ready['staff_url']}/signin")
    await sign_in(desk, account(service, login))
    await expect(page.locator("button[data-presence=ready]")).to_be_enabled(timeout=40_000)
    try:
        yield desk
    finally:
        await context.close()


async def sign_in(desk: DeskPage, person: dict[str, Any], *, later: bool = False) -> None:
    """Fill the sign-in form in by keyboard; `later` with the next code, as each serves once."""
    await desk.until_focused("#login")
    await desk.page.keyboard.type(person["login"])
    await desk.press("Tab")
    await desk.page.keyboard.type(person["password"])
    await desk.press("Tab")
    await desk.page.keyboard.type(
        pyotp.TOTP(person["totp_secret"]).at(
            SystemClock().now() + timedelta(seconds=30 if later else 0)
        )
    )
    await desk.press("Enter")


@asynccontextmanager
async def caller(
    service: RunningService, key: str, number: str = "+33639980001"
) -> AsyncIterator[Phone]:
    """Call the line and press a key of its menu; hangs up when left."""
    async with Phone(service.ready["phone_url"]) as phone:
        await phone.dial(number)
        await phone.press_when_asked(key)
        yield phone


@dataclass
class Visitor:
    """Somebody who writes, over plain HTTP."""

    http: aiohttp.ClientSession
    url: str
    headers: dict[str, str]
    sent: int = 0

    async def write(self, text: str) -> None:
        """Write a line; returns once it is stored."""
        self.sent += 1
        body = {"cid": f"00000000-0000-4000-8000-{self.sent:012d}", "text": text}
        async with self.http.post(self.url, json=body, headers=self.headers) as answer:
            assert answer.status in (200, 201), await answer.text()

    async def lines(self) -> list[dict[str, Any]]:
        """Return every line of the conversation."""
        params = {"after": "0"}
        async with self.http.get(self.url, params=params, headers=self.headers) as answer:
            document = await answer.json()
            found: list[dict[str, Any]] = document["messages"]
            return found

    async def until_told(self, words: str) -> None:
        """Wait until the listener has written something with these words."""

        async def is_told() -> bool:
            lines = await self.lines()
            return any(words in line["text"] for line in lines if line["from"] == "listener")

        await until(is_told, 10, saying=f"a line with {words!r}")

    async def leave(self) -> None:
        """Leave the conversation."""
        async with self.http.post(
            self.url.replace("/messages", "/leave"), json={}, headers=self.headers
        ) as answer:
            assert answer.status < 300, await answer.text()


@asynccontextmanager
async def visitor(
    service: RunningService, audience: str = "minor", department: str = "59"
) -> AsyncIterator[Visitor]:
    """Open a conversation as the chat page does."""
    base = f"{service.ready['public_url']}/chat/conversations"
    async with aiohttp.ClientSession() as session:
        body = {"audience": audience, "department": department, "language": "fr"}
        async with session.post(base, json=body) as answer:
            assert answer.status == 201, await answer.text()
            opened = await answer.json()
        headers = {"Authorization": f"Bearer {opened['token']}"}
        url = f"{base}/{opened['conversation_id']}/messages"
        yield Visitor(session, url, headers)
