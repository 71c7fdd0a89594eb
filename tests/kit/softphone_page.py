"""A bare page that holds a softphone, under a policy as strict as the desk's."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).parents[2] / "contactcenter" / "desk" / "static"
OFFER = "01890a5d-ac96-774b-bcce-b302099a8057"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
    "connect-src 'self' ws://127.0.0.1:* wss://*.twilio.com; media-src 'self' blob:; "
    "base-uri 'none'; require-trusted-types-for 'script'"
)
PAGE = """<!doctype html><html lang="fr"><title>Poste</title><link rel="icon" href="data:,">
<button id="ready">Prêt</button><script type="module" src="/page.js"></script></html>"""
SCRIPT = """
import { createSoftphone } from '/static/softphone/softphone.js';
const query = new URLSearchParams(location.search);
const options = {
  kind: query.get('kind'),
  url: query.get('url'),
  token: query.get('token'),
  seconds: Number(query.get('seconds') ?? 3600),
  renewToken: async () => {
    window.renewals = (window.renewals ?? 0) + 1;
    if (window.refusing) throw new Error('refused');
    return { token: `${query.get('token')}`, seconds: 3600 };
  },
};
document.getElementById('ready').addEventListener('click', async () => {
  const softphone = await createSoftphone(options);
  window.troubles = [];
  softphone.addEventListener('trouble', ({ detail }) => window.troubles.push(detail.code));
  window.softphone = softphone;
  await softphone.prepare();
  softphone.start('listener_1');
});
window.loaded = true;
"""


@asynccontextmanager
async def softphone_page() -> AsyncIterator[str]:
    """Serve the page; `?kind=…&url=…&token=…` say which softphone it holds."""
    app = web.Application()
    app.router.add_static("/static", STATIC)
    app.router.add_get("/", _gives(PAGE, "text/html"))
    app.router.add_get("/page.js", _gives(SCRIPT, "text/javascript"))
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


def _gives(text: str, kind: str) -> Callable[[web.Request], Coroutine[None, None, web.Response]]:
    async def handle(_request: web.Request) -> web.Response:
        headers = {"Content-Security-Policy": POLICY}
        return web.Response(text=text, content_type=kind, headers=headers)

    return handle
