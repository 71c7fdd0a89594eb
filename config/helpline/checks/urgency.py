"""The scale, the head starts, the factors and what waiting changes."""

from collections.abc import Iterator
from itertools import pairwise

from config.helpline.schema.lanes import QueuesFile, UrgencyRules
from config.helpline.sources import Mistake, repeated
from config.vocabulary import Urgency

URGENCY = "urgency.toml"


def wrong_scale(rules: UrgencyRules) -> Iterator[Mistake]:
    """Five levels, each once; a calmer one never has the larger head start; factors once."""
    for level in repeated(each.id for each in rules.levels):
        yield Mistake(URGENCY, f"levels[{level.name}].id", "is used twice")
    for level in Urgency:
        if level not in rules.head_starts_ms:
            yield Mistake(URGENCY, "levels", f"{level.name} is missing")
    # U1 has its own band: its head start orders nothing.
    ranked = sorted(
        (each for each in rules.levels if each.id is not Urgency.U1), key=lambda each: each.id
    )
    for graver, calmer in pairwise(ranked):
        if calmer.head_start_ms > graver.head_start_ms:
            reason = f"is larger than that of {graver.id.name}, which is more urgent"
            yield Mistake(URGENCY, f"levels[{calmer.id.name}].head_start_ms", reason)
    for factor in repeated(each.id for each in rules.factors):
        yield Mistake(URGENCY, f"factors[{factor}].id", "is used twice")


def wrong_escalation_queues(rules: UrgencyRules, queues: QueuesFile) -> Iterator[Mistake]:
    """Steps name queues that exist, and do something."""
    known = {queue.id for queue in queues.queues}
    for index, step in enumerate(rules.escalation):
        for field, names in (("queues", step.queues), ("widen_to", step.widen_to)):
            for name in names:
                if name not in known:
                    key = f"escalation[{index}].{field}"
                    yield Mistake(URGENCY, key, f"no queue is called {name}")
        if not (step.widen_to or step.alert_coordinator or step.text):
            yield Mistake(URGENCY, f"escalation[{index}]", "changes nothing")


def wrong_escalation_texts(
    rules: UrgencyRules, texts: dict[str, dict[str, str]]
) -> Iterator[Mistake]:
    """Steps name texts that exist, as `voice.<text>` or `chat.<text>`."""
    known = {key for entries in texts.values() for key in entries}
    for index, step in enumerate(rules.escalation):
        for area in ("voice", "chat") if step.text else ():
            if f"{area}.{step.text}" not in known:
                key = f"escalation[{index}].text"
                yield Mistake(URGENCY, key, f"no text is called {area}.{step.text}")
