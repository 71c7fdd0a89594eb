"""Profiles: the lanes that a team serves, for each set of skills its listeners may hold. Pure.

A listener belongs to a team and holds skills. Most skills change nothing for
most teams, so a profile is named after those that do: `ecoute`,
`ecoute+lsf+minors`. Listeners with the same profile are interchangeable.

A listener works for the lines of her account. Who lacks one, mostly because it
is newer than the account, serves the lanes of hers alone: `ecoute+lsf+line.dlpm`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations

from config.helpline.lanes import Lane
from config.helpline.schema.base import Label
from config.helpline.schema.lanes import EVERY, ProfileRule, Queue
from config.vocabulary import Level

# Every profile that skills may make, of all teams together.
MAX_PROFILES = 512


@dataclass(frozen=True, slots=True)
class Help:
    """A lane that a profile serves once a contact has waited there for some time."""

    lane: str
    after_ms: int


@dataclass(frozen=True, slots=True)
class Profile:
    """A distinct set of lanes that some listeners serve."""

    id: str
    label: Label  # the team's
    lanes: tuple[str, ...]  # ids; her first choice
    help: tuple[Help, ...] = ()  # never a lane of `lanes`


class Team:
    """One entry of profiles.toml, and what skills make of it."""

    def __init__(
        self,
        rule: ProfileRule,
        lanes: Iterable[Lane],
        queues: Iterable[Queue],
        help_out_seconds: int,
        only: Collection[str] | None = None,
    ) -> None:
        """Keep what the team may ever serve; nothing is worked out before it is asked.

        `only`: as far as it serves these lines.
        """
        self.rule = rule
        self._named = () if only is None else tuple(f"line.{line}" for line in sorted(only))
        self._help_out_ms = help_out_seconds * 1000
        self._queues = {queue.id: queue for queue in queues}
        self._helped_ms = _helped_ms(rule)
        self._lanes = tuple(
            lane for lane in lanes if self._reaches(lane) and (only is None or lane.line in only)
        )
        # The lines it serves, in the queues' order.
        self.lines: tuple[str, ...] = tuple(dict.fromkeys(lane.line for lane in self._lanes))
        reached = {lane.queue for lane in self._lanes}
        # The skills that may change the team's lanes, in order of name.
        self.skills: tuple[str, ...] = tuple(
            sorted(
                {
                    skill
                    for queue in self._queues.values()
                    if queue.id in reached
                    for skill in (*queue.requires, *queue.prefers, *queue.needs)
                }
            )
        )

    @property
    def profiles_count(self) -> int:
        """Return how many sets of skills and lines there are to tell apart: at most so many."""
        return sum(2 ** len(each.skills) for each in (self, *self._parts().values()))

    def profile(self, skills: Collection[str]) -> Profile:
        """Return the profile of a listener of this team; skills that change nothing are left out."""
        held = frozenset(skills).intersection(self.skills)
        served = self._served(held)
        for skill in sorted(held):
            without = held - {skill}
            if self._served(without) == served:
                held = without
        words = (self.rule.id, *sorted(held), *self._named)
        return Profile("+".join(words), self.rule.label, *served)

    def profiles(self) -> Mapping[frozenset[str], Profile]:
        """Return the profile of every set of the team's skills; the plain one comes first."""
        sizes = range(len(self.skills) + 1)
        sets = chain.from_iterable(combinations(self.skills, size) for size in sizes)
        return {frozenset(each): self.profile(each) for each in sets}

    def profiles_by_lines(self) -> Mapping[frozenset[str], Mapping[frozenset[str], Profile]]:
        """Return the profiles by the lines they serve, then by skills; all of the lines first.

        For accounts that lack lines there are those of each line alone, and of what
        there was before each further line came: few, whatever the number of lines.
        A part that leaves a set of skills no lane has no profile for it.
        """
        parts = {
            lines: {held: profile for held, profile in part.profiles().items() if profile.lanes}
            for lines, part in self._parts().items()
        }
        return {frozenset(self.lines): self.profiles(), **parts}

    def _parts(self) -> dict[frozenset[str], "Team"]:
        sets: list[tuple[str, ...]] = [(line,) for line in self.lines]
        sets += [self.lines[:count] for count in range(2, len(self.lines))]
        seconds = self._help_out_ms // 1000
        return {
            frozenset(only): Team(self.rule, self._lanes, self._queues.values(), seconds, only)
            for only in sets
            if len(only) < len(self.lines)
        }

    def _reaches(self, lane: Lane) -> bool:
        rule = self.rule
        listed = lane.queue in rule.queues or (
            EVERY in rule.queues and self._queues[lane.queue].level is Level.LISTENING
        )
        return (
            (listed or lane.queue in self._helped_ms)
            and lane.channel in rule.channels
            and (EVERY in rule.languages or lane.language in rule.languages)
        )

    def _served(self, held: frozenset[str]) -> tuple[tuple[str, ...], tuple[Help, ...]]:
        own: list[str] = []
        helped: list[Help] = []
        for lane in self._lanes:
            after_ms = self._after_ms(lane, held)
            if after_ms == 0:
                own.append(lane.id)
            elif after_ms is not None:
                helped.append(Help(lane.id, after_ms))
        return tuple(own), tuple(helped)

    def _after_ms(self, lane: Lane, held: frozenset[str]) -> int | None:
        """Return how long a contact waits there before she serves it; None = she never does."""
        queue = self._queues[lane.queue]
        if not held.issuperset(queue.requires) or (lane.need is not None and lane.need not in held):
            return None
        rule = self.rule
        if lane.queue not in rule.queues and not (
            EVERY in rule.queues and queue.level is Level.LISTENING
        ):
            return self._helped_ms[lane.queue]
        first_choice = not queue.prefers or not held.isdisjoint(queue.prefers)
        return 0 if first_choice else self._help_out_ms


def _helped_ms(rule: ProfileRule) -> dict[str, int]:
    """Return after how long the team helps out in each queue; the shortest time wins."""
    helped: dict[str, int] = {}
    for entry in rule.help_out:
        for queue in entry.queues:
            after_ms = entry.after_seconds * 1000
            helped[queue] = min(after_ms, helped.get(queue, after_ms))
    return helped


def teams_of(
    rules: Iterable[ProfileRule],
    lanes: Sequence[Lane],
    queues: Sequence[Queue],
    help_out_seconds: int,
) -> dict[str, Team]:
    """Return the teams by id, in the file's order."""
    return {rule.id: Team(rule, lanes, queues, help_out_seconds) for rule in rules}
