"""Queues, lanes and profiles: does somebody serve everybody?"""

from collections.abc import Iterator

from babel import localedata

from config.helpline.lanes import (
    MAX_LANES_PER_LINE,
    MAX_LANES_PER_PROFILE,
    lanes_of,
    profile_of,
)
from config.helpline.schema.lanes import EVERY, ProfilesFile, QueuesFile
from config.helpline.schema.line import LineFile
from config.helpline.sources import Mistake, repeated

QUEUES, PROFILES = "queues.toml", "profiles.toml"


def wrong_languages(file: LineFile) -> Iterator[Mistake]:
    """A language named twice would double every lane; an unknown one has no names of days."""
    for language in repeated(file.line.languages):
        yield Mistake("line.toml", "line.languages", f"names {language} twice")
    for language in file.line.languages:
        if not localedata.exists(language):
            yield Mistake("line.toml", "line.languages", f"{language} is no known language")


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


def wrong_profiles(line: LineFile, queues: QueuesFile, profiles: ProfilesFile) -> Iterator[Mistake]:
    """Ids once; only queues and languages that exist; at least one lane, and not too many."""
    known = {queue.id for queue in queues.queues}
    lanes = lanes_of(line.line.id, queues.queues, line.line.languages)
    for profile_id in repeated(profile.id for profile in profiles.profiles):
        yield Mistake(PROFILES, f"profiles[{profile_id}].id", "is used twice")
    for rule in profiles.profiles:
        key = f"profiles[{rule.id}]"
        for queue_id in rule.queues:
            if queue_id != EVERY and queue_id not in known:
                yield Mistake(PROFILES, f"{key}.queues", f"no queue is called {queue_id}")
        for language in rule.languages:
            if language != EVERY and language not in line.line.languages:
                yield Mistake(PROFILES, f"{key}.languages", f"the line does not speak {language}")
        served = len(profile_of(rule, lanes).lanes)
        if served == 0:
            yield Mistake(PROFILES, key, "serves no lane")
        if served > MAX_LANES_PER_PROFILE:
            reason = f"serves {served} lanes, more than {MAX_LANES_PER_PROFILE}"
            yield Mistake(PROFILES, key, reason)


def too_many_lanes(line: LineFile, queues: QueuesFile) -> Iterator[Mistake]:
    """A line has at most 256 lanes."""
    count = len(lanes_of(line.line.id, queues.queues, line.line.languages))
    if count > MAX_LANES_PER_LINE:
        yield Mistake(QUEUES, "queues", f"make {count} lanes, more than {MAX_LANES_PER_LINE}")


def unserved_lanes(line: LineFile, queues: QueuesFile, profiles: ProfilesFile) -> Iterator[Mistake]:
    """Whoever waits in a lane that no profile serves would wait for ever."""
    lanes = lanes_of(line.line.id, queues.queues, line.line.languages)
    served = {lane for rule in profiles.profiles for lane in profile_of(rule, lanes).lanes}
    for lane in lanes:
        if lane.id not in served:
            reason = f"no profile serves it by {lane.channel} in {lane.language}"
            yield Mistake(QUEUES, f"queues[{lane.queue}]", reason)
