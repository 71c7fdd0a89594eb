"""A service that answers webhooks as a test says, and an emulator that calls it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web
from pydantic import SecretStr
from twilio.request_validator import RequestValidator

from contactcenter.telephony.emulator.config import EmulatorConfig
from contactcenter.telephony.emulator.server import Emulator, emulator_server
from tests.kit.softphone import TokenMaker

ACCOUNT_SID = "AC" + "0a" * 16
AUTH_TOKEN = "token-of-the-tests"
API_KEY_SID = "SK" + "0b" * 16
API_KEY_SECRET = "secret-of-the-tests-which-is-long-enough"
NUMBER = "+33180000119"
TOKENS = TokenMaker(ACCOUNT_SID, API_KEY_SID, API_KEY_SECRET)


@dataclass(frozen=True)
class Asked:
    """One webhook received: its path, method, fields, and what came with it."""

    path: str
    method: str
    fields: dict[str, str]
    signed: bool
    idempotency_token: str
    query: dict[str, str]

    def __getitem__(self, name: str) -> str:
        """Return a field."""
        return self.fields[name]


Answer = str | int | Callable[[Asked], str | int]


@dataclass
class FakeService:
    """Answers each path with TwiML, a status, or what a function says; keeps what it was asked."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    is_hanging: bool = False

    def of(self, path: str) -> list[Asked]:
        """Return what was asked of one path, oldest first."""
        return [asked for asked in self.asked if asked.path == path]

    def events(self, path: str) -> list[str]:
        """Return the conference events received at one path."""
        return [asked["StatusCallbackEvent"] for asked in self.of(path)]

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one webhook."""
        if self.is_hanging:
            await asyncio.sleep(30)
        posted = request.method == "POST"
        fields = {k: str(v) for k, v in (await request.post() if posted else request.query).items()}
        address = self.url + request.raw_path
        signature = request.headers.get("X-Twilio-Signature", "")
        validator = RequestValidator(AUTH_TOKEN)
        asked = Asked(
            path=request.path,
            method=request.method,
            fields=fields,
            signed=validator.validate(address, fields if posted else {}, signature),
            idempotency_token=request.headers.get("I-Twilio-Idempotency-Token", ""),
            query=dict(request.query),
        )
        self.asked.append(asked)
        answer = self.answers.get(request.path, 204)
        if callable(answer):
            answer = answer(asked)
        if isinstance(answer, int):
            return web.Response(status=answer)
        return web.Response(text=f"<Response>{answer}</Response>", content_type="text/xml")

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator["FakeService"]:
        """Listen on a free port, or on the one it had before."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield self
        finally:
            await runner.cleanup()


def emulator_config(service_url: str, **more: object) -> EmulatorConfig:
    """Return the configuration of an emulator that calls the service at that address."""
    settings: dict[str, object] = {
        "account_sid": ACCOUNT_SID,
        "auth_token": SecretStr(AUTH_TOKEN),
        "api_keys": {API_KEY_SID: SecretStr(API_KEY_SECRET)},
        "number": NUMBER,
        "voice_url": f"{service_url}/voice/incoming",
        "status_url": f"{service_url}/voice/status",
        "tempo": 20.0,
        "ring_slack_seconds": 0.0,
    }
    return EmulatorConfig.model_validate(settings | more)


class RestClient:
    """Bare requests to the emulator's REST interface: (status, JSON)."""

    def __init__(self, session: aiohttp.ClientSession, emulator_url: str) -> None:
        """Ask the emulator at that address, signed in with the account's token."""
        self._session = session
        self._base = f"{emulator_url}/2010-04-01/Accounts/{ACCOUNT_SID}"
        self._url = emulator_url
        self._headers = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT_SID, AUTH_TOKEN)}

    async def get(self, path: str, **query: str) -> tuple[int, dict[str, object]]:
        """Read `path`, below the account."""
        return await self._ask("GET", self._base + path, params=query)

    async def post(self, path: str, **form: object) -> tuple[int, dict[str, object]]:
        """Write `path`, below the account."""
        return await self._ask("POST", self._base + path, data=form)

    async def delete(self, path: str) -> tuple[int, dict[str, object]]:
        """Delete `path`, below the account."""
        return await self._ask("DELETE", self._base + path)

    async def misbehave(self, **plan: object) -> None:
        """Set the emulator's fault plan."""
        status, _ = await self._ask("POST", f"{self._url}/emulator/faults", json=plan)
        assert status == 200

    async def _ask(self, method: str, url: str, **more: object) -> tuple[int, dict[str, object]]:
        timeout = aiohttp.ClientTimeout(total=5)
        async with self._session.request(
            method, url, headers=self._headers, timeout=timeout, **more
        ) as answer:
            return answer.status, await answer.json() if answer.status != 204 else {}


@dataclass
class Network:
    """An emulator, the fake service it calls, and a client of its REST interface."""

    service: FakeService
    emulator: Emulator
    rest: RestClient

    @property
    def url(self) -> str:
        """The emulator's address."""
        return self.emulator.url


@asynccontextmanager
async def network(answers: dict[str, Answer], **more: object) -> AsyncIterator[Network]:
    """Run a fake service that gives `answers` and an emulator that calls it."""
    async with (
        FakeService(answers).serving() as service,
        emulator_server(emulator_config(service.url, **more)) as emulator,
        aiohttp.ClientSession() as session,
    ):
        yield Network(service, emulator, RestClient(session, emulator.url))
