"""Redis lost, rolled back or doubted: the index is filled again from what PostgreSQL says."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from config.errors import Conflict
from config.vocabulary import PresenceState
from routing.connection import open_redis
from routing.model import ListenerPresence, Load, Step
from routing.router import Router
from tests.kit.pools import CALL, CHAT, Pool, ident, small_plan


@pytest.fixture
async def pool(redis_url: str) -> AsyncIterator[Pool]:
    async with open_redis(redis_url) as redis:
        made = Pool(Router(redis, small_plan(), lambda: made.now_ms))
        yield made


def presence(name: str, version: int = 1, **changes: object) -> ListenerPresence:
    values: dict[str, object] = {
        "listener_id": ident(name),
        "session_id": ident(f"s-{name}"),
        "version": version,
        "profile_id": "both",
        "state": PresenceState.READY,
        "max_chats": 3,
    }
    return ListenerPresence(**{**values, **changes})  # type: ignore[arg-type]


async def test_empty_redis_has_no_epoch_until_a_rebuild_ends(pool: Pool) -> None:
    assert await pool.router.epoch() is None
    epoch = await pool.router.begin_rebuild()
    assert await pool.router.epoch() is None
    await pool.router.end_rebuild(epoch)
    assert await pool.router.epoch() == epoch


async def test_rebuild_restores_order_and_listeners(pool: Pool) -> None:
    waiting = [pool.contact(f"c{i}", rank=100 - i) for i in range(100)]
    epoch = await pool.router.begin_rebuild()
    assert await pool.router.restore_contacts(epoch, waiting) == 100
    load = (Load(ident("x"), "chat"),)
    await pool.router.restore_listeners(epoch, [presence("l1"), presence("l2", load=load)])
    await pool.router.end_rebuild(epoch)
    assert (await pool.match()).contact_id == ident("c99")
    seen = await pool.router.overview()
    assert (seen.lanes[CALL].waiting, seen.free["both~chat"]) == (100, 1)


async def test_no_match_while_an_emptied_index_is_filled(pool: Pool) -> None:
    epoch = await pool.router.begin_rebuild()
    await pool.sign_in("l1")
    await pool.arrive("newcomer")
    assert await pool.router.match([CALL]) is None
    await pool.router.restore_contacts(epoch, [pool.contact("older", rank=5)])
    await pool.router.end_rebuild(epoch)
    assert (await pool.match()).contact_id == ident("older")


async def test_rebuild_that_died_does_not_hold_matches_for_ever(pool: Pool) -> None:
    await pool.router.begin_rebuild()
    await pool.sign_in("l1", lease_ms=600_000)
    await pool.arrive("c1")
    pool.tick(30_000)
    assert await pool.router.match([CALL]) is not None


async def test_newer_rebuild_supersedes_an_older_one(pool: Pool) -> None:
    old = await pool.router.begin_rebuild()
    new = await pool.router.begin_rebuild()
    with pytest.raises(Conflict) as error:
        await pool.router.restore_contacts(old, [pool.contact("c1")])
    assert error.value.code == "rebuild_superseded"
    with pytest.raises(Conflict):
        await pool.router.end_rebuild(old)
    await pool.router.end_rebuild(new)
    assert await pool.router.epoch() == new


async def test_doubted_index_keeps_matching_and_drops_what_is_not_confirmed(pool: Pool) -> None:
    first = await pool.router.begin_rebuild()
    await pool.router.end_rebuild(first)
    for name in ("ghost", "kept", "raised"):
        await pool.arrive(name)
    await pool.sign_in("gone", lease_ms=600_000)
    epoch = await pool.router.begin_rebuild()
    await pool.sign_in("l1")
    await pool.arrive("newcomer", rank=5)
    assert (await pool.match()).contact_id == ident("newcomer")
    await pool.router.restore_contacts(
        epoch, [pool.contact("kept"), pool.contact("raised", version=2)]
    )
    await pool.router.restore_listeners(epoch, [presence("l1")])
    assert await pool.router.end_rebuild(epoch) == 2
    assert await pool.router.position(ident("ghost")) is None
    assert await pool.router.position(ident("kept")) is not None
    assert (await pool.router.overview()).present["both"] == 1
    assert not await pool.router.heartbeat(ident("gone"), ident("s-gone"))


async def test_dropped_ghost_takes_its_offer_off_the_desk(pool: Pool) -> None:
    await pool.arrive("ghost")
    await pool.sign_in("l1")
    offer = await pool.match()
    epoch = await pool.router.begin_rebuild()
    await pool.router.restore_listeners(epoch, [presence("l1")])
    await pool.router.end_rebuild(epoch)
    assert await pool.accept(offer) is Step.GONE
    assert (await pool.router.overview()).free["both"] == 1


async def test_a_contact_accepted_while_a_rebuild_reads_still_loads_its_listener(
    pool: Pool,
) -> None:
    await pool.sign_in("l1")
    await pool.arrive("c1")
    read_before = presence("l1", load=(Load(ident("c2"), "chat"),))
    offer = await pool.match()
    epoch = await pool.router.begin_rebuild()
    await pool.take(offer)
    await pool.router.restore_listeners(epoch, [read_before])
    await pool.router.end_rebuild(epoch)
    assert {load.contact_id for load in await pool.router.load_of(ident("l1"))} == {
        ident("c1"),
        ident("c2"),
    }


async def test_a_contact_finished_while_a_rebuild_reads_does_not_load_its_listener_again(
    pool: Pool,
) -> None:
    await pool.sign_in("l1")
    await pool.arrive("c1")
    offer = await pool.serve()
    read_before = presence("l1", load=await pool.router.load_of(ident("l1")))
    epoch = await pool.router.begin_rebuild()
    await pool.router.finish(ident("l1"), ident("c1"), offer.offer_id)
    await pool.router.restore_listeners(epoch, [read_before])
    await pool.router.end_rebuild(epoch)
    assert await pool.router.load_of(ident("l1")) == ()


async def test_restoring_the_same_version_does_not_touch_an_offer(pool: Pool) -> None:
    await pool.arrive("c1")
    await pool.sign_in("l1")
    offer = await pool.match()
    epoch = await pool.router.begin_rebuild()
    assert await pool.router.restore_contacts(epoch, [pool.contact("c1")]) == 0
    await pool.router.restore_listeners(epoch, [presence("l1")])
    assert await pool.router.end_rebuild(epoch) == 0
    assert await pool.accept(offer) is Step.DONE


async def test_contacts_come_in_while_a_rebuild_runs(pool: Pool) -> None:
    epoch = await pool.router.begin_rebuild()
    waiting = [pool.contact(f"c{i}", CHAT, rank=i) for i in range(1_000)]

    async def arrivals() -> None:
        for i in range(100):
            await pool.arrive(f"n{i}", CHAT)

    await asyncio.gather(pool.router.restore_contacts(epoch, waiting), arrivals())
    assert await pool.router.end_rebuild(epoch) == 0
    assert (await pool.router.overview()).lanes[CHAT].waiting == 1_100
