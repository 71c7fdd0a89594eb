"""Requests from the network to the service: signed, retried, bounded."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import uuid4

import aiohttp
import structlog
from twilio.request_validator import RequestValidator
from yarl import URL

from contactcenter.telephony.emulator.documents.twiml import MAX_DOCUMENT_BYTES
from contactcenter.telephony.emulator.hooks import overrides
from contactcenter.telephony.emulator.hooks.faults import Faults

log = structlog.get_logger()

PAUSE_BETWEEN_ATTEMPTS_SECONDS = 0.1
CONNECTIONS = 100


class WebhookFailed(Exception):
    """The service gave no usable answer; `code` is Twilio's (11200, 11205)."""

    def __init__(self, code: int, failure: str) -> None:
        """Hold the code, and the kind of failure as the retry policy names it."""
        super().__init__(f"webhook failed: {code}")
        self.code = code
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Hook:
    """One request to make: `fields` travel in the body of a POST, in the query of a GET."""

    url: str
    method: str
    fields: Mapping[str, str]


class Webhooks:
    """Sends hooks as Twilio does."""

    def __init__(self, session: aiohttp.ClientSession, auth_token: str, faults: Faults) -> None:
        """Sign with `auth_token`."""
        self._session = session
        self._validator = RequestValidator(auth_token)
        self._faults = faults

    async def ask(self, hook: Hook) -> bytes:
        """Return the body of the first 2xx answer, after the retries the address allows.

        Every attempt carries the same I-Twilio-Idempotency-Token. Raises
        WebhookFailed once the attempts or the total time are used up.
        """
        address, limits = overrides.split(hook.url)
        token = str(uuid4())
        try:
            async with asyncio.timeout(limits.total_seconds):
                for _ in range(limits.retries):
                    try:
                        return await self._once(address, hook, limits, token)
                    except WebhookFailed as error:
                        if not limits.retries_after(error.failure):
                            raise
                    await asyncio.sleep(PAUSE_BETWEEN_ATTEMPTS_SECONDS)
                return await self._once(address, hook, limits, token)
        except TimeoutError:
            raise WebhookFailed(11200, "rt") from None

    async def _once(
        self, address: str, hook: Hook, limits: overrides.Overrides, token: str
    ) -> bytes:
        rule = self._faults.take("webhook", URL(address).path)
        if rule is not None and rule.act == "lose":
            raise WebhookFailed(11205, "ct")
        if rule is not None and rule.act == "late":
            await asyncio.sleep(rule.seconds)
        if rule is not None and rule.act == "repeat":
            await self._send(address, hook, limits, token)
        return await self._send(address, hook, limits, token)

    async def _send(
        self, address: str, hook: Hook, limits: overrides.Overrides, token: str
    ) -> bytes:
        get = hook.method == "GET"
        target = _with_query(address, hook.fields) if get else address
        ordered = _sorted_query(address)
        signed: Mapping[str, str] = {} if get else hook.fields
        headers = {
            "X-Twilio-Signature": self._validator.compute_signature(target, signed),
            "I-Twilio-Idempotency-Token": token,
            "User-Agent": "TwilioProxy/1.1",
        }
        try:
            async with self._session.request(
                hook.method,
                # Already encoded: but for its order, what is signed is sent to the letter.
                URL(_with_query(ordered, hook.fields) if get else ordered, encoded=True),
                data=None if get else urlencode(hook.fields),
                headers=headers if get else headers | _FORM,
                timeout=aiohttp.ClientTimeout(
                    total=None,
                    sock_connect=limits.connect_seconds,
                    sock_read=limits.read_seconds,
                ),
                allow_redirects=False,
            ) as answer:
                return await _body(answer)
        except aiohttp.ClientConnectorError:
            failed = WebhookFailed(11205, "ct")
        except aiohttp.ConnectionTimeoutError:
            failed = WebhookFailed(11205, "ct")
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            failed = WebhookFailed(11200, "ct")
        except (TimeoutError, aiohttp.ClientError, ValueError):
            failed = WebhookFailed(11200, "rt")
        raise failed


_FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    if not 200 <= answer.status < 300:
        raise WebhookFailed(11200, f"{answer.status // 100}xx")
    content = bytearray()
    async for part in answer.content.iter_chunked(8192):
        content += part
        if len(content) > MAX_DOCUMENT_BYTES:
            raise WebhookFailed(11200, "rt")
    return bytes(content)


def _sorted_query(address: str) -> str:
    """Return the address with its query sorted by name, as Twilio asks it.

    It signs the address as it was written, so one that is not written in that
    order is refused by whoever checks. Source: twilio-php 790, twilio-node 1079.
    """
    path, mark, query = address.partition("?")
    pairs = sorted(query.split("&"), key=lambda pair: pair.partition("=")[0])
    return path + mark + "&".join(pairs)


def _with_query(address: str, fields: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(fields)}"


@asynccontextmanager
async def webhooks(auth_token: str, faults: Faults) -> AsyncIterator[Webhooks]:
    """Hold the one session all webhooks share; redirects are not followed."""
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Webhooks(session, auth_token, faults)
