"""Who helps out, and when; lanes that a contact stands in later: on a real Redis."""

from collections.abc import AsyncIterator

import pytest

from config.vocabulary import PresenceState
from routing.connection import open_redis
from routing.model import Step, Widening
from routing.router import Router
from tests.kit.pools import ADULT, CALL, CHAT, Pool, ident
from tests.kit.routing_plans import helping_plan

# Of the plan: `calls` has the calls; `adults` helps out there after 10 s, `minors` has them too.
HELPS_AFTER_MS = 10_000


@pytest.fixture
async def pool(redis_url: str) -> AsyncIterator[Pool]:
    async with open_redis(redis_url) as redis:
        made = Pool(Router(redis, helping_plan("test"), lambda: made.now_ms))
        yield made


async def keep_busy(pool: Pool, name: str, profile: str) -> None:
    """Sign a listener in and give her a call."""
    await pool.sign_in(name, profile, lease_ms=600_000)
    await pool.arrive(f"of {name}", CALL, rank=1)
    await pool.serve(CALL)


async def test_helper_is_offered_a_contact_once_it_has_waited_so_long(pool: Pool) -> None:
    await keep_busy(pool, "first", "calls")
    await pool.sign_in("helper", "adults", lease_ms=600_000)
    await pool.arrive("c1", CALL)
    assert await pool.router.match([CALL]) is None
    pool.tick(HELPS_AFTER_MS - 1)
    report = await pool.router.sweep()
    assert not report.offered
    pool.tick(1)
    report = await pool.router.sweep()
    assert report.widened == [ident("c1")]
    (offer,) = report.offered
    assert (offer.listener_id, offer.lane) == (ident("helper"), f"{CALL}!10000")


async def test_helpers_come_at_once_while_nobody_present_has_the_lane(pool: Pool) -> None:
    await pool.sign_in("helper", "adults")
    await pool.arrive("c1", CALL)
    assert (await pool.match(CALL)).listener_id == ident("helper")


async def test_helpers_come_when_the_last_one_of_the_lane_goes(pool: Pool) -> None:
    await keep_busy(pool, "first", "calls")
    await pool.sign_in("helper", "adults", lease_ms=600_000)
    await pool.arrive("c1", CALL)
    assert await pool.router.match_listener(ident("helper")) is None
    await pool.sign_in("first", "calls", state=PresenceState.LEAVING)
    offer = await pool.router.match_listener(ident("helper"))
    assert offer is not None
    assert (offer.contact_id, offer.lane) == (ident("c1"), CALL)


async def test_first_choice_goes_before_a_helper_who_is_idle_for_longer(pool: Pool) -> None:
    await pool.sign_in("helper", "adults")
    pool.tick(60_000)
    await pool.sign_in("helper", "adults")
    await pool.sign_in("first", "calls")
    await pool.arrive("c1", CALL)
    assert (await pool.match(CALL)).listener_id == ident("first")


async def test_after_its_time_the_longest_idle_of_both_is_woken(pool: Pool) -> None:
    await pool.sign_in("helper", "adults", lease_ms=600_000)
    await keep_busy(pool, "first", "calls")
    await pool.arrive("c1", CALL, waiting_since_ms=pool.now_ms - HELPS_AFTER_MS)
    pool.tick(1)
    await pool.sign_in("second", "calls")
    assert (await pool.router.match_contact(ident("c1"))).listener_id == ident("helper")  # type: ignore[union-attr]


async def test_helper_takes_her_own_head_before_a_later_one_she_helps_with(pool: Pool) -> None:
    await pool.sign_in("helper", "adults")
    await pool.arrive("own", ADULT, rank=5)
    await pool.arrive("helped", CALL, rank=6)
    assert (await pool.match(CALL)).contact_id == ident("own")


async def test_round_of_a_helped_lane_asks_the_helpers_too(pool: Pool) -> None:
    """Nobody has the lane: it is exhausted when the one who helps out has refused, not before."""
    await pool.sign_in("helper", "adults", lease_ms=600_000)
    await pool.sign_in("other", "adults", lease_ms=600_000)
    await pool.arrive("c1", CALL)
    for _ in range(2):
        offer = await pool.match(CALL)
        assert not (await pool.router.sweep()).exhausted
        await pool.router.decline(offer.offer_id, offer.listener_id, offer.session_id)
    assert (await pool.router.sweep()).exhausted == [ident("c1")]


async def test_widening_adds_its_lanes_in_its_time(pool: Pool) -> None:
    await pool.sign_in("adults", "adults", lease_ms=600_000)
    await keep_busy(pool, "first", "calls")
    widening = Widening(pool.now_ms + 3_000, (ADULT,))
    await pool.arrive("c1", CALL, widenings=(widening,))
    pool.tick(2_999)
    assert not (await pool.router.sweep()).widened
    pool.tick(1)
    report = await pool.router.sweep()
    assert report.widened == [ident("c1")]
    assert [offer.lane for offer in report.offered] == [ADULT]


async def test_widening_whose_time_has_come_is_there_at_once(pool: Pool) -> None:
    await pool.sign_in("adults", "adults")
    await pool.arrive("c1", CALL, widenings=(Widening(pool.now_ms, (ADULT,)),))
    assert (await pool.match(ADULT)).contact_id == ident("c1")
    assert (await pool.router.overview()).lanes[ADULT].waiting == 0, "counted in its first lane"


async def test_exhausted_round_brings_the_next_widening_early_and_only_that(pool: Pool) -> None:
    await pool.sign_in("first", "calls", lease_ms=600_000)
    far, farther = pool.now_ms + 600_000, pool.now_ms + 900_000
    widenings = (Widening(far, (ADULT,)), Widening(farther, (CALL,)))
    # Helpers of the calls come first: 10 s is the next widening.
    await pool.arrive("c1", CALL, widenings=widenings)
    offer = await pool.match(CALL)
    await pool.sign_in("helper", "adults", lease_ms=600_000)
    await pool.router.decline(offer.offer_id, offer.listener_id, offer.session_id)
    report = await pool.router.sweep()
    assert report.exhausted == report.widened == [ident("c1")]
    assert [one.lane for one in report.offered] == [f"{CALL}!10000"]


async def test_widening_once_applied_is_kept_by_a_raise_and_ends_with_the_turn(
    pool: Pool,
) -> None:
    await pool.sign_in("first", "calls", lease_ms=600_000)
    await pool.arrive("c1", CALL)
    offer = await pool.match(CALL)
    await pool.router.decline(offer.offer_id, offer.listener_id, offer.session_id)
    assert (await pool.router.sweep()).widened == [ident("c1")], "ten seconds before its time"
    await pool.arrive("c1", CALL, version=2, rank=5)
    await pool.sign_in("helper", "adults", lease_ms=600_000)
    assert (await pool.router.match_contact(ident("c1"))).lane == f"{CALL}!10000"  # type: ignore[union-attr]
    await pool.router.cancel(ident("c1"), 3)
    await pool.arrive("c1", CALL, version=4, turn=2)
    await pool.sign_in("first", "calls", lease_ms=600_000)
    await pool.sign_in("helper", "adults", lease_ms=600_000)
    assert (await pool.match(CALL)).listener_id == ident("first")


async def test_same_version_in_other_lanes_moves_it_there(pool: Pool) -> None:
    """The helpline's configuration changed while it waited; PostgreSQL has nothing new to say."""
    await pool.arrive("c1", CALL)
    assert await pool.arrive("c1", ADULT) is Step.ALREADY
    seen = await pool.router.overview()
    assert (seen.lanes[CALL].waiting, seen.lanes[ADULT].waiting) == (0, 1)
    await pool.sign_in("adults", "adults")
    assert (await pool.match(ADULT)).contact_id == ident("c1")


async def test_same_version_does_not_take_back_a_widening(pool: Pool) -> None:
    since = pool.now_ms
    widening = Widening(pool.now_ms + 3_000, (ADULT,))
    await pool.arrive("c1", CALL, widenings=(widening,))
    pool.tick(3_000)
    assert (await pool.router.sweep()).widened == [ident("c1")]
    again = pool.contact("c1", CALL, widenings=(widening,), waiting_since_ms=since)
    assert await pool.router.enqueue(again) is Step.ALREADY
    await pool.sign_in("adults", "adults")
    assert (await pool.match(ADULT)).contact_id == ident("c1")


async def test_held_back_contact_is_widened_and_still_not_offered(pool: Pool) -> None:
    await pool.sign_in("adults", "adults", lease_ms=600_000)
    await pool.arrive("c1", CHAT, offerable=False)
    pool.tick(HELPS_AFTER_MS)
    report = await pool.router.sweep()
    assert report.widened == [ident("c1")]
    assert not report.offered
    await pool.router.offerable(ident("c1"), True)
    assert (await pool.match(CHAT)).contact_id == ident("c1")
