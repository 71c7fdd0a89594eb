"""A real browser for the tests: Debian's chromium, with a microphone that beeps."""

import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect

from contactcenter.engines.child import launch_arguments
from tests.kit.until import until

START_SECONDS = 60.0

FLAGS = (
    "--headless=new",
    "--remote-debugging-port=0",
    # As Playwright starts one: nothing is throttled, restored, updated or asked.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-back-forward-cache",
    "--disable-breakpad",
    "--disable-component-extensions-with-background-pages",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-features=HttpsUpgrades,MediaRouter,PaintHolding,OptimizationHints,Translate",
    "--disable-field-trial-config",
    "--disable-hang-monitor",
    "--disable-ipc-flooding-protection",
    "--disable-popup-blocking",
    "--disable-prompt-on-repost",
    "--allow-pre-commit-input",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--metrics-recording-only",
    "--mute-audio",
    "--password-store=basic",
    "--no-service-autorun",
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


class OneChromium:
    """The one headless chromium of a test process: its tests' contexts share nothing but it."""

    def __init__(self, folder: Path) -> None:
        """Start none yet; its profile is kept below `folder`."""
        self._profile = folder / "profile"
        self._output = folder / "chromium.log"
        self._process: subprocess.Popen[bytes] | None = None

    async def address(self) -> str:
        """Return where it is driven, starting it the first time.

        Fails when none is installed, as nothing is skipped in silence.
        """
        if self._process is None:
            self._process = self._started()
        written = self._profile / "DevToolsActivePort"
        await until(lambda: written.exists() and "\n" in written.read_text(), START_SECONDS)
        return f"http://127.0.0.1:{written.read_text().splitlines()[0]}"

    def _started(self) -> "subprocess.Popen[bytes]":
        path = shutil.which("chromium")
        assert path, "chromium is missing: apt-get install -y chromium"
        program = [path, *FLAGS, f"--user-data-dir={self._profile}", "about:blank"]
        with self._output.open("wb") as output:
            return subprocess.Popen(
                launch_arguments(program, death_signal=signal.SIGKILL, identity=None),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def stop(self) -> None:
        """End it with all its processes."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


_ones: list[OneChromium] = []


@contextmanager
def one_chromium(folder: Path) -> Iterator[None]:
    """Let every `chromium()` of a block drive one process."""
    _ones.append(OneChromium(folder))
    try:
        yield
    finally:
        _ones.pop().stop()


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Drive the headless chromium; contexts made in the block are gone after it."""
    async with async_playwright() as playwright:
        address = await _ones[-1].address()
        browser = await playwright.chromium.connect_over_cdp(address, timeout=60_000)
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
