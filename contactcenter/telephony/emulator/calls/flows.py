"""The life of a call, from its first ring to its last callback."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

import structlog

from contactcenter.telephony.emulator.calls.call import Call
from contactcenter.telephony.emulator.calls.exchange import Exchange
from contactcenter.telephony.emulator.calls.ringing import Ringing
from contactcenter.telephony.emulator.calls.tasks import race
from contactcenter.telephony.emulator.conferences.conference import Conference, Participant
from contactcenter.telephony.emulator.conferences.media import Endpoint
from contactcenter.telephony.emulator.documents import dialling
from contactcenter.telephony.emulator.documents.outcomes import Ask, HangUp
from contactcenter.telephony.emulator.documents.script import Script
from contactcenter.telephony.emulator.hooks.callbacks import CallbackAddress
from contactcenter.telephony.emulator.wire import CallStatus, ParticipantStatus

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Invitation:
    """A leg that the API calls into a conference."""

    conference: Conference
    participant: Participant
    callback: CallbackAddress
    identity: str
    parameters: dict[str, str]
    ring_seconds: float
    wait_url: str | None
    wait_method: str


def dial_in(exchange: Exchange, endpoint: Endpoint, from_: str) -> Call | None:
    """Place a call from a telephone to our number; None when the exchange is full."""
    call = exchange.new_call("inbound", from_, exchange.config.number, endpoint=endpoint)
    if call is None:
        return None
    exchange.set_status(call, CallStatus.QUEUED)
    exchange.set_status(call, CallStatus.RINGING)
    script = Script(exchange, call)
    exchange.tasks.start(_live(script, script.run(Ask(exchange.config.voice_url))))
    return call


def call_participant(exchange: Exchange, call: Call, invitation: Invitation) -> None:
    """Ring a softphone into a conference."""
    exchange.set_status(call, CallStatus.QUEUED)
    exchange.tasks.start(_live(Script(exchange, call), _leg(exchange, call, invitation)))


async def _live(script: Script, work: Coroutine[Any, Any, HangUp]) -> None:
    """Do the call's work, obeying each order that interrupts it, until the call has ended."""
    exchange, call = script.exchange, script.call
    end: HangUp | None = None
    try:
        async with asyncio.timeout(exchange.config.max_call_seconds):
            while end is None:
                ended: HangUp | None = await race(call.next_order(), work)
                # The latest order, as one may have replaced another meanwhile.
                order = call.take_order() or ended
                if isinstance(order, Ask):
                    work = script.run(order)
                else:
                    end = order
    except TimeoutError:
        log.warning("emulator_call_too_long")
    finally:
        exchange.rooms.withdraw(call.sid)
        exchange.set_status(call, _final_status(call, end))


def _final_status(call: Call, end: HangUp | None) -> CallStatus:
    if end is None:
        return CallStatus.FAILED if call.answered_at is None else CallStatus.COMPLETED
    if call.answered_at is None and end.status is CallStatus.COMPLETED:
        # Hung up before any answer. [check] Twilio's word for an abandoned ringing call.
        return CallStatus.CANCELED
    return end.status


async def _leg(exchange: Exchange, call: Call, invitation: Invitation) -> HangUp:
    """Ring, join, stay: the work of a participant's leg."""
    conference, participant = invitation.conference, invitation.participant
    try:
        failure = await _ring(exchange, call, invitation)
    except asyncio.CancelledError:
        exchange.rooms.failed(conference, participant, CallStatus.CANCELED)
        raise
    if failure is not None or conference.is_over:
        status = failure or CallStatus.CANCELED
        exchange.rooms.failed(conference, participant, status)
        return HangUp(status, by_person=False)
    exchange.set_status(call, CallStatus.IN_PROGRESS)
    stay = exchange.rooms.enter(conference, participant, invitation.callback)
    script = Script(exchange, call)
    try:
        await dialling.remain(
            script, stay, invitation.wait_url, invitation.wait_method, leaves_on_star=False
        )
    finally:
        dialling.leave(script, stay)
    return HangUp(by_person=False)


async def _ring(exchange: Exchange, call: Call, invitation: Invitation) -> CallStatus | None:
    """Ring every telephone of the identity, in turn; None once one answered, else why not."""
    await asyncio.sleep(call.queue_ms / 1000)
    telephones = exchange.softphones.of(invitation.identity)
    if not telephones:
        return CallStatus.NO_ANSWER
    invitation.participant.status = ParticipantStatus.RINGING
    exchange.set_status(call, CallStatus.RINGING)
    ringing = Ringing(call, telephones)
    exchange.ringing[call.sid] = ringing
    for telephone in telephones:
        telephone.send(
            {
                "type": "incoming",
                "call": call.sid,
                "from": call.from_,
                "parameters": invitation.parameters,
            }
        )
    slack = exchange.config.ring_slack_seconds
    patience = (invitation.ring_seconds + slack) / exchange.config.tempo
    try:
        async with asyncio.timeout(patience):
            return await ringing.outcome()
    except TimeoutError:
        return CallStatus.NO_ANSWER
    finally:
        del exchange.ringing[call.sid]
        for telephone in telephones:
            if telephone is not call.endpoint:
                telephone.send({"type": "cancelled", "call": call.sid})
