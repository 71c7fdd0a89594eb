"""What a plan is made of: lanes, profiles and help-out, and what is wrong with them. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

MAX_LANES_PER_LINE = 256
MAX_LANES_PER_PROFILE = 64  # help lanes included
MAX_PROFILES = 512
MAX_WIDENINGS = 64  # as many as there are escalation steps
# `+` parts a need or a skill; `~`, `!`, `=` and `;` are the scripts' own.
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]*")


class LaneLike(Protocol):
    """What a plan needs of a lane; the helpline's configuration has it."""

    @property
    def id(self) -> str: ...
    @property
    def line(self) -> str: ...
    @property
    def channel(self) -> str: ...


class HelpLike(Protocol):
    """A lane that a profile helps out in, and after how many milliseconds of waiting."""

    @property
    def lane(self) -> str: ...
    @property
    def after_ms(self) -> int: ...


class ProfileLike(Protocol):
    """What a plan needs of a profile: its id, its first-choice lanes, where it helps out."""

    @property
    def id(self) -> str: ...
    @property
    def lanes(self) -> tuple[str, ...]: ...
    @property
    def help(self) -> Sequence[HelpLike]: ...


@dataclass(frozen=True, slots=True)
class PlanLane:
    """A lane, for plans not made from a configuration."""

    id: str
    line: str
    channel: str


@dataclass(frozen=True, slots=True)
class PlanHelp:
    """A lane helped out in, for plans not made from a configuration."""

    lane: str
    after_ms: int


@dataclass(frozen=True, slots=True)
class PlanProfile:
    """A profile, for plans not made from a configuration."""

    id: str
    lanes: tuple[str, ...]
    help: tuple[PlanHelp, ...] = ()


def help_lane(lane: str, after_ms: int) -> str:
    """Return the lane where contacts of `lane` stand too once they have waited so long."""
    return f"{lane}!{after_ms}"


def own_lane(lane: str) -> tuple[str, int]:
    """Return the lane that a help lane stands for, and after how many milliseconds; 0 for a plain one."""
    own, _, after_ms = lane.partition("!")
    return own, int(after_ms or 0)


def mistakes_of(pool: str, lanes: Sequence[LaneLike], profiles: Sequence[ProfileLike]) -> list[str]:
    """Return one line per mistake of a plan."""
    found = []
    if not ID.fullmatch(pool):
        found.append(f"pool: {pool!r} is not a plain word")
    for kind, ids in (("lane", [x.id for x in lanes]), ("profile", [x.id for x in profiles])):
        found += [
            f"{kind} {i!r}: not a plain word" for i in sorted(set(ids)) if not ID.fullmatch(i)
        ]
        found += [f"{kind} {i!r}: declared twice" for i in sorted(set(ids)) if ids.count(i) > 1]
    for line in sorted({lane.line for lane in lanes}):
        count = sum(lane.line == line for lane in lanes)
        if count > MAX_LANES_PER_LINE:
            found.append(f"line {line!r}: {count} lanes, at most {MAX_LANES_PER_LINE}")
    if len(profiles) > MAX_PROFILES:
        found.append(f"profiles: {len(profiles)}, at most {MAX_PROFILES}")
    known = {lane.id for lane in lanes}
    for profile in profiles:
        found += [f"profile {profile.id!r}: {one}" for one in _profile_mistakes(profile, known)]
    served = {lane for profile in profiles for lane in _all_lanes(profile)}
    found += [f"lane {lane!r}: served by no profile" for lane in sorted(known - served)]
    return found


def _profile_mistakes(profile: ProfileLike, known: set[str]) -> list[str]:
    found = []
    if not profile.lanes:
        found.append("no lane")
    count = len(profile.lanes) + len(profile.help)
    if count > MAX_LANES_PER_PROFILE:
        found.append(f"{count} lanes, at most {MAX_LANES_PER_PROFILE}")
    found += [f"unknown lane {lane!r}" for lane in sorted(set(_all_lanes(profile)) - known)]
    helped = [one.lane for one in profile.help]
    own = set(profile.lanes)
    found += [
        f"lane {x!r}: helped out in twice" for x in sorted(set(helped)) if helped.count(x) > 1
    ]
    found += [f"lane {x!r}: first choice and help-out" for x in sorted(own.intersection(helped))]
    if any(one.after_ms <= 0 for one in profile.help):
        found.append("help-out: after some time, above zero")
    return found


def _all_lanes(profile: ProfileLike) -> tuple[str, ...]:
    return (*profile.lanes, *(one.lane for one in profile.help))
