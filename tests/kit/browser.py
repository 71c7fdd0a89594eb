"""A real browser for the tests: Debian's chromium, with a microphone that beeps."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)

WANTS_PICTURES = bool(os.environ.get("PICTURES"))  # noqa: TID251 - whoever runs the tests says so

# What a page shows is waited for, not timed: three browsers share the cores of a small machine.
expect.set_options(timeout=20_000)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run a headless chromium; fails when none is installed, as nothing is skipped in silence."""
    path = shutil.which("chromium")
    assert path, "chromium is missing: apt-get install -y chromium"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


async def keep_picture(page: Page, path: Path, *, whole: bool = False) -> None:
    """Keep what a page shows, when pictures are wanted (`make test PICTURES=1`): they cost time."""
    if WANTS_PICTURES:
        path.parent.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=path, full_page=whole)


def page_errors(page: Page) -> list[str]:
    """Collect what a page reports: uncaught errors, refused content, error messages."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    return errors
