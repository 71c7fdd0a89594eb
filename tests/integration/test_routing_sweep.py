"""What comes due, on a real Redis: offers, misses, leases, rounds, write-ups, forgotten pairs."""

from collections.abc import AsyncIterator

import pytest

from config.vocabulary import PresenceState
from routing.connection import open_redis
from routing.model import Load, Step
from routing.plan import Limits
from routing.router import Router
from tests.kit.pools import ADULT, CALL, CHAT, Pool, ident, small_plan


@pytest.fixture
async def pool(redis_url: str) -> AsyncIterator[Pool]:
    async with open_redis(redis_url) as redis:
        made = Pool(Router(redis, small_plan(), lambda: made.now_ms))
        yield made


async def miss(pool: Pool) -> None:
    """Let the next offer show on a desk and run out."""
    offer = await pool.match()
    await pool.router.seen(offer.offer_id, offer.session_id)
    pool.tick(20_000)
    await pool.router.heartbeat(offer.listener_id, offer.session_id)


async def test_nothing_due_is_an_empty_report(pool: Pool) -> None:
    assert (await pool.router.sweep()).is_empty


async def test_offer_nobody_saw_goes_back_after_two_seconds_and_is_no_miss(pool: Pool) -> None:
    await pool.arrive("c1")
    await pool.sign_in("l1")
    offer = await pool.match()
    pool.tick(1_999)
    assert (await pool.router.sweep()).is_empty
    pool.tick(1)
    report = await pool.router.sweep()
    assert [one.offer_id for one in report.unseen] == [offer.offer_id]
    assert not report.expired
    assert await pool.router.position(ident("c1")) == 1


async def test_seen_offer_lasts_its_whole_time_then_is_a_miss(pool: Pool) -> None:
    await pool.arrive("c1")
    await pool.sign_in("l1", lease_ms=60_000)
    offer = await pool.match()
    await pool.router.seen(offer.offer_id, ident("s-l1"))
    pool.tick(19_999)
    assert (await pool.router.sweep()).is_empty
    pool.tick(1)
    report = await pool.router.sweep()
    assert [one.offer_id for one in report.expired] == [offer.offer_id]
    assert await pool.router.offer_of(ident("l1")) is None


async def test_expired_offer_goes_to_the_next_listener_in_the_same_sweep(pool: Pool) -> None:
    await pool.arrive("c1")
    await pool.sign_in("l1", lease_ms=60_000)
    offer = await pool.match()
    await pool.router.seen(offer.offer_id, ident("s-l1"))
    await pool.sign_in("l2", lease_ms=60_000)
    pool.tick(20_000)
    report = await pool.router.sweep()
    pairs = [(one.contact_id, one.listener_id) for one in report.offered]
    assert pairs == [(ident("c1"), ident("l2"))]


async def test_two_misses_ask_her_and_offer_her_nothing_until_she_answers(pool: Pool) -> None:
    await pool.sign_in("l1", lease_ms=60_000)
    await pool.arrive("c1")
    await miss(pool)
    assert not (await pool.router.sweep()).asked
    pool.tick(3_000)  # the lone listener's rest is over: the round begins again
    (again,) = (await pool.router.sweep()).offered
    await pool.router.seen(again.offer_id, again.session_id)
    pool.tick(20_000)
    assert (await pool.router.sweep()).asked == [ident("l1")]
    pool.tick(5_000)
    assert (await pool.router.sweep()).is_empty, "she is offered nothing"
    await pool.router.heartbeat(ident("l1"), ident("s-l1"))
    pool.tick(5_000)
    assert (await pool.router.sweep()).asked == [ident("l1")], "told until PostgreSQL knows"
    await pool.sign_in("l1", state=PresenceState.ASKED, lease_ms=60_000)
    pool.tick(10_000)
    assert not (await pool.router.sweep()).asked
    await pool.sign_in("l1")
    assert (await pool.match()).contact_id == ident("c1")


async def test_refresh_at_the_same_version_does_not_answer_for_her(pool: Pool) -> None:
    limits = Limits(misses_before_asked=1)
    pool.router = Router(pool.router._redis, small_plan(limits), lambda: pool.now_ms)
    await pool.sign_in("l1", lease_ms=600_000)
    await pool.arrive("c1")
    await miss(pool)
    assert (await pool.router.sweep()).asked == [ident("l1")]
    pool.versions["l1"] -= 1
    assert await pool.sign_in("l1", lease_ms=600_000) is Step.ALREADY
    pool.tick(40_000)
    assert not (await pool.router.sweep()).offered


async def test_accept_forgets_misses(pool: Pool) -> None:
    await pool.sign_in("l1", lease_ms=600_000)
    await pool.arrive("c1")
    await miss(pool)
    await pool.router.sweep()
    pool.tick(3_000)
    (again,) = (await pool.router.sweep()).offered
    await pool.take(again)
    await pool.router.finish(ident("l1"), ident("c1"), again.offer_id)
    await pool.arrive("c2")
    await miss(pool)
    assert not (await pool.router.sweep()).asked


async def test_stuck_accept_is_reported_and_never_freed_by_the_index(pool: Pool) -> None:
    await pool.arrive("c1")
    await pool.sign_in("l1", lease_ms=600_000)
    offer = await pool.match()
    await pool.accept(offer)
    pool.tick(10_000)
    for _ in range(3):
        report = await pool.router.sweep()
        assert [one.offer_id for one in report.stuck_accepting] == [offer.offer_id]
        assert (await pool.router.sweep()).is_empty, "not again at once"
        pool.tick(2_000)
    assert await pool.router.match([CALL]) is None
    assert await pool.router.confirm(offer.offer_id, 2) is Step.DONE
    assert not (await pool.router.sweep()).stuck_accepting


async def test_lost_lease_takes_back_the_offer_and_is_no_miss(pool: Pool) -> None:
    await pool.arrive("c1")
    await pool.sign_in("l1", lease_ms=5_000)
    offer = await pool.match()
    await pool.router.seen(offer.offer_id, ident("s-l1"))
    pool.tick(5_000)
    report = await pool.router.sweep()
    assert [one.offer_id for one in report.withdrawn] == [offer.offer_id]
    assert report.leases_lost == [ident("l1")]
    assert not report.expired
    assert (await pool.router.overview()).free["both"] == 0
    assert not await pool.router.heartbeat(ident("l1"), ident("s-l1"))
    pool.versions["l1"] -= 1
    assert await pool.sign_in("l1") is Step.ALREADY, "PostgreSQL still has her ready"
    assert (await pool.match()).contact_id == ident("c1")


async def test_lost_lease_is_told_until_her_presence_is_entered_anew(pool: Pool) -> None:
    await pool.sign_in("l1", lease_ms=5_000)
    pool.tick(5_000)
    assert (await pool.router.sweep()).leases_lost == [ident("l1")]
    assert (await pool.router.sweep()).is_empty
    pool.tick(10_000)
    assert (await pool.router.sweep()).leases_lost == [ident("l1")]
    await pool.sign_in("l1", state=PresenceState.OFFLINE)
    pool.tick(10_000)
    assert (await pool.router.sweep()).is_empty


async def test_lost_lease_keeps_her_load(pool: Pool) -> None:
    await pool.arrive("c1", CHAT)
    await pool.sign_in("l1", lease_ms=5_000)
    offer = await pool.serve(CHAT)
    pool.tick(5_000)
    assert (await pool.router.sweep()).leases_lost == [ident("l1")]
    assert await pool.router.load_of(ident("l1")) == (Load(ident("c1"), "chat", offer.offer_id),)


async def test_round_is_exhausted_when_everybody_present_refused(pool: Pool) -> None:
    await pool.arrive("c1")
    for name in ("l1", "l2"):
        await pool.sign_in(name, lease_ms=600_000)
    offer = await pool.match()
    await pool.router.decline(offer.offer_id, offer.listener_id, offer.session_id)
    first = await pool.router.sweep()
    assert (first.exhausted, len(first.offered)) == ([], 1)
    (offer,) = first.offered
    await pool.router.decline(offer.offer_id, offer.listener_id, offer.session_id)
    assert (await pool.router.sweep()).exhausted == [ident("c1")]
    assert not (await pool.router.sweep()).exhausted, "told once a round"


async def test_busy_colleague_keeps_the_round_open_for_its_thirty_seconds(pool: Pool) -> None:
    await pool.sign_in("busy", lease_ms=600_000)
    await pool.arrive("c0")
    await pool.serve()
    await pool.sign_in("l1", lease_ms=600_000)
    await pool.arrive("c1")
    offer = await pool.match()
    await pool.router.decline(offer.offer_id, offer.listener_id, offer.session_id)
    assert not (await pool.router.sweep()).exhausted
    pool.tick(29_999)
    assert (await pool.router.sweep()).is_empty
    pool.tick(1)
    report = await pool.router.sweep()
    assert report.exhausted == [ident("c1")]
    assert [one.listener_id for one in report.offered] == [ident("l1")], "a new round"


async def test_lone_listener_rings_again_only_after_a_rest(pool: Pool) -> None:
    await pool.sign_in("l1", lease_ms=600_000)
    await pool.arrive("c1")
    offer = await pool.match()
    await pool.router.decline(offer.offer_id, offer.listener_id, offer.session_id)
    first = await pool.router.sweep()
    assert (first.exhausted, first.offered) == ([ident("c1")], [])
    pool.tick(1_999)
    assert (await pool.router.sweep()).is_empty
    pool.tick(1)
    second = await pool.router.sweep()
    assert (second.exhausted, len(second.offered)) == ([], 1)


async def test_newcomer_takes_an_exhausted_contact_at_once(pool: Pool) -> None:
    await pool.sign_in("l1", lease_ms=600_000)
    await pool.arrive("c1")
    offer = await pool.match()
    await pool.router.decline(offer.offer_id, offer.listener_id, offer.session_id)
    await pool.router.sweep()
    await pool.sign_in("l2", lease_ms=600_000)
    offered = await pool.router.match_listener(ident("l2"))
    assert offered is not None
    assert offered.contact_id == ident("c1")


async def test_sixteen_refusals_end_a_round(pool: Pool) -> None:
    for i in range(20):
        await pool.sign_in(f"l{i}", lease_ms=600_000)
    await pool.arrive("c1")
    for _ in range(16):
        offer = await pool.match()
        await pool.router.decline(offer.offer_id, offer.listener_id, offer.session_id)
    assert (await pool.router.sweep()).exhausted == [ident("c1")]


async def test_match_looks_past_sixteen_refused_heads(pool: Pool) -> None:
    await pool.sign_in("l1", lease_ms=600_000)
    for i in range(16):
        await pool.arrive(f"c{i}", rank=i)
        offer = await pool.match()
        await pool.router.decline(offer.offer_id, offer.listener_id, offer.session_id)
    await pool.arrive("c16", rank=16)
    assert (await pool.match()).contact_id == ident("c16")


async def test_write_up_over_is_reported_until_it_is_finished(pool: Pool) -> None:
    await pool.sign_in("l1", lease_ms=600_000)
    await pool.arrive("c1")
    offer = await pool.serve()
    await pool.router.wrap_up(ident("l1"), ident("c1"), 5_000)
    pool.tick(4_000)
    await pool.router.wrap_up(ident("l1"), ident("c1"), 5_000)
    pool.tick(1_000)
    assert (await pool.router.sweep()).is_empty, "it was extended"
    pool.tick(4_000)
    assert (await pool.router.sweep()).wrap_ups_over == [(ident("l1"), ident("c1"))]
    pool.tick(2_000)
    assert (await pool.router.sweep()).wrap_ups_over == [(ident("l1"), ident("c1"))]
    await pool.router.finish(ident("l1"), ident("c1"), offer.offer_id)
    pool.tick(10_000)
    assert (await pool.router.sweep()).is_empty


async def test_forgotten_pairs_are_made_by_the_sweep(pool: Pool) -> None:
    for i, lane in enumerate((CALL, CHAT, ADULT)):
        await pool.arrive(f"c{i}", lane)
    for name, profile in (("l1", "calls"), ("l2", "adults"), ("l3", "both")):
        await pool.sign_in(name, profile)
        pool.tick(1)
    report = await pool.router.sweep()
    assert len({one.listener_id for one in report.offered}) == 3
    assert len({one.contact_id for one in report.offered}) == 3


async def test_idle_specialist_behind_many_idle_others_is_found(pool: Pool) -> None:
    for i in range(30):
        await pool.sign_in(f"l{i}", "calls", lease_ms=600_000)
        pool.tick(1)
    await pool.sign_in("adults", "adults", lease_ms=600_000)
    await pool.arrive("c1", ADULT)
    assert [one.listener_id for one in (await pool.router.sweep()).offered] == [ident("adults")]


async def test_sweep_does_no_more_than_its_limit(pool: Pool) -> None:
    for i in range(6):
        await pool.sign_in(f"l{i}", lease_ms=600_000)
        await pool.arrive(f"c{i}")
        await pool.match()
    pool.tick(2_000)
    sizes = [len((await pool.router.sweep(limit=4)).unseen) for _ in range(2)]
    assert sizes == [4, 2]


async def test_preference_ends_when_she_is_asked_whether_she_is_there(pool: Pool) -> None:
    limits = Limits(misses_before_asked=1)
    pool.router = Router(pool.router._redis, small_plan(limits), lambda: pool.now_ms)
    await pool.sign_in("l1", lease_ms=600_000)
    await pool.arrive("c1")
    offer = await pool.match()
    await pool.router.seen(offer.offer_id, offer.session_id)
    until = pool.now_ms + 60_000
    await pool.arrive("c2", CHAT, preferred_listener=ident("l1"), preferred_until_ms=until)
    await pool.sign_in("l2", lease_ms=600_000)
    await pool.router.hold_back(ident("c1"))
    pool.tick(20_000)
    report = await pool.router.sweep()
    assert report.asked == [ident("l1")]
    pairs = [(one.contact_id, one.listener_id) for one in report.offered]
    assert pairs == [(ident("c2"), ident("l2"))]
    assert (await pool.router.overview()).present["both"] == 1


async def test_time_never_moves_back(pool: Pool) -> None:
    await pool.sign_in("l1", lease_ms=600_000)
    await pool.arrive("c1")
    offer = await pool.match()
    pool.tick(-3_600_000)
    assert (await pool.router.overview()).now_ms == offer.offered_at_ms
    await pool.router.seen(offer.offer_id, offer.session_id)
    assert (await pool.router.sweep()).is_empty


async def test_without_a_told_clock_the_servers_own_decides(redis_url: str) -> None:
    async with open_redis(redis_url) as redis:
        router = Router(redis, small_plan())
        before = await redis.time()
        now = (await router.overview()).now_ms
        assert abs(now - before[0] * 1000) < 60_000
