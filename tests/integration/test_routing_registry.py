"""Profiles in use: hundreds of them, and configurations that change under way; on a real Redis."""

import random
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from redis.asyncio import Redis

from config.vocabulary import PresenceState
from routing.connection import open_redis
from routing.model import ListenerPresence, Offer
from routing.plan import Plan, PlanHelp, PlanLane, PlanProfile
from routing.router import Router
from tests.kit.pools import CALL, CHAT, START_MS, Pool, ident

QUEUES = [f"dlpm:q{i}:call:fr" for i in range(24)]
RARE = "dlpm:q0:call:fr+lsf"
RARE_PROFILES = (5, 150, 290)
PROFILES = 300


def many_profiles() -> Plan:
    """Three hundred profiles of 24 lanes by the draw, and one lane that three of them serve."""
    draw = random.Random(3)
    lanes = [PlanLane(lane, "dlpm", "call") for lane in (*QUEUES, RARE)]
    profiles = []
    for i in range(PROFILES):
        own = tuple(sorted(draw.sample(QUEUES, draw.randint(1, 6))))
        rest = [lane for lane in QUEUES if lane not in own]
        helped = tuple(PlanHelp(lane, 10_000) for lane in draw.sample(rest, draw.randint(0, 2)))
        rare = (RARE,) if i in RARE_PROFILES else ()
        profiles.append(PlanProfile(f"p{i}", own + rare, helped))
    profiles.append(PlanProfile("nobody-yet", tuple(QUEUES)))
    return Plan("test", lanes, profiles)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with open_redis(redis_url) as client:
        yield client


def presence(i: int) -> ListenerPresence:
    return ListenerPresence(
        listener_id=ident(f"l{i}"),
        session_id=ident(f"s{i}"),
        version=1,
        profile_id=f"p{i % PROFILES}",
        state="ready",
        max_chats=0,
        lease_ms=600_000,
    )


async def test_with_hundreds_of_profiles_the_longest_idle_who_serves_is_woken(
    redis: Redis,
) -> None:
    """Each match is held against a walk over everybody; the lanes that few serve too."""
    plan = many_profiles()
    pool = Pool(Router(redis, plan, lambda: pool.now_ms))
    draw = random.Random(5)
    since: dict[UUID, tuple[int, str]] = {}
    order = list(range(PROFILES))
    draw.shuffle(order)
    for i in order:
        pool.tick(draw.randint(0, 1))
        await pool.router.set_presence(presence(i))
        since[ident(f"l{i}")] = (pool.now_ms, f"p{i}")
    firsts = {
        lane: sum(lane in plan.profiles[p] for _, p in since.values()) for lane in [*QUEUES, RARE]
    }
    assert all(firsts.values()), "everybody's first choice is there: nobody helps out yet"
    for n in range(120):
        lane = draw.choice([*QUEUES, RARE])
        await pool.arrive(f"c{n}", lane)
        able = [(idle, str(id_)) for id_, (idle, p) in since.items() if lane in plan.profiles[p]]
        offer = await pool.router.match([lane])
        if not able:
            assert offer is None
            await pool.router.cancel(ident(f"c{n}"), 2)
            continue
        assert offer is not None
        assert (offer.contact_id, str(offer.listener_id)) == (ident(f"c{n}"), min(able)[1])
        del since[offer.listener_id]


async def test_lanes_are_told_once_a_profile_and_not_at_each_match(redis: Redis) -> None:
    pool = Pool(Router(redis, many_profiles(), lambda: pool.now_ms))
    for i in range(20):
        await pool.router.set_presence(presence(i % 5))
    assert await redis.hlen("{test}:profiles") == 5
    words: list[int] = []
    command = redis.execute_command

    async def counted(*args: object, **options: object) -> object:
        words.append(len(args))
        return await command(*args, **options)  # type: ignore[no-untyped-call]

    pool.router._redis = pool.router._scripts.redis = _Counting(counted)  # type: ignore[assignment]
    await pool.arrive("c1", QUEUES[0])
    await pool.router.match([QUEUES[0]])
    assert max(words[1:]) < 12


class _Counting:
    """A client of which only commands are asked."""

    def __init__(self, execute_command: object) -> None:
        self.execute_command = execute_command


def two_lanes(*lanes: str) -> Plan:
    return Plan(
        "test",
        [PlanLane(CALL, "dlpm", "call"), PlanLane(CHAT, "dlpm", "chat")],
        [PlanProfile("team", lanes), PlanProfile("rest", (CALL, CHAT))],
    )


class TwoReleases:
    """Two nodes on one index, of two configurations."""

    def __init__(self, redis: Redis) -> None:
        self.now_ms = START_MS
        self.before = Pool(Router(redis, two_lanes(CALL), lambda: START_MS))
        self.after = Pool(Router(redis, two_lanes(CHAT), lambda: START_MS))


async def test_profile_with_other_lanes_serves_those_from_its_next_presence(redis: Redis) -> None:
    nodes = TwoReleases(redis)
    await nodes.before.sign_in("anne", "team")
    await nodes.before.arrive("call", CALL)
    await nodes.before.arrive("chat", CHAT)
    assert (await nodes.before.router.overview()).lanes[CALL].present == 1
    await nodes.after.sign_in("anne", "team")
    seen = await nodes.after.router.overview()
    assert (seen.lanes[CALL].present, seen.lanes[CHAT].present) == (0, 1)
    assert await nodes.after.router.match([CALL]) is None
    assert (await nodes.after.match(CHAT)).contact_id == ident("chat")


async def test_nodes_of_two_configurations_undo_each_other_and_count_right(redis: Redis) -> None:
    nodes = TwoReleases(redis)
    for version in range(1, 8):
        node = nodes.before if version % 2 else nodes.after
        node.versions["anne"] = node.versions["bea"] = version - 1
        await node.sign_in("anne", "team")
        if version == 3:
            await node.sign_in("bea", "team")
    seen = await nodes.before.router.overview()
    assert (seen.lanes[CALL].present, seen.lanes[CHAT].present) == (2, 0)
    assert seen.present["team"] == 2
    await nodes.before.sign_in("bea", "team", version=9, state=PresenceState.OFFLINE)
    await nodes.before.sign_in("anne", "rest", version=9)
    seen = await nodes.before.router.overview()
    assert (seen.lanes[CALL].present, seen.lanes[CHAT].present) == (1, 1)
    assert not await redis.zrange("{test}:free:team", 0, -1)


async def test_those_already_free_are_woken_for_the_new_lanes(redis: Redis) -> None:
    """One presence of a profile is enough for all who stand in it."""
    nodes = TwoReleases(redis)
    await nodes.before.sign_in("anne", "team")
    await nodes.before.sign_in("bea", "team")
    await nodes.after.sign_in("bea", "team", version=2, state=PresenceState.BREAK)
    await nodes.after.arrive("chat", CHAT)
    offer: Offer = await nodes.after.match(CHAT)
    assert offer.listener_id == ident("anne")
