"""Where a contact is placed, and how it stands in the index. Pure.

The helpline's rules say the queue and the first urgency; routing's formula
says the rank; records stores both. Nothing here reads a clock or an engine.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from config.clock import milliseconds
from config.helpline.helpline import Helpline
from config.vocabulary import Audience, Channel, Level, Urgency, UrgencySource
from records.contacts.snapshot import ContactSnapshot, Placement
from routing.model import WaitingContact
from routing.plan import Limits, Plan
from routing.rank import band_of


class Waiter(Protocol):
    """What a contact must tell to stand in the index: a snapshot does, and a slim row of many."""

    @property
    def contact_id(self) -> UUID: ...
    @property
    def channel(self) -> str: ...
    @property
    def queue(self) -> str | None: ...
    @property
    def language(self) -> str: ...
    @property
    def needs(self) -> Sequence[str]: ...
    @property
    def widened_to(self) -> Sequence[str]: ...
    @property
    def rank(self) -> int | None: ...
    @property
    def turn(self) -> int: ...
    @property
    def version(self) -> int: ...
    @property
    def waiting_since(self) -> datetime | None: ...
    @property
    def preferred_listener_id(self) -> UUID | None: ...
    @property
    def preferred_until(self) -> datetime | None: ...
    @property
    def given_up_by(self) -> Sequence[UUID]: ...


@dataclass(frozen=True, slots=True)
class Placements:
    """The helpline's rules, as places in the queue."""

    helpline: Helpline

    def head_start_ms(self, urgency: Urgency) -> int:
        """Return the head start of an urgency; U1 has its own band and needs none."""
        if urgency is Urgency.U1:
            return 0
        return self.helpline.urgency.head_starts_ms.get(urgency, 0)

    def at(
        self,
        queue: str,
        audience: Audience,
        urgency: Urgency,
        source: UrgencySource,
        *,
        factors: Collection[str] = (),
        needs: Collection[str] = (),
        level: Level | None = None,
        home_queue: str | None = None,
    ) -> Placement:
        """Return the place of that queue and urgency; the level is the queue's unless given."""
        return Placement(
            queue=queue,
            audience=audience,
            urgency=urgency,
            source=source,
            band=band_of(urgency),
            head_start_ms=self.head_start_ms(urgency),
            factors=tuple(sorted(factors)),
            needs=tuple(needs),
            level=level or self.helpline.queue(queue).level,
            home_queue=home_queue,
        )

    def moved(
        self,
        contact: ContactSnapshot,
        queue: str,
        *,
        urgency: Urgency | None = None,
        source: UrgencySource | None = None,
        needs: Collection[str] | None = None,
        home_queue: str | None = None,
    ) -> Placement:
        """Return the place of a contact in another queue; what is not given stays as it is."""
        return self.at(
            queue,
            contact.audience,
            urgency or contact.urgency or Urgency.U2,
            source or contact.urgency_source or UrgencySource.SYSTEM,
            needs=contact.needs if needs is None else needs,
            home_queue=home_queue,
        )

    def waiting(self, contact: Waiter) -> WaitingContact:
        """Return a waiting contact as the index keeps it: ids, numbers, nothing about a person."""
        assert contact.rank is not None, "a waiting contact has a rank"
        assert contact.waiting_since is not None, "a waiting contact waits since some instant"
        until = contact.preferred_until
        return WaitingContact(
            contact_id=contact.contact_id,
            version=contact.version,
            turn=contact.turn,
            lanes=self.lanes(contact),
            channel=contact.channel,
            rank=contact.rank,
            waiting_since_ms=milliseconds(contact.waiting_since),
            preferred_listener=contact.preferred_listener_id,
            preferred_until_ms=milliseconds(until) if until else 0,
            target_ms=self._target_ms(contact),
            given_up_by=tuple(contact.given_up_by),
        )

    def lanes(self, contact: Waiter) -> tuple[str, ...]:
        """Return the lanes a contact stands in: its queue's first, then those it was widened to.

        A widened queue without lanes for the contact's need adds nothing:
        its listeners could not answer. Once the need is dropped it does.
        """
        widened = (
            self.lane(contact, queue)
            for queue in contact.widened_to
            if self._may_stand_in(contact, queue)
        )
        return tuple(dict.fromkeys((self.lane(contact), *widened)))

    def lane(self, contact: Waiter, queue: str | None = None) -> str:
        """Return a contact's lane in a queue, its own by default.

        An unknown language waits in the line's first one, a need that the
        queue has no lanes for among everybody.
        """
        queue = queue or contact.queue
        assert queue is not None, "a placed contact has a queue"
        language = self.helpline.language(contact.language)
        return self.helpline.lane_for(queue, Channel(contact.channel), language, contact.needs)

    def _target_ms(self, contact: Waiter) -> int:
        """Return within which the queue wants the contact answered; 0 when it does not say."""
        targets = next(
            (q.service_target for q in self.helpline.queues if q.id == contact.queue), {}
        )
        target = targets.get(Channel(contact.channel))
        return 0 if target is None else target.seconds * 1000

    def _may_stand_in(self, contact: Waiter, queue: str) -> bool:
        """Tell whether a queue exists, serves the channel, and knows the need that keeps it apart."""
        assert contact.queue is not None, "a placed contact has a queue"
        known = {each.id: each for each in self.helpline.queues}
        # Rules may have changed since it was widened: a queue that is gone serves nobody.
        if queue not in known or contact.channel not in known[queue].channels:
            return False
        own = known.get(contact.queue)
        kept_apart = frozenset(own.needs if own else ()).intersection(contact.needs)
        return not kept_apart or not kept_apart.isdisjoint(known[queue].needs)


def plan_of(helpline: Helpline) -> Plan:
    """Return the lanes, profiles and times of the helpline's pool; raises Misconfigured."""
    limits = helpline.limits
    return Plan(
        helpline.line.pool,
        helpline.lanes(),
        helpline.all_profiles(),
        Limits(
            offer_ms=limits.offer_seconds * 1000,
            seen_ms=limits.offer_seen_seconds * 1000,
            accepting_ms=limits.accepting_seconds * 1000,
            round_ms=limits.round_seconds * 1000,
            misses_before_asked=limits.misses_before_asking,
            skip_max=limits.skipped_listeners,
            flow_ms=limits.service_level_window_seconds * 1000,
            estimate_ms=limits.estimate_window_seconds * 1000,
            early_ms=limits.early_abandon_seconds * 1000,
        ),
        chats_beside_call=limits.chats_beside_call,
    )
