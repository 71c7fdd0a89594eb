"""The visitor's page over the whole service: a tab as a person at risk has it."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, Route, expect

from tests.kit.browser import chromium, page_errors
from tests.kit.engines import DatabaseAddresses
from tests.kit.site import Site, site

PHONE = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
NEUTRAL = re.compile(r"https://fr\.wikipedia\.org/")
# What a browser says of a request that a test refuses, or that has no network.
PROVOKED = ("net::ERR", "Failed to load resource", "WebSocket connection")

# How far the document sticks out of its window, in both directions, once it is a talk.
STICKS_OUT = """() => {
  const { scrollWidth, scrollHeight, clientWidth } = document.documentElement;
  return [scrollWidth - clientWidth, scrollHeight - innerHeight];
}"""
# Which of these elements a finger in their middle does not reach.
COVERED = """([selectors, seen]) => selectors.filter((selector) => {
  const element = [...document.querySelectorAll(selector)].pop();
  const box = element.getBoundingClientRect();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const hit = document.elementFromPoint(x, y);
  return !hit || !element.contains(hit) || box.top < 0 || y > (seen || innerHeight);
})"""


@asynccontextmanager
async def visited(
    folder: Path,
    database: DatabaseAddresses,
    redis_url: str,
    *,
    rules: tuple[str, str] = ("", ""),
    **limits: int,
) -> AsyncIterator[tuple[Site, Browser]]:
    """Serve the whole service, with one listener, and run a browser.

    `rules` replaces one line of line.toml by another.
    """
    async with AsyncExitStack() as stack:
        made = await stack.enter_async_context(site(folder, database, redis_url, "ines", **limits))
        file = Path(made.environment["HELPLINE_DIR"]) / "line.toml"
        text = file.read_text("utf-8")
        assert rules[0] in text
        file.write_text(text.replace(*rules), "utf-8")
        await stack.enter_async_context(made.serving())
        yield made, await stack.enter_async_context(chromium())


@asynccontextmanager
async def tabs(browser: Browser, **options: Any) -> AsyncIterator[BrowserContext]:
    """A browser profile of its own, where the neutral site answers without a network."""
    context = await browser.new_context(
        **{"locale": "fr-FR", "timezone_id": "Europe/Paris", **options}
    )
    context.set_default_timeout(15_000)
    await context.route(NEUTRAL, _weather)
    try:
        yield context
    finally:
        await context.close()


async def _weather(route: Route) -> None:
    await route.fulfill(
        body="<title>Météo</title>Il fait beau.", content_type="text/html; charset=utf-8"
    )


async def page_of(context: BrowserContext, centre: Site, query: str = "") -> tuple[Page, list[str]]:
    """Open the page in a new tab; what it complains of is gathered in the list."""
    page = await context.new_page()
    errors = page_errors(page)
    await page.goto(f"{centre.ports.public_url}/chat/{query}")
    return page, errors


def unprovoked(errors: list[str]) -> list[str]:
    return [each for each in errors if not any(known in each for known in PROVOKED)]


async def begun(page: Page, first: str = "") -> None:
    """Begin a conversation, with a first message if any."""
    await page.fill("#first", first)
    await page.click("#start-button")
    await expect(page.locator("#text")).to_be_focused()


async def written(page: Page, text: str) -> None:
    await page.fill("#text", text)
    await page.keyboard.press("Enter")


async def covered(page: Page, *selectors: str, seen: float = 0) -> list[str]:
    """Return those that no finger reaches; `seen`: the height that a keyboard leaves."""
    found: list[str] = await page.evaluate(COVERED, [list(selectors), seen])
    return found


async def same_tab(context: BrowserContext, stored: str, later_seconds: int = 0) -> Page:
    """Return a tab that has another one's storage: duplicated, or brought back that much later."""
    page = await context.new_page()
    await page.add_init_script(
        f"""if (!sessionStorage.length && !window.name) sessionStorage.setItem("s", {stored!r});
        window.name = "brought back";
        const now = Date.now; Date.now = () => now() + {later_seconds * 1000};"""
    )
    return page
