"""Callers as the carrier presents them: signed webhooks, one after the other for each call."""

import re
import secrets
from dataclasses import dataclass
from html import unescape
from urllib.parse import urldefrag, urljoin
from uuid import UUID

import aiohttp
from twilio.request_validator import RequestValidator

from config.clock import monotonic
from tests.bench.load import BenchFailed

# The range that France keeps for fiction: 06 39 98 00 00 to 06 39 98 99 99.
FIRST_NUMBER = 33_639_980_000
NUMBERS = 10_000
MINOR = "1"  # the key pressed: neither U1, which has a band of its own, nor the calmest
ANSWER_SECONDS = 10.0
_ACTION = re.compile(r'<Gather[^>]* action="([^"]+)"')
_CONTACT = re.compile(r"[?&]contact=([0-9a-f-]{36})")


@dataclass(frozen=True)
class Arrived:
    """A call that was greeted: who it is, and where its key is to be sent."""

    contact_id: UUID
    call_sid: str
    menu_url: str
    form: dict[str, str]


class Carrier:
    """Asks the service as the carrier would, over one bounded set of kept connections."""

    def __init__(
        self, http: aiohttp.ClientSession, public_url: str, twilio: dict[str, str]
    ) -> None:
        """Sign with the account of the ready file."""
        self._http = http
        self._public_url = public_url.rstrip("/")
        self._account_sid = twilio["account_sid"]
        self._number = twilio["number"]
        self._validator = RequestValidator(twilio["auth_token"])
        self._calls = 0

    async def take_in(self) -> float:
        """Bring one call in, to committed and queued; return the seconds of its two webhooks."""
        started = monotonic()
        await self.press(await self.arrive())
        return monotonic() - started

    async def arrive(self) -> Arrived:
        """Dial: the answer is the greeting with its menu."""
        form = self._call()
        answer = await self.ask(f"{self._public_url}/voice/incoming", form)
        action = _ACTION.search(answer)
        if action is None:
            raise BenchFailed("the answer to an incoming call has no menu")
        menu_url = urldefrag(urljoin(self._public_url, unescape(action[1]))).url
        contact = _CONTACT.search(menu_url)
        if contact is None:
            raise BenchFailed("the menu does not say whose it is")
        return Arrived(UUID(contact[1]), form["CallSid"], menu_url, form)

    async def press(self, call: Arrived) -> None:
        """Press the key of a minor: the answer parks the caller, who is queued by then."""
        form = {**call.form, "CallStatus": "in-progress", "Digits": MINOR}
        if "<Enqueue" not in await self.ask(call.menu_url, form):
            raise BenchFailed("the key was answered by something else than a queue")

    async def hang_up(self, call: Arrived) -> None:
        """Report that the caller is gone."""
        form = {**call.form, "CallStatus": "completed", "CallDuration": "1"}
        await self.ask(f"{self._public_url}/voice/status", form)

    async def bare(self, url: str) -> float:
        """Send the floor one signed webhook; return the seconds it took."""
        started = monotonic()
        await self.ask(url, self._call())
        return monotonic() - started

    async def ask(self, url: str, form: dict[str, str]) -> str:
        """Send one signed webhook and return what it answers; BenchFailed unless it is well."""
        headers = {"X-Twilio-Signature": self._validator.compute_signature(url, form)}
        async with self._http.post(url, data=form, headers=headers) as answer:
            text = await answer.text()
            if answer.status not in (200, 204):
                raise BenchFailed(f"a webhook was answered {answer.status}")
            return text

    def _call(self) -> dict[str, str]:
        self._calls += 1
        return {
            "AccountSid": self._account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": f"CA{secrets.token_hex(16)}",
            "CallStatus": "ringing",
            "CallerCountry": "FR",
            "Direction": "inbound",
            "From": f"+{FIRST_NUMBER + self._calls % NUMBERS}",
            "To": self._number,
        }


def carrier_session(in_flight: int) -> aiohttp.ClientSession:
    """Return a session that keeps one connection for each request under way."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=in_flight),
        timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
    )
