"""The router and its plain Python model, asked the same: whoever differs stops the test."""

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from typing import TypeVar
from uuid import UUID

from config.errors import Conflict
from routing.events import RoutingEvents, _event
from routing.flow import FlowRow
from routing.model import (
    Acceptance,
    IndexedContact,
    IndexedListener,
    Left,
    ListenerPresence,
    Offer,
    Step,
    SweepReport,
    WaitingContact,
)
from routing.plan import Plan
from routing.router import Router
from tests.kit.instant_redis import InstantRedis
from tests.kit.routing_model import Announced
from tests.kit.routing_model_index import IndexModel

T = TypeVar("T")

PAGE = 4

# The whole pool as one value, and back: what a replica that lags, or a snapshot on disk, would have.
DUMP = """
local kept = {}
for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
  kept[#kept + 1] = key
  kept[#kept + 1] = redis.call('DUMP', key)
end
return kept
"""


class Twin:
    """Every step is taken twice, and the two answers compared."""

    def __init__(self, redis: InstantRedis, plan: Plan, clock: int) -> None:
        self.redis, self.plan = redis, plan
        self.model = IndexModel(plan, clock)
        self.router = Router(redis, plan, lambda: self.model.clock)
        self._loop = asyncio.new_event_loop()
        self._events = RoutingEvents(redis, plan)
        self._heard = "0-0"

    def close(self) -> None:
        self._loop.close()

    def run(self, awaitable: Awaitable[T]) -> T:
        return self._loop.run_until_complete(_awaited(awaitable))

    def _same(self, awaitable: Awaitable[T], expected: T) -> T:
        found = self.run(awaitable)
        assert found == expected, f"the router says {found!r}, the model {expected!r}"
        return found

    # Contacts.

    def enqueue(self, given: WaitingContact) -> Step:
        return self._same(self.router.enqueue(given), self.model.enqueue(given))

    def cancel(self, contact_id: UUID, version: int, left: Left = Left.CLOSED) -> UUID | None:
        taken = self.run(self.router.cancel(contact_id, version, left=left))
        expected = self.model.cancel(contact_id, version, left)
        assert (taken.offer_id if taken else None) == expected
        return expected

    def forget_contact(self, contact_id: UUID, version: int) -> Step:
        expected = self.model.forget_contact(contact_id, version)
        return self._same(self.router.forget(contact_id, version), expected)

    def offerable(self, contact_id: UUID, flag: bool) -> Step:
        expected = self.model.offerable(contact_id, flag)
        return self._same(self.router.offerable(contact_id, flag), expected)

    # Offers.

    def match(self, lanes: tuple[str, ...]) -> Offer | None:
        offer = self.run(self.router.match(lanes))
        self.model.check_match(lanes, offer)
        return offer

    def match_contact(self, contact_id: UUID) -> Offer | None:
        offer = self.run(self.router.match_contact(contact_id))
        self.model.check_match_contact(contact_id, offer)
        return offer

    def match_listener(self, listener_id: UUID) -> Offer | None:
        offer = self.run(self.router.match_listener(listener_id))
        self.model.check_match_listener(listener_id, offer)
        return offer

    def seen(self, offer: Offer) -> Step:
        args = (offer.offer_id, offer.session_id)
        return self._same(self.router.seen(*args), self.model.seen(*args))

    def accept(
        self, offer: Offer, listener_id: UUID | None = None, session_id: UUID | None = None
    ) -> Step:
        listener_id, session_id = listener_id or offer.listener_id, session_id or offer.session_id
        args = (offer.offer_id, listener_id, session_id)
        expected = self.model.accept(*args)
        found: Acceptance = self.run(self.router.accept(*args))
        assert found.step is expected
        if expected in (Step.DONE, Step.ALREADY):
            assert (found.contact_id, found.turn) == (offer.contact_id, offer.turn)
        return expected

    def confirm(self, offer_id: UUID, version: int) -> Step:
        expected = self.model.confirm(offer_id, version)
        return self._same(self.router.confirm(offer_id, version), expected)

    def release(self, offer_id: UUID, contact_gone: bool) -> Step:
        expected = self.model.release(offer_id, contact_gone)
        return self._same(self.router.release(offer_id, contact_gone), expected)

    def decline(self, offer: Offer) -> Step:
        args = (offer.offer_id, offer.listener_id, offer.session_id)
        return self._same(self.router.decline(*args), self.model.decline(*args))

    # Listeners.

    def set_presence(self, given: ListenerPresence) -> Step:
        return self._same(self.router.set_presence(given), self.model.set_presence(given))

    def heartbeat(self, listener_id: UUID, session_id: UUID) -> bool:
        expected = self.model.heartbeat(listener_id, session_id)
        return self._same(self.router.heartbeat(listener_id, session_id), expected)

    def finish(self, listener_id: UUID, contact_id: UUID, engagement: UUID | None) -> Step:
        args = (listener_id, contact_id, engagement)
        return self._same(self.router.finish(*args), self.model.finish(*args))

    def forget_listener(self, listener_id: UUID, version: int) -> Step:
        expected = self.model.forget_listener(listener_id, version)
        return self._same(self.router.forget_listener(listener_id, version), expected)

    def wrap_up(self, listener_id: UUID, contact_id: UUID, for_ms: int) -> Step:
        args = (listener_id, contact_id, for_ms)
        return self._same(self.router.wrap_up(*args), self.model.wrap_up(*args))

    def sweep(self) -> SweepReport:
        report = self.run(self.router.sweep())
        self.model.check_sweep(report)
        return report

    # The data set.

    def begin_rebuild(self) -> str:
        name = self.run(self.router.begin_rebuild())
        self.model.begin_rebuild(name)
        return name

    def restore_contacts(self, name: str, contacts: Iterable[WaitingContact]) -> int | None:
        given = list(contacts)
        expected = self.model.restore_contacts(name, given)
        return self._same(self._or_none(self.router.restore_contacts(name, given)), expected)

    def restore_listeners(self, name: str, listeners: Sequence[ListenerPresence]) -> None:
        expected = self.model.restore_listeners(name, listeners)
        found = self._or_none(self.router.restore_listeners(name, listeners), is_done=True)
        self._same(found, None if expected is Step.STALE else True)

    def end_rebuild(self, name: str) -> int | None:
        expected = self.model.end_rebuild(name)
        return self._same(self._or_none(self.router.end_rebuild(name)), expected)

    async def _or_none(self, awaitable: Awaitable[T], *, is_done: bool = False) -> T | bool | None:
        """The answer, or None when another rebuild has begun."""
        try:
            answer = await awaitable
        except Conflict as error:
            if error.code != "rebuild_superseded":
                raise
            return None
        return True if is_done else answer

    def restore_flow(self, rows: Sequence[FlowRow]) -> int:
        return self._same(self.router.restore_flow(rows), self.model.restore_flow(rows))

    def wipe(self) -> None:
        self._drop(self.redis.call("KEYS", self.plan.key("*")))
        self.model.forget()
        self._heard = "0-0"

    def snapshot(self) -> tuple[list[bytes], dict[str, object]]:
        return self.redis.call_raw("EVAL", DUMP, 0, self.plan.key("*")), self.model.snapshot()

    def roll_back(self, snapshot: tuple[list[bytes], dict[str, object]]) -> None:
        kept, model = snapshot
        self._drop(self.redis.call("KEYS", self.plan.key("*")))
        for key, value in zip(kept[::2], kept[1::2], strict=True):
            self.redis.call("RESTORE", key, 0, value)
        self.model.roll_back(model)
        self._heard = self.run(self._events.position())

    def _drop(self, keys: list[str]) -> None:
        if keys:
            self.redis.call("DEL", *keys)

    # Looked at from outside.

    def compare(self) -> None:
        """Hold everything that can be read of the router against the model."""
        model = self.model
        self.run(self._compare())
        for offer_id, proposal in model.offers.items():
            offer = proposal.offer
            if proposal.state == "offered":
                assert model.contacts[offer.contact_id].offer == offer_id, "held by nobody"
            if proposal.state in ("offered", "accepting"):
                assert model.listeners[offer.listener_id].offer == offer_id, "holds nobody"

    async def _compare(self) -> None:
        router, model = self.router, self.model
        model.check_overview(await router.overview())
        assert await router.epoch() == model.epoch
        found, after = [], None
        while True:
            page = await router.index_contacts(after, PAGE)
            found += page.entries
            if (after := page.after) is None:
                break
        self._compare_contacts(found)
        listeners = await router.index_listeners()
        self._compare_listeners(listeners.entries)
        for lanes in ((lane,) for lane in self.plan.channel_of):
            assert await router.staffed(lanes) == model.staffed(lanes)
        for id_, contact in model.contacts.items():
            # Which lanes it stands in shows only in who is offered it: so the entry itself is read.
            lanes = await self.redis.hget(self.plan.key(f"contact:{id_}"), "lanes")
            assert set((lanes or "").split()) == set(contact.lanes)
            assert await router.position(id_) == model.position(id_)
            assert await router.expected_wait(id_) == model.expected_wait(id_)

    def _compare_contacts(self, found: list[IndexedContact]) -> None:
        expected = [
            IndexedContact(id_, one.version, one.waiting.turn, one.lanes[0], one.offer)
            for id_, one in self.model.contacts.items()
            if not one.gone
        ]
        assert sorted(found, key=repr) == sorted(expected, key=repr)

    def _compare_listeners(self, found: list[IndexedListener]) -> None:
        known = {id_: one for id_, one in self.model.listeners.items() if one.lease is not None}
        assert {one.listener_id for one in found} == known.keys()
        for one in found:
            listener = known[one.listener_id]
            presence = listener.presence
            assert (one.session_id, one.version) == (presence.session_id, presence.version)
            assert (one.state, one.profile_id) == (listener.state, presence.profile_id)
            assert one.offer_id == listener.offer
            expected = {(id_, load[0], load[1]) for id_, load in listener.load.items()}
            assert set(one.load) == expected

    def compare_events(self) -> list[Announced]:
        """Hold the stream's news against what the model announced; give them in their order."""
        entries = self.run(self.redis.xrange(self.plan.key("events"), f"({self._heard}", "+"))
        self._heard = entries[-1][0] if entries else self._heard
        told = [_event(fields) for _, fields in entries]
        found = [(e.kind, e.listener_id, e.contact_id, e.offer_id, e.reason) for e in told]
        expected, self.model.announced = self.model.announced, []
        assert sorted(found, key=repr) == sorted(expected, key=repr)
        return found


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable
