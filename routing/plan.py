"""Lanes, profiles and limits of one pool: what the router is told about the helpline. Pure.

A listener stands in at most one set of free listeners: her profile's own when
nothing is open, `<profile>~chat` when she could still take a chat but no call,
`<profile>~call` when she takes calls only. Which load leads to which standing
is worked out here and handed to the scripts as data.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from typing import Protocol

from config.errors import InvalidInput, Misconfigured
from config.vocabulary import Channel

MAX_LANES_PER_LINE = 256
MAX_LANES_PER_PROFILE = 64
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*")


class LaneLike(Protocol):
    """What a plan needs of a lane; the helpline's configuration has it."""

    @property
    def id(self) -> str: ...
    @property
    def line(self) -> str: ...
    @property
    def channel(self) -> str: ...


class ProfileLike(Protocol):
    """What a plan needs of a profile: its id and the ids of its lanes."""

    @property
    def id(self) -> str: ...
    @property
    def lanes(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class PlanLane:
    """A lane, for plans not made from a configuration."""

    id: str
    line: str
    channel: str


@dataclass(frozen=True, slots=True)
class PlanProfile:
    """A profile, for plans not made from a configuration."""

    id: str
    lanes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """The times (milliseconds) and bounds of routing. The order is the scripts' own."""

    offer_ms: int = 20_000
    seen_ms: int = 2_000
    accepting_ms: int = 10_000
    recheck_ms: int = 2_000  # a stuck accept or an overdue write-up is reported again
    round_ms: int = 30_000
    rest_ms: int = 2_000  # everybody refused: pause before the same listeners ring again
    misses_before_asked: int = 2
    skip_max: int = 16
    tombstone_ms: int = 3_600_000
    settle_ms: int = 10_000  # longer than a database read may take: see lua/presence.lua
    event_entries: int = 10_000
    rebuild_ms: int = 30_000  # a rebuild that stops for so long no longer holds matches

    def argument(self) -> str:
        """Return the limits as the scripts read them: numbers parted by spaces."""
        return " ".join(map(str, astuple(self)))


class Plan:
    """The lanes and profiles of a pool, checked; raises Misconfigured with every mistake."""

    def __init__(
        self,
        pool: str,
        lanes: Iterable[LaneLike],
        profiles: Iterable[ProfileLike],
        limits: Limits | None = None,
    ) -> None:
        """Check the whole plan: a contact in a lane that nobody serves would wait for ever."""
        self.pool = pool
        self.limits = limits or Limits()
        lanes, profiles = list(lanes), list(profiles)
        mistakes = _mistakes(pool, lanes, profiles, self.limits)
        if mistakes:
            raise Misconfigured(mistakes)
        self.channel_of: Mapping[str, str] = {lane.id: str(lane.channel) for lane in lanes}
        self.profiles: Mapping[str, tuple[str, ...]] = {p.id: tuple(p.lanes) for p in profiles}
        self.standings: Mapping[str, tuple[str, ...]] = self._all_standings()

    def _all_standings(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for profile, lanes in self.profiles.items():
            found[profile] = lanes
            for channel in Channel:
                part = tuple(lane for lane in lanes if self.channel_of[lane] == channel)
                if part:
                    found[f"{profile}~{channel}"] = part
        return found

    def key(self, name: str) -> str:
        """Return a key of this pool; the braces keep all of them in one Cluster slot."""
        return f"{{{self.pool}}}:{name}"

    def check_lanes(self, lanes: Iterable[str]) -> None:
        """Raise InvalidInput for a lane that is not of this plan."""
        if any(lane not in self.channel_of for lane in lanes):
            raise InvalidInput("a lane outside the plan", code="lane_unknown", field="lanes")

    def standings_serving(self, lanes: Iterable[str]) -> tuple[str, ...]:
        """Return the standings (profiles and their parts) that serve any of these lanes."""
        wanted = frozenset(lanes)
        return tuple(s for s, own in self.standings.items() if not wanted.isdisjoint(own))

    def profiles_serving(self, lanes: Iterable[str]) -> tuple[str, ...]:
        """Return the profiles that serve any of these lanes."""
        wanted = frozenset(lanes)
        return tuple(p for p, own in self.profiles.items() if not wanted.isdisjoint(own))

    def capacity(self, profile: str, max_chats: int) -> str:
        """Return which load of a listener leads to which standing, as the scripts read it.

        One call, or up to `max_chats` chats: `calls/chats=standing=channels`,
        parted by spaces; a load that is not listed takes nothing new.
        Raises InvalidInput for a profile that is not of this plan.
        """
        if profile not in self.profiles:
            raise InvalidInput(
                "a profile outside the plan", code="profile_unknown", field="profile"
            )
        chats_only = f"{profile}~{Channel.CHAT}"
        if max_chats <= 0:
            calls_only = f"{profile}~{Channel.CALL}"
            return f"0/0={calls_only}={Channel.CALL}" if calls_only in self.standings else ""
        rules = [f"0/0={profile}={Channel.CALL}+{Channel.CHAT}"]
        if chats_only in self.standings:
            rules += [f"0/{open_}={chats_only}={Channel.CHAT}" for open_ in range(1, max_chats)]
        return " ".join(rules)


def _mistakes(
    pool: str, lanes: list[LaneLike], profiles: list[ProfileLike], limits: Limits
) -> list[str]:
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
    known = {lane.id for lane in lanes}
    for profile in profiles:
        if not profile.lanes:
            found.append(f"profile {profile.id!r}: no lane")
        if len(profile.lanes) > MAX_LANES_PER_PROFILE:
            count = len(profile.lanes)
            found.append(f"profile {profile.id!r}: {count} lanes, at most {MAX_LANES_PER_PROFILE}")
        strange = sorted(set(profile.lanes) - known)
        found += [f"profile {profile.id!r}: unknown lane {lane!r}" for lane in strange]
    served = {lane for profile in profiles for lane in profile.lanes}
    found += [f"lane {lane!r}: served by no profile" for lane in sorted(known - served)]
    if any(value <= 0 for value in astuple(limits)):
        found.append("limits: every one is above zero")
    return found
