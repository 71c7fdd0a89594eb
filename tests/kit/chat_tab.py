"""A browser tab as a visitor has it: no past, in French unless told, and no complaint allowed."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

from aiohttp import web
from playwright.async_api import Browser, Page, expect

from chat.limits import SessionLimits
from tests.kit.browser import keep_picture
from tests.kit.chat_site import ChatSite, chat_site

PICTURES = Path(__file__).parents[2] / "artifacts" / "chat"
PHONE = {"width": 375, "height": 667}
DESK = {"width": 1280, "height": 800}
# How far a page sticks out sideways, in pixels.
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

# A refused connection is a line of the browser's own, and some tests want one refused.
_EXPECTED = ("net::ERR", "WebSocket connection", "Failed to load resource")


@contextlib.asynccontextmanager
async def tab(browser: Browser, **options: Any) -> AsyncIterator[Page]:
    """Open a page; an uncaught error, or content refused by the policy, fails the test."""
    context = await browser.new_context(
        **{"locale": "fr-FR", "timezone_id": "Europe/Paris", **options}
    )
    context.set_default_timeout(10_000)
    page = await context.new_page()
    complaints: list[str] = []

    def said(kind: str, text: str) -> None:
        if kind in {"error", "warning"} and not any(each in text for each in _EXPECTED):
            complaints.append(text)

    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: said(message.type, message.text))
    try:
        yield page
        assert complaints == []
    finally:
        await context.close()


def served(**options: object) -> contextlib.AbstractAsyncContextManager[ChatSite]:
    """The chat at production pace, with a page that asks nothing unusual of it."""
    return chat_site(session_limits=SessionLimits(), **options)  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def neutral_site() -> AsyncIterator[str]:
    """Where a quick exit leads to."""
    app = web.Application()
    app.router.add_get("/", _neutral)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def _neutral(_request: web.Request) -> web.Response:
    return web.Response(text="<title>Météo</title>Il fait beau.", content_type="text/html")


async def started(page: Page, site: ChatSite) -> UUID:
    """Go through the start page; returns whose conversation it is."""
    await page.goto(f"{site.public_url}/chat/")
    await page.click("#start-button")
    await expect(page.locator("#text")).to_be_focused()
    return next(reversed(site.centre.talks))


async def write(page: Page, text: str) -> None:
    await page.fill("#text", text)
    await page.keyboard.press("Enter")


async def picture(page: Page, name: str) -> None:
    await keep_picture(page, PICTURES / f"{name}.png")


async def shown(page: Page) -> list[str]:
    return await page.locator("#lines .bubble").all_text_contents()
