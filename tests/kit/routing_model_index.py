"""The whole model of the index: lost, rolled back, filled again, and looked at from outside."""

import copy
from collections import Counter
from collections.abc import Iterable
from dataclasses import astuple
from uuid import UUID

from routing.estimate import RecentFlow, expected_wait_seconds
from routing.flow import Flow, FlowRow, together
from routing.model import ListenerPresence, Overview, Step, WaitingContact
from tests.kit.routing_model import MINUTE_MS, Contact
from tests.kit.routing_model_desk import DeskModel


class IndexModel(DeskModel):
    """Every step there is."""

    # Rebuilding.

    def begin_rebuild(self, name: str) -> None:
        self.hear()
        self.building, self.building_until = name, self.now + self.limits.rebuild_ms

    def go_on(self, name: str) -> Step:
        """Say whether this rebuild is still the one; a sign of it either way."""
        self.hear()
        if self.building != name:
            return Step.STALE
        self.building_until = self.now + self.limits.rebuild_ms
        return Step.DONE

    def restore_contacts(self, name: str, contacts: Iterable[WaitingContact]) -> int | None:
        """The number that were news; None when another rebuild has begun."""
        given = list(contacts)
        if given and self.go_on(name) is Step.STALE:
            return None
        return sum(self.enqueue(one) is Step.DONE for one in given)

    def restore_listeners(self, name: str, listeners: Iterable[ListenerPresence]) -> Step:
        given = list(listeners)
        if given and self.go_on(name) is Step.STALE:
            return Step.STALE
        for one in given:
            self.set_presence(one)
        return Step.DONE

    def end_rebuild(self, name: str) -> int | None:
        """How many entries were dropped; None when another rebuild has begun."""
        if self.go_on(name) is Step.STALE:
            return None
        dropped = 0
        for id_, listener in self.listeners.items():
            if listener.lease is not None and listener.epoch != name:
                dropped += 1
                listener.lease = None
                self.withdraw(listener.offer, "rebuilt")
                self.free_preferences(id_)
        for id_, contact in list(self.contacts.items()):
            if not contact.gone and contact.epoch != name:
                dropped += 1
                self.withdraw(contact.offer, "rebuilt")
                self.bury(id_, contact.version - 1)  # whoever waits after all comes back
        self.epoch, self.building, self.building_until = name, None, 0
        return dropped

    # Lost and rolled back.

    def snapshot(self) -> dict[str, object]:
        """What a replica or a snapshot on disk would have."""
        kept = {name: value for name, value in vars(self).items() if name not in OUTSIDE}
        return copy.deepcopy(kept)

    def roll_back(self, snapshot: dict[str, object]) -> None:
        vars(self).update(copy.deepcopy(snapshot))

    # Looked at from outside.

    def check_overview(self, found: Overview) -> None:
        self.hear()
        assert found.now_ms == self.now
        waiting = [one for one in self.contacts.values() if not one.gone]
        for lane, load in found.lanes.items():
            since = [one.waiting.waiting_since_ms for one in waiting if one.lanes[0] == lane]
            assert load.waiting == len(since), "everybody who waits is counted, once"
            assert load.oldest_since_ms == min(since, default=None)
            assert load.present == self.staff(lane)
            assert load.flow == together(self._flows(lane, self.limits.flow_ms).values())
        present = Counter(self.listeners[id_].presence.profile_id for id_ in self.present())
        assert found.present == {**dict.fromkeys(self.plan.profiles, 0), **present}
        free = Counter(self.standing(self.listeners[id_]) for id_ in self.free())
        lapsed = Counter(self.standing(self.listeners[id_]) for id_ in self.free(lapsed=True))
        for standing, count in found.free.items():
            assert free[standing] <= count <= lapsed[standing]

    def _flows(self, lane: str, window_ms: int) -> dict[int, Flow]:
        """The minutes of a window in which something became of a lane's contacts."""
        oldest = (self.now - window_ms) // MINUTE_MS
        return {
            minute: flow
            for (minute, own), flow in self.flows.items()
            if own == lane and oldest < minute <= self.now // MINUTE_MS
        }

    def restore_flow(self, rows: Iterable[FlowRow]) -> int:
        self.hear()
        oldest = (self.now - max(self.limits.flow_ms, self.limits.estimate_ms)) // MINUTE_MS
        entered = 0
        for row in rows:
            minute = row.at_ms // MINUTE_MS
            if oldest < minute <= self.now // MINUTE_MS:
                known = self.flows.get((minute, row.lane), Flow())
                pairs = zip(astuple(known), astuple(row.flow), strict=True)
                self.flows[minute, row.lane] = Flow(*(max(pair) for pair in pairs))
                entered += 1
        return entered

    def staffed(self, lanes: Iterable[str]) -> bool:
        self.hear()
        helps = [f"{lane}!{n}" for lane in lanes for n in self.plan.helps.get(lane, ())]
        return any(self.staff(lane) for lane in (*lanes, *helps))

    def position(self, contact_id: UUID) -> int | None:
        """Its place in its first lane; who is held back or preferred keeps a place, too."""
        self.hear()
        known = self.contacts.get(contact_id)
        if known is None or known.gone:
            return None
        return 1 + self._before(known)

    def _before(self, contact: Contact) -> int:
        lane, rank = contact.lanes[0], contact.waiting.rank
        others = [one for one in self.contacts.values() if not one.gone and one.offer is None]
        return sum(
            one.waiting.rank < rank
            and lane in (one.lanes if one.stands and one.pref is None else one.lanes[:1])
            for one in others
        )

    def expected_wait(self, contact_id: UUID) -> int | None:
        self.hear()
        known = self.contacts.get(contact_id)
        if known is None or known.gone:
            return None
        flows = self._flows(known.lanes[0], self.limits.estimate_ms)
        minutes = [minute for minute, flow in flows.items() if flow.answered]
        if not minutes:
            return None
        recent = RecentFlow(
            sum(flow.answered for flow in flows.values()),
            self.now - min(minutes) * MINUTE_MS,
            max(0, self.now - (max(minutes) + 1) * MINUTE_MS),
        )
        before = 0 if known.offer else self._before(known)
        return expected_wait_seconds(before, self.staff(known.lanes[0]), recent)


OUTSIDE = ("plan", "limits", "clock", "announced")
