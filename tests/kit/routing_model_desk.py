"""The model's second half: listeners, and what comes due."""

from uuid import UUID

from config.vocabulary import PresenceState
from routing.model import ListenerPresence, Load, Step, SweepReport
from tests.kit.routing_model import Contact, Listener, Model


class FullModel(Model):
    """The model with presence, loads and the sweep."""

    def set_presence(self, given: ListenerPresence) -> Step:
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
        listener.presence = given
        if listener.state == PresenceState.OFFLINE:
            listener.lease = None
        elif not is_same or listener.lease is None:
            listener.lease = self.now + given.lease_ms
        self.merge_load(listener, [Load(*load) for load in given.load])
        self.take_back(listener, old_session)
        if listener.state != PresenceState.READY:
            self.free_preferences(id_)
        return Step.ALREADY if is_same else Step.DONE

    def merge_load(self, listener: Listener, given: list[Load]) -> None:
        settled = self.now - self.limits.settle_ms
        listener.done = {id_: one for id_, one in listener.done.items() if one[1] > settled}
        told = {load.contact_id for load in given}
        for contact_id, (_, _, at) in list(listener.load.items()):
            if contact_id not in told and at <= settled:
                del listener.load[contact_id]
        for load in given:
            finished = self.is_finished(listener, load.contact_id, load.engagement_id)
            if load.contact_id not in listener.load and not finished:
                listener.load[load.contact_id] = (load.channel, load.engagement_id, 0)

    def take_back(self, listener: Listener, old_session: UUID) -> None:
        if listener.offer is None:
            return
        fits = self.offers[listener.offer].offer.channel in self.standing(listener)[1]
        moved = listener.presence.session_id != old_session
        if moved or listener.state != PresenceState.READY or not fits:
            self.withdraw(listener.offer)

    def heartbeat(self, listener_id: UUID, session_id: UUID) -> bool:
        listener = self.listeners.get(listener_id)
        if listener is None or listener.lease is None:
            return False
        if listener.presence.session_id != session_id:
            return False
        listener.lease = self.now + listener.presence.lease_ms
        return True

    def finish(self, listener_id: UUID, contact_id: UUID, engagement: UUID | None) -> Step:
        listener = self.listeners.get(listener_id)
        if listener is None:
            return Step.UNKNOWN
        load = listener.load.get(contact_id)
        if load and engagement and load[1] and load[1] != engagement:
            return Step.STALE
        settled = self.now - self.limits.settle_ms
        listener.done = {id_: one for id_, one in listener.done.items() if one[1] > settled}
        listener.done[contact_id] = (engagement, self.now)
        if load is None:
            return Step.ALREADY
        del listener.load[contact_id]
        listener.idle = self.now
        return Step.DONE

    # What comes due.

    def check_sweep(self, report: SweepReport) -> None:
        """Carry out what is due, compare with the report, then check the pairs it made."""
        expired, unseen, stuck = self._due_offers()
        withdrawn = self._due_leases()
        lost, asked = self._owed()
        exhausted = self._due_rounds()
        assert {one.offer_id for one in report.expired} == expired
        assert {one.offer_id for one in report.unseen} == unseen
        assert {one.offer_id for one in report.stuck_accepting} == stuck
        assert {one.offer_id for one in report.withdrawn} == withdrawn
        assert set(report.leases_lost) == lost
        assert set(report.asked) == asked
        assert sorted(report.exhausted) == sorted(exhausted)
        everywhere = tuple(self.plan.channel_of)
        for offer in report.offered:
            self.check_match(everywhere, offer)
        self.check_match(everywhere, None)

    def _due_offers(self) -> tuple[set[UUID], set[UUID], set[UUID]]:
        expired, unseen, stuck = set(), set(), set()
        for id_, proposal in sorted(self.offers.items(), key=lambda x: (x[1].due, str(x[0]))):
            if proposal.due > self.now or proposal.state not in ("offered", "accepting"):
                continue
            if proposal.state == "accepting":
                stuck.add(id_)
                proposal.due = self.now + self.limits.recheck_ms
            elif not proposal.seen:
                unseen.add(id_)
                self.close(id_, "unseen", refused=True, turn_over=True)
            else:
                expired.add(id_)
                self._miss(proposal.offer.listener_id)
                self.close(id_, "expired", refused=True, turn_over=True)
        return expired, unseen, stuck

    def _miss(self, listener_id: UUID) -> None:
        listener = self.listeners[listener_id]
        listener.misses += 1
        enough = listener.misses >= self.limits.misses_before_asked
        if enough and listener.state == PresenceState.READY:
            listener.state = str(PresenceState.ASKED)
            listener.owed = self.now
            self.free_preferences(listener_id)

    def _due_leases(self) -> set[UUID]:
        withdrawn = set()
        for id_, listener in self.listeners.items():
            if listener.lease is not None and listener.lease <= self.now:
                listener.lease = None
                if taken := self.withdraw(listener.offer):
                    withdrawn.add(taken)
                self.free_preferences(id_)
                listener.owed = self.now
        return withdrawn

    def _owed(self) -> tuple[set[UUID], set[UUID]]:
        lost, asked = set(), set()
        for id_, listener in self.listeners.items():
            if listener.owed is not None and listener.owed <= self.now:
                (asked if self.is_leased(listener) else lost).add(id_)
                listener.owed = self.now + self.limits.settle_ms
        return lost, asked

    def _due_rounds(self) -> list[UUID]:
        exhausted, judged = [], []
        for id_, contact in self.contacts.items():
            if contact.gone:
                continue
            over = contact.waiting.preferred_until_ms <= self.now
            if contact.clear_at is not None and contact.clear_at <= self.now:
                if not contact.told:
                    exhausted.append(id_)
                contact.skip, contact.clear_at = [], None
                contact.judge = contact.told = False
                self.weigh(contact)
            elif contact.judge:
                contact.judge = False
                judged.append(id_)
                self.weigh(contact)
            elif contact.pref and over:
                self.weigh(contact)
        return exhausted + [id_ for id_ in judged if self._is_exhausted(self.contacts[id_])]

    def _is_exhausted(self, contact: Contact) -> bool:
        if not contact.skip or contact.told:
            return False
        profiles = self.plan.profiles_serving(contact.waiting.lanes)
        present = {
            id_
            for id_, one in self.listeners.items()
            if one.state == PresenceState.READY
            and one.lease is not None
            and one.presence.profile_id in profiles
        }
        if not present <= set(contact.skip):
            return False
        contact.told = True
        assert contact.clear_at is not None
        contact.clear_at = min(contact.clear_at, self.now + self.limits.rest_ms)
        return True
