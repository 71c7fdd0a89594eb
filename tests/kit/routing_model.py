"""A plain Python model of the router: no Redis, no cleverness, every list walked in full.

It keeps the state a step leaves behind and says which offers are lawful; the
Lua steps are held to it by tests/property/test_routing_steps.py. Only a few
listeners and contacts are ever in it, so the sixteen-head bound never bites.
"""

from dataclasses import dataclass, field
from uuid import UUID

from config.vocabulary import PresenceState
from routing.model import ListenerPresence, Offer, Step, WaitingContact
from routing.plan import Plan


@dataclass
class Contact:
    """A contact as the index should have it; `gone` is a tombstone."""

    version: int
    given: WaitingContact | None = None
    gone: bool = False
    offerable: bool = True
    pref: UUID | None = None
    offer: UUID | None = None
    skip: list[UUID] = field(default_factory=list)
    clear_at: int | None = None
    judge: bool = False
    told: bool = False

    @property
    def waiting(self) -> WaitingContact:
        assert self.given is not None
        return self.given

    @property
    def stands(self) -> bool:
        return not self.gone and self.offer is None and self.offerable


@dataclass
class Listener:
    """A listener as the index should have her."""

    presence: ListenerPresence
    state: str
    idle: int
    lease: int | None = None
    offer: UUID | None = None
    misses: int = 0
    load: dict[UUID, tuple[str, UUID | None, int]] = field(default_factory=dict)
    done: dict[UUID, tuple[UUID | None, int]] = field(default_factory=dict)
    owed: int | None = None  # when PostgreSQL is to be told of her again


@dataclass
class Proposal:
    """An offer and where it stands."""

    offer: Offer
    state: str = "offered"
    seen: bool = False
    due: int = 0


class Model:
    """The router's rules, step by step."""

    def __init__(self, plan: Plan, now: int) -> None:
        self.plan, self.limits, self.now = plan, plan.limits, now
        self.contacts: dict[UUID, Contact] = {}
        self.listeners: dict[UUID, Listener] = {}
        self.offers: dict[UUID, Proposal] = {}

    # Who may be offered to whom.

    def standing(self, listener: Listener) -> tuple[str, tuple[str, ...]]:
        """The standing and the channels her load allows; ('', ()) for none."""
        calls = sum(load[0] == "call" for load in listener.load.values())
        key = f"{calls}/{len(listener.load) - calls}"
        capacity = self.plan.capacity(listener.presence.profile_id, listener.presence.max_chats)
        for rule in capacity.split():
            load, standing, channels = rule.split("=")
            if load == key:
                return standing, tuple(channels.split("+"))
        return "", ()

    def is_leased(self, listener: Listener) -> bool:
        return listener.lease is not None and listener.lease > self.now

    def free(self) -> dict[UUID, str]:
        return {
            id_: self.standing(one)[0]
            for id_, one in self.listeners.items()
            if one.state == PresenceState.READY
            and one.offer is None
            and self.is_leased(one)
            and self.standing(one)[0]
        }

    def best_preferred(self, listener_id: UUID) -> UUID | None:
        channels = self.standing(self.listeners[listener_id])[1]
        return self._first(
            id_
            for id_, one in self.contacts.items()
            if one.stands and one.pref == listener_id and one.waiting.channel in channels
        )

    def best(self, listener_id: UUID, standing: str) -> UUID | None:
        lanes = self.plan.standings.get(standing, ())
        found = [
            id_
            for id_, one in self.contacts.items()
            if one.stands
            and one.pref is None
            and listener_id not in one.skip
            and not set(lanes).isdisjoint(one.waiting.lanes)
        ]
        preferred = self.best_preferred(listener_id)
        return self._first([*found, preferred] if preferred else found)

    def _first(self, ids: object) -> UUID | None:
        return min(
            ids,  # type: ignore[call-overload]
            key=lambda id_: (self.contacts[id_].waiting.rank, str(id_)),
            default=None,
        )

    def check_match(self, lanes: tuple[str, ...], offer: Offer | None) -> None:
        """Fail unless the match rule allows this answer; then enter the offer."""
        wakers = self.plan.standings_serving(lanes)
        free = self.free()
        beckoned = {id_ for id_ in free if self.best_preferred(id_)}
        able = [id_ for id_ in free if free[id_] in wakers and self.best(id_, free[id_])]
        if offer is None:
            assert not able, "a free listener and a contact she serves side by side"
            assert not beckoned, "a free listener and the contact that prefers her"
            return
        assert offer.listener_id in free, "offered to somebody who is not free"
        if beckoned:
            assert offer.listener_id in beckoned, "those preferred are woken first"
            if free[offer.listener_id] not in wakers:
                assert offer.contact_id == self.best_preferred(offer.listener_id)
                self.enter(offer)
                return
        else:
            longest = min(able, key=lambda id_: (self.listeners[id_].idle, str(id_)))
            assert offer.listener_id == longest, "not the longest idle"
        assert offer.contact_id == self.best(offer.listener_id, free[offer.listener_id])
        self.enter(offer)

    def check_match_listener(self, listener_id: UUID, offer: Offer | None) -> None:
        standing = self.free().get(listener_id)
        best = self.best(listener_id, standing) if standing else None
        assert (offer.contact_id if offer else None) == best
        if offer:
            assert offer.listener_id == listener_id
            self.enter(offer)

    def enter(self, offer: Offer) -> None:
        contact, listener = self.contacts[offer.contact_id], self.listeners[offer.listener_id]
        assert contact.stands
        assert offer.turn == contact.waiting.turn
        assert offer.session_id == listener.presence.session_id
        contact.offer = listener.offer = offer.offer_id
        due = self.now + min(self.limits.seen_ms, self.limits.offer_ms)
        self.offers[offer.offer_id] = Proposal(offer, due=due)

    # Giving back.

    def weigh(self, contact: Contact) -> None:
        if contact.pref is None:
            return
        listener = self.listeners.get(contact.pref)
        if (
            contact.waiting.preferred_until_ms <= self.now
            or listener is None
            or listener.state != PresenceState.READY
            or not self.is_leased(listener)
            or contact.pref in contact.skip
        ):
            contact.pref = None

    def free_preferences(self, listener_id: UUID) -> None:
        for contact in self.contacts.values():
            if contact.stands and contact.pref == listener_id:
                self.weigh(contact)

    def close(self, offer_id: UUID, state: str, *, refused: bool, turn_over: bool) -> None:
        proposal = self.offers[offer_id]
        proposal.state = state
        listener = self.listeners.get(proposal.offer.listener_id)
        if listener and listener.offer == offer_id:
            listener.offer = None
            if turn_over:
                listener.idle = self.now
        contact = self.contacts.get(proposal.offer.contact_id)
        if contact and not contact.gone and contact.offer == offer_id:
            contact.offer = None
            if refused:
                self.refuse(contact, proposal.offer)
            self.weigh(contact)

    def refuse(self, contact: Contact, offer: Offer) -> None:
        if contact.clear_at is None:
            contact.clear_at = offer.offered_at_ms + self.limits.round_ms
        if offer.listener_id not in contact.skip:
            contact.skip.append(offer.listener_id)
        contact.judge = True

    def withdraw(self, offer_id: UUID | None) -> UUID | None:
        if offer_id is None or self.offers[offer_id].state != "offered":
            return None
        self.close(offer_id, "withdrawn", refused=False, turn_over=False)
        return offer_id

    # The steps.

    def enqueue(self, given: WaitingContact) -> Step:
        known = self.contacts.get(given.contact_id)
        if known is not None:
            if given.version < known.version or (known.gone and given.version == known.version):
                return Step.STALE
            if not known.gone and given.version == known.version:
                self.weigh(known)
                return Step.ALREADY
        fresh = known is None or known.gone or known.waiting.turn != given.turn
        if fresh:
            if known is not None and not known.gone:
                self.withdraw(known.offer)
            known = Contact(given.version, offerable=given.offerable)
            self.contacts[given.contact_id] = known
        assert known is not None
        known.version, known.given, known.pref = given.version, given, given.preferred_listener
        self.weigh(known)
        return Step.DONE

    def cancel(self, contact_id: UUID, version: int) -> UUID | None:
        known = self.contacts.get(contact_id)
        taken = None
        if known is not None:
            if version < known.version:
                return None
            if not known.gone:
                taken = self.withdraw(known.offer)
        self.contacts[contact_id] = Contact(version, gone=True)
        return taken

    def offerable(self, contact_id: UUID, flag: bool) -> Step:
        known = self.contacts.get(contact_id)
        if known is None or known.gone:
            return Step.UNKNOWN
        if known.offerable is flag:
            return Step.ALREADY
        known.offerable = flag
        if flag:
            self.weigh(known)
        return Step.DONE

    def accept(self, offer_id: UUID, listener_id: UUID, session_id: UUID) -> Step:
        proposal = self.offers[offer_id]
        if (proposal.offer.listener_id, proposal.offer.session_id) != (listener_id, session_id):
            return Step.NOT_YOURS
        if proposal.state in ("accepting", "confirmed"):
            return Step.ALREADY
        if proposal.state in ("expired", "unseen"):
            return Step.LATE
        if proposal.state != "offered":
            return Step.GONE
        if proposal.offer.expires_at_ms <= self.now:
            return Step.LATE
        proposal.state, proposal.seen = "accepting", True
        proposal.due = self.now + self.limits.accepting_ms
        return Step.DONE

    def confirm(self, offer_id: UUID, version: int) -> Step:
        proposal = self.offers[offer_id]
        if proposal.state == "confirmed":
            return Step.ALREADY
        proposal.state = "confirmed"
        offer = proposal.offer
        known = self.contacts.get(offer.contact_id)
        if known is None or known.gone:
            newest = max(version, known.version if known else 0)
            self.contacts[offer.contact_id] = Contact(newest, gone=True)
        elif known.offer == offer_id or version > known.version:
            if known.offer != offer_id:
                self.withdraw(known.offer)
            self.contacts[offer.contact_id] = Contact(max(version, known.version), gone=True)
        listener = self.listeners[offer.listener_id]
        if listener.offer != offer_id:
            self.withdraw(listener.offer)
        if not self.is_finished(listener, offer.contact_id, offer_id):
            listener.load[offer.contact_id] = (offer.channel, offer_id, self.now)
        listener.misses, listener.idle = 0, self.now
        if listener.offer == offer_id:
            listener.offer = None
        return Step.DONE

    def is_finished(self, listener: Listener, contact_id: UUID, engagement: UUID | None) -> bool:
        if contact_id not in listener.done:
            return False
        finished, at = listener.done[contact_id]
        if finished is not None and engagement is not None:
            return finished == engagement
        return at + self.limits.settle_ms > self.now

    def release(self, offer_id: UUID, contact_gone: bool) -> Step:
        proposal = self.offers[offer_id]
        if proposal.state == "confirmed":
            return Step.STALE
        if proposal.state not in ("offered", "accepting"):
            return Step.ALREADY
        known = self.contacts.get(proposal.offer.contact_id)
        if contact_gone and known and not known.gone and known.offer == offer_id:
            self.contacts[proposal.offer.contact_id] = Contact(known.version, gone=True)
        self.close(offer_id, "released", refused=True, turn_over=False)
        return Step.DONE

    def decline(self, offer_id: UUID, listener_id: UUID, session_id: UUID) -> Step:
        proposal = self.offers[offer_id]
        if (proposal.offer.listener_id, proposal.offer.session_id) != (listener_id, session_id):
            return Step.NOT_YOURS
        if proposal.state != "offered":
            late = proposal.state in ("expired", "unseen")
            already = proposal.state == "declined"
            return Step.ALREADY if already else Step.LATE if late else Step.GONE
        self.listeners[listener_id].misses = 0
        self.close(offer_id, "declined", refused=True, turn_over=True)
        return Step.DONE

    def seen(self, offer_id: UUID, session_id: UUID) -> Step:
        proposal = self.offers[offer_id]
        if proposal.offer.session_id != session_id:
            return Step.NOT_YOURS
        if proposal.state not in ("offered", "accepting"):
            return Step.GONE
        if proposal.seen:
            return Step.ALREADY
        proposal.seen, proposal.due = True, proposal.offer.expires_at_ms
        return Step.DONE
