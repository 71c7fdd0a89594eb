"""How much one listener holds at once, on a real Redis: calls, chats, a mix, too much."""

from collections.abc import AsyncIterator

import pytest

from config.errors import InvalidInput
from routing.connection import open_redis
from routing.model import Load, Step
from routing.router import Router
from tests.kit.pools import CALL, CHAT, Pool, ident, small_plan


@pytest.fixture
async def pool(redis_url: str) -> AsyncIterator[Pool]:
    async with open_redis(redis_url) as redis:
        made = Pool(Router(redis, small_plan(), lambda: made.now_ms))
        yield made


async def fill(pool: Pool, *lanes: str) -> list[str]:
    """Let contacts come one by one; return the lanes of those that she was given."""
    given = []
    for i, lane in enumerate(lanes):
        await pool.arrive(f"{i} {lane}", lane)
        offer = await pool.router.match_listener(ident("anne"))
        if offer is None:
            await pool.router.cancel(ident(f"{i} {lane}"), 2)
        else:
            await pool.take(offer)
            given.append(lane)
    return given


@pytest.mark.parametrize(
    ("beside", "lanes", "given"),
    [
        (0, [CALL, CHAT], [CALL]),
        (0, [CHAT, CALL, CHAT, CHAT, CHAT], [CHAT, CHAT, CHAT]),
        (1, [CALL, CHAT, CHAT, CALL], [CALL, CHAT]),
        (1, [CHAT, CALL, CALL, CHAT], [CHAT, CALL]),
        (1, [CHAT, CHAT, CALL, CHAT, CHAT], [CHAT, CHAT, CHAT]),
        (3, [CHAT, CHAT, CHAT, CHAT, CALL, CALL], [CHAT, CHAT, CHAT, CALL]),
    ],
)
async def test_one_call_beside_so_many_chats(
    pool: Pool, beside: int, lanes: list[str], given: list[str]
) -> None:
    await pool.sign_in("anne", max_chats=3, chats_beside_call=beside)
    assert await fill(pool, *lanes) == given


async def test_mix_is_her_own_and_may_change(pool: Pool) -> None:
    await pool.sign_in("anne", max_chats=3, chats_beside_call=1)
    assert await fill(pool, CALL) == [CALL]
    await pool.sign_in("anne", max_chats=3, chats_beside_call=0, load=[Load(ident("x"), "call")])
    assert await fill(pool, CHAT) == []


async def test_load_above_her_capacity_takes_nothing_new_until_it_fits(pool: Pool) -> None:
    await pool.sign_in("anne", max_chats=2)
    loads = [Load(ident(f"chat {i}"), "chat") for i in range(3)]
    await pool.sign_in("anne", max_chats=2, load=loads)
    assert await fill(pool, CHAT) == []
    for i in range(2):
        assert await pool.router.finish(ident("anne"), ident(f"chat {i}")) is Step.DONE
    assert await fill(pool, CHAT, CHAT) == [CHAT]


async def test_confirm_above_capacity_is_believed_and_nothing_new_is_offered(pool: Pool) -> None:
    """PostgreSQL has decided: the index follows, though its own picture was another one."""
    await pool.sign_in("anne", max_chats=1)
    await pool.arrive("c1", CHAT)
    offer = await pool.match(CHAT)
    assert await pool.accept(offer) is Step.DONE
    await pool.sign_in("anne", max_chats=1, load=[Load(ident("call"), "call")])
    assert await pool.router.confirm(offer.offer_id, 2) is Step.DONE
    assert len(await pool.router.load_of(ident("anne"))) == 2
    assert await fill(pool, CHAT, CALL) == []


async def test_write_up_of_somebody_unknown_is_not_kept(pool: Pool) -> None:
    assert await pool.router.wrap_up(ident("nobody"), ident("c1"), 1) is Step.UNKNOWN
    pool.tick(1)
    assert not (await pool.router.sweep()).wrap_ups_over


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"max_chats": -1}, "presence_invalid"),
        ({"max_chats": 51}, "presence_invalid"),
        ({"lease_ms": 0}, "presence_invalid"),
        ({"load": [Load(ident("c1"), "pigeon")]}, "channel_unknown"),
        ({"profile_id": "nobody"}, "profile_unknown"),
    ],
)
async def test_presence_that_makes_no_sense_is_refused_and_changes_nothing(
    pool: Pool, changes: dict[str, object], code: str
) -> None:
    with pytest.raises(InvalidInput) as error:
        await pool.sign_in("anne", **changes)
    assert error.value.code == code
    assert not sum((await pool.router.overview()).present.values())
