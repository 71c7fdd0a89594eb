"""A truth and an index kept together: the reconciler, what may befall Redis, and the end of it.

See routing_nodes for what is done all the time.
"""

from collections.abc import Iterator
from uuid import UUID

from tests.kit.routing_laws import Calm, Indexed, Offered, Shaken
from tests.kit.routing_nodes import SWEEP_MS, Message, Nodes
from tests.kit.routing_truth import LEASE_MS
from tests.kit.routing_twin import Twin


class Centre(Nodes):
    """Everything that keeps index and truth together."""

    def __init__(self, twin: Twin) -> None:
        super().__init__(twin)
        self.pass_: Iterator[None] | None = None  # the reconciler's, while it goes on

    # The reconciler, one page at a time: others go on between a read and its write.

    def reconcile(self, page: int) -> Iterator[None]:
        began = self.model.now
        yield from self._whole_pass(page)
        if began >= self.mended_from and not self.mail and not self.slow_accepts:
            self._in_line_again()
        self.match_all()

    def _in_line_again(self) -> None:
        if not self.in_line:
            self.laws.note(Calm(self.now()))
        self.in_line = True

    def _whole_pass(self, page: int) -> Iterator[None]:
        if self.model.epoch is None:
            yield from self._rebuild(page)
        ids = list(self.truth.contacts)
        for start in range(0, len(ids), page):
            read = [self._contact_message(id_) for id_ in ids[start : start + page]]
            yield
            for message in read:
                self.deliver(message)
        unknown = self.model.contacts.keys() - self.truth.contacts.keys()
        assert not unknown, f"the index knows {unknown}, whom nobody committed"
        for id_, contact in self.truth.contacts.items():
            if contact.state == "waiting":
                self.deliver(("offerable", (id_, contact.offerable)))
        for id_, listener in self.truth.listeners.items():
            if listener.session is not None:
                entry = self.truth.entry(id_)
                yield
                self.deliver(("set_presence", (entry,)))

    def _contact_message(self, id_: UUID) -> Message:
        contact = self.truth.contacts[id_]
        if contact.state == "waiting":
            return "enqueue", (contact.as_waiting(),)
        return "cancel", (id_, contact.version)

    def _rebuild(self, page: int) -> Iterator[None]:
        name = self.twin.begin_rebuild()
        waiting = [one for one in self.truth.contacts.values() if one.state == "waiting"]
        for start in range(0, len(waiting), page):
            read = [one.as_waiting() for one in waiting[start : start + page]]
            yield
            self.twin.restore_contacts(name, read)
        present = [id_ for id_, one in self.truth.listeners.items() if one.session is not None]
        read_now = [self.truth.entry(id_) for id_ in present]
        yield
        self.twin.restore_listeners(name, read_now)
        yield
        self.twin.end_rebuild(name)
        self.observe()

    def go_on(self, page: int = 2) -> bool:
        """One more page of the reconciler's pass, or of a new one; False at its end."""
        if self.pass_ is None:
            self.pass_ = self.reconcile(page)
        if next(self.pass_, self) is self:
            self.pass_ = None
        return self.pass_ is not None

    # Losses.

    def wipe(self) -> None:
        """All of Redis is gone; whoever rebuilds begins anew."""
        self.twin.wipe()
        self.pass_ = None
        self._forget_offers()

    def roll_back(self, snapshot: tuple[list[bytes], dict[str, object]]) -> None:
        """Another Redis took over, with what it knew a while ago."""
        self.twin.roll_back(snapshot)
        self._forget_offers()

    def _forget_offers(self) -> None:
        self.mended_from = 0  # counted by the clock of a data set that is no more
        self.disturb(for_ms=self.plan.limits.round_ms)
        self.in_round = set()
        self.laws.note(Shaken(self.now(), forgets=True))
        for id_, one in self.model.offers.items():
            if one.state in ("offered", "accepting"):
                ids = (one.offer.contact_id, one.offer.listener_id)
                self.laws.note(Offered(self.now(), id_, *ids, one.offer.turn))

    # The end.

    def settle(self) -> None:
        """Let everything arrive and come due; then the index and the truth must say the same."""
        for offer in self.slow_accepts:
            self.commit(offer)
        self.slow_accepts.clear()
        for message in self.mail:
            self.deliver(message)
        self.mail.clear()
        self.model.clock = max(self.model.clock, self.model.now)
        self.pass_time(self.plan.limits.round_ms + LEASE_MS)
        for _ in range(2):
            self.pass_time(LEASE_MS)
            self.pass_ = None
            for _ in self.reconcile(8):
                pass
        assert self.in_line
        self.pass_time(2 * SWEEP_MS)
        self.check_agreement()

    def check_agreement(self) -> None:
        """Fail unless index and truth agree about who waits and who is busy with what."""
        waits = {id_ for id_, one in self.truth.contacts.items() if one.state == "waiting"}
        indexed = {id_ for id_, one in self.model.contacts.items() if not one.gone}
        self.laws.note(Indexed(self.now() + 1, frozenset(indexed)))
        assert indexed == waits
        for id_ in self.truth.listeners:
            open_ = {one.contact_id for one in self.truth.open_of(id_)}
            known = self.model.listeners.get(id_)
            assert (set(known.load) if known else set()) == open_, "a load that nobody has"
        self.check_laws()

    def check_laws(self) -> None:
        broken = self.laws.verdict.broken
        assert not broken, broken[:3]
