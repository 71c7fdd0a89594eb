"""The index read back page by page, and what a second read proved wrong taken out."""

from collections.abc import AsyncIterator

import pytest

from config.errors import InvalidInput
from config.vocabulary import PresenceState
from routing.connection import open_redis
from routing.model import IndexedContact, IndexedListener, Load, Step
from routing.router import Router
from tests.kit.pools import ADULT, CALL, CHAT, Pool, ident, small_plan


@pytest.fixture
async def pool(redis_url: str) -> AsyncIterator[Pool]:
    async with open_redis(redis_url) as redis:
        made = Pool(Router(redis, small_plan(), lambda: made.now_ms))
        yield made


async def all_contacts(pool: Pool, limit: int) -> tuple[list[IndexedContact], int]:
    found, pages, after = [], 0, None
    while True:
        page = await pool.router.index_contacts(after, limit)
        found, pages, after = found + page.entries, pages + 1, page.after
        if after is None:
            return found, pages


async def all_listeners(pool: Pool, limit: int) -> list[IndexedListener]:
    found, after = [], None
    while True:
        page = await pool.router.index_listeners(after, limit)
        found, after = found + page.entries, page.after
        if after is None:
            return found


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 500])
async def test_pages_have_every_contact_once(pool: Pool, limit: int) -> None:
    for i in range(7):
        await pool.arrive(f"c{i}", (CALL, CALL, CHAT)[i % 3])
    await pool.sign_in("anne")
    offer = await pool.match()
    found, pages = await all_contacts(pool, limit)
    assert sorted(one.contact_id for one in found) == sorted(ident(f"c{i}") for i in range(7))
    assert [one.offer_id for one in found if one.offer_id] == [offer.offer_id]
    assert pages <= 7 // limit + 4
    assert (await all_contacts(pool, limit))[0] == found, "reading changes nothing"


async def test_contact_is_told_as_the_index_has_it(pool: Pool) -> None:
    await pool.arrive("c1", CALL, version=4, turn=2, lanes=(CALL, ADULT))
    ((one,), _) = await all_contacts(pool, 10)
    assert one == IndexedContact(ident("c1"), 4, 2, CALL)


async def test_entry_without_its_contact_has_no_version(pool: Pool) -> None:
    await pool.arrive("c1")
    await pool.router._redis.delete(f"{{test}}:contact:{ident('c1')}")
    ((one,), _) = await all_contacts(pool, 10)
    assert (one.contact_id, one.version) == (ident("c1"), 0)


async def test_forgotten_contact_is_gone_from_desk_and_queue_and_from_the_figures(
    pool: Pool,
) -> None:
    await pool.sign_in("anne")
    await pool.arrive("c1")
    await pool.match()
    assert await pool.router.forget(ident("c1"), 0) is Step.STALE, "it has changed since"
    assert await pool.router.forget(ident("c1"), 1) is Step.DONE
    assert await pool.router.forget(ident("c1"), 1) is Step.ALREADY
    assert await pool.router.forget(ident("nobody"), 1) is Step.UNKNOWN
    assert await pool.router.offer_of(ident("anne")) is None
    load = (await pool.router.overview()).lanes[CALL]
    assert (load.waiting, load.flow.presented, load.flow.abandoned_early) == (0, 0, 0)
    assert await pool.arrive("c1") is Step.STALE
    assert await pool.arrive("c1", version=2) is Step.DONE


async def test_listeners_are_told_with_their_load_and_offer(pool: Pool) -> None:
    load = (Load(ident("chat"), "chat", ident("engagement")),)
    await pool.sign_in("anne", load=load)
    for i in range(4):
        await pool.sign_in(f"l{i}", "calls", state=PresenceState.BREAK)
    await pool.sign_in("gone", state=PresenceState.OFFLINE)
    await pool.arrive("c1", CHAT)
    offer = await pool.match(CHAT)
    found = {one.listener_id: one for one in await all_listeners(pool, 2)}
    assert found.keys() == {ident("anne"), *(ident(f"l{i}") for i in range(4))}
    assert found[ident("anne")] == IndexedListener(
        listener_id=ident("anne"),
        session_id=ident("s-anne"),
        version=1,
        state="ready",
        profile_id="both",
        offer_id=offer.offer_id,
        load=load,
    )
    assert found[ident("l0")].state == "break"


async def test_forgotten_listener_is_offered_nothing_and_her_contact_goes_on(pool: Pool) -> None:
    await pool.sign_in("anne")
    pool.tick(1)
    await pool.sign_in("bea", "calls")
    await pool.arrive("c1")
    offer = await pool.match()
    anne = ident("anne")
    assert await pool.router.forget_listener(anne, 0) is Step.STALE
    assert await pool.router.forget_listener(anne, 1) is Step.DONE
    assert await pool.router.forget_listener(ident("nobody"), 1) is Step.UNKNOWN
    assert (await pool.match()).listener_id != anne
    assert [one.listener_id for one in await all_listeners(pool, 5)] == [ident("bea")]
    assert not await pool.router.heartbeat(anne, offer.session_id), "to be entered anew"
    assert (await pool.router.overview()).present["both"] == 0


@pytest.mark.parametrize("place", ["x", "1", "-1:0", "0:x", "1:2:3"])
async def test_a_place_that_no_page_gave_is_refused(pool: Pool, place: str) -> None:
    for read in (pool.router.index_contacts, pool.router.index_listeners):
        with pytest.raises(InvalidInput) as error:
            await read(place)
        assert error.value.code == "page_unknown"
