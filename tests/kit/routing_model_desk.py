"""The model's listeners, and what comes due."""

from uuid import UUID

from config.vocabulary import PresenceState
from routing.model import EventKind, ListenerPresence, Load, Step, SweepReport
from tests.kit.routing_model import Contact, Listener
from tests.kit.routing_model_offers import LIVING, OfferModel


class DeskModel(OfferModel):
    """Presence, loads and the sweep."""

    def set_presence(self, given: ListenerPresence) -> Step:
        self.hear()
        id_ = given.listener_id
        known = self.listeners.get(id_)
        is_same = known is not None and known.presence.version == given.version
        if known is not None:
            older = given.version < known.presence.version
            foreign = is_same and known.presence.session_id != given.session_id
            if older or foreign:
                return Step.STALE
        listener = known or Listener(given, "", self.now)
        old_session = listener.presence.session_id
        if not is_same:
            if listener.state != PresenceState.READY:
                listener.idle = self.now
            listener.state, listener.misses = str(given.state), 0
        if not is_same or listener.state != PresenceState.ASKED:
            listener.owed = None
        self.listeners[id_] = listener
        listener.presence, listener.epoch = given, self.stamp
        if listener.state == PresenceState.OFFLINE:
            listener.lease = None
        elif not is_same or listener.lease is None:
            listener.lease = self.now + given.lease_ms
        self.merge_load(id_, listener, [Load(*load) for load in given.load])
        self.take_back(listener, old_session)
        if listener.state != PresenceState.READY:
            self.free_preferences(id_)
        return Step.ALREADY if is_same else Step.DONE

    def merge_load(self, id_: UUID, listener: Listener, given: list[Load]) -> None:
        """Repair the load; what is younger than a read may take wins over what was read."""
        self.forget_finished(listener)
        settled = self.now - self.limits.settle_ms
        told = {load.contact_id for load in given}
        for contact_id, (_, _, at) in list(listener.load.items()):
            if contact_id not in told and at <= settled:
                del listener.load[contact_id]
                self.wrap_ups.pop((id_, contact_id), None)
        for load in given:
            finished = self.is_finished(listener, load.contact_id, load.engagement_id)
            if load.contact_id not in listener.load and not finished:
                listener.load[load.contact_id] = (load.channel, load.engagement_id, 0)

    def forget_finished(self, listener: Listener) -> None:
        settled = self.now - self.limits.settle_ms
        listener.done = {one: at for one, at in listener.done.items() if at > settled}
        listener.done_with = {one: at for one, at in listener.done_with.items() if at > settled}

    def take_back(self, listener: Listener, old_session: UUID) -> None:
        """Withdraw an offer that her new session, state or load does not allow."""
        if listener.offer is None:
            return
        fits = self.offers[listener.offer].offer.channel in self.takes(listener)
        if listener.presence.session_id != old_session:
            self.withdraw(listener.offer, "taken_over")
        elif listener.state != PresenceState.READY:
            self.withdraw(listener.offer, "not_ready")
        elif not fits:
            self.withdraw(listener.offer, "over_capacity")

    def heartbeat(self, listener_id: UUID, session_id: UUID) -> bool:
        self.hear()
        listener = self.listeners.get(listener_id)
        if listener is None or listener.lease is None:
            return False
        if listener.presence.session_id != session_id:
            return False
        listener.lease = self.now + listener.presence.lease_ms
        return True

    def finish(self, listener_id: UUID, contact_id: UUID, engagement: UUID | None) -> Step:
        self.hear()
        listener = self.listeners.get(listener_id)
        if listener is None:
            return Step.UNKNOWN
        load = listener.load.get(contact_id)
        if load and engagement and load[1] and load[1] != engagement:
            return Step.STALE
        self.forget_finished(listener)
        listener.done[contact_id] = listener.done_with[contact_id, engagement] = self.now
        self.wrap_ups.pop((listener_id, contact_id), None)
        if load is None:
            return Step.ALREADY
        del listener.load[contact_id]
        listener.idle = self.now
        return Step.DONE

    def wrap_up(self, listener_id: UUID, contact_id: UUID, for_ms: int) -> Step:
        self.hear()
        if listener_id not in self.listeners:
            return Step.UNKNOWN
        self.wrap_ups[listener_id, contact_id] = self.now + for_ms
        return Step.DONE

    # What comes due.

    def check_sweep(self, report: SweepReport) -> None:
        """Carry out what is due, compare with the report, then check the pairs it made."""
        self.hear()
        expired, unseen, stuck = self._due_offers()
        withdrawn = self._due_leases()
        lost, asked = self._owed()
        exhausted, widened = self._due_steps()
        overdue = [pair for pair, due in self.wrap_ups.items() if due <= self.now]
        for pair in overdue:
            self.wrap_ups[pair] = self.now + self.limits.recheck_ms
        assert {one.offer_id for one in report.expired} == expired
        assert {one.offer_id for one in report.unseen} == unseen
        assert {one.offer_id for one in report.stuck_accepting} == stuck
        assert {one.offer_id for one in report.withdrawn} == withdrawn
        assert set(report.leases_lost) == lost
        assert set(report.asked) == asked
        assert sorted(report.exhausted) == sorted(exhausted)
        assert sorted(report.wrap_ups_over) == sorted(overdue)
        assert set(report.widened) == widened
        for offer in report.offered:
            self.check_match(None, offer)
        self.check_match(None, None)

    def next_due(self) -> int | None:
        """When something comes due next, if nothing else happens."""
        found = [one.due for one in self.offers.values() if one.state in LIVING]
        for listener in self.listeners.values():
            found += [at for at in (listener.lease, listener.owed) if at is not None]
        for contact in self.contacts.values():
            found += self._instants(contact)
            found += [at for at in contact.again.values() if at > self.now]  # the next sweep pairs
        return min([*found, *self.wrap_ups.values()], default=None)

    def _due_offers(self) -> tuple[set[UUID], set[UUID], set[UUID]]:
        expired, unseen, stuck = set(), set(), set()
        for id_, proposal in sorted(self.offers.items(), key=lambda x: (x[1].due, str(x[0]))):
            if proposal.due > self.now or proposal.state not in LIVING:
                continue
            if proposal.state == "accepting":
                stuck.add(id_)
                proposal.due = self.now + self.limits.recheck_ms
            elif not proposal.seen:
                unseen.add(id_)
                later = self.now + self.limits.rest_ms
                self.close(id_, "unseen", refused=True, turn_over=True, again_at=later)
            else:
                expired.add(id_)
                self._miss(proposal.offer.listener_id)
                self.close(id_, "expired", refused=True, turn_over=True, again_at=self.now)
        return expired, unseen, stuck

    def _miss(self, listener_id: UUID) -> None:
        listener = self.listeners[listener_id]
        listener.misses += 1
        enough = listener.misses >= self.limits.misses_before_asked
        if enough and listener.state == PresenceState.READY:
            listener.state = str(PresenceState.ASKED)
            listener.owed = self.now
            self.free_preferences(listener_id)
            self.announce(EventKind.LISTENER_ASKED, listener_id)

    def _due_leases(self) -> set[UUID]:
        withdrawn = set()
        for id_, listener in self.listeners.items():
            if listener.lease is not None and listener.lease <= self.now:
                listener.lease = None
                if taken := self.withdraw(listener.offer, "lease_lost"):
                    withdrawn.add(taken)
                self.free_preferences(id_)
                listener.owed = self.now
                self.announce(EventKind.LEASE_LOST, id_)
        return withdrawn

    def _owed(self) -> tuple[set[UUID], set[UUID]]:
        lost: set[UUID] = set()
        asked: set[UUID] = set()
        for id_, listener in self.listeners.items():
            if listener.owed is not None and listener.owed <= self.now:
                (asked if self.is_leased(listener) else lost).add(id_)
                listener.owed = self.now + self.limits.settle_ms
        return lost, asked

    def _instants(self, contact: Contact) -> list[int]:
        """When a contact is to be looked at: a refusal, a preference, a widening, a round's end."""
        if contact.gone:
            return []
        found = [at for at, _ in contact.coming]
        found += [contact.clear_at] if contact.clear_at is not None else []
        found += [contact.waiting.preferred_until_ms] if contact.pref else []
        return [*found, self.now] if contact.judge else found

    def _due_steps(self) -> tuple[list[UUID], set[UUID]]:
        """Which rounds ended in vain, and who stands in more lanes since."""
        exhausted, judged, widened = [], [], set()
        for id_, contact in self.contacts.items():
            if min(self._instants(contact), default=self.now + 1) > self.now:
                continue
            if contact.clear_at is not None and contact.clear_at <= self.now:
                was_told = contact.told
                contact.skip, contact.again, contact.clear_at = [], {}, None
                contact.judge = contact.told = False
                if not was_told:
                    exhausted.append(id_)
                    widened |= self._note_exhausted(id_, contact, "time")
            elif contact.judge:
                contact.judge = False
                judged.append(id_)
            if self.widen(contact, self.now):
                widened.add(id_)
            self.weigh(contact)
        for id_ in judged:
            if self._is_exhausted(self.contacts[id_]):
                exhausted.append(id_)
                widened |= self._note_exhausted(id_, self.contacts[id_], "refused")
        return exhausted, widened

    def _note_exhausted(self, id_: UUID, contact: Contact, reason: str) -> set[UUID]:
        """Report a round in vain; its next widening comes at once."""
        self.announce(EventKind.ROUND_EXHAUSTED, contact=id_, reason=reason)
        if not contact.coming:
            return set()
        is_wider = self.widen(contact, contact.coming[0][0])
        self.weigh(contact)
        return {id_} if is_wider else set()

    def _is_exhausted(self, contact: Contact) -> bool:
        """Say whether everybody present who serves it has refused it."""
        if not contact.skip or contact.told:
            return False
        lanes = self.open_lanes(contact.lanes)
        asked = {id_ for id_, own in self.present().items() if not lanes.isdisjoint(own)}
        if not asked <= set(contact.skip) and len(contact.skip) < self.limits.skip_max:
            return False
        contact.told = True
        assert contact.clear_at is not None
        contact.clear_at = min(contact.clear_at, self.now + self.limits.rest_ms)
        return True

    def forget_listener(self, listener_id: UUID, version: int) -> Step:
        self.hear()
        listener = self.listeners.get(listener_id)
        if listener is None:
            return Step.UNKNOWN
        if version < listener.presence.version:
            return Step.STALE
        listener.lease = listener.owed = None
        self.withdraw(listener.offer, "not_ready")
        self.free_preferences(listener_id)
        return Step.DONE
