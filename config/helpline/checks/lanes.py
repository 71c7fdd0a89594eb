"""Lanes and profiles: does somebody serve everybody, at a cost that stays bounded?"""

from collections import Counter
from collections.abc import Iterator

from config.helpline.lanes import MAX_LANES_PER_LINE, MAX_LANES_PER_PROFILE, lanes_of
from config.helpline.profiles import MAX_PROFILES, Team, teams_of
from config.helpline.schema.lanes import EVERY, ProfilesFile, QueuesFile
from config.helpline.schema.line import LimitsFile, LineFile
from config.helpline.sources import Mistake, repeated

QUEUES, PROFILES = "queues.toml", "profiles.toml"


def wrong_profiles(line: LineFile, queues: QueuesFile, profiles: ProfilesFile) -> Iterator[Mistake]:
    """Ids once; only queues and languages that exist."""
    known = {queue.id for queue in queues.queues}
    for profile_id in repeated(profile.id for profile in profiles.profiles):
        yield Mistake(PROFILES, f"profiles[{profile_id}].id", "is used twice")
    for rule in profiles.profiles:
        key = f"profiles[{rule.id}]"
        for queue_id in rule.queues:
            if queue_id != EVERY and queue_id not in known:
                yield Mistake(PROFILES, f"{key}.queues", f"no queue is called {queue_id}")
        for queue_id in (each for entry in rule.help_out for each in entry.queues):
            if queue_id not in known:
                yield Mistake(PROFILES, f"{key}.help_out", f"no queue is called {queue_id}")
            elif queue_id in rule.queues:
                yield Mistake(PROFILES, f"{key}.help_out", f"{queue_id} is the team's own")
        for language in rule.languages:
            if language != EVERY and language not in line.line.languages:
                yield Mistake(PROFILES, f"{key}.languages", f"the line does not speak {language}")


def wrong_sizes(
    line: LineFile, queues: QueuesFile, profiles: ProfilesFile, limits: LimitsFile
) -> Iterator[Mistake]:
    """Each profile serves a lane without any skill, and no more than 64 with all of them."""
    teams = _teams(line, queues, profiles, limits)
    for team in teams.values():
        key = f"profiles[{team.rule.id}]"
        if not team.profile(()).lanes:
            yield Mistake(PROFILES, key, "serves no lane")
        widest = team.profile(team.skills)
        served = len(widest.lanes) + len(widest.help)
        if served > MAX_LANES_PER_PROFILE:
            reason = f"serves {served} lanes, more than {MAX_LANES_PER_PROFILE}"
            yield Mistake(PROFILES, key, reason)
    count = sum(team.profiles_count for team in teams.values())
    if count > MAX_PROFILES:
        reason = f"make {count} with their skills and lines, more than {MAX_PROFILES}"
        yield Mistake(PROFILES, "profiles", reason)


def too_many_lanes(file: LineFile, queues: QueuesFile) -> Iterator[Mistake]:
    """A line has at most 256 lanes."""
    lanes = lanes_of(file.line.id, queues.queues, file.line.languages)
    for line, count in Counter(lane.line for lane in lanes).items():
        if count > MAX_LANES_PER_LINE:
            whose = "" if line == file.line.id else f" of {line}"
            reason = f"make {count} lanes{whose}, more than {MAX_LANES_PER_LINE}"
            yield Mistake(QUEUES, "queues", reason)


def unserved_lanes(
    line: LineFile, queues: QueuesFile, profiles: ProfilesFile, limits: LimitsFile
) -> Iterator[Mistake]:
    """Whoever waits in a lane that is no profile's first choice might wait for ever.

    Judged with every skill a team could hold: whether somebody holds them is
    for the accounts, and told by the state of the queue.
    """
    teams = _teams(line, queues, profiles, limits).values()
    served = {lane for team in teams for lane in team.profile(team.skills).lanes}
    for lane in lanes_of(line.line.id, queues.queues, line.line.languages):
        if lane.id not in served:
            need = f" for who needs {lane.need}" if lane.need else ""
            reason = f"no profile serves it by {lane.channel} in {lane.language}{need}"
            yield Mistake(QUEUES, f"queues[{lane.queue}]", reason)


def _teams(
    line: LineFile, queues: QueuesFile, profiles: ProfilesFile, limits: LimitsFile
) -> dict[str, Team]:
    return teams_of(
        profiles.profiles,
        lanes_of(line.line.id, queues.queues, line.line.languages),
        queues.queues,
        limits.limits.help_out_seconds,
    )
