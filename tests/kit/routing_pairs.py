"""Nobody waits beside a free listener who serves them: the law that time breaks, not a fact."""

from collections.abc import Iterable
from heapq import heappop, heappush
from itertools import count

from tests.kit.routing_facts import Id, Waits
from tests.kit.routing_trace import TracedContact, TracedListener
from tests.kit.routing_verdict import Bounds, Broken, Law, Verdict

FOR_EVER = 2**62


class Pairs:
    """Those who stand and those who are free, looked at when a pair could first stand too long."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.verdict = Verdict()
        self._standing: dict[Id, TracedContact] = {}
        self._free: dict[Id, TracedListener] = {}
        self._told: set[tuple[Id, Id]] = set()  # pairs already reported
        self._looks: list[tuple[int, int, Id, Id]] = []
        self._ticket = count()
        self._help_after: set[int] = set()
        self._calm_from_ms = 0
        self._now = 0

    def _judge(
        self, law: Law, holds: bool, contact: Id = None, listener: Id = None, detail: str = ""
    ) -> None:
        self.verdict.judged[law] += 1
        if not holds:
            self.verdict.broken.append(Broken(law, self._now, contact, listener, detail))

    def _pass_to(self, at_ms: int) -> None:
        while self._looks and self._looks[0][0] < at_ms:
            self._now, _, contact_id, listener_id = heappop(self._looks)
            if contact_id is None and listener_id is None:
                for id_ in list(self._free):
                    self._judge_pairs(self._standing, [id_])
            elif contact_id in self._standing:
                self._judge_pairs([contact_id], self._free)
            elif listener_id in self._free:
                self._judge_pairs(self._standing, [listener_id])
        self._now = at_ms

    def _look_at(self, since_ms: int, contact: Id = None, listener: Id = None) -> None:
        due = since_ms + self.bounds.side_by_side_ms
        heappush(self._looks, (due, next(self._ticket), contact, listener))

    def _judge_pairs(self, contacts: Iterable[Id], listeners: Iterable[Id]) -> None:
        limit = self._now - self.bounds.side_by_side_ms
        if self._calm_from_ms > limit:
            return
        for listener_id in listeners:
            listener = self._free[listener_id]
            takes = listener.channels()
            if listener.since_ms > limit:
                continue
            for contact_id in contacts:
                contact = self._standing[contact_id]
                waits, since = contact.waits, contact.stands_since_ms
                assert waits is not None
                assert since is not None
                if since > limit or waits.channel not in takes:
                    continue
                if contact.is_kept_off(listener_id, limit) or listener_id in waits.given_up_by:
                    continue
                if waits.band and self._was_held(listener_id, listener, limit):
                    continue
                if waits.is_for(listener_id, listener.present, limit):
                    self._side_by_side(contact_id, listener_id)

    def _was_held(self, id_: Id, listener: TracedListener, since_ms: int) -> bool:
        """Say whether one in danger that she refused kept her from anything lesser of late."""
        return listener.unheld_ms > since_ms or any(
            id_ in other.refused_by
            and other.waits is not None
            and other.waits.band == 0
            and other.waits.channel in listener.channels()
            for other in self._standing.values()
        )

    def _side_by_side(self, contact: Id, listener: Id) -> None:
        if (contact, listener) not in self._told:
            self._told.add((contact, listener))
            self._judge(Law.SIDE_BY_SIDE, False, contact, listener, "for longer than a sweep")

    def _look_at_contact(self, id_: Id, waits: Waits | None) -> None:
        assert waits is not None
        since = waits.at_ms if waits.waiting_since_ms is None else waits.waiting_since_ms
        later = [at for at, _ in waits.widenings] + [since + after for after in self._help_after]
        for at_ms in {self._now, waits.preferred_until_ms, *later}:
            if at_ms >= self._now:
                self._look_at(at_ms, contact=id_)
