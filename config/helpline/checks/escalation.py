"""What waiting changes: steps that name what exists, do something, and promise nothing false."""

from collections.abc import Iterator

from config.helpline.checks.urgency import URGENCY
from config.helpline.schema.lanes import Queue, QueuesFile
from config.helpline.schema.urgency import EscalationStep, UrgencyRules
from config.helpline.sources import Mistake, looping, repeated
from config.vocabulary import Audience, Channel, EscalationOffer

ACTS = ("widen_to", "drop_needs", "alert_coordinator", "text", "offer", "take_in", "follow_up")
AREAS = {Channel.CALL: "voice", Channel.CHAT: "chat"}
# Who may be offered what: calls are called back, and each channel is told of the other.
OFFERED_ON = {
    EscalationOffer.CALLBACK: Channel.CALL,
    EscalationOffer.CHAT: Channel.CALL,
    EscalationOffer.CALL: Channel.CHAT,
}
NEVER_CALLED_BACK = frozenset({Audience.MINOR, Audience.UNKNOWN})


def wrong_steps(rules: UrgencyRules) -> Iterator[Mistake]:
    """Ids once; each step does something; an offer stands on the channel where it makes sense."""
    for step_id in repeated(step.id for step in rules.escalation):
        yield Mistake(URGENCY, f"escalation[{step_id}].id", "is used twice")
    for step in rules.escalation:
        if not any(getattr(step, act) for act in ACTS):
            yield Mistake(URGENCY, _key(step), "changes nothing")
        if step.offer is not None and step.channels != (OFFERED_ON[step.offer],):
            reason = f'must be ["{OFFERED_ON[step.offer]}"] where {step.offer} is offered'
            yield Mistake(URGENCY, f"{_key(step)}.channels", reason)


def wrong_step_queues(rules: UrgencyRules, file: QueuesFile) -> Iterator[Mistake]:
    """Steps name queues that exist; who is taken in is taken in by somebody else, for good."""
    queues = {queue.id: queue for queue in file.queues}
    for step in rules.escalation:
        taking = () if step.take_in is None else (step.take_in,)
        for field, names in (
            ("queues", step.queues),
            ("widen_to", step.widen_to),
            ("take_in", taking),
        ):
            for name in names:
                if name not in queues:
                    yield Mistake(URGENCY, f"{_key(step)}.{field}", f"no queue is called {name}")
        yield from _wrong_taking(step, queues)
        yield from _wrong_callback(step, queues)
    moves = {
        queue: [step.take_in for step in rules.escalation if queue in step.queues and step.take_in]
        for queue in queues
    }
    for queue in sorted(looping(moves)):
        yield Mistake(URGENCY, "escalation", f"take_in leads from {queue} back to it")


def _wrong_taking(step: EscalationStep, queues: dict[str, Queue]) -> Iterator[Mistake]:
    if step.take_in is None:
        return
    if not step.queues:
        reason = "is missing: who is taken in comes from a queue"
        yield Mistake(URGENCY, f"{_key(step)}.queues", reason)
    taker = queues.get(step.take_in)
    concerned = {
        channel
        for queue in (queues.get(name) for name in step.queues)
        if queue is not None
        for channel in queue.channels
        if not step.channels or channel in step.channels
    }
    for channel in sorted(concerned.difference(taker.channels)) if taker else ():
        yield Mistake(URGENCY, f"{_key(step)}.take_in", f"{step.take_in} does not take {channel}")


def _wrong_callback(step: EscalationStep, queues: dict[str, Queue]) -> Iterator[Mistake]:
    """Nobody calls a minor back unasked: another may answer the telephone (DOMAIN 4)."""
    if step.offer is not EscalationOffer.CALLBACK:
        return
    if not step.queues:
        yield Mistake(URGENCY, f"{_key(step)}.queues", "is missing: callbacks are for adults only")
    for name in step.queues:
        if name in queues and not NEVER_CALLED_BACK.isdisjoint(queues[name].audiences):
            reason = f"{name} is not for adults only, and only they are offered a callback"
            yield Mistake(URGENCY, f"{_key(step)}.queues", reason)


def wrong_step_texts(rules: UrgencyRules, texts: dict[str, dict[str, str]]) -> Iterator[Mistake]:
    """Steps name texts that exist, as `voice.<text>` and `chat.<text>`, on the step's channels."""
    known = {key for entries in texts.values() for key in entries}
    for step in rules.escalation:
        for channel in (step.channels or AREAS) if step.text else ():
            text = f"{AREAS[channel]}.{step.text}"
            if text not in known:
                yield Mistake(URGENCY, f"{_key(step)}.text", f"no text is called {text}")


def _key(step: EscalationStep) -> str:
    return f"escalation[{step.id}]"
