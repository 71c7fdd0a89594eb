"""The phone page and the admin endpoint that switches misbehaviour on."""

from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import ValidationError

from config.languages import best_language, wanted
from config.text import Catalog
from contactcenter.telephony.emulator.calls.exchange import Exchange
from contactcenter.telephony.emulator.hooks.faults import FaultPlan
from contactcenter.telephony.emulator.rest.interface import holds_credentials

FOLDER = Path(__file__).parent / "static"
# The peer connections and the level meter are the softphone's own modules.
SOFTPHONE_FOLDER = Path(__file__).parents[2] / "desk" / "static" / "softphone"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "media-src 'self' blob: https: http:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Pages:
    """What a browser, or a test, reads and switches."""

    def __init__(self, exchange: Exchange, catalog: Catalog) -> None:
        """Show the line of `exchange` in the languages of `catalog`."""
        self._exchange = exchange
        self._catalog = catalog
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined
        )

    def routes(self) -> list[web.RouteDef | web.StaticDef]:
        """Return the routes of the pages and of the admin endpoint."""
        return [
            web.get("/", self.phone),
            web.get("/healthz", self.health),
            web.get("/fallback.xml", self.fallback),
            web.get("/emulator/faults", self.read_faults),
            web.post("/emulator/faults", self.set_faults),
            web.delete("/emulator/faults", self.clear_faults),
            web.get("/emulator/softphones", self.softphones),
            web.static("/static", FOLDER),
            web.static("/softphone-modules", SOFTPHONE_FOLDER),
        ]

    async def phone(self, request: web.Request) -> web.Response:
        """Return the phone page, in the language asked or preferred; French otherwise."""
        preferred = request.headers.get("Accept-Language", "")
        asked = wanted(request.query.get("lang", ""), preferred)
        language = best_language(asked, self._catalog.languages)

        def t(key: str, **values: object) -> str:
            return self._catalog.t(f"phone.{key}", language, **values)

        page = self._templates.get_template("phone.html").render(
            t=t,
            language=language,
            languages=self._catalog.languages,
            texts=self._catalog.area("phone", language),
            number=self._exchange.config.number,
            line=self._exchange.config.line_name,
        )
        return web.Response(text=page, content_type="text/html", headers=HEADERS)

    async def health(self, request: web.Request) -> web.Response:  # noqa: ARG002
        """Return 200 while the emulator serves."""
        return web.json_response({"status": "ok"})

    async def fallback(self, request: web.Request) -> web.Response:  # noqa: ARG002
        """Return the static TwiML of the configured file."""
        path = self._exchange.config.voice_fallback_file
        if path is None:
            raise web.HTTPNotFound
        return web.Response(body=path.read_bytes(), content_type="text/xml")

    async def read_faults(self, request: web.Request) -> web.Response:
        """Return the plan in force, its counts going down."""
        self._check(request)
        return web.json_response(self._exchange.faults.plan.model_dump())

    async def set_faults(self, request: web.Request) -> web.Response:
        """Replace the plan."""
        self._check(request)
        try:
            plan = FaultPlan.model_validate_json(await request.read())
        except ValidationError as error:
            wrong = [".".join(map(str, item["loc"])) for item in error.errors()]
            return web.json_response({"code": "invalid_input", "fields": wrong}, status=400)
        self._exchange.faults.plan = plan
        return web.json_response(plan.model_dump())

    async def clear_faults(self, request: web.Request) -> web.Response:
        """Behave again."""
        self._check(request)
        self._exchange.faults.plan = FaultPlan()
        return web.Response(status=204)

    async def softphones(self, request: web.Request) -> web.Response:
        """Return the identities that can be rung now."""
        self._check(request)
        return web.json_response({"identities": self._exchange.softphones.identities()})

    def _check(self, request: web.Request) -> None:
        if not holds_credentials(self._exchange.config, request.headers.get("Authorization", "")):
            raise web.HTTPUnauthorized
