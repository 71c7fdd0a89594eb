"""The model's contacts and offers: in, offered, seen, accepted, given back, out."""

from uuid import UUID

from config.vocabulary import PresenceState
from routing.flow import Flow
from routing.model import EventKind, Left, Offer, Step, WaitingContact, Widening
from tests.kit.routing_model import MINUTE_MS, Contact, Listener, Model, Proposal, ToldAs

LIVING = ("offered", "accepting")
TOO_LATE = ("expired", "unseen")


class OfferModel(Model):
    """The steps of a contact and of an offer."""

    # Giving back.

    def weigh(self, contact: Contact) -> None:
        """Drop a preference that is over, refused, or for somebody who is not there."""
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

    def close(
        self,
        offer_id: UUID,
        state: str,
        *,
        refused: bool,
        turn_over: bool,
        reason: str = "",
        again_at: int | None = None,
    ) -> None:
        proposal = self.offers[offer_id]
        self.end(offer_id, state, reason)
        listener = self.listeners.get(proposal.offer.listener_id)
        if listener and listener.offer == offer_id:
            listener.offer = None
            if turn_over:
                listener.idle = self.now
        contact = self.contacts.get(proposal.offer.contact_id)
        if contact and not contact.gone and contact.offer == offer_id:
            contact.offer = None
            if refused:
                self.refuse(contact, proposal.offer, again_at)
            self.weigh(contact)

    def end(self, offer_id: UUID, state: str, reason: str) -> None:
        proposal = self.offers[offer_id]
        proposal.state = state
        offer = proposal.offer
        self.announce(
            EventKind.OFFER_CLOSED,
            offer.listener_id,
            offer.contact_id,
            offer_id,
            reason or state,
        )

    def refuse(self, contact: Contact, offer: Offer, again_at: int | None) -> None:
        if contact.clear_at is None:
            contact.clear_at = offer.offered_at_ms + self.limits.round_ms
        if offer.listener_id not in contact.skip:
            if len(contact.skip) < self.limits.skip_max:
                contact.skip.append(offer.listener_id)
            else:
                contact.clear_at = self.now  # as many as are remembered: the round is over
        contact.again.pop(offer.listener_id, None)
        if again_at is not None and offer.listener_id in contact.skip:
            contact.again[offer.listener_id] = again_at
        contact.judge = True

    def withdraw(self, offer_id: UUID | None, reason: str) -> UUID | None:
        if offer_id is None or self.offers[offer_id].state != "offered":
            return None
        self.close(offer_id, "withdrawn", refused=False, turn_over=False, reason=reason)
        return offer_id

    def bury(self, contact_id: UUID, version: int) -> None:
        self.contacts[contact_id] = Contact(version, gone=True)

    # Contacts.

    @property
    def stamp(self) -> str:
        """The epoch that what is entered now carries."""
        return self.building or self.epoch or ""

    def enqueue(self, given: WaitingContact) -> Step:
        self.hear()
        known = self.contacts.get(given.contact_id)
        if known is not None:
            if given.version < known.version or (known.gone and given.version == known.version):
                return Step.STALE
            if not known.gone and given.version == known.version:
                known.epoch = self.stamp
                if known.told_as != self.told_as(given):
                    known.told_as = self.told_as(given)
                    self.lay_out(known)
                self.weigh(known)
                return Step.ALREADY
        fresh = known is None or known.gone or known.waiting.turn != given.turn
        if fresh:
            if known is not None and not known.gone:
                self.withdraw(known.offer, "new_turn")
            known = Contact(given.version, offerable=given.offerable)
            self.contacts[given.contact_id] = known
        assert known is not None
        known.version, known.given, known.pref = given.version, given, given.preferred_listener
        known.epoch, known.told_as = self.stamp, self.told_as(given)
        self.lay_out(known)
        self.weigh(known)
        return Step.DONE

    def told_as(self, given: WaitingContact) -> ToldAs:
        """The lanes of a contact, now and later, help lanes among them."""
        later = list(given.widenings)
        for at_ms, lanes in ((0, given.lanes), *given.widenings):
            for lane in lanes:
                for after in self.plan.helps.get(lane, ()):
                    helped_at = max(at_ms, given.waiting_since_ms + after)
                    later.append(Widening(helped_at, (f"{lane}!{after}",)))
        return given.lanes, tuple(sorted((at, tuple(lanes)) for at, lanes in later))

    def lay_out(self, contact: Contact) -> None:
        """Stand it in the lanes it was told, widened as far as time, or a vain round, has gone."""
        lanes, later = contact.told_as
        contact.lanes, contact.coming = lanes, later
        self.widen(contact, max(self.now, contact.reached))

    def widen(self, contact: Contact, until_ms: int) -> bool:
        """Add the lanes of each widening up to an instant; say whether any was new."""
        before = set(contact.lanes)
        for at, lanes in contact.coming:
            if at <= until_ms:
                contact.lanes = tuple(dict.fromkeys((*contact.lanes, *lanes)))
                contact.reached = at
        contact.coming = tuple(one for one in contact.coming if one[0] > until_ms)
        return set(contact.lanes) != before

    def cancel(self, contact_id: UUID, version: int, left: Left = Left.CLOSED) -> UUID | None:
        return self._take_away(contact_id, version, left)[1]

    def forget_contact(self, contact_id: UUID, version: int) -> Step:
        if contact_id not in self.contacts:
            self.hear()
            return Step.UNKNOWN
        return self._take_away(contact_id, version, None)[0]

    def _take_away(self, id_: UUID, version: int, left: Left | None) -> tuple[Step, UUID | None]:
        self.hear()
        known = self.contacts.get(id_)
        step, taken = Step.DONE, None
        if known is not None:
            if version < known.version:
                return Step.STALE, None
            if known.gone:
                step = Step.ALREADY
            else:
                taken = self.withdraw(known.offer, "contact_gone")
                self.count_out(known, left)
        self.bury(id_, version)
        return step, taken

    def count_out(self, contact: Contact, left: Left | None) -> None:
        """Count how a contact left its lane, in this minute."""
        if left not in (Left.ANSWERED, Left.ABANDONED):
            return
        waited = max(0, self.now - contact.waiting.waiting_since_ms)
        if left is Left.ANSWERED:
            in_target = contact.waiting.target_ms > 0 and waited <= contact.waiting.target_ms
            one = Flow(1, int(in_target), waited_ms=waited, longest_ms=waited)
        elif waited < self.limits.early_ms:
            one = Flow(abandoned_early=1)
        else:
            one = Flow(abandoned=1)
        minute = self.now // MINUTE_MS, contact.lanes[0]
        self.flows[minute] = self.flows.get(minute, Flow()).and_also(one)

    def offerable(self, contact_id: UUID, flag: bool) -> Step:
        self.hear()
        known = self.contacts.get(contact_id)
        if known is None or known.gone:
            return Step.UNKNOWN
        if known.offerable is flag:
            return Step.ALREADY
        known.offerable = flag
        if flag:
            self.weigh(known)
        return Step.DONE

    # Offers.

    def _foreign(self, proposal: Proposal, listener_id: UUID, session_id: UUID) -> bool:
        offer = proposal.offer
        return (offer.listener_id, offer.session_id) != (listener_id, session_id)

    def accept(self, offer_id: UUID, listener_id: UUID, session_id: UUID) -> Step:
        self.hear()
        proposal = self.offers.get(offer_id)
        if proposal is None:
            return Step.UNKNOWN
        if self._foreign(proposal, listener_id, session_id):
            return Step.NOT_YOURS
        if proposal.state in ("accepting", "confirmed"):
            return Step.ALREADY
        if proposal.state in TOO_LATE:
            return Step.LATE
        if proposal.state != "offered":
            return Step.GONE
        if proposal.offer.expires_at_ms <= self.now:
            return Step.LATE
        proposal.state, proposal.seen = "accepting", True
        proposal.due = self.now + self.limits.accepting_ms
        return Step.DONE

    def confirm(self, offer_id: UUID, version: int) -> Step:
        self.hear()
        proposal = self.offers.get(offer_id)
        if proposal is None:
            return Step.UNKNOWN
        if proposal.state == "confirmed":
            return Step.ALREADY
        self.end(offer_id, "confirmed", "")
        offer = proposal.offer
        self._take_out(offer, offer_id, version)
        listener = self.listeners.get(offer.listener_id)
        if listener is not None:
            if listener.offer != offer_id:
                self.withdraw(listener.offer, "listener_taken")
            if not self.is_finished(listener, offer.contact_id, offer_id):
                listener.load[offer.contact_id] = (offer.channel, offer_id, self.now)
            listener.misses, listener.idle = 0, self.now
            if listener.offer == offer_id:
                listener.offer = None
        return Step.DONE

    def _take_out(self, offer: Offer, offer_id: UUID, version: int) -> None:
        """Take a confirmed contact out of the lanes, unless it waits in a newer turn already."""
        known = self.contacts.get(offer.contact_id)
        if known is None or known.gone:
            self.bury(offer.contact_id, max(version, known.version if known else 0))
        elif known.offer == offer_id or version > known.version:
            if known.offer != offer_id:
                self.withdraw(known.offer, "contact_taken")
            self.count_out(known, Left.ANSWERED)
            self.bury(offer.contact_id, max(version, known.version))

    def is_finished(self, listener: Listener, contact_id: UUID, engagement: UUID | None) -> bool:
        if engagement is not None and (contact_id, engagement) in listener.done_with:
            return True
        if engagement is None:
            at = listener.done.get(contact_id)
        else:
            at = listener.done_with.get((contact_id, None))
        return at is not None and at + self.limits.settle_ms > self.now

    def release(self, offer_id: UUID, contact_gone: bool) -> Step:
        self.hear()
        proposal = self.offers.get(offer_id)
        if proposal is None:
            return Step.UNKNOWN
        if proposal.state == "confirmed":
            return Step.STALE
        if proposal.state not in LIVING:
            return Step.ALREADY
        known = self.contacts.get(proposal.offer.contact_id)
        if contact_gone and known and not known.gone and known.offer == offer_id:
            self.bury(proposal.offer.contact_id, known.version)
        reason = "contact_gone" if contact_gone else "released"
        self.close(offer_id, "released", refused=True, turn_over=False, reason=reason)
        return Step.DONE

    def decline(self, offer_id: UUID, listener_id: UUID, session_id: UUID) -> Step:
        self.hear()
        proposal = self.offers.get(offer_id)
        if proposal is None:
            return Step.UNKNOWN
        if self._foreign(proposal, listener_id, session_id):
            return Step.NOT_YOURS
        if proposal.state == "declined":
            return Step.ALREADY
        if proposal.state in TOO_LATE:
            return Step.LATE
        if proposal.state != "offered":
            return Step.GONE
        self.listeners[listener_id].misses = 0
        self.close(offer_id, "declined", refused=True, turn_over=True)
        return Step.DONE

    def seen(self, offer_id: UUID, session_id: UUID) -> Step:
        self.hear()
        proposal = self.offers.get(offer_id)
        if proposal is None:
            return Step.UNKNOWN
        if proposal.offer.session_id != session_id:
            return Step.NOT_YOURS
        if proposal.state not in LIVING:
            return Step.GONE
        if proposal.seen:
            return Step.ALREADY
        proposal.seen, proposal.due = True, proposal.offer.expires_at_ms
        return Step.DONE
