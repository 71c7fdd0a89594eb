"""`<Dial><Conference>` and the legs that the API calls into a conference."""

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from contactcenter.telephony.emulator.calls.call import MAX_KEYS, Call
from contactcenter.telephony.emulator.calls.tasks import race
from contactcenter.telephony.emulator.conferences.rooms import Sound, Stay
from contactcenter.telephony.emulator.documents import twiml
from contactcenter.telephony.emulator.documents.outcomes import Ask, HangUp, Outcome
from contactcenter.telephony.emulator.hooks.callbacks import CallbackAddress
from contactcenter.telephony.emulator.wire import CallStatus, LeaveReason

if TYPE_CHECKING:
    from contactcenter.telephony.emulator.documents.script import Script


async def dial(script: "Script", verb: twiml.Dial, base: str) -> Outcome:
    """Put the call into the conference until it drops out; returns the action's request.

    A label that is taken, or a full conference, is a failed dial: the call goes
    on with the action at once (Twilio's error 16025).
    """
    exchange, call, noun = script.exchange, script.call, verb.conference
    conference = exchange.rooms.open_or_make(noun.name)
    taken = bool(noun.label) and conference.find(noun.label) is not None
    if taken or len(conference.participants) >= noun.max_participants:
        return script.after(verb.action, verb.method, base, {"DialCallStatus": "failed"})
    participant = exchange.rooms.participant(
        call,
        label=noun.label,
        muted=noun.muted,
        coaching=bool(noun.coach),
        call_sid_to_coach=noun.coach,
        start_on_enter=noun.start_on_enter,
        end_on_exit=noun.end_on_exit,
        beep=noun.beep,
    )
    callback_url = urljoin(base, noun.callback_url) if noun.callback_url else ""
    callback = CallbackAddress(callback_url, noun.callback_method, noun.callback_events)
    stay = exchange.rooms.enter(conference, participant, callback)
    fields = {"DialCallStatus": "answered"}
    wait = None if noun.wait_url is None else urljoin(base, noun.wait_url) if noun.wait_url else ""
    try:
        await remain(script, stay, wait, noun.wait_method, leaves_on_star=verb.hangup_on_star)
    except asyncio.CancelledError:
        leave(script, stay)
        if isinstance(call.order, HangUp):
            script.notify_after(verb.action, verb.method, base, fields, "completed")
        elif call.order is not None:
            # The interrupted Dial's action is asked before the new document; what it answers
            # is thrown away.
            await script.ask_after(verb.action, verb.method, base, {"DialCallStatus": "completed"})
        raise
    leave(script, stay)
    return script.after(verb.action, verb.method, base, fields)


async def remain(
    script: "Script", stay: Stay, wait_url: str | None, wait_method: str, *, leaves_on_star: bool
) -> None:
    """Stay in a conference until it is over for this call.

    `wait_url` is what is heard before it starts: None the default music, empty nothing.
    """
    while not stay.gone.is_set():
        stay.changed.clear()
        match stay.sound():
            case Sound.WAITING:
                sound = _sound(script, wait_url, wait_method)
            case Sound.HELD:
                hold_url = stay.participant.hold_url or None
                sound = _sound(script, hold_url, stay.participant.hold_method)
            case Sound.TALKING:
                sound = _for_ever()
        script.heard()
        if await race(
            stay.gone.wait(), stay.changed.wait(), _star(script.call, leaves_on_star), sound
        ):
            continue
        return


async def _for_ever() -> bool:
    await asyncio.Event().wait()
    return True


async def _star(call: Call, listens: bool) -> bool:
    """Return False once the star key is pressed, if it means to leave."""
    if not listens:
        return await _for_ever()
    keys: asyncio.Queue[str] = asyncio.Queue(MAX_KEYS)
    call.keys = keys
    try:
        while await keys.get() != "*":
            pass
    finally:
        call.keys = None
    return False


async def _sound(script: "Script", url: str | None, method: str) -> bool:
    """Play a waiting or holding document once; then silence, as Twilio does in conferences."""
    if url is None:
        script.call.tell({"type": "music"})
    elif url:
        await script.documents(Ask(url, method), twiml.CONFERENCE_WAIT_VERBS)
    return await _for_ever()


def leave(script: "Script", stay: Stay) -> None:
    """Take the call out of the conference, if it is still there."""
    redirected = isinstance(script.call.order, Ask)
    reason = LeaveReason.UPDATED_VIA_API if redirected else LeaveReason.HUNG_UP
    status = CallStatus.IN_PROGRESS if redirected else CallStatus.COMPLETED
    script.exchange.rooms.leave(stay.conference, stay.participant, reason, status)
