"""Lines, skills and queues: each named once, each name known, nobody sent round in circles."""

from collections.abc import Iterator

from babel import localedata

from config.helpline.schema.lanes import Queue, QueuesFile, SkillKind, SkillsFile
from config.helpline.schema.line import LineFile
from config.helpline.sources import Mistake, looping, repeated
from config.helpline.texts import SUFFIXES

LINE, SKILLS, QUEUES = "line.toml", "skills.toml", "queues.toml"


def wrong_languages(file: LineFile) -> Iterator[Mistake]:
    """A language named twice would double every lane; an unknown one has no names of days."""
    for language in repeated(file.line.languages):
        yield Mistake(LINE, "line.languages", f"names {language} twice")
    for language in file.line.languages:
        if not localedata.exists(language):
            yield Mistake(LINE, "line.languages", f"{language} is no known language")


def wrong_lines(file: LineFile) -> Iterator[Mistake]:
    """Ids and numbers once; a name that could be read as an audience's would mix up the menus."""
    for line_id in repeated([file.line.id, *(line.id for line in file.lines)]):
        yield Mistake(LINE, f"lines[{line_id}].id", "is used twice")
    known = {file.line.number}
    for line in file.lines:
        if line.number in known:
            yield Mistake(LINE, f"lines[{line.id}].number", "is another line's")
        known.add(line.number)
        if f"_{line.id}" in SUFFIXES:
            yield Mistake(LINE, f"lines[{line.id}].id", "is the name of an audience")


def wrong_skills(file: SkillsFile) -> Iterator[Mistake]:
    """Ids once."""
    for skill_id in repeated(skill.id for skill in file.skills):
        yield Mistake(SKILLS, f"skills[{skill_id}].id", "is used twice")


def wrong_queues(file: QueuesFile) -> Iterator[Mistake]:
    """Ids once; channels once; targets only for channels the queue has."""
    for queue_id in repeated(queue.id for queue in file.queues):
        yield Mistake(QUEUES, f"queues[{queue_id}].id", "is used twice")
    for queue in file.queues:
        for channel in repeated(queue.channels):
            yield Mistake(QUEUES, f"queues[{queue.id}].channels", f"names {channel} twice")
        for channel in queue.service_target:
            if channel not in queue.channels:
                key = f"queues[{queue.id}].service_target.{channel}"
                yield Mistake(QUEUES, key, "is a channel the queue does not have")


def unknown_queue_lines(line: LineFile, queues: QueuesFile) -> Iterator[Mistake]:
    """A queue belongs to a line that exists."""
    known = {line.line.id, *(each.id for each in line.lines)}
    for queue in queues.queues:
        if queue.line is not None and queue.line not in known:
            reason = f"no line is called {queue.line}"
            yield Mistake(QUEUES, f"queues[{queue.id}].line", reason)


def wrong_queue_skills(skills: SkillsFile, queues: QueuesFile) -> Iterator[Mistake]:
    """Queues ask for expertise, contacts for needs; each skill exists and is named once."""
    kinds = {skill.id: skill.kind for skill in skills.skills}
    for queue in queues.queues:
        for field, kind in (
            ("requires", SkillKind.EXPERTISE),
            ("prefers", SkillKind.EXPERTISE),
            ("needs", SkillKind.NEED),
        ):
            key = f"queues[{queue.id}].{field}"
            names: tuple[str, ...] = getattr(queue, field)
            for name in repeated(names):
                yield Mistake(QUEUES, key, f"names {name} twice")
            for name in names:
                if name not in kinds:
                    yield Mistake(QUEUES, key, f"no skill is called {name}")
                elif kinds[name] is not kind:
                    yield Mistake(QUEUES, key, f"{name} is of the kind {kinds[name]}, not {kind}")


def wrong_stand_ins(file: QueuesFile) -> Iterator[Mistake]:
    """What stands in for a closed queue exists, takes its channels, and does not lead back."""
    queues = {queue.id: queue for queue in file.queues}
    for queue in file.queues:
        if queue.when_closed is None:
            continue
        key = f"queues[{queue.id}].when_closed.queue"
        other = queues.get(queue.when_closed.queue)
        if other is None:
            yield Mistake(QUEUES, key, f"no queue is called {queue.when_closed.queue}")
            continue
        for channel in queue.channels:
            if channel not in other.channels:
                yield Mistake(QUEUES, key, f"{other.id} does not take {channel}")
    for queue_id in sorted(looping({each.id: _stand_ins(each) for each in file.queues})):
        key = f"queues[{queue_id}].when_closed.queue"
        yield Mistake(QUEUES, key, "leads back to the queue itself")


def _stand_ins(queue: Queue) -> list[str]:
    return [] if queue.when_closed is None else [queue.when_closed.queue]
