"""The live picture on a real Redis: flows, places, expected waits, who is there at all."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from config.errors import InvalidInput
from config.vocabulary import PresenceState
from routing.connection import open_redis
from routing.flow import Flow, FlowRow
from routing.model import Left
from routing.router import Router
from tests.kit.pools import ADULT, CALL, CHAT, Pool, ident
from tests.kit.routing_plans import LIMITS, helping_plan


@pytest.fixture
async def pool(redis_url: str) -> AsyncIterator[Pool]:
    async with open_redis(redis_url) as redis:
        made = Pool(Router(redis, helping_plan("test"), lambda: made.now_ms))
        yield made


async def answer(pool: Pool, name: str, waited_ms: int = 0, target_ms: int = 20_000) -> None:
    """Let a call come that `waited_ms`, and be answered and finished by `anne`."""
    await pool.arrive(name, waiting_since_ms=pool.now_ms - waited_ms, target_ms=target_ms)
    offer = await pool.serve()
    await pool.router.finish(offer.listener_id, offer.contact_id, offer.offer_id)


async def flow_of(pool: Pool, lane: str = CALL) -> Flow:
    return (await pool.router.overview()).lanes[lane].flow


async def test_answered_are_counted_with_their_waits_and_those_in_target(pool: Pool) -> None:
    await pool.sign_in("anne", lease_ms=600_000)
    await answer(pool, "c1", 4_000)
    await answer(pool, "c2", 30_000)
    await answer(pool, "c3", 1_000, target_ms=0)
    assert await flow_of(pool) == Flow(answered=3, in_target=1, waited_ms=35_000, longest_ms=30_000)
    assert await flow_of(pool, CHAT) == Flow()


async def test_abandoned_early_stand_apart_and_the_closed_in_no_figure(pool: Pool) -> None:
    for name, waited in (("early", 4_999), ("late", 5_000), ("closed", 9_000)):
        await pool.arrive(name, waiting_since_ms=pool.now_ms - waited)
    await pool.router.cancel(ident("early"), 2, left=Left.ABANDONED)
    await pool.router.cancel(ident("late"), 2, left=Left.ABANDONED)
    await pool.router.cancel(ident("closed"), 2)
    assert await flow_of(pool) == Flow(abandoned=1, abandoned_early=1)


async def test_who_leaves_is_counted_once_whoever_tells_it_again(pool: Pool) -> None:
    await pool.sign_in("anne")
    await pool.arrive("c1")
    offer = await pool.match()
    await pool.accept(offer)
    await pool.router.cancel(ident("c1"), 2, left=Left.ANSWERED)  # the reconciler was first
    await pool.router.confirm(offer.offer_id, 2)
    await pool.router.cancel(ident("c1"), 3, left=Left.ABANDONED)
    assert (await flow_of(pool)).answered == 1
    assert (await flow_of(pool)).presented == 1


async def test_window_slides_minute_by_minute(pool: Pool) -> None:
    await pool.sign_in("anne", lease_ms=3_600_000)
    await answer(pool, "c1")
    pool.tick(60_000)
    await answer(pool, "c2")
    assert (await flow_of(pool)).answered == 2
    pool.tick(LIMITS.flow_ms - 60_000)
    assert (await flow_of(pool)).answered == 1
    pool.tick(60_000)
    assert await flow_of(pool) == Flow()


async def test_restored_flow_keeps_the_larger_figure_and_may_be_told_again(pool: Pool) -> None:
    await pool.sign_in("anne", lease_ms=600_000)
    await answer(pool, "c1", 7_000)
    told = Flow(answered=3, in_target=2, abandoned=1, waited_ms=5_000, longest_ms=4_000)
    rows = [
        FlowRow(CALL, pool.now_ms, told),
        FlowRow(CHAT, pool.now_ms - 60_000, Flow(answered=9)),
        FlowRow(CHAT, pool.now_ms - 3_600_000, Flow(answered=100)),
        FlowRow(CHAT, pool.now_ms + 3_600_000, Flow(answered=100)),
    ]
    assert await pool.router.restore_flow(rows) == 2
    assert await pool.router.restore_flow(rows) == 2
    assert await flow_of(pool) == Flow(3, 2, 1, 0, 7_000, 7_000)
    assert (await flow_of(pool, CHAT)).answered == 9


async def test_flow_of_a_lane_outside_the_plan_is_refused(pool: Pool) -> None:
    with pytest.raises(InvalidInput) as error:
        await pool.router.restore_flow([FlowRow("nowhere", pool.now_ms, Flow(1))])
    assert error.value.code == "lane_unknown"


async def test_place_counts_the_preferred_and_the_held_back_but_nobody_on_a_desk(
    pool: Pool,
) -> None:
    await pool.sign_in("anne")
    await pool.arrive("served", rank=1)
    await pool.serve()
    until = {"preferred_listener": ident("anne"), "preferred_until_ms": pool.now_ms + 60_000}
    await pool.arrive("preferring", rank=2, **until)
    await pool.arrive("held", rank=3, offerable=False)
    await pool.arrive("on a desk", rank=4)
    await pool.arrive("last", rank=5)
    await pool.sign_in("bea", "calls")
    assert (await pool.match()).contact_id == ident("on a desk")
    places = [await pool.router.position(ident(n)) for n in ("preferring", "held", "last")]
    assert places == [1, 2, 3]
    await pool.router.offerable(ident("held"), True)
    assert await pool.router.position(ident("last")) == 3, "nobody is overtaken by a return"
    await pool.router.cancel(ident("held"), 2)
    assert await pool.router.position(ident("last")) == 2
    assert await pool.router.position(ident("held")) is None


async def test_expected_wait_is_told_from_the_lane_s_own_recent_answers(pool: Pool) -> None:
    await pool.sign_in("anne", lease_ms=600_000)
    pool.now_ms -= pool.now_ms % 60_000
    for i in range(9):
        await answer(pool, f"c{i}")
    await pool.arrive("next")
    pool.tick(1)
    await pool.arrive("after")
    pool.tick(59_999)
    # Nine answers in the minute before count as six: ten seconds each; one ahead, then himself.
    assert await pool.router.expected_wait(ident("next")) == 20
    after = await pool.router.expected_wait(ident("after"))
    assert after is not None
    assert after > 20


async def test_expected_wait_is_unknown_rather_than_a_guess(pool: Pool) -> None:
    await pool.arrive("c0")
    assert await pool.router.expected_wait(ident("c0")) is None, "no answers"
    await pool.sign_in("anne", lease_ms=600_000)
    for i in range(9):
        await answer(pool, f"c{i + 1}")
    pool.tick(1_000)
    await pool.arrive("waiting", ADULT)
    assert await pool.router.expected_wait(ident("waiting")) is None, "another lane's answers"
    await pool.arrive("calling", CALL)
    assert await pool.router.expected_wait(ident("calling")) is not None
    await pool.sign_in("anne", state=PresenceState.LEAVING)
    assert await pool.router.expected_wait(ident("calling")) is None, "nobody is there"
    assert await pool.router.expected_wait(uuid4()) is None, "who does not wait"


async def test_staffed_tells_whether_anybody_present_serves_a_lane(pool: Pool) -> None:
    router = pool.router
    assert not await router.staffed([CALL])
    await pool.sign_in("helper", "adults")
    assert await router.staffed([CALL]), "helping out counts"
    await pool.sign_in("helper", "adults", state=PresenceState.BREAK)
    assert not await router.staffed([CALL, CHAT, ADULT])
    await pool.sign_in("anne", "calls", lease_ms=600_000)
    assert await router.staffed([CHAT, CALL])
    assert not await router.staffed([CHAT])
    await pool.arrive("c1")
    await pool.serve()
    assert await router.staffed([CALL]), "busy is present"
    pool.tick(600_000)
    await router.sweep()
    assert not await router.staffed([CALL]), "her lease ran out"
    with pytest.raises(InvalidInput):
        await router.staffed(["nowhere"])


async def test_overview_counts_who_is_present_for_a_lane(pool: Pool) -> None:
    await pool.sign_in("anne", "minors")
    await pool.sign_in("bea", "calls")
    await pool.sign_in("chloe", "adults")
    lanes = (await pool.router.overview()).lanes
    assert {lane: load.present for lane, load in lanes.items()} == {CALL: 2, CHAT: 1, ADULT: 1}
    await pool.sign_in("bea", "adults")
    lanes = (await pool.router.overview()).lanes
    assert {lane: load.present for lane, load in lanes.items()} == {CALL: 1, CHAT: 1, ADULT: 2}
