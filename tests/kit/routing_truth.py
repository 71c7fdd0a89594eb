"""A truth beside the index: what PostgreSQL promises about contacts, engagements, presence.

Each act is one transaction: it happens whole or is refused, raises the version,
and notes its fact for the laws. The real acts are records/; what matters of
them for routing is here in a few lines.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from uuid import UUID

from config.vocabulary import PresenceState, Urgency
from routing.model import ListenerPresence, Load, Offer, WaitingContact, Widening
from routing.rank import standing
from tests.kit.routing_laws import Fact, Freed, Left, Present, Taken, Waits

# Small beside the clock's ticks, so that overtaking happens in a few steps.
HEAD_STARTS_MS = {Urgency.U2: 20_000, Urgency.U3: 5_000}
RETURNED_MS = 300_000
PREFERRED_MS = 15_000
LEASE_MS = 20_000

Lanes = tuple[str, ...]


@dataclass
class TrueContact:
    """A contact, its place and its fences."""

    contact_id: UUID
    lanes: Lanes
    urgency: Urgency
    queued_ms: int
    waiting_since_ms: int
    state: str = "waiting"
    version: int = 1
    turn: int = 1
    offerable: bool = True
    returned: bool = False
    preferred: UUID | None = None
    preferred_until_ms: int = 0
    widenings: tuple[Widening, ...] = ()
    given_up_by: tuple[UUID, ...] = ()

    @property
    def channel(self) -> str:
        return self.lanes[0].split(":")[2]

    def as_waiting(self) -> WaitingContact:
        """What the index is told."""
        return WaitingContact(
            contact_id=self.contact_id,
            version=self.version,
            turn=self.turn,
            lanes=self.lanes,
            channel=self.channel,
            rank=self.rank,
            waiting_since_ms=self.waiting_since_ms,
            offerable=self.offerable,
            preferred_listener=self.preferred,
            preferred_until_ms=self.preferred_until_ms,
            widenings=self.widenings,
            given_up_by=self.given_up_by,
        )

    @property
    def rank(self) -> int:
        head = RETURNED_MS if self.returned else 0
        place = standing(self.urgency, self.queued_ms, HEAD_STARTS_MS, returned_head_start_ms=head)
        return place.rank


@dataclass
class TrueListener:
    """A listener's presence, and her shift's settings."""

    listener_id: UUID
    profile: str
    max_chats: int
    chats_beside_call: int = 0
    session: UUID | None = None
    state: PresenceState = PresenceState.OFFLINE
    version: int = 0


@dataclass
class TrueEngagement:
    """A listener's work on a contact; its id is the offer's."""

    engagement_id: UUID
    contact_id: UUID
    listener_id: UUID
    channel: str
    open: bool = True
    wrapping: bool = False


@dataclass
class Truth:
    """The acts. `lanes_of` tells a profile's first-choice lanes, `help_of` where it helps out."""

    note: Callable[[Fact], None]
    now: Callable[[], int]  # the instant of facts
    lanes_of: Callable[[str], Lanes]
    help_of: Callable[[str], tuple[tuple[str, int], ...]]
    contacts: dict[UUID, TrueContact] = field(default_factory=dict)
    listeners: dict[UUID, TrueListener] = field(default_factory=dict)
    engagements: dict[UUID, TrueEngagement] = field(default_factory=dict)

    # Contacts.

    def queue(self, contact: TrueContact) -> None:
        """A contact arrives; one that was given up comes back in a new turn."""
        known = self.contacts.get(contact.contact_id)
        if known is not None:
            assert known.state == "closed"
            contact = replace(contact, version=known.version + 1, turn=known.turn + 1)
        self.contacts[contact.contact_id] = contact
        self._tell_laws(contact)

    def raise_to(self, contact: TrueContact, urgency: Urgency) -> None:
        contact.urgency = min(contact.urgency, urgency)
        contact.version += 1
        self._tell_laws(contact)

    def widen(self, contact: TrueContact, lanes: Lanes) -> None:
        """It stands in further lanes from now on (an escalation step)."""
        contact.lanes = tuple(dict.fromkeys((*contact.lanes, *lanes)))
        contact.version += 1
        self._tell_laws(contact)

    def move(self, contact: TrueContact, lanes: Lanes) -> None:
        """It waits in another queue: a new turn, the same place in time."""
        contact.lanes, contact.preferred, contact.widenings = lanes, None, ()
        contact.turn += 1
        contact.version += 1
        self._tell_laws(contact)

    def leave(self, contact: TrueContact) -> None:
        """The person hung up, or closed the tab."""
        contact.state = "closed"
        contact.version += 1
        self.note(Left(self.now(), contact.contact_id))

    def _tell_laws(self, contact: TrueContact) -> None:
        self.note(
            Waits(
                self.now(),
                contact.contact_id,
                contact.turn,
                lanes=contact.lanes,
                channel=contact.channel,
                band=0 if contact.urgency is Urgency.U1 else 1,
                queued_ms=contact.queued_ms,
                waiting_since_ms=contact.waiting_since_ms,
                excepted=contact.returned,
                offerable=contact.offerable,
                preferred=contact.preferred,
                preferred_until_ms=contact.preferred_until_ms,
                widenings=contact.widenings,
                given_up_by=contact.given_up_by,
            )
        )

    # Engagements.

    def accept(self, offer: Offer) -> str:
        """Commit an accept: `done`, `again` for a replay, or why it is refused."""
        if offer.offer_id in self.engagements:
            return "again"
        contact = self.contacts.get(offer.contact_id)
        if contact is None or contact.state != "waiting" or contact.turn != offer.turn:
            return "contact_gone"
        if not self.has_room(offer.listener_id, contact.channel):
            return "over_capacity"
        contact.state = "active"
        contact.version += 1
        self.engagements[offer.offer_id] = TrueEngagement(
            offer.offer_id, offer.contact_id, offer.listener_id, contact.channel
        )
        ids = (offer.offer_id, offer.contact_id, offer.listener_id)
        self.note(Taken(self.now(), *ids, turn=offer.turn))
        return "done"

    def confirmed_version(self, contact_id: UUID) -> int:
        """The version a late confirm may tell: below that of a contact that waits again since.

        Told that one, the index would bury it at the very version of the
        enqueue that is still to come, and take it for late.
        """
        contact = self.contacts[contact_id]
        return contact.version - (contact.state == "waiting")

    def has_room(self, listener_id: UUID, channel: str) -> bool:
        """Say whether one more fits: the same rule as records' acceptance."""
        listener = self.listeners[listener_id]
        open_ = [one.channel for one in self.open_of(listener_id)]
        calls, chats = open_.count("call"), open_.count("chat")
        beside = min(listener.chats_beside_call, listener.max_chats)
        if channel == "call":
            return calls == 0 and chats <= beside
        return chats < (beside if calls else listener.max_chats)

    def open_of(self, listener_id: UUID) -> list[TrueEngagement]:
        return [
            one for one in self.engagements.values() if one.open and one.listener_id == listener_id
        ]

    def end(self, engagement: TrueEngagement) -> None:
        """The conversation and its write-up are over."""
        contact = self.contacts[engagement.contact_id]
        contact.state = "closed"
        contact.version += 1
        self._free(engagement)

    def give_back(self, engagement: TrueEngagement, now: int) -> TrueContact:
        """Its listener is lost: the contact waits again, at the head, hers first for a while."""
        contact = self.contacts[engagement.contact_id]
        self._free(engagement)
        contact.state, contact.returned, contact.offerable = "waiting", True, True
        contact.version += 1
        contact.turn += 1
        contact.preferred, contact.preferred_until_ms = engagement.listener_id, now + PREFERRED_MS
        self._tell_laws(contact)
        return contact

    def hand_over(self, engagement: TrueEngagement, lanes: Lanes, now: int) -> TrueContact:
        """Its listener passes it on: a new turn and a new wait, and not hers again."""
        contact = self.contacts[engagement.contact_id]
        self._free(engagement)
        contact.state, contact.offerable, contact.lanes = "waiting", True, lanes
        contact.version += 1
        contact.turn += 1
        contact.waiting_since_ms, contact.preferred, contact.widenings = now, None, ()
        given_up = (*contact.given_up_by, engagement.listener_id)
        contact.given_up_by = tuple(dict.fromkeys(given_up))
        self._tell_laws(contact)
        return contact

    def _free(self, engagement: TrueEngagement) -> None:
        engagement.open = False
        self.note(Freed(self.now(), engagement.engagement_id))

    # Presence.

    def declare(self, listener_id: UUID, state: PresenceState, session: UUID | None = None) -> None:
        """Commit a state; a session of her own takes over from another."""
        listener = self.listeners[listener_id]
        listener.state, listener.session = state, session or listener.session
        listener.version += 1
        self.tell_presence(listener_id)

    def tell_presence(self, listener_id: UUID, *, is_leased: bool = True) -> None:
        """Note a presence for the laws; the index may have lost her lease meanwhile."""
        listener = self.listeners[listener_id]
        self.note(
            Present(
                self.now(),
                listener_id,
                ready=listener.state is PresenceState.READY,
                leased=is_leased,
                lanes=self.lanes_of(listener.profile),
                help=self.help_of(listener.profile),
                max_chats=listener.max_chats,
                chats_beside_call=listener.chats_beside_call,
            )
        )

    def entry(self, listener_id: UUID) -> ListenerPresence:
        """What the index is told, with the load read now."""
        listener = self.listeners[listener_id]
        assert listener.session is not None
        return ListenerPresence(
            listener_id=listener_id,
            session_id=listener.session,
            version=listener.version,
            profile_id=listener.profile,
            state=listener.state,
            max_chats=listener.max_chats,
            load=tuple(
                Load(one.contact_id, one.channel, one.engagement_id)
                for one in self.open_of(listener_id)
            ),
            lease_ms=LEASE_MS,
            chats_beside_call=listener.chats_beside_call,
        )
