"""Lanes, profiles and limits of one pool: what the router is told about the helpline. Pure.

A listener stands in at most one set of free listeners: her profile's own when
she may take anything, `<profile>~chat` when she could still take a chat but no
call, `<profile>~call` when she takes calls only. Which load leads to which
standing is worked out here and handed to the scripts as data.

Help-out: who has a lane as first choice takes its contacts at once; who helps
out after N milliseconds serves its help lane `<lane>!N`, where a contact stands
too once it has waited N. While nobody present has the lane as first choice its
help lanes are open at once, judged anew at each match.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import astuple, replace

from config.errors import InvalidInput, Misconfigured
from config.vocabulary import Channel
from routing.lanes import (
    MAX_LANES_PER_PROFILE,
    MAX_WIDENINGS,
    HelpLike,
    LaneLike,
    PlanHelp,
    PlanLane,
    PlanProfile,
    ProfileLike,
    help_lane,
    mistakes_of,
)
from routing.limits import Limits
from routing.model import WaitingContact, Widening

__all__ = [
    "HelpLike",
    "LaneLike",
    "Limits",
    "Plan",
    "PlanHelp",
    "PlanLane",
    "PlanProfile",
    "ProfileLike",
    "help_lane",
]


class Plan:
    """The lanes and profiles of a pool, checked; raises Misconfigured with every mistake.

    `chats_beside_call`: a listener may hold one call and up to that many chats
    at once; 0 for one or the other.
    """

    def __init__(
        self,
        pool: str,
        lanes: Iterable[LaneLike],
        profiles: Iterable[ProfileLike],
        limits: Limits | None = None,
        *,
        chats_beside_call: int = 0,
    ) -> None:
        """Check the whole plan: a contact in a lane that nobody serves would wait for ever."""
        self.pool = pool
        self.limits = limits or Limits()
        self.chats_beside_call = chats_beside_call
        lanes, profiles = list(lanes), list(profiles)
        mistakes = mistakes_of(pool, lanes, profiles)
        if any(value <= 0 for value in astuple(replace(self.limits, early_ms=1))):
            mistakes.append("limits: every one is above zero")
        if self.limits.early_ms < 0:
            mistakes.append("limits: early_ms is zero or more")
        if chats_beside_call < 0:
            mistakes.append("chats_beside_call: zero or more")
        if mistakes:
            raise Misconfigured(mistakes)
        self.channel_of: Mapping[str, str] = {lane.id: str(lane.channel) for lane in lanes}
        self.helps: Mapping[str, tuple[int, ...]] = _helps(profiles)
        # A profile's whole lanes, first choices first, then its help lanes `<lane>!N`.
        self.profiles: Mapping[str, tuple[str, ...]] = {
            p.id: (*p.lanes, *(help_lane(one.lane, one.after_ms) for one in p.help))
            for p in profiles
        }
        self.standings: Mapping[str, tuple[str, ...]] = self._all_standings()
        self._registrations = {p: self._registration(p) for p in self.profiles}

    def _all_standings(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for profile, lanes in self.profiles.items():
            found[profile] = lanes
            for channel in Channel:
                part = tuple(lane for lane in lanes if self.channel(lane) == channel)
                if part:
                    found[f"{profile}~{channel}"] = part
        return found

    def _registration(self, profile: str) -> tuple[str, str]:
        words = " ".join(f"{lane}={self.channel(lane)}" for lane in self.profiles[profile])
        # Tells two contents apart; nothing is protected by it.
        stamp = hashlib.sha1(words.encode(), usedforsecurity=False).hexdigest()[:12]
        return stamp, words

    def registration(self, profile: str) -> tuple[str, str]:
        """Return a profile's lanes as the index keeps them: a short stamp, then the words."""
        return self._registrations[profile]

    def channel(self, lane: str) -> str:
        """Return the channel of a lane, help lanes included."""
        return self.channel_of[lane.partition("!")[0]]

    def key(self, name: str) -> str:
        """Return a key of this pool; the braces keep all of them in one Cluster slot."""
        return f"{{{self.pool}}}:{name}"

    def check_lanes(self, lanes: Iterable[str]) -> None:
        """Raise InvalidInput for a lane that is not of this plan."""
        if any(lane not in self.channel_of for lane in lanes):
            raise InvalidInput("a lane outside the plan", code="lane_unknown", field="lanes")

    def check_contact(self, contact: WaitingContact) -> None:
        """Raise InvalidInput for a contact that could never be offered as it is told."""
        if not contact.lanes:
            raise InvalidInput("a contact stands in a lane", code="lane_unknown", field="lanes")
        if len(contact.widenings) > MAX_WIDENINGS:
            raise InvalidInput("too many widenings", code="too_many_lanes", field="widenings")
        for lanes in (contact.lanes, *(one.lanes for one in contact.widenings)):
            if len(lanes) > MAX_LANES_PER_PROFILE:
                raise InvalidInput("too many lanes", code="too_many_lanes", field="lanes")
            self.check_lanes(lanes)
            if any(self.channel_of[lane] != contact.channel for lane in lanes):
                raise InvalidInput(
                    "a lane of another channel", code="lane_of_another_channel", field="lanes"
                )

    def help_widenings(self, lanes: Iterable[str], since_ms: int) -> tuple[Widening, ...]:
        """Return when a contact in these lanes also stands in their help lanes."""
        return tuple(
            Widening(since_ms + after, (help_lane(lane, after),))
            for lane in lanes
            for after in self.helps.get(lane, ())
        )

    def widenings(self, contact: WaitingContact) -> tuple[Widening, ...]:
        """Return all of a contact's widenings in order: its own, and its lanes' help lanes.

        The helpers of a lane that comes later join when the contact has
        waited for their time, and never before the lane itself.
        """
        found = list(self.help_widenings(contact.lanes, contact.waiting_since_ms))
        for own in contact.widenings:
            found.append(own)
            found += [
                Widening(max(own.at_ms, help_.at_ms), help_.lanes)
                for help_ in self.help_widenings(own.lanes, contact.waiting_since_ms)
            ]
        return tuple(sorted(found, key=lambda one: one.at_ms))

    def with_help_lanes(self, lanes: Iterable[str]) -> tuple[str, ...]:
        """Return these lanes and their help lanes; raises InvalidInput (`lane_unknown`)."""
        own = tuple(lanes)
        self.check_lanes(own)
        helps = (help_lane(lane, after) for lane in own for after in self.helps.get(lane, ()))
        return (*own, *helps)

    def standings_serving(self, lanes: Iterable[str]) -> tuple[str, ...]:
        """Return the standings (profiles and their parts) that serve any of these lanes."""
        wanted = frozenset(lanes)
        return tuple(s for s, own in self.standings.items() if not wanted.isdisjoint(own))

    def profiles_serving(self, lanes: Iterable[str]) -> tuple[str, ...]:
        """Return the profiles that serve any of these lanes."""
        wanted = frozenset(lanes)
        return tuple(p for p, own in self.profiles.items() if not wanted.isdisjoint(own))

    def capacity(self, profile: str, max_chats: int, chats_beside_call: int | None = None) -> str:
        """Return which load of a listener leads to which standing, as the scripts read it.

        One call, or up to `max_chats` chats, or one call beside at most
        `chats_beside_call` of them: `calls/chats=standing=channels`, parted
        by spaces; a load that is not listed takes nothing new. Raises
        InvalidInput (`profile_unknown`).
        """
        if profile not in self.profiles:
            raise InvalidInput(
                "a profile outside the plan", code="profile_unknown", field="profile"
            )
        beside = self.chats_beside_call if chats_beside_call is None else chats_beside_call
        chats, beside = max(0, max_chats), max(0, min(beside, max_chats))
        calls_only, chats_only = f"{profile}~{Channel.CALL}", f"{profile}~{Channel.CHAT}"
        rules = []
        for open_ in range(chats + 1):
            takes_call, takes_chat = open_ <= beside, open_ < chats
            if takes_call and takes_chat:
                rules.append(f"0/{open_}={profile}={Channel.CALL}+{Channel.CHAT}")
            elif takes_call and calls_only in self.standings:
                rules.append(f"0/{open_}={calls_only}={Channel.CALL}")
            elif takes_chat and chats_only in self.standings:
                rules.append(f"0/{open_}={chats_only}={Channel.CHAT}")
            if open_ < beside and chats_only in self.standings:
                rules.append(f"1/{open_}={chats_only}={Channel.CHAT}")
        return " ".join(rules)


def _helps(profiles: Iterable[ProfileLike]) -> dict[str, tuple[int, ...]]:
    found: dict[str, set[int]] = {}
    for profile in profiles:
        for help_ in profile.help:
            found.setdefault(help_.lane, set()).add(help_.after_ms)
    return {lane: tuple(sorted(times)) for lane, times in found.items()}
