"""The match rule, on a real Redis: who is offered to whom."""

from collections.abc import AsyncIterator

import pytest

from config.errors import InvalidInput
from config.vocabulary import PresenceState
from routing.connection import open_redis
from routing.model import Load, Step
from routing.router import Router
from tests.kit.pools import ADULT, CALL, CHAT, Pool, ident, small_plan


@pytest.fixture
async def pool(redis_url: str) -> AsyncIterator[Pool]:
    async with open_redis(redis_url) as redis:
        made = Pool(Router(redis, small_plan(), lambda: made.now_ms))
        yield made


async def test_lowest_rank_is_offered_first(pool: Pool) -> None:
    await pool.arrive("calm")
    await pool.arrive("danger", rank=5)
    await pool.sign_in("l1")
    assert (await pool.match()).contact_id == ident("danger")


async def test_equal_ranks_are_ordered_by_contact_id(pool: Pool) -> None:
    for name in ("a", "b", "c"):
        await pool.arrive(name)
    await pool.sign_in("l1")
    assert (await pool.match()).contact_id == min(map(ident, ("a", "b", "c")), key=str)


async def test_longest_idle_listener_is_woken(pool: Pool) -> None:
    for name in ("first", "second"):
        await pool.sign_in(name)
        pool.tick(1)
    await pool.arrive("c1")
    assert (await pool.match()).listener_id == ident("first")


async def test_newcomer_does_not_overtake_an_older_head_of_another_lane(pool: Pool) -> None:
    await pool.arrive("older", ADULT)
    pool.tick(10)
    await pool.sign_in("l1")
    await pool.arrive("newer", CALL)
    offer = await pool.match(CALL)
    assert (offer.contact_id, offer.lane) == (ident("older"), ADULT)


async def test_listener_is_offered_only_her_own_lanes(pool: Pool) -> None:
    await pool.arrive("c1", CHAT)
    await pool.sign_in("l1", "calls")
    assert await pool.router.match([CHAT]) is None
    assert await pool.router.match_listener(ident("l1")) is None


async def test_one_offer_a_listener_and_one_listener_a_contact(pool: Pool) -> None:
    await pool.sign_in("l1")
    await pool.arrive("c1")
    await pool.arrive("c2")
    await pool.match()
    assert await pool.router.match([CALL]) is None
    await pool.sign_in("l2")
    second = await pool.match()
    assert second.listener_id == ident("l2")


async def test_contact_of_several_lanes_is_offered_once_and_counted_once(pool: Pool) -> None:
    await pool.arrive("c1", CALL, lanes=(CALL, ADULT))
    await pool.sign_in("l1", "calls")
    await pool.sign_in("l2", "adults")
    assert (await pool.router.overview()).lanes[CALL].waiting == 1
    assert (await pool.router.overview()).lanes[ADULT].waiting == 0
    assert await pool.router.match([CALL, ADULT]) is not None
    assert await pool.router.match([CALL, ADULT]) is None


async def test_call_takes_the_whole_capacity(pool: Pool) -> None:
    await pool.sign_in("l1")
    await pool.arrive("c1", CALL)
    await pool.serve(CALL)
    await pool.arrive("c2", CHAT)
    assert await pool.router.match([CHAT]) is None


async def test_chats_fill_up_to_the_maximum_and_shut_out_calls(pool: Pool) -> None:
    await pool.sign_in("l1", max_chats=2)
    for name in ("c1", "c2", "c3"):
        await pool.arrive(name, CHAT)
    await pool.arrive("call", CALL, rank=5)
    await pool.router.hold_back(ident("call"))
    await pool.serve(CHAT)
    await pool.router.offerable(ident("call"), True)
    assert await pool.router.match([CALL]) is None
    await pool.serve(CHAT)
    assert await pool.router.match([CHAT]) is None
    assert len(await pool.router.load_of(ident("l1"))) == 2


async def test_listener_without_chats_takes_calls_only(pool: Pool) -> None:
    await pool.sign_in("l1", max_chats=0)
    await pool.arrive("c1", CHAT)
    assert await pool.router.match([CHAT]) is None
    await pool.arrive("c2", CALL)
    assert (await pool.match(CALL)).contact_id == ident("c2")


async def test_finish_gives_capacity_back(pool: Pool) -> None:
    await pool.sign_in("l1")
    await pool.arrive("c1")
    offer = await pool.serve()
    await pool.arrive("c2")
    assert await pool.router.match_listener(ident("l1")) is None
    finished = await pool.router.finish(ident("l1"), ident("c1"), offer.offer_id)
    assert finished is Step.DONE
    again = await pool.router.match_listener(ident("l1"))
    assert again is not None
    assert again.contact_id == ident("c2")


async def test_late_finish_does_not_touch_a_later_engagement(pool: Pool) -> None:
    await pool.sign_in("l1")
    await pool.arrive("c1")
    first = await pool.serve()
    await pool.router.finish(ident("l1"), ident("c1"), first.offer_id)
    await pool.arrive("c1", version=3, turn=2)
    second = await pool.match()
    await pool.take(second, version=4)
    assert await pool.router.finish(ident("l1"), ident("c1"), first.offer_id) is Step.STALE
    assert [load.engagement_id for load in await pool.router.load_of(ident("l1"))] == [
        second.offer_id
    ]


async def test_lapsed_lease_is_not_offered_anything(pool: Pool) -> None:
    await pool.sign_in("l1", lease_ms=1_000)
    pool.tick(1_000)
    await pool.arrive("c1")
    assert await pool.router.match([CALL]) is None
    assert await pool.router.heartbeat(ident("l1"), ident("s-l1"))
    assert await pool.router.match([CALL]) is not None


@pytest.mark.parametrize("state", [PresenceState.BREAK, PresenceState.ASKED, PresenceState.OFFLINE])
async def test_only_ready_listeners_are_offered_contacts(pool: Pool, state: PresenceState) -> None:
    await pool.sign_in("l1", state=state)
    await pool.arrive("c1")
    assert await pool.router.match([CALL]) is None


async def test_preferred_listener_is_woken_though_others_are_idle_longer(pool: Pool) -> None:
    await pool.sign_in("idle")
    pool.tick(5)
    await pool.sign_in("follower")
    until = pool.now_ms + 10_000
    await pool.arrive("c1", preferred_listener=ident("follower"), preferred_until_ms=until)
    assert (await pool.match()).listener_id == ident("follower")


async def test_preferred_contact_waits_for_her_then_goes_to_anyone(pool: Pool) -> None:
    await pool.sign_in("follower")
    await pool.arrive("busy")
    await pool.serve()
    await pool.sign_in("other")
    until = pool.now_ms + 10_000
    await pool.arrive("c1", preferred_listener=ident("follower"), preferred_until_ms=until)
    assert await pool.router.match([CALL]) is None
    assert not (await pool.router.sweep()).offered
    pool.tick(10_000)
    assert [offer.listener_id for offer in (await pool.router.sweep()).offered] == [ident("other")]


async def test_many_preferred_contacts_do_not_block_a_lane(pool: Pool) -> None:
    await pool.sign_in("follower")
    await pool.arrive("busy")
    await pool.serve()
    until = pool.now_ms + 10_000
    for i in range(40):
        await pool.arrive(
            f"p{i}", rank=i, preferred_listener=ident("follower"), preferred_until_ms=until
        )
    await pool.arrive("plain")
    await pool.sign_in("other")
    assert (await pool.match()).contact_id == ident("plain")


async def test_preference_for_somebody_absent_is_no_preference(pool: Pool) -> None:
    await pool.sign_in("other")
    until = pool.now_ms + 10_000
    await pool.arrive("c1", preferred_listener=ident("nobody"), preferred_until_ms=until)
    assert (await pool.match()).listener_id == ident("other")


async def test_preference_ends_when_she_goes_on_a_break(pool: Pool) -> None:
    await pool.sign_in("follower")
    await pool.arrive("busy")
    await pool.serve()
    await pool.sign_in("other")
    until = pool.now_ms + 10_000
    await pool.arrive("c1", preferred_listener=ident("follower"), preferred_until_ms=until)
    await pool.sign_in("follower", state=PresenceState.BREAK)
    assert (await pool.match()).listener_id == ident("other")


async def test_preferred_contact_does_not_go_before_a_more_urgent_head(pool: Pool) -> None:
    await pool.sign_in("follower")
    await pool.arrive("busy")
    busy = await pool.serve()
    until = pool.now_ms + 10_000
    await pool.arrive("mine", preferred_listener=ident("follower"), preferred_until_ms=until)
    await pool.arrive("danger", rank=5)
    await pool.router.finish(ident("follower"), ident("busy"), busy.offer_id)
    offer = await pool.router.match_listener(ident("follower"))
    assert offer is not None
    assert offer.contact_id == ident("danger")


async def test_preferred_call_does_not_ring_a_follower_who_chats(pool: Pool) -> None:
    await pool.sign_in("follower")
    await pool.arrive("chat", CHAT)
    await pool.serve(CHAT)
    until = pool.now_ms + 10_000
    await pool.arrive("c1", CALL, preferred_listener=ident("follower"), preferred_until_ms=until)
    assert await pool.router.match([CALL]) is None
    assert await pool.router.match_listener(ident("follower")) is None


async def test_held_back_contact_keeps_its_place_and_is_not_offered(pool: Pool) -> None:
    await pool.arrive("held", CHAT)
    pool.tick(1)
    await pool.arrive("next", CHAT)
    assert await pool.router.hold_back(ident("held")) is Step.DONE
    assert await pool.router.position(ident("held")) == 1
    await pool.sign_in("l1")
    assert (await pool.match(CHAT)).contact_id == ident("next")
    await pool.sign_in("l2")
    assert await pool.router.match([CHAT]) is None
    await pool.router.offerable(ident("held"), True)
    assert (await pool.match(CHAT)).contact_id == ident("held")


async def test_raise_keeps_a_contact_held_back(pool: Pool) -> None:
    await pool.arrive("held", CHAT)
    await pool.router.hold_back(ident("held"))
    await pool.arrive("held", CHAT, version=2, rank=5)
    await pool.sign_in("l1")
    assert await pool.router.match([CHAT]) is None


async def test_raise_reranks_in_one_step(pool: Pool) -> None:
    for name in ("c1", "c2", "c3"):
        await pool.arrive(name)
        pool.tick(1)
    assert await pool.router.position(ident("c3")) == 3
    assert await pool.arrive("c3", version=2, rank=5) is Step.DONE
    assert await pool.router.position(ident("c3")) == 1
    assert await pool.router.position(ident("c2")) == 3


async def test_widening_adds_lanes_and_narrowing_takes_them_away(pool: Pool) -> None:
    await pool.sign_in("l2", "adults")
    await pool.arrive("c1", CALL)
    assert await pool.router.match([CALL]) is None
    await pool.arrive("c1", CALL, version=2, lanes=(CALL, ADULT))
    await pool.arrive("c1", CALL, version=3, lanes=(CALL,))
    assert await pool.router.match([ADULT]) is None
    await pool.arrive("c1", CALL, version=4, lanes=(CALL, ADULT))
    assert (await pool.match(ADULT)).lane == ADULT


async def test_overview_counts_the_offered_too(pool: Pool) -> None:
    await pool.sign_in("l1")
    await pool.sign_in("l2", "calls")
    since = pool.now_ms
    await pool.arrive("c1")
    pool.tick(50)
    await pool.arrive("c2")
    await pool.match()
    seen = await pool.router.overview()
    assert (seen.lanes[CALL].waiting, seen.lanes[CALL].oldest_since_ms) == (2, since)
    assert seen.lanes[CHAT].oldest_since_ms is None
    assert (seen.free["both"] + seen.free["calls"], seen.present["both"]) == (1, 1)


async def test_load_given_as_plain_pairs_counts(pool: Pool) -> None:
    await pool.sign_in("l1", load=((ident("c0"), "chat"),))
    assert (await pool.router.overview()).free["both~chat"] == 1
    assert await pool.router.load_of(ident("l1")) == (Load(ident("c0"), "chat"),)


async def test_unknown_lane_or_profile_is_a_named_error_and_changes_nothing(pool: Pool) -> None:
    with pytest.raises(InvalidInput) as lane:
        await pool.arrive("c1", "dlpm:nobody:call:fr")
    with pytest.raises(InvalidInput) as profile:
        await pool.sign_in("l1", "nothing")
    assert (lane.value.code, profile.value.code) == ("lane_unknown", "profile_unknown")
    assert await pool.router.position(ident("c1")) is None
