"""The telephone menu and the entry rules: does everybody arrive somewhere, danger first?"""

from collections.abc import Iterator

from config.helpline.schema.lanes import DANGER_KEY, EntryFile, EntryRule, QueuesFile
from config.helpline.schema.line import LineFile
from config.helpline.sources import Mistake, repeated
from config.vocabulary import Audience, Channel, Urgency

ENTRY = "entry.toml"


def wrong_menu(line: LineFile, queues: QueuesFile, entry: EntryFile) -> Iterator[Mistake]:
    """Key 0 is danger and U1; every key leads to a queue that takes calls."""
    by_id = {queue.id: queue for queue in queues.queues}
    for digit in repeated(key.digit for key in entry.menu):
        yield Mistake(ENTRY, f"menu[{digit}].digit", "is used twice")
    danger = [key for key in entry.menu if key.digit == DANGER_KEY]
    if not danger:
        yield Mistake(ENTRY, "menu", "has no key 0: it is for immediate danger")
    for key in danger:
        if key.urgency is not Urgency.U1:
            yield Mistake(ENTRY, "menu[0].urgency", "must be U1: key 0 is for immediate danger")
    for key in entry.menu:
        where = f"menu[{key.digit}]"
        queue = by_id.get(key.queue)
        if queue is None:
            yield Mistake(ENTRY, f"{where}.queue", f"no queue is called {key.queue}")
        elif Channel.CALL not in queue.channels:
            yield Mistake(ENTRY, f"{where}.queue", f"{key.queue} takes no calls")
        if key.language is not None and key.language not in line.line.languages:
            yield Mistake(ENTRY, f"{where}.language", f"the line does not speak {key.language}")


def wrong_entry_rules(queues: QueuesFile, entry: EntryFile) -> Iterator[Mistake]:
    """Each channel and audience has one rule; who is unknown is ranked as a minor."""
    by_id = {queue.id: queue for queue in queues.queues}
    rules: dict[tuple[Channel, Audience], EntryRule] = {}
    for index, rule in enumerate(entry.entry):
        queue = by_id.get(rule.queue)
        if queue is None:
            yield Mistake(ENTRY, f"entry[{index}].queue", f"no queue is called {rule.queue}")
        for channel in rule.channels:
            if queue is not None and channel not in queue.channels:
                reason = f"{rule.queue} does not take {channel}"
                yield Mistake(ENTRY, f"entry[{index}].channels", reason)
            if (channel, rule.audience) in rules:
                reason = f"{channel} and {rule.audience} have a rule already"
                yield Mistake(ENTRY, f"entry[{index}]", reason)
            rules[channel, rule.audience] = rule
    for channel in sorted({each for queue in queues.queues for each in queue.channels}):
        for audience in Audience:
            if (channel, audience) not in rules:
                yield Mistake(ENTRY, "entry", f"no rule for {channel} and {audience}")
        minor = rules.get((channel, Audience.MINOR))
        unknown = rules.get((channel, Audience.UNKNOWN))
        if minor and unknown and minor.urgency != unknown.urgency:
            yield Mistake(ENTRY, "entry", f"by {channel}, unknown must be ranked as a minor is")
