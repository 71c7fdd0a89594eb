"""The telephone network behind Twilio's REST interface.

What Twilio refuses becomes one of our errors before the `twilio` package sees
it (`answers`): the package is given answers that say « done ». What it cannot
make anything of, or what lacks what we asked for, is `telephony_unreadable`.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from twilio.base.exceptions import TwilioException
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant
from twilio.rest import Client

from config.errors import OutcomeUnknown
from contactcenter.telephony.addresses import webhook_address
from contactcenter.telephony.answers import UNAVAILABLE, UNREADABLE
from contactcenter.telephony.protocol import CallGone, CallState, Leg, LegRequest, LegSought
from contactcenter.telephony.transport import CallRate, TwilioTransport

CALLS_READ = 1000
# A leg that would wait for longer rings nobody in time: no caller is kept for it.
QUEUE_MS = 60_000
# A list may be several requests; a network that leads from page to page is not followed for ever.
ACT_SECONDS = 20.0
# What the package raises for an answer that is not what it expects.
UNEXPECTED = (TwilioException, ValueError, TypeError, AttributeError, LookupError)
TOKEN_SECONDS = 3600

SID = re.compile(r"C[AF][0-9a-f]{32}")

T = TypeVar("T")
R = TypeVar("R")

_STATES = {
    "queued": CallState.RINGING,
    "initiated": CallState.RINGING,
    "connecting": CallState.RINGING,
    "ringing": CallState.RINGING,
    "in-progress": CallState.IN_PROGRESS,
    "connected": CallState.IN_PROGRESS,
    "completed": CallState.ENDED,
    "complete": CallState.ENDED,
    "busy": CallState.ENDED,
    "failed": CallState.ENDED,
    "no-answer": CallState.ENDED,
    "canceled": CallState.ENDED,
}


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """What the adapter needs to know of our account; secrets stay out of its repr."""

    account_sid: str
    auth_token: str
    api_key_sid: str
    api_key_secret: str
    number: str
    public_base_url: str
    region: str = ""

    def __repr__(self) -> str:
        """Name the account only."""
        return f"TwilioAccount({self.account_sid})"


class TwilioTelephony:
    """`Telephony` over the `twilio` package."""

    def __init__(self, account: TwilioAccount, transport: TwilioTransport, rate: CallRate) -> None:
        """Act on `account` through `transport`, placing calls no faster than `rate`."""
        self._account = account
        self._rate = rate
        self._rest = Client(
            account.api_key_sid or account.account_sid,
            account.api_key_secret or account.auth_token,
            account.account_sid,
            region=account.region or None,
            http_client=transport,
        )
        # The package imports its resources at their first use: a third of a second in which
        # nothing else would run, paid here and not by the first caller.
        _ = self._rest.api, self._rest.conferences, self._rest.calls

    def webhook(self, path: str, **query: str) -> str:
        """Return the absolute address of one of our webhooks, with the retry overrides."""
        return webhook_address(f"{self._account.public_base_url.rstrip('/')}{path}", query)

    async def call_listener(self, request: LegRequest) -> Leg:
        """Ring the listener into the conference; see `Telephony`."""
        await self._rate.take()
        events = self.webhook("/voice/conference", engagement=str(request.offer_id))
        return await _translated(
            lambda: self._rest.conferences(request.conference_name).participants.create_async(
                from_=self._account.number,
                to=f"client:{request.identity}?{urlencode({'offer_id': str(request.offer_id)})}",
                label=request.label,
                beep="false",
                wait_url="",
                early_media=False,
                timeout=request.ring_seconds,
                start_conference_on_enter=True,
                end_conference_on_exit=True,
                status_callback=self.webhook("/voice/leg", engagement=str(request.offer_id)),
                # `initiated` says the leg's sid even when the answer to this request is lost.
                status_callback_event=["initiated", "answered", "completed"],
                conference_status_callback=events,
                conference_status_callback_event=["start", "end", "join", "leave"],
            ),
            _leg,
        )

    async def leg(self, sought: LegSought) -> Leg | None:
        """Return the leg sought; see `Telephony`.

        By the sid of its conference first, then by the conference's name, then
        by whom it rings: only the first is never late.
        """
        if sought.conference_sid:
            leg = await self._participant(sought.conference_sid, sought.label)
            if leg is not None:
                return leg
        # Without a status only those in progress are listed: not one whose first leg still rings.
        for status in ("init", "in-progress"):
            for conference_sid in await self._conferences(sought.conference_name, status):
                leg = await self._participant(conference_sid, sought.label)
                if leg is not None:
                    return leg
        return await self._call_to(sought) if sought.identity else None

    async def _conferences(self, name: str, status: str) -> list[str]:
        return await _translated(
            lambda: self._rest.conferences.list_async(friendly_name=name, status=status, limit=5),
            lambda listed: [_sid(each.sid) for each in listed],
        )

    async def _participant(self, conference_sid: str, label: str) -> Leg | None:
        """Return one participant, asked for by its label: no list, so never late."""
        try:
            return await _translated(
                lambda: self._rest.conferences(conference_sid).participants(label).fetch_async(),
                _leg,
            )
        except CallGone:
            return None

    async def _call_to(self, sought: LegSought) -> Leg | None:
        """Return the live call to an identity, which one session has to itself."""
        for status in ("queued", "ringing", "in-progress"):
            for call_sid, address, state in await self._calls(status):
                # Whether an address keeps its parameters here is not documented.
                if address.partition("?")[0] == f"client:{sought.identity}":
                    return Leg(call_sid, None, sought.label, state)
        return None

    async def _calls(self, status: str) -> list[tuple[str, str, CallState]]:
        """Return sid, called address and state of the calls listed with a status."""
        return await _translated(
            lambda: self._rest.calls.list_async(status=status, limit=CALLS_READ),
            lambda calls: [(_sid(each.sid), str(each.to), _state(each.status)) for each in calls],
        )

    async def bring_caller(self, call_sid: str, engagement_id: UUID) -> None:
        """Redirect a parked caller into the conference; see `Telephony`."""
        address = self.webhook("/voice/join", engagement=str(engagement_id))
        await _translated(
            lambda: self._rest.calls(call_sid).update_async(url=address, method="POST"), _done
        )

    async def end_call(self, call_sid: str) -> None:
        """Hang up a leg; see `Telephony`."""
        try:
            await _translated(
                lambda: self._rest.calls(call_sid).update_async(status="completed"), _done
            )
        except CallGone:
            return

    async def call_state(self, call_sid: str) -> CallState:
        """Return where a leg stands; see `Telephony`."""
        try:
            return await _translated(
                lambda: self._rest.calls(call_sid).fetch_async(), lambda call: _state(call.status)
            )
        except CallGone:
            return CallState.ENDED

    async def calls_in_progress(self) -> tuple[str, ...]:
        """Return the sids of the calls in progress; see `Telephony`."""
        return tuple(call_sid for call_sid, _, _ in await self._calls("in-progress"))

    def softphone_token(self, identity: str) -> str:
        """Return a token with which one desk session may be rung for an hour.

        Signed with an API key, never the Auth Token, and good for incoming calls only.
        """
        token = AccessToken(
            self._account.account_sid,
            self._account.api_key_sid,
            self._account.api_key_secret,
            identity=identity,
            ttl=TOKEN_SECONDS,
            region=self._account.region or None,
        )
        token.add_grant(VoiceGrant(incoming_allow=True))
        jwt: str = token.to_jwt()
        return jwt


async def _translated(call: Callable[[], Awaitable[T]], read: Callable[[T], R]) -> R:
    """Return what `read` makes of an answer; raise only errors of ours.

    An answer that cannot be read says nothing of what was done: OutcomeUnknown.
    """
    try:
        async with asyncio.timeout(ACT_SECONDS):
            answer = await call()
        return read(answer)
    except TimeoutError:
        error = OutcomeUnknown("the telephone network did not end", code=UNAVAILABLE)
    except UNEXPECTED:
        error = OutcomeUnknown("the telephone network gave another answer", code=UNREADABLE)
    raise error


def _done(_answer: object) -> None:
    """Want nothing of an answer but that it came."""


def _leg(participant: Any) -> Leg:
    return Leg(
        call_sid=_sid(participant.call_sid),
        conference_sid=_sid(participant.conference_sid),
        label=participant.label or "",
        state=_state(participant.status),
        queue_ms=_milliseconds(participant.queue_time),
    )


def _milliseconds(queue_time: object) -> int:
    """Return the wait for the account's calls a second; 0 where none is told."""
    text = str(queue_time)
    return min(int(text), QUEUE_MS) if text.isascii() and text.isdigit() else 0


def _sid(value: object) -> str:
    if not isinstance(value, str) or not SID.fullmatch(value):
        raise ValueError("not a sid")
    return value


def _state(status: object) -> CallState:
    """Return where a leg stands; what we do not know is not « ended »: nobody is let go for it."""
    # The package gives its enumeration or, for a value it does not know, the bare string.
    return _STATES[str(status)]
