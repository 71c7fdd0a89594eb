"""Corners of routing that the model of it led to; each was wrong once."""

from collections.abc import AsyncIterator

import pytest

from routing.connection import open_redis
from routing.model import Step
from routing.router import Router
from tests.kit.pools import CALL, CHAT, START_MS, Pool, ident, small_plan


@pytest.fixture
async def pool(redis_url: str) -> AsyncIterator[Pool]:
    async with open_redis(redis_url) as redis:
        router = Router(redis, small_plan(), lambda: pool.now_ms)
        pool = Pool(router, START_MS)
        yield pool


@pytest.mark.parametrize("asleep", ["anne", "bea"])
async def test_a_preferred_listener_whose_lease_ran_out_does_not_hide_the_next_one(
    pool: Pool, asleep: str
) -> None:
    """Two contacts wait for one listener each, and one of the two has just gone."""
    awake = "bea" if asleep == "anne" else "anne"
    for name in ("anne", "bea"):
        await pool.sign_in(name, lease_ms=2_500 if name == asleep else 60_000)
    for name in ("anne", "bea"):
        preferred = {
            "preferred_listener": ident(name),
            "preferred_until_ms": START_MS + 30_000,
        }
        await pool.arrive(f"for {name}", **preferred)
    pool.tick(3_000)

    offer = await pool.router.match([CHAT])

    assert offer is not None
    assert offer.listener_id == ident(awake)
    assert offer.contact_id == ident(f"for {awake}")


async def test_the_time_of_a_write_up_told_too_late_is_not_reported_for_ever(pool: Pool) -> None:
    await pool.sign_in("anne", lease_ms=600_000)
    await pool.arrive("c1")
    offer = await pool.serve()
    args = (ident("anne"), ident("c1"))
    assert await pool.router.finish(*args, offer.offer_id) is Step.DONE
    assert await pool.router.wrap_up(*args, 1_000) is Step.DONE
    pool.tick(1_000)
    assert (await pool.router.sweep()).wrap_ups_over == [args]

    assert await pool.router.finish(*args, offer.offer_id) is Step.ALREADY

    pool.tick(60_000)
    assert (await pool.router.sweep()).wrap_ups_over == []


async def test_a_confirm_of_an_earlier_turn_lets_the_contact_wait_on(pool: Pool) -> None:
    """Late by a whole turn: told below the version that waits, it buries only what was taken."""
    await pool.sign_in("anne")
    await pool.sign_in("bea")
    await pool.arrive("c1")
    offer = await pool.match(CALL)
    assert await pool.accept(offer) is Step.DONE
    # PostgreSQL: taken at version 2, back in turn 2 at version 3; the index has heard of neither.
    assert await pool.router.confirm(offer.offer_id, 2) is Step.DONE

    assert await pool.arrive("c1", version=3, turn=2) is Step.DONE

    assert (await pool.match(CALL)).contact_id == ident("c1")


async def test_one_refusal_more_than_is_remembered_ends_the_round_at_once(pool: Pool) -> None:
    """The seventeenth is not noted: without an end she alone would be rung again and again."""
    for i in range(17):
        await pool.sign_in(f"l{i}", lease_ms=600_000)
        pool.tick(1)
    await pool.arrive("c1")
    refused_by = []
    for _ in range(17):
        offer = await pool.match()
        refused_by.append(offer.listener_id)
        await pool.router.decline(offer.offer_id, offer.listener_id, offer.session_id)
        pool.tick(1)
    assert len(set(refused_by)) == 17

    report = await pool.router.sweep()

    assert report.exhausted == [ident("c1")]
    assert [offer.listener_id for offer in report.offered] == refused_by[:1], "all over again"
