"""`<Enqueue>`: parked callers, their wait documents, and how they leave."""

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from contactcenter.telephony.emulator.documents import twiml
from contactcenter.telephony.emulator.documents.outcomes import Ask, Failed, HangUp, Outcome

if TYPE_CHECKING:
    from contactcenter.telephony.emulator.calls.exchange import Queue
    from contactcenter.telephony.emulator.documents.script import Script

ASK_AGAIN_SECONDS = 2.0
QUEUE_SIZE = 1000  # Twilio's default MaxSize


async def enqueue(script: "Script", verb: twiml.Enqueue, base: str) -> Outcome:
    """Park the call until something takes it out; returns the request of the verb's action.

    However the caller leaves, the action is requested once, with QueueResult.
    When the call was redirected or hung up, its answer is thrown away.
    """
    exchange, call = script.exchange, script.call
    queue = exchange.queue(verb.name)
    refused = exchange.faults.enqueue_result()
    if not refused and len(queue.members) >= QUEUE_SIZE:
        refused = "queue-full"
    if refused:
        return script.after(verb.action, verb.method, base, {"QueueResult": refused})
    since = exchange.clock.now()
    queue.members[call.sid] = since
    try:
        outcome = await _wait(script, verb, base, queue, since)
    except asyncio.CancelledError:
        if call.order is not None:
            redirected = isinstance(call.order, Ask)
            result = "redirected" if redirected else "hangup"
            status = "in-progress" if redirected else "completed"
            fields = _left_fields(script, queue, since, result)
            script.notify_after(verb.action, verb.method, base, fields, status)
        raise
    finally:
        queue.members.pop(call.sid, None)
        queue.waits.append((exchange.clock.now() - since).total_seconds())
    if isinstance(outcome, Failed):
        return outcome
    if isinstance(outcome, HangUp):
        fields = _left_fields(script, queue, since, "hangup")
        script.notify_after(verb.action, verb.method, base, fields, "completed")
        return outcome
    fields = _left_fields(script, queue, since, "leave")
    return script.after(verb.action, verb.method, base, fields)


async def _wait(
    script: "Script", verb: twiml.Enqueue, base: str, queue: "Queue", since: datetime
) -> Outcome:
    """Play the wait document again each time it ends."""
    exchange, call = script.exchange, script.call
    if verb.wait_url is None:
        call.tell({"type": "music"})
        await asyncio.Event().wait()
    while True:
        heard = script.times_heard
        fields = {
            "QueueSid": queue.sid,
            "QueuePosition": str(queue.position(call.sid)),
            "QueueTime": str(round((exchange.clock.now() - since).total_seconds())),
            "AvgQueueTime": str(queue.average_wait()),
            "CurrentQueueSize": str(len(queue.members)),
        }
        ask = Ask(urljoin(base, verb.wait_url), verb.wait_method, fields)
        outcome = await script.documents(ask, twiml.WAIT_VERBS)
        if isinstance(outcome, Failed):
            policy = exchange.faults.plan.wait_failure
            if policy != "ask_again":
                return outcome if policy == "fallback" else HangUp(by_person=False)
            call.tell({"type": "music"})
            await asyncio.sleep(ASK_AGAIN_SECONDS)
            script.heard()
        elif outcome is not None:
            return outcome
        elif script.times_heard == heard:
            # An empty document would be asked for in a tight loop.
            await script.rest(1)


def _left_fields(script: "Script", queue: "Queue", since: datetime, result: str) -> dict[str, str]:
    waited = (script.exchange.clock.now() - since).total_seconds()
    return {"QueueResult": result, "QueueSid": queue.sid, "QueueTime": str(round(waited))}
