"""The telephone network behind Twilio's REST interface.

Twilio's errors are translated here, by status and code, never by their text:
20404 and 404 mean the call or conference is gone, 21220 that the call is not
in progress, 20429 that we ask too often (the transport waits and repeats).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from twilio.base.exceptions import TwilioRestException
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant
from twilio.rest import Client

from config.errors import OutcomeUnknown, Unavailable
from contactcenter.telephony.addresses import webhook_address
from contactcenter.telephony.protocol import CallGone, CallState, Leg, LegRequest
from contactcenter.telephony.transport import CallRate, TwilioTransport

GONE_CODES = frozenset({20404, 21220})
CALLS_READ = 1000
LEGS_READ = 50
TOKEN_SECONDS = 3600

T = TypeVar("T")

_STATES = {
    "queued": CallState.RINGING,
    "initiated": CallState.RINGING,
    "connecting": CallState.RINGING,
    "ringing": CallState.RINGING,
    "in-progress": CallState.IN_PROGRESS,
    "connected": CallState.IN_PROGRESS,
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

    def webhook(self, path: str, **query: str) -> str:
        """Return the absolute address of one of our webhooks, with the retry overrides."""
        return webhook_address(f"{self._account.public_base_url.rstrip('/')}{path}", query)

    async def call_listener(self, request: LegRequest) -> Leg:
        """Ring the listener into the conference; see `Telephony`."""
        await self._rate.take()
        events = self.webhook("/voice/conference", engagement=str(request.offer_id))
        participant = await _translated(
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
                status_callback_event=["answered", "completed"],
                conference_status_callback=events,
                conference_status_callback_event=["start", "end", "join", "leave"],
            )
        )
        return _leg(participant)

    async def leg(self, conference_name: str, label: str) -> Leg | None:
        """Return the leg of that label; see `Telephony`."""
        conferences = await _translated(
            lambda: self._rest.conferences.list_async(friendly_name=conference_name, limit=5)
        )
        # Not only those in progress: one whose only participant still rings has not begun.
        for conference in (each for each in conferences if str(each.status) != "completed"):
            for participant in await self._participants(str(conference.sid)):
                if participant.label == label:
                    return _leg(participant)
        return None

    async def bring_caller(self, call_sid: str, engagement_id: UUID) -> None:
        """Redirect a parked caller into the conference; see `Telephony`."""
        address = self.webhook("/voice/join", engagement=str(engagement_id))
        await _translated(
            lambda: self._rest.calls(call_sid).update_async(url=address, method="POST")
        )

    async def end_call(self, call_sid: str) -> None:
        """Hang up a leg; see `Telephony`."""
        try:
            await _translated(lambda: self._rest.calls(call_sid).update_async(status="completed"))
        except CallGone:
            return

    async def call_state(self, call_sid: str) -> CallState:
        """Return where a leg stands; see `Telephony`."""
        try:
            call = await _translated(lambda: self._rest.calls(call_sid).fetch_async())
        except CallGone:
            return CallState.ENDED
        return _state(call.status)

    async def calls_in_progress(self) -> tuple[str, ...]:
        """Return the sids of the calls in progress; see `Telephony`."""
        calls = await _translated(
            lambda: self._rest.calls.list_async(status="in-progress", limit=CALLS_READ)
        )
        return tuple(str(call.sid) for call in calls)

    async def _participants(self, conference_sid: str) -> list[Any]:
        try:
            found: list[Any] = await _translated(
                lambda: self._rest.conferences(conference_sid).participants.list_async(
                    limit=LEGS_READ
                )
            )
        except CallGone:
            return []
        return found

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


async def _translated(call: Callable[[], Awaitable[T]]) -> T:
    try:
        return await call()
    except TwilioRestException as error:
        status, code = error.status, error.code
    if status == 404 or code in GONE_CODES:
        raise CallGone("the call or conference is over")
    if status >= 500:
        raise OutcomeUnknown("the telephone network failed", code="telephony_unavailable")
    raise Unavailable(
        f"the telephone network refused with {status}/{code}", code="telephony_refused"
    )


def _leg(participant: Any) -> Leg:
    return Leg(
        call_sid=participant.call_sid,
        conference_sid=participant.conference_sid,
        label=participant.label or "",
        state=_state(participant.status),
    )


def _state(status: object) -> CallState:
    # The package gives its enumeration or, for a value it does not know, the bare string.
    return _STATES.get(str(status), CallState.ENDED)
