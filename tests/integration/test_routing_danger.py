"""Immediate danger on a real Redis: offered again at once, and nothing lesser beside it."""

from collections.abc import AsyncIterator

import pytest

from config.vocabulary import PresenceState
from routing.connection import open_redis
from routing.model import Offer, Step
from routing.router import Router
from tests.kit.pools import CALL, CHAT, START_MS, Pool, ident, small_plan

REST_MS = 2_000


@pytest.fixture
async def pool(redis_url: str) -> AsyncIterator[Pool]:
    async with open_redis(redis_url) as redis:
        made = Pool(Router(redis, small_plan(), lambda: made.now_ms))
        yield made


async def in_danger(pool: Pool, name: str, lane: str = CALL, **changes: object) -> None:
    # A rank of band 0.
    await pool.arrive(name, lane, **{"rank": pool.now_ms, **changes})


async def run_out(pool: Pool, offer: Offer) -> None:
    """Let an offer show on its desk, and its time pass."""
    await pool.router.seen(offer.offer_id, offer.session_id)
    pool.tick(20_000)


async def decline(pool: Pool, offer: Offer) -> None:
    answer = await pool.router.decline(offer.offer_id, offer.listener_id, offer.session_id)
    assert answer is Step.DONE


async def offered(pool: Pool, listener: str) -> str | None:
    """Who is offered to a listener when she asks: a contact's name."""
    offer = await pool.router.match_listener(ident(listener))
    names = {ident(name): name for name in ("u1", "u2", "call", "chat", "given")}
    return None if offer is None else names[offer.contact_id]


async def sweep(pool: Pool) -> list[Offer]:
    return (await pool.router.sweep()).offered


async def test_danger_that_ran_out_is_offered_again_at_once_to_the_same_before_anybody(
    pool: Pool,
) -> None:
    await pool.sign_in("lone", lease_ms=900_000)
    await in_danger(pool, "u1")
    offer = await pool.match()
    await pool.arrive("call")
    await pool.arrive("chat", CHAT)
    await run_out(pool, offer)
    (again,) = await sweep(pool)
    assert (again.contact_id, again.offered_at_ms) == (ident("u1"), pool.now_ms)


async def test_two_misses_of_danger_ask_whether_she_is_there_and_her_yes_brings_it_back(
    pool: Pool,
) -> None:
    await pool.sign_in("lone", lease_ms=900_000)
    await in_danger(pool, "u1")
    await run_out(pool, await pool.match())
    (again,) = await sweep(pool)
    await pool.arrive("chat", CHAT)
    await run_out(pool, again)
    report = await pool.router.sweep()
    assert (report.asked, report.offered) == ([ident("lone")], [])
    await pool.sign_in("lone")
    assert await offered(pool, "lone") == "u1"


async def test_danger_that_never_reached_her_desk_comes_back_after_a_rest(pool: Pool) -> None:
    """A desk that shows nothing does not hold it all the time, and nothing lesser goes there."""
    await busy(pool)
    await pool.sign_in("lone", lease_ms=900_000)
    await in_danger(pool, "u1")
    await pool.match()
    await pool.arrive("chat", CHAT)
    pool.tick(2_000)
    assert await sweep(pool) == []
    pool.tick(REST_MS - 1)
    assert await sweep(pool) == []
    pool.tick(1)
    assert [one.contact_id for one in await sweep(pool)] == [ident("u1")]


async def busy(pool: Pool, name: str = "busy", **changes: object) -> None:
    """Somebody who serves everything is present, on a call."""
    load = [(ident("elsewhere"), "call")]
    await pool.sign_in(name, lease_ms=900_000, load=load, chats_beside_call=0, **changes)


async def test_danger_that_she_declined_goes_to_others_first_and_keeps_her_for_itself(
    pool: Pool,
) -> None:
    await busy(pool)
    await pool.sign_in("first", lease_ms=900_000)
    await in_danger(pool, "u1")
    await pool.arrive("chat", CHAT)
    await decline(pool, await pool.match())
    assert await offered(pool, "first") is None, "nothing lesser"
    pool.tick(5_000)
    assert await sweep(pool) == [], "the other one may take it within the round"
    await pool.sign_in("second", lease_ms=900_000)
    assert await offered(pool, "second") == "u1"
    assert await offered(pool, "first") == "chat", "it waits no more: it is on a desk"


async def test_danger_declined_by_all_who_are_there_comes_back_to_them_after_a_rest(
    pool: Pool,
) -> None:
    await pool.sign_in("lone", lease_ms=900_000)
    await in_danger(pool, "u1")
    await pool.arrive("chat", CHAT)
    await decline(pool, await pool.match())
    report = await pool.router.sweep()
    assert (report.exhausted, report.offered) == ([ident("u1")], [])
    pool.tick(REST_MS)
    assert [one.contact_id for one in await sweep(pool)] == [ident("u1")]


async def test_of_several_in_danger_she_is_offered_the_one_she_has_not_refused(pool: Pool) -> None:
    await pool.sign_in("lone", lease_ms=900_000)
    await busy(pool)
    await in_danger(pool, "u1")
    await decline(pool, await pool.match())
    await in_danger(pool, "u2")
    await pool.arrive("call")
    assert await offered(pool, "lone") == "u2"
    last = await pool.router.offer_of(ident("lone"))
    assert last is not None
    await decline(pool, last)
    assert await offered(pool, "lone") is None


async def test_danger_keeps_only_who_may_take_it_from_lesser_ones(pool: Pool) -> None:
    """A chat is open: the call can't be hers, so chats go on; held back, it waits for nobody."""
    await pool.sign_in("anne", lease_ms=900_000)
    await busy(pool)
    await in_danger(pool, "u1")
    await decline(pool, await pool.match())
    await pool.arrive("chat", CHAT)
    assert await offered(pool, "anne") is None
    await pool.sign_in("anne", load=[(ident("open"), "chat")], chats_beside_call=0)
    assert await offered(pool, "anne") == "chat"
    await pool.router.cancel(ident("chat"), 2)
    await pool.sign_in("anne")
    await pool.arrive("call")
    await pool.router.hold_back(ident("u1"))
    assert await offered(pool, "anne") == "call"


async def test_preferred_lesser_ones_wait_as_well(pool: Pool) -> None:
    await pool.sign_in("anne", lease_ms=900_000)
    await busy(pool)
    await in_danger(pool, "u1")
    await decline(pool, await pool.match())
    hers = {"preferred_listener": ident("anne"), "preferred_until_ms": START_MS + 60_000}
    await pool.arrive("call", **hers)
    assert await sweep(pool) == []
    await pool.router.cancel(ident("u1"), 2)
    assert [one.contact_id for one in await sweep(pool)] == [ident("call")]


async def test_raised_to_danger_it_is_owed_at_once_to_who_had_missed_it(pool: Pool) -> None:
    await pool.sign_in("anne", lease_ms=900_000)
    await busy(pool)
    await pool.arrive("call")
    await run_out(pool, await pool.match())
    assert await sweep(pool) == [], "the other one may take it within the round"
    raised = pool.contact("call", version=2, rank=pool.now_ms)
    assert await pool.router.enqueue(raised) is Step.DONE
    assert await offered(pool, "anne") == "call"


# Handed over.


async def test_who_gave_somebody_up_is_not_offered_them_while_anybody_else_is_present(
    pool: Pool,
) -> None:
    await pool.sign_in("anne", lease_ms=900_000)
    await busy(pool)
    await pool.arrive("given", given_up_by=(ident("anne"),))
    pool.tick(600_000)
    assert await sweep(pool) == []
    await pool.arrive("chat", CHAT)
    assert await offered(pool, "anne") == "chat"
    await pool.sign_in("busy", lease_ms=900_000)
    assert await offered(pool, "busy") == "given"


async def test_who_gave_somebody_up_is_offered_them_when_nobody_else_can_serve(pool: Pool) -> None:
    await pool.sign_in("anne", lease_ms=900_000)
    await busy(pool, "other", profile="adults")
    await pool.arrive("given", given_up_by=(ident("anne"),))
    assert await offered(pool, "anne") == "given"
    await pool.sign_in("anne", state=PresenceState.BREAK)
    await busy(pool)
    await pool.sign_in("anne")
    assert await offered(pool, "anne") is None
    await pool.sign_in("busy", state=PresenceState.OFFLINE)
    assert await offered(pool, "anne") == "given", "the last one to serve them"


async def test_danger_given_up_is_hers_again_after_a_round_that_nobody_took_it_in(
    pool: Pool,
) -> None:
    await pool.sign_in("anne", lease_ms=900_000)
    await busy(pool)
    await in_danger(pool, "u1", given_up_by=(ident("anne"),))
    pool.tick(29_999)
    assert await sweep(pool) == []
    pool.tick(1)
    assert [one.contact_id for one in await sweep(pool)] == [ident("u1")]


async def test_a_supervisor_may_give_somebody_back_to_who_gave_them_up(pool: Pool) -> None:
    await pool.sign_in("anne", lease_ms=900_000)
    await busy(pool)
    given = {"preferred_listener": ident("anne"), "preferred_until_ms": START_MS + 60_000}
    await pool.arrive("given", given_up_by=(ident("anne"),), **given)
    assert await offered(pool, "anne") == "given"
