"""Where a contact is placed, and how it stands in the index. Pure.

The helpline's rules say the queue and the first urgency; routing's formula
says the rank; records stores both. Nothing here reads a clock or an engine.
"""

from dataclasses import dataclass

from config.clock import milliseconds
from config.helpline.helpline import Helpline
from config.helpline.schema.lanes import MenuKey
from config.vocabulary import Audience, Channel, Urgency, UrgencySource
from records.contacts.snapshot import ContactSnapshot, Placement
from routing.model import WaitingContact
from routing.plan import Limits, Plan
from routing.rank import band_of


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
        self, queue: str, audience: Audience, urgency: Urgency, source: UrgencySource
    ) -> Placement:
        """Return the place of that queue and urgency."""
        return Placement(
            queue=queue,
            audience=audience,
            urgency=urgency,
            source=source,
            band=band_of(urgency),
            head_start_ms=self.head_start_ms(urgency),
            factors=(),
        )

    def on_entry(self, channel: Channel, audience: Audience) -> Placement:
        """Return the place of who comes in so; who says nothing is ranked as a minor."""
        rule = self.helpline.entry_rule(channel, audience)
        return self.at(rule.queue, audience, rule.urgency, UrgencySource.SYSTEM)

    def by_key(self, digit: str) -> Placement:
        """Return the place of a menu key; no key, or one without a meaning, is `unknown`."""
        key = self.helpline.menu.get(digit)
        if key is None:
            return self.on_entry(Channel.CALL, Audience.UNKNOWN)
        return self.at(key.queue, key.audience, key.urgency, _source(key))

    def waiting(self, contact: ContactSnapshot) -> WaitingContact:
        """Return a waiting contact as the index keeps it: ids, numbers, nothing about a person."""
        assert contact.queue is not None, "a waiting contact has a queue"
        assert contact.rank is not None, "a waiting contact has a rank"
        assert contact.waiting_since is not None, "a waiting contact waits since some instant"
        until = contact.preferred_until
        return WaitingContact(
            contact_id=contact.contact_id,
            version=contact.version,
            turn=contact.turn,
            lanes=(self.lane(contact),),
            channel=contact.channel,
            rank=contact.rank,
            waiting_since_ms=milliseconds(contact.waiting_since),
            preferred_listener=contact.preferred_listener_id,
            preferred_until_ms=milliseconds(until) if until else 0,
        )

    def lane(self, contact: ContactSnapshot) -> str:
        """Return the lane a contact waits in; an unknown language waits in the line's first one."""
        assert contact.queue is not None, "a placed contact has a queue"
        language = self.helpline.language(contact.language)
        return self.helpline.lane_id(contact.queue, Channel(contact.channel), language)


def _source(key: MenuKey) -> UrgencySource:
    # Only danger is declared by a key; the other keys say who calls, and the rule the urgency.
    return UrgencySource.DECLARED if key.urgency is Urgency.U1 else UrgencySource.SYSTEM


def plan_of(helpline: Helpline) -> Plan:
    """Return the lanes, profiles and times of the helpline's pool; raises Misconfigured."""
    limits = helpline.limits
    return Plan(
        helpline.line.pool,
        helpline.lanes(),
        helpline.profiles,
        Limits(
            offer_ms=limits.offer_seconds * 1000,
            seen_ms=limits.offer_seen_seconds * 1000,
            accepting_ms=limits.accepting_seconds * 1000,
            round_ms=limits.round_seconds * 1000,
            misses_before_asked=limits.misses_before_asking,
            skip_max=limits.skipped_listeners,
        ),
    )
