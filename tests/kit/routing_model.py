"""A plain Python model of the index: no Redis, no cleverness, every list walked in full.

It keeps the state a step leaves behind and says which offers are lawful; the
Lua steps are held to it by tests/property/test_routing_*.py. In this file: what
is known, and who may be offered to whom. So few contacts are ever in a lane
that the bound of sixteen heads looked past never bites.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from config.vocabulary import PresenceState
from routing.flow import Flow
from routing.model import EventKind, ListenerPresence, Offer, WaitingContact
from routing.plan import Plan
from routing.rank import BAND

# The lanes of a contact, and (instant, lanes) it is to be widened to, help lanes among them.
ToldAs = tuple[tuple[str, ...], tuple[tuple[int, tuple[str, ...]], ...]]
MINUTE_MS = 60_000

Announced = tuple[EventKind, UUID | None, UUID | None, UUID | None, str]


@dataclass
class Contact:
    """A contact as the index should have it; `gone` is a tombstone."""

    version: int
    given: WaitingContact | None = None
    gone: bool = False
    epoch: str = ""
    offerable: bool = True
    pref: UUID | None = None
    offer: UUID | None = None
    skip: list[UUID] = field(default_factory=list)
    again: dict[UUID, int] = field(default_factory=dict)  # who only missed it → asked again from
    clear_at: int | None = None
    judge: bool = False
    told: bool = False
    lanes: tuple[str, ...] = ()  # where it stands: those given, and those widened to since
    told_as: ToldAs = ((), ())
    coming: tuple[tuple[int, tuple[str, ...]], ...] = ()  # widenings still to come
    reached: int = 0  # the latest widening applied

    @property
    def waiting(self) -> WaitingContact:
        assert self.given is not None
        return self.given

    @property
    def in_danger(self) -> bool:
        return self.waiting.rank < BAND

    def is_kept_off(self, listener_id: UUID, now: int) -> bool:
        """Say whether its refusal by her still counts: in danger it counts for less."""
        if listener_id not in self.skip:
            return False
        return not self.in_danger or self.again.get(listener_id, now + 1) > now

    @property
    def stands(self) -> bool:
        return not self.gone and self.offer is None and self.offerable


@dataclass
class Listener:
    """A listener as the index should have her."""

    presence: ListenerPresence
    state: str
    idle: int
    epoch: str = ""
    lease: int | None = None
    offer: UUID | None = None
    misses: int = 0
    load: dict[UUID, tuple[str, UUID | None, int]] = field(default_factory=dict)
    done: dict[UUID, int] = field(default_factory=dict)  # contact → its last finish
    done_with: dict[tuple[UUID, UUID | None], int] = field(default_factory=dict)
    owed: int | None = None  # when PostgreSQL is to be told of her again


@dataclass
class Proposal:
    """An offer and where it stands."""

    offer: Offer
    state: str = "offered"
    seen: bool = False
    due: int = 0


class Model:
    """What is known, and the one match rule."""

    def __init__(self, plan: Plan, clock: int) -> None:
        self.plan, self.limits = plan, plan.limits
        self.clock = clock  # what the server's clock says; it may move back
        self.forget()

    def forget(self) -> None:
        """Be the model of an emptied Redis."""
        self.now = 0
        self.behind: tuple[int, int] | None = None  # the clock, and the instant known then
        self.flows: dict[tuple[int, str], Flow] = {}  # (minute, lane) → what became of contacts
        self.contacts: dict[UUID, Contact] = {}
        self.listeners: dict[UUID, Listener] = {}
        self.offers: dict[UUID, Proposal] = {}
        self.wrap_ups: dict[tuple[UUID, UUID], int] = {}
        self.epoch: str | None = None
        self.building: str | None = None
        self.building_until = 0
        self.announced: list[Announced] = []

    def hear(self) -> None:
        """Begin a step: time never moves back, and goes on at half speed behind a clock set back."""
        if self.clock >= self.now:
            self.now, self.behind = self.clock, None
        elif self.behind is None or self.clock < self.behind[0]:
            self.behind = (self.clock, self.now)
        else:
            at, known = self.behind
            self.now = max(self.now, known + (self.clock - at) // 2)

    def announce(
        self,
        kind: EventKind,
        listener: UUID | None = None,
        contact: UUID | None = None,
        offer: UUID | None = None,
        reason: str = "",
    ) -> None:
        self.announced.append((kind, listener, contact, offer, reason))

    # Who may be offered to whom.

    def takes(self, listener: Listener) -> frozenset[str]:
        """The channels on which her load leaves room."""
        given = listener.presence
        calls = sum(load[0] == "call" for load in listener.load.values())
        chats = len(listener.load) - calls
        beside = given.chats_beside_call
        beside = min(
            self.plan.chats_beside_call if beside is None else beside, max(0, given.max_chats)
        )
        found = set()
        if calls == 0 and chats <= beside:
            found.add("call")
        if chats < (given.max_chats if calls == 0 else beside if calls == 1 else 0):
            found.add("chat")
        served = {self.plan.channel(lane) for lane in self.plan.profiles[given.profile_id]}
        # Who has room for both stands for her whole profile, whatever its lanes are.
        return frozenset(found if len(found) == 2 else found & served)

    def standing(self, listener: Listener) -> str:
        """The set of free listeners that she would stand in; '' for none."""
        takes, profile = self.takes(listener), listener.presence.profile_id
        if len(takes) == 2:
            return profile
        return f"{profile}~{next(iter(takes))}" if takes else ""

    def lanes_of(self, listener: Listener) -> frozenset[str]:
        """The lanes she may be offered from now, help lanes among them."""
        takes = self.takes(listener)
        lanes = self.plan.profiles[listener.presence.profile_id]
        return frozenset(lane for lane in lanes if self.plan.channel(lane) in takes)

    def present(self) -> dict[UUID, tuple[str, ...]]:
        """Who is signed in and ready, busy or not, and all the lanes of her profile."""
        return {
            id_: self.plan.profiles[one.presence.profile_id]
            for id_, one in self.listeners.items()
            if one.state == PresenceState.READY and one.lease is not None
        }

    def staff(self, lane: str) -> int:
        """How many present have a lane as first choice (a help lane: as helpers)."""
        return sum(lane in lanes for lanes in self.present().values())

    def open_lanes(self, lanes: Iterable[str], staffed: set[str] | None = None) -> set[str]:
        """These lanes, and the help lanes of those that nobody present has as first choice."""
        found = set(lanes)
        staffed = self.staffed_lanes() if staffed is None else staffed
        for lane in found - staffed:
            found |= {f"{lane}!{after}" for after in self.plan.helps.get(lane, ())}
        return found

    def staffed_lanes(self) -> set[str]:
        """The lanes that somebody present has, as first choice or (`<lane>!ms`) as helper."""
        return set().union(*self.present().values())

    def heads(self) -> dict[UUID, set[str]]:
        """Who may be taken from lanes, and the lanes that each is open in."""
        staffed = self.staffed_lanes()
        return {
            id_: self.open_lanes(one.lanes, staffed)
            for id_, one in self.contacts.items()
            if one.stands and one.pref is None
        }

    def is_leased(self, listener: Listener) -> bool:
        return listener.lease is not None and listener.lease > self.now

    def free(self, *, lapsed: bool = False) -> set[UUID]:
        """Who may be offered a contact; `lapsed`: those too whose lease is over, but not swept."""
        return {
            id_
            for id_, one in self.listeners.items()
            if one.state == PresenceState.READY
            and one.offer is None
            and (self.is_leased(one) or (lapsed and one.lease is not None))
            and self.takes(one)
        }

    def is_filling(self) -> bool:
        """Say whether an emptied index is being filled: no match is made meanwhile."""
        return self.epoch is None and self.building is not None and self.building_until > self.now

    def best_preferred(self, listener_id: UUID) -> UUID | None:
        channels = self.takes(self.listeners[listener_id])
        return self._first(
            id_
            for id_, one in self.contacts.items()
            if one.stands and one.pref == listener_id and one.waiting.channel in channels
        )

    def best(self, listener_id: UUID, heads: dict[UUID, set[str]] | None = None) -> UUID | None:
        """The best head over all her lanes, or who stands for her alone if ranked before it.

        Nothing lesser while one in danger waits for her, though she has refused it.
        """
        lanes = self.lanes_of(self.listeners[listener_id])
        heads = self.heads() if heads is None else heads
        found = [
            id_
            for id_, open_lanes in heads.items()
            if not lanes.isdisjoint(open_lanes)
            and not self.is_kept_from(self.contacts[id_], listener_id)
        ]
        off = {id_ for id_ in found if self.contacts[id_].is_kept_off(listener_id, self.now)}
        preferred = self.best_preferred(listener_id)
        may = [id_ for id_ in found if id_ not in off]
        best = self._first([*may, preferred] if preferred else may)
        is_held = any(self.contacts[id_].in_danger for id_ in off)
        return None if best and is_held and not self.contacts[best].in_danger else best

    def is_kept_from(self, contact: Contact, listener_id: UUID) -> bool:
        """Say whether she handed it over, and somebody else present can serve it."""
        given = contact.waiting
        if listener_id not in given.given_up_by:
            return False
        if contact.in_danger and given.waiting_since_ms + self.limits.round_ms <= self.now:
            return False
        lanes = set(contact.lanes)
        for lane in contact.lanes:
            lanes |= {f"{lane}!{after}" for after in self.plan.helps.get(lane, ())}
        others = (own for id_, own in self.present().items() if id_ != listener_id)
        return any(not lanes.isdisjoint(own) for own in others)

    def _first(self, ids: Iterable[UUID]) -> UUID | None:
        return min(
            ids,
            key=lambda id_: (self.contacts[id_].waiting.rank, str(id_)),
            default=None,
        )

    def check_match(self, lanes: Iterable[str] | None, offer: Offer | None) -> None:
        """Fail unless the match rule allows this answer; then enter the offer. None: all lanes."""
        self.hear()
        if self.is_filling():
            assert offer is None, "an emptied index that is being filled makes no match"
            return
        woken = None if lanes is None else self.open_lanes(tuple(lanes))
        free = self.free()
        heads = self.heads()
        beckoned = {id_ for id_ in free if self.best_preferred(id_) and self.best(id_, heads)}
        able = [id_ for id_ in free if self._is_woken(id_, woken) and self.best(id_, heads)]
        if offer is None:
            assert not able, "a free listener and a contact she serves side by side"
            assert not beckoned, "a free listener and the contact that prefers her"
            return
        assert offer.listener_id in free, "offered to somebody who is not free"
        if beckoned:
            assert offer.listener_id in beckoned, "those preferred are woken first"
        else:
            longest = min(able, key=lambda id_: (self.listeners[id_].idle, str(id_)))
            assert offer.listener_id == longest, "not the longest idle"
        assert offer.contact_id == self.best(offer.listener_id, heads), "not her best head"
        self.enter(offer)

    def _is_woken(self, listener_id: UUID, woken: set[str] | None) -> bool:
        lanes = self.lanes_of(self.listeners[listener_id])
        return woken is None or not woken.isdisjoint(lanes)

    def check_match_contact(self, contact_id: UUID, offer: Offer | None) -> None:
        known = self.contacts.get(contact_id)
        self.check_match(() if known is None or known.gone else known.lanes, offer)

    def check_match_listener(self, listener_id: UUID, offer: Offer | None) -> None:
        self.hear()
        may = listener_id in self.free() and not self.is_filling()
        best = self.best(listener_id) if may else None
        assert (offer.contact_id if offer else None) == best
        if offer:
            assert offer.listener_id == listener_id
            self.enter(offer)

    def enter(self, offer: Offer) -> None:
        contact, listener = self.contacts[offer.contact_id], self.listeners[offer.listener_id]
        assert contact.stands
        assert offer.turn == contact.waiting.turn
        assert offer.session_id == listener.presence.session_id
        assert offer.channel == contact.waiting.channel
        assert offer.lane in contact.lanes
        assert offer.offered_at_ms == self.now
        assert offer.expires_at_ms == self.now + self.limits.offer_ms
        contact.offer = listener.offer = offer.offer_id
        due = self.now + min(self.limits.seen_ms, self.limits.offer_ms)
        self.offers[offer.offer_id] = Proposal(offer, due=due)
        self.announce(EventKind.OFFERED, offer.listener_id, offer.contact_id, offer.offer_id)
