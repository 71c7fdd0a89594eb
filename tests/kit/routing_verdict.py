"""The laws of routing by name, their bounds, and what judging a trace came to."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from tests.kit.routing_facts import Id


class Law(StrEnum):
    """What must hold whatever happens."""

    ONE_OWNER = "one_owner"  # a contact is with one listener at most, taken once a turn
    ONE_OFFER = "one_offer"  # one living offer a contact and turn, one a listener
    CAPACITY = "capacity"  # what is open fits what she may hold
    NONE_LOST = "none_lost"  # who waits is in the index, who is in the index waits
    ORDER = "order"  # overtaken only by U1 and by who queued within a largest head start
    DANGER_FIRST = "danger_first"  # nothing lesser to who may take a U1 that waits, refused or not
    NOT_BACK = "not_back"  # never to who handed it over, while somebody else present serves it
    SIDE_BY_SIDE = "side_by_side"  # nobody waits beside a free listener who serves them


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long what may last, in milliseconds."""

    largest_head_start_ms: int
    side_by_side_ms: int = 600  # a sweep's period and one round trip
    told_ms: int = 0  # from a commit until the index has heard of it
    found_ms: int = 75_000  # a whole pass of the reconciler, and what it takes
    round_ms: int = 30_000  # how long one of band 0 is kept from who handed it over


@dataclass(frozen=True, slots=True)
class Broken:
    """A law that did not hold."""

    law: Law
    at_ms: int
    contact: Id = None
    listener: Id = None
    detail: str = ""


@dataclass
class Verdict:
    """What a trace proved."""

    broken: list[Broken] = field(default_factory=list)
    judged: Counter[Law] = field(default_factory=Counter)

    def counts(self) -> dict[str, int]:
        """Return every law's name and how often it was broken."""
        found = Counter(one.law for one in self.broken)
        return {law.value: found[law] for law in Law}
