"""The telephone menus and the entry rules: does everybody arrive somewhere, danger first?"""

import re
from collections.abc import Iterator
from itertools import product

from config.helpline.schema.lanes import DANGER_KEY, EntryFile, EntryRule, QueuesFile
from config.helpline.schema.line import EmergencyFile, LineFile
from config.helpline.schema.urgency import UrgencyRules
from config.helpline.sources import Mistake, repeated
from config.helpline.texts import ADULT_SUFFIX, ADULTS
from config.vocabulary import Audience, Channel, Level, Urgency

ENTRY = "entry.toml"


def wrong_menu(line: LineFile, entry: EntryFile) -> Iterator[Mistake]:
    """On each line that has keys of its own, 0 is danger and U1; languages are the line's."""
    main = line.line.id
    owners = {key.line or main for key in entry.menu} | {main}
    for owner in sorted(owners):
        own = [key for key in entry.menu if (key.line or main) == owner]
        on_line = "" if owner == main else f" on {owner}"
        for digit in repeated(key.digit for key in own):
            yield Mistake(ENTRY, f"menu[{digit}].digit", f"is used twice{on_line}")
        danger = [key for key in own if key.digit == DANGER_KEY]
        if not danger:
            yield Mistake(ENTRY, "menu", f"has no key 0{on_line}: it is for immediate danger")
        for key in danger:
            if key.urgency is not Urgency.U1:
                reason = f"must be U1{on_line}: key 0 is for immediate danger"
                yield Mistake(ENTRY, "menu[0].urgency", reason)
    for key in entry.menu:
        if key.language is not None and key.language not in line.line.languages:
            reason = f"the line does not speak {key.language}"
            yield Mistake(ENTRY, f"menu[{key.digit}].language", reason)


def unknown_lines(line: LineFile, entry: EntryFile) -> Iterator[Mistake]:
    """Keys and rules name lines that exist."""
    known = {line.line.id, *(each.id for each in line.lines)}
    named = [(f"menu[{key.digit}]", key.line) for key in entry.menu]
    named += [(f"entry[{index}]", rule.line) for index, rule in enumerate(entry.entry)]
    for key, name in named:
        if name is not None and name not in known:
            yield Mistake(ENTRY, f"{key}.line", f"no line is called {name}")


def wrong_entry_rules(queues: QueuesFile, entry: EntryFile) -> Iterator[Mistake]:
    """Each channel and audience has one rule; who is unknown is ranked as a minor.

    A further line may have rules of its own; where it has none, those without
    a line hold.
    """
    rules: dict[tuple[str | None, Channel, Audience], EntryRule] = {}
    for index, rule in enumerate(entry.entry):
        for channel in rule.channels:
            if (rule.line, channel, rule.audience) in rules:
                reason = f"{channel} and {rule.audience} have a rule already"
                yield Mistake(ENTRY, f"entry[{index}]", reason)
            rules[rule.line, channel, rule.audience] = rule
    channels = sorted({each for queue in queues.queues for each in queue.channels})
    for channel in channels:
        for audience in Audience:
            if (None, channel, audience) not in rules:
                yield Mistake(ENTRY, "entry", f"no rule for {channel} and {audience}")
        lines = {line for line, own_channel, _ in rules if own_channel is channel}
        for line in sorted(lines, key=str):
            minor, unknown = (
                rules.get((line, channel, audience)) or rules.get((None, channel, audience))
                for audience in (Audience.MINOR, Audience.UNKNOWN)
            )
            if minor and unknown and minor.urgency != unknown.urgency:
                of_line = f" on {line}" if line else ""
                reason = f"by {channel}{of_line}, unknown must be ranked as a minor is"
                yield Mistake(ENTRY, "entry", reason)


def wrong_entry_queues(queues: QueuesFile, entry: EntryFile) -> Iterator[Mistake]:
    """Keys, rules and returning calls lead to queues of listening that exist and take the channel."""
    by_id = {queue.id: queue for queue in queues.queues}
    named: list[tuple[str, str, tuple[Channel, ...]]] = [
        *((f"menu[{key.digit}].queue", key.queue, (Channel.CALL,)) for key in entry.menu),
        *((f"entry[{at}].queue", rule.queue, rule.channels) for at, rule in enumerate(entry.entry)),
    ]
    if entry.returning_queue is not None:
        named.append(("returning_queue", entry.returning_queue, (Channel.CALL,)))
    for key, queue_id, channels in named:
        queue = by_id.get(queue_id)
        if queue is None:
            yield Mistake(ENTRY, key, f"no queue is called {queue_id}")
            continue
        if queue.level is not Level.LISTENING:
            yield Mistake(ENTRY, key, f"{queue_id} is for first answers: see pre_answer")
        for channel in channels:
            if channel not in queue.channels:
                yield Mistake(ENTRY, key, f"{queue_id} does not take {channel}")


def danger_by_chat(line: LineFile, queues: QueuesFile, entry: EntryFile) -> Iterator[Mistake]:
    """Whoever says in a chat that they are in danger waits where the main line's key 0 leads."""
    chats = any(Channel.CHAT in rule.channels for rule in entry.entry)
    by_id = {queue.id: queue for queue in queues.queues}
    for key in entry.menu:
        queue = by_id.get(key.queue)
        if key.digit != DANGER_KEY or key.line not in (None, line.line.id) or queue is None:
            continue
        if chats and Channel.CHAT not in queue.channels:
            reason = f"{queue.id} does not take {Channel.CHAT}, and a chat may say danger too"
            yield Mistake(ENTRY, f"menu[{key.digit}].queue", reason)


def wrong_pre_answer(queues: QueuesFile, entry: EntryFile) -> Iterator[Mistake]:
    """First answers are given in a queue of that level, which takes the channels."""
    rule = entry.pre_answer
    if rule is None:
        return
    queue = next((each for each in queues.queues if each.id == rule.queue), None)
    if queue is None:
        yield Mistake(ENTRY, "pre_answer.queue", f"no queue is called {rule.queue}")
        return
    if queue.level is not Level.PRE_ANSWER:
        reason = f"{rule.queue} is not of the level {Level.PRE_ANSWER}"
        yield Mistake(ENTRY, "pre_answer.queue", reason)
    for channel in rule.channels:
        if channel not in queue.channels:
            reason = f"{rule.queue} does not take {channel}"
            yield Mistake(ENTRY, "pre_answer.channels", reason)


def wrong_questions(entry: EntryFile, urgency: UrgencyRules) -> Iterator[Mistake]:
    """A yes ticks a factor that exists; adults are asked as adults."""
    factors = {factor.id for factor in urgency.factors}
    for question_id in repeated(each.id for each in entry.opening_questions):
        yield Mistake(ENTRY, f"opening_questions[{question_id}].id", "is used twice")
    for question in entry.opening_questions:
        key = f"opening_questions[{question.id}]"
        if question.factor not in factors:
            yield Mistake(ENTRY, f"{key}.factor", f"no factor is called {question.factor}")
        if question.label_adult is None and not ADULTS.isdisjoint(question.audiences):
            yield Mistake(ENTRY, f"{key}.label_adult", "is missing: adults are asked too")


def wrong_answers(
    entry: EntryFile, numbers: EmergencyFile, texts: dict[str, dict[str, str]]
) -> Iterator[Mistake]:
    """What a yes is answered exists, to adults too if they are asked, and says its numbers."""
    known = {each.id: each.number for each in numbers.numbers}
    for question in entry.opening_questions:
        if question.yes is None:
            continue
        key, text = f"opening_questions[{question.id}].yes", f"chat.{question.yes.text}"
        adults = not ADULTS.isdisjoint(question.audiences)
        variants = [text, text + ADULT_SUFFIX] if adults else [text]
        for each in question.yes.numbers:
            if each not in known:
                yield Mistake(ENTRY, f"{key}.numbers", f"no number is called {each}")
        for language, variant in product(texts, variants):
            words = _plain(texts[language].get(variant, ""))
            if not words:
                reason = f"no text is called {variant} in texts/{language}.toml"
                yield Mistake(ENTRY, f"{key}.text", reason)
                continue
            for each in question.yes.numbers:
                if each in known and not _says(words, known[each]):
                    reason = f"must say {known[each]}: {question.id} names it"
                    yield Mistake(f"texts/{language}.toml", variant, reason)


def _says(words: str, number: str) -> bool:
    """Tell whether a number is said as itself, not as the end of another: 114 is not in 3114."""
    return re.search(rf"(?<![0-9]){re.escape(_plain(number))}(?![0-9])", words) is not None


def _plain(text: str) -> str:
    return re.sub(r"\s", " ", text)
