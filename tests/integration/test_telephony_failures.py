"""Every way in which the telephone network's REST interface can fail is an error of ours."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from config.errors import OutcomeUnknown, Unavailable
from contactcenter.telephony.protocol import CallGone, CallState, LegRequest, LegSought
from contactcenter.telephony.transport import CallRate, twilio_transport
from contactcenter.telephony.twilio_adapter import TwilioAccount, TwilioTelephony
from tests.kit.telephony import (
    ACCOUNT_SID,
    API_KEY_SECRET,
    API_KEY_SID,
    AUTH_TOKEN,
    NUMBER,
)

CALL = "CA" + "1" * 32
CONFERENCE = "CF" + "2" * 32
SECONDS = 0.5
REQUEST = LegRequest("room", "identity", UUID(int=1), "label")
ACTS: dict[str, Callable[[TwilioTelephony], Awaitable[object]]] = {
    "create": lambda it: it.call_listener(REQUEST),
    "update": lambda it: it.bring_caller(CALL, UUID(int=1)),
    "hang_up": lambda it: it.end_call(CALL),
    "fetch": lambda it: it.call_state(CALL),
    "list": lambda it: it.leg(LegSought("room", "label")),
    "stream": lambda it: it.calls_in_progress(),
}
CHANGING = ("create", "update", "hang_up")
PROBLEM = b'{"type": "about:blank", "title": "t", "status": "503", "code": "x"}'
HTML = b"<html>Service Unavailable</html>"


def answer(status: int, body: bytes, *more: str, length: int | None = None) -> bytes:
    """Return an HTTP answer as it goes over the wire."""
    size = len(body) if length is None else length
    head = [f"HTTP/1.1 {status} X", f"Content-Length: {size}", "Connection: close", *more]
    return "\r\n".join([*head, "", ""]).encode() + body


FAILURES = {
    "503": answer(503, b'{"code": 20503, "message": "m", "status": 503}'),
    "503 HTML": answer(503, HTML),
    "503 problem": answer(503, PROBLEM, "Content-Type: application/problem+json"),
    "500 not UTF-8": answer(500, b"\xff\xfe\x00", "Content-Type: text/html; charset=nonsense"),
    "200 HTML": answer(200, HTML),
    "200 not UTF-8": answer(200, b'{"sid": "\xff"}'),
    "200 empty": answer(200, b""),
    "200 list": answer(200, b"[1]"),
    "200 nested without end": answer(200, b"[" * 100_000),
    "truncated": answer(200, b'{"calls": [', length=1000),
    "redirect": answer(307, b"", "Location: http://127.0.0.1:1/elsewhere"),
    "no HTTP": b"SSH-2.0-OpenSSH\r\n\r\n",
    "closed": b"",
    "hanging": b"HTTP/1.1 200 OK\r\n",
}
REFUSALS = {
    "400": answer(400, b'{"code": 20001, "message": "m", "status": 400}'),
    "401 HTML": answer(401, HTML),
    "400 problem": answer(400, PROBLEM),
    # Somebody else's « not found », a proxy's: it says nothing of the call.
    "404 HTML": answer(404, HTML),
}
# Success, of something else.
ODD = {
    "another object": {"hello": 1},
    "a list that is none": {"calls": None, "uri": "/"},
    "words for objects": {"calls": ["x"], "uri": "/"},
    "no sid": {"calls": [{"sid": None, "status": "in-progress"}], "uri": "/"},
}


@dataclass
class Odd:
    """A network that gives the same bytes to whoever asks, and counts who did."""

    says: bytes = b""
    asked: int = 0
    serving: list["asyncio.Task[None]"] = field(default_factory=list)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request in, say it, and wait until the other side is gone; or cut it off."""
        task = asyncio.current_task()
        assert task is not None
        self.serving.append(task)
        try:
            await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            writer.write(self.says)
            if self.says == FAILURES["hanging"]:
                await reader.read()
            elif not self.says:
                writer.transport.abort()
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


@asynccontextmanager
async def telephony_at(url: str, seconds: float = SECONDS) -> AsyncIterator[TwilioTelephony]:
    account = TwilioAccount(
        ACCOUNT_SID, AUTH_TOKEN, API_KEY_SID, API_KEY_SECRET, NUMBER, "http://127.0.0.1:1"
    )
    async with twilio_transport(url, seconds=seconds) as transport:
        yield TwilioTelephony(account, transport, CallRate(1000))


@asynccontextmanager
async def odd_network(seconds: float = SECONDS) -> AsyncIterator[tuple[Odd, TwilioTelephony]]:
    odd = Odd()
    server = await asyncio.start_server(odd.handle, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        async with telephony_at(url, seconds) as telephony:
            yield odd, telephony
    finally:
        server.close()
        await asyncio.gather(*odd.serving, return_exceptions=True)


@pytest.mark.parametrize("act", ACTS)
async def test_whatever_the_network_answers_instead_is_unavailable_and_may_have_been_done(
    act: str,
) -> None:
    async with odd_network() as (odd, telephony):
        for name, odd.says in FAILURES.items():
            with pytest.raises(Unavailable) as caught:
                await ACTS[act](telephony)
            assert caught.value.code.startswith("telephony_"), name
            assert isinstance(caught.value, OutcomeUnknown) is (act in CHANGING), name


@pytest.mark.parametrize("act", ACTS)
async def test_what_the_network_refuses_was_certainly_not_done(act: str) -> None:
    async with odd_network() as (odd, telephony):
        for name, odd.says in REFUSALS.items():
            with pytest.raises(Unavailable) as caught:
                await ACTS[act](telephony)
            assert not isinstance(caught.value, OutcomeUnknown), name


async def test_a_success_that_is_about_something_else_is_unreadable_and_ends_nobody() -> None:
    async with odd_network() as (odd, telephony):
        for name, document in ODD.items():
            odd.says = answer(200, json.dumps(document).encode())
            for act in ("create", "fetch", "list", "stream"):
                if (name, act) == ("no sid", "list"):
                    continue
                with pytest.raises(OutcomeUnknown) as caught:
                    await ACTS[act](telephony)
                assert caught.value.code == "telephony_unreadable", (name, act)
        odd.says = answer(200, b'{"sid": "x", "status": "levitating"}')
        with pytest.raises(OutcomeUnknown):
            await telephony.call_state(CALL)


async def test_only_the_networks_own_word_says_that_a_call_is_gone() -> None:
    async with odd_network() as (odd, telephony):
        for status, code in ((404, 20404), (400, 21220)):
            odd.says = answer(status, json.dumps({"code": code, "status": status}).encode())
            assert await telephony.call_state(CALL) is CallState.ENDED
            await telephony.end_call(CALL)
            with pytest.raises(CallGone):
                await telephony.bring_caller(CALL, UUID(int=1))


async def test_a_network_that_asks_to_slow_down_is_asked_again_within_the_time_out() -> None:
    async with odd_network(seconds=2) as (odd, telephony):
        odd.says = answer(429, b'{"code": 20429, "status": 429}')
        began = asyncio.get_running_loop().time()
        with pytest.raises(Unavailable):
            await telephony.call_state(CALL)
        assert odd.asked > 1
        assert asyncio.get_running_loop().time() - began < 10


async def test_a_network_that_is_not_there_has_done_nothing() -> None:
    async with telephony_at("http://127.0.0.1:1") as telephony:
        for act in ACTS.values():
            with pytest.raises(Unavailable) as caught:
                await act(telephony)
            assert not isinstance(caught.value, OutcomeUnknown)
