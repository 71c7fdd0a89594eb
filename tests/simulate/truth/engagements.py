"""The acts and reads of engagements, by the names and the rules of `records.engagements`."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from config.errors import Conflict
from config.vocabulary import Channel, ContactState, EngagementState, EngagementStep, PresenceState
from records.actor import SYSTEM, Actor
from records.contacts.snapshot import ContactSnapshot, Placement
from records.engagements.engagement import Engagement
from tests.simulate.truth.moving import moved
from tests.simulate.truth.store import OPEN, Store, act, hung_up, waited_ms


class TrueEngagements:
    """Stands for `Engagements`."""

    def __init__(self, store: Store, returned_head_start_ms: int) -> None:
        """Work on `store`."""
        self._store = store
        self._returned_head_start_ms = returned_head_start_ms

    def due_steps(self, now: datetime, limit: int, *, claim: timedelta) -> list[Engagement]:
        """Claim steps that are due: nobody else gets them until `claim` has passed."""
        owed = [self._store.engagements[each] for each in self._store.owed]
        due = [each for each in owed if each.step_due_at is not None and each.step_due_at <= now]
        return [
            self._store.work(each, step_due_at=now + claim, step_attempts=each.step_attempts + 1)
            for each in due[:limit]
        ]

    def advance(
        self,
        engagement_id: UUID,
        from_step: EngagementStep,
        to_step: EngagementStep,
        due_at: datetime | None,
        **_: Any,
    ) -> Engagement | None:
        """Move from one step to another; None if it is no longer there."""
        engagement = self._store.engagements.get(engagement_id)
        if engagement is None or engagement.step is not from_step:
            return None
        attempts = engagement.step_attempts if from_step is to_step else 0
        return self._store.work(
            engagement, step=to_step, step_due_at=due_at, step_attempts=attempts
        )

    @act
    def connected(self, engagement_id: UUID, now: datetime) -> ContactSnapshot:
        """Record that both are together; anything but a connecting one is left as it stands."""
        engagement = self._store.engagement(engagement_id)
        contact = self._store.contact(engagement.contact_id)
        if engagement.state is not EngagementState.CONNECTING:
            return contact
        self._store.work(
            engagement,
            state=EngagementState.TALKING,
            talking_at=now,
            step=EngagementStep.NONE,
            step_due_at=None,
            step_attempts=0,
        )
        return self._store.change(
            contact,
            now,
            waited_ms=waited_ms(contact, now),
            answered_at=contact.answered_at or now,
            lost_at=None,
        )

    @act
    def not_connected(self, engagement_id: UUID, reason: str, now: datetime) -> ContactSnapshot:
        """Record that the listener could not be joined: the contact waits again, at its rank."""
        engagement = self._store.engagement(engagement_id)
        if engagement.state is not EngagementState.CONNECTING:
            return self._store.contact(engagement.contact_id)
        return self._give_back(engagement, now, head_start_ms=0)

    @act
    def hand_over(
        self,
        contact_id: UUID,
        place: Callable[[ContactSnapshot], Placement],
        now: datetime,
        actor: Actor,
        reason: str,
        *,
        preferred_listener_id: UUID | None = None,
        preferred_until: datetime | None = None,
    ) -> ContactSnapshot:
        """Let the contact she talks with wait for somebody else: a new turn, its rank kept."""
        contact = self._store.contact(contact_id)
        if contact.state is ContactState.WAITING:
            last = self._store.last_of_contact(contact_id)
            handed = last is not None and last.state is EngagementState.HANDED_OVER
            if last is None or not handed or last.listener_id != actor.staff_id or last.lost_at:
                raise Conflict("nobody talks with them", code="contact_gone")
            return contact
        self._store.require_serving(contact_id, actor)
        placement = place(contact)
        engagement = self._store.open_of_contact(contact_id)
        if engagement is not None and engagement.state is EngagementState.CONNECTING:
            raise Conflict("the caller is not there yet", code="call_connecting")
        talks = engagement is not None and engagement.state is EngagementState.TALKING
        if contact.state is not ContactState.ACTIVE or engagement is None or not talks:
            raise Conflict("nobody talks with them", code="contact_gone")
        over = EngagementState.HANDED_OVER
        self._store.work(engagement, state=over, done_at=now, **hung_up(engagement, now))
        return self._store.change(
            contact,
            now,
            state=ContactState.WAITING,
            waiting_since=now,
            lost_at=None,
            given_up_by=(
                *(each for each in contact.given_up_by if each != engagement.listener_id),
                engagement.listener_id,
            ),
            escalations=0,
            preferred_listener_id=preferred_listener_id,
            preferred_until=preferred_until,
            **moved(contact, placement, placement.home_queue),
        )

    @act
    def return_contact(
        self,
        contact_id: UUID,
        reason: str,
        now: datetime,
        *,
        returned_to_head: bool,
        lost_by_desk: bool = False,
        engagement_id: UUID | None = None,
        preferred_listener_id: UUID | None = None,
        preferred_until: datetime | None = None,
        actor: Actor = SYSTEM,
    ) -> ContactSnapshot:
        """Put an active contact back in waiting: a new turn, the same queued_at."""
        contact = self._store.contact(contact_id)
        live = self._store.live_of(contact_id)
        if contact.state is not ContactState.ACTIVE or live is None:
            return contact
        if engagement_id is not None and live.engagement_id != engagement_id:
            return contact
        return self._give_back(
            live,
            now,
            head_start_ms=self._returned_head_start_ms if returned_to_head else 0,
            preferred=(preferred_listener_id, preferred_until),
            lost_by_desk=lost_by_desk,
        )

    def _give_back(
        self,
        engagement: Engagement,
        now: datetime,
        *,
        head_start_ms: int,
        lost_by_desk: bool = False,
        preferred: tuple[UUID | None, datetime | None] = (None, None),
    ) -> ContactSnapshot:
        connecting = engagement.state is EngagementState.CONNECTING
        over = EngagementState.NOT_CONNECTED if connecting else EngagementState.HANDED_OVER
        lost_at = now if lost_by_desk and not connecting else None
        done = {"done_at": now, "lost_at": lost_at}
        self._store.work(engagement, state=over, **done, **hung_up(engagement, now))
        contact = self._store.contact(engagement.contact_id)
        assert contact.rank is not None, "an active contact was placed"
        kept_waiting = connecting and contact.answered_at is not None
        return self._store.change(
            contact,
            now,
            state=ContactState.WAITING,
            turn=contact.turn + 1,
            waited_ms=waited_ms(contact, now) if kept_waiting else contact.waited_ms,
            waiting_since=now,
            rank=contact.rank - (0 if contact.returned else head_start_ms),
            returned=contact.returned or head_start_ms > 0,
            escalations=contact.escalations if connecting else 0,
            lost_at=now if lost_by_desk and not connecting else contact.lost_at,
            preferred_listener_id=preferred[0],
            preferred_until=preferred[1],
        )

    # -- reads

    def get(self, engagement_id: UUID) -> Engagement | None:
        """Return the engagement of an offer, or None."""
        return self._store.engagements.get(engagement_id)

    def states_of(self, offer_ids: Collection[UUID]) -> dict[UUID, Engagement]:
        """Return those that came of these offers."""
        known = self._store.engagements
        return {each: known[each] for each in offer_ids if each in known}

    def open_for_contact(self, contact_id: UUID) -> Engagement | None:
        """Return the engagement of whoever is with the contact or writes it up."""
        return self._store.open_of_contact(contact_id)

    def open_for_listener(self, staff_id: UUID) -> list[Engagement]:
        """Return a listener's engagements not done, oldest first."""
        return [self._store.engagements[each] for each in self._store.open_of.get(staff_id, ())]

    def orphaned_chats(
        self, lost_before: datetime, unseen_since: datetime, limit: int
    ) -> list[Engagement]:
        """Return chats whose listener signed out, or whose lease ran out before then.

        Who is offline by her own word finishes what is open: her sessions are
        alive here for as long as she has something open.
        """
        found = []
        for staff_id, row in self._store.listeners.items():
            lost = row.reason == "lease_lost" and row.since < lost_before
            if row.state is PresenceState.OFFLINE and (lost or row.reason == "signed_out"):
                found += [
                    each
                    for each in self.open_for_listener(staff_id)
                    if each.state is EngagementState.TALKING and each.channel is Channel.CHAT
                ]
        return sorted(found, key=lambda one: one.accepted_at)[:limit]

    def of_contact(self, contact_id: UUID, limit: int = 50) -> list[Engagement]:
        """Return everybody who took the contact, oldest first."""
        ids = self._store.of_contact.get(contact_id, [])
        return [self._store.engagements[each] for each in ids[:limit]]

    @staticmethod
    def is_open(engagement: Engagement) -> bool:
        """Say whether somebody still works on it."""
        return engagement.state in OPEN
