"""What others get wrong with a queue and with its store (PEERS 9, 11, 12), over real engines."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from config.errors import Conflict
from config.vocabulary import Urgency
from records.engagements.engagements import Engagements
from routing.connection import open_redis
from routing.router import Router
from tests.kit.held_lock import held
from tests.kit.index_copy import copied, rolled_back
from tests.kit.pools import ADULT, CALL, Pool, ident, small_plan
from tests.kit.whole_centre import WholeCentre, whole_centre


@pytest.fixture
async def whole(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[WholeCentre]:
    async with whole_centre(database_url, redis_url, tmp_path) as made:
        yield made


async def test_peers_09_a_queue_outlives_its_memory_in_the_same_order(whole: WholeCentre) -> None:
    """A restart emptied the queue (Asterisk, FreeSWITCH keep it in memory)."""
    calm = await whole.chat(urgency=Urgency.U4)
    urgent = await whole.chat(urgency=Urgency.U2)
    danger = await whole.chat(urgency=Urgency.U1)
    router = whole.engines.router
    places = {each: await router.position(each) for each in (calm, urgent, danger)}
    assert sorted(places, key=lambda each: places[each] or 0) == [danger, urgent, calm]

    await whole.engines.redis.flushall()
    assert await router.position(danger) is None
    async with held(whole.centre.reconciler_lock):
        await whole.centre.reconciler.round()
    assert {each: await router.position(each) for each in places} == places
    ines = await whole.ready()
    for contact_id in (danger, urgent, calm):
        await whole.centre.sweep.round()
        assert await whole.take(ines) == contact_id


async def test_peers_11_a_crowded_queue_stalls_no_other_and_a_contact_in_two_counts_once(
    redis_url: str,
) -> None:
    """One queue's members held up another's callers, and some counted twice (Asterisk 1691)."""
    async with open_redis(redis_url) as redis:
        pool = Pool(Router(redis, small_plan(), lambda: pool.now_ms))
        for number in range(40):  # more than a match looks past
            await pool.arrive(f"crowd{number}", CALL, rank=number)
        await pool.arrive("both", CALL, lanes=(CALL, ADULT))
        pool.tick(1)
        await pool.arrive("adult", ADULT)
        lanes = (await pool.router.overview()).lanes
        assert (lanes[CALL].waiting, lanes[ADULT].waiting) == (41, 1)

        await pool.sign_in("a1", profile="adults")
        assert (await pool.serve(ADULT)).contact_id == ident("both")
        await pool.sign_in("a2", profile="adults")
        assert (await pool.serve(ADULT)).contact_id == ident("adult")
        await pool.sign_in("c1", profile="calls")
        assert (await pool.serve(CALL)).contact_id == ident("crowd0")
        lanes = (await pool.router.overview()).lanes
        assert (lanes[CALL].waiting, lanes[ADULT].waiting) == (39, 0)


async def test_peers_12_a_store_that_fails_over_to_an_older_copy_assigns_nobody_twice(
    whole: WholeCentre, redis_url: str
) -> None:
    """A replica that lagged behind offered again what had been taken."""
    contact_id = await whole.chat()
    before = await copied(redis_url)
    ines = await whole.ready("ines")
    assert await whole.take(ines) == contact_id

    await rolled_back(redis_url, before)
    malik = await whole.ready("malik")
    offer = await whole.centre.staff.offers.current(malik)
    assert offer is not None, "the old copy believes that the contact waits"
    assert offer.contact_id == contact_id
    with pytest.raises(Conflict) as refused:
        await whole.centre.staff.offers.accept(malik, offer.offer_id)
    assert refused.value.code == "contact_taken"

    taken = await Engagements(whole.engines.database, whole.engines.vault).of_contact(contact_id)
    assert [each.listener_id for each in taken] == [ines.staff_id]
    # Both are served again: he is free, and her presence comes back with her next pulse.
    await whole.centre.staff.presence.heartbeat(ines)
    others = {await whole.chat(), await whole.chat()}
    assert {await whole.take(ines), await whole.take(malik)} == others
