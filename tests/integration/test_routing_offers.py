"""An offer's life, on a real Redis: accepted, given back, withdrawn, and all at the wrong moment."""

from collections.abc import AsyncIterator

import pytest

from config.ids import new_id
from config.vocabulary import PresenceState
from routing.connection import open_redis
from routing.model import OfferState, Step
from routing.router import Router
from tests.kit.pools import CALL, CHAT, START_MS, Pool, ident, small_plan


@pytest.fixture
async def pool(redis_url: str) -> AsyncIterator[Pool]:
    async with open_redis(redis_url) as redis:
        made = Pool(Router(redis, small_plan(), lambda: made.now_ms))
        yield made


async def test_offer_tells_its_terms(pool: Pool) -> None:
    await pool.arrive("c1", turn=7)
    await pool.sign_in("l1")
    offer = await pool.match()
    assert (offer.turn, offer.lane, offer.channel) == (7, CALL, "call")
    assert (offer.offered_at_ms, offer.expires_at_ms) == (START_MS, START_MS + 20_000)
    assert await pool.router.offer_of(ident("l1")) == offer
    assert (offer.state, offer.seen) == (OfferState.OFFERED, False)


async def test_accept_tells_contact_and_turn_and_its_replay_the_same(pool: Pool) -> None:
    await pool.arrive("c1", turn=7)
    await pool.sign_in("l1")
    offer = await pool.match()
    first = await pool.router.accept(offer.offer_id, ident("l1"), ident("s-l1"))
    again = await pool.router.accept(offer.offer_id, ident("l1"), ident("s-l1"))
    assert (first.step, first.contact_id, first.turn) == (Step.DONE, ident("c1"), 7)
    assert (again.step, again.contact_id, again.turn) == (Step.ALREADY, ident("c1"), 7)
    assert await pool.router.confirm(offer.offer_id, 2) is Step.DONE
    assert await pool.router.confirm(offer.offer_id, 2) is Step.ALREADY
    assert await pool.accept(offer) is Step.ALREADY


async def test_only_her_and_her_session_accept(pool: Pool) -> None:
    await pool.arrive("c1")
    await pool.sign_in("l1")
    offer = await pool.match()
    other = await pool.router.accept(offer.offer_id, ident("l2"), ident("s-l1"))
    older = await pool.router.accept(offer.offer_id, ident("l1"), ident("s-old"))
    unknown = await pool.router.accept(new_id(), ident("l1"), ident("s-l1"))
    steps = (other.step, older.step, unknown.step)
    assert steps == (Step.NOT_YOURS, Step.NOT_YOURS, Step.UNKNOWN)
    assert await pool.router.decline(offer.offer_id, ident("l1"), ident("s-old")) is Step.NOT_YOURS
    assert await pool.router.seen(offer.offer_id, ident("s-old")) is Step.NOT_YOURS
    assert await pool.accept(offer) is Step.DONE


async def test_accept_after_expiry_is_late_even_before_the_sweep(pool: Pool) -> None:
    await pool.arrive("c1")
    await pool.sign_in("l1")
    offer = await pool.match()
    pool.tick(20_000)
    assert await pool.accept(offer) is Step.LATE
    await pool.router.sweep()
    assert await pool.accept(offer) is Step.LATE
    assert await pool.router.decline(offer.offer_id, ident("l1"), ident("s-l1")) is Step.LATE


async def test_lease_that_ran_out_does_not_refuse_an_accept(pool: Pool) -> None:
    await pool.arrive("c1")
    await pool.sign_in("l1", lease_ms=500)
    offer = await pool.match()
    pool.tick(1_000)
    assert await pool.accept(offer) is Step.DONE


async def test_declined_contact_keeps_its_rank_and_goes_to_another(pool: Pool) -> None:
    await pool.arrive("c1")
    pool.tick(1)
    await pool.arrive("c2")
    await pool.sign_in("l1")
    offer = await pool.match()
    assert await pool.router.decline(offer.offer_id, ident("l1"), ident("s-l1")) is Step.DONE
    assert await pool.router.decline(offer.offer_id, ident("l1"), ident("s-l1")) is Step.ALREADY
    assert await pool.router.position(ident("c1")) == 1
    assert (await pool.match()).contact_id == ident("c2")
    await pool.sign_in("l2")
    again = await pool.router.match_contact(ident("c1"))
    assert again is not None
    assert (again.contact_id, again.listener_id) == (ident("c1"), ident("l2"))


async def test_offer_declined_is_gone_for_accept(pool: Pool) -> None:
    await pool.arrive("c1")
    await pool.sign_in("l1")
    offer = await pool.match()
    await pool.router.decline(offer.offer_id, ident("l1"), ident("s-l1"))
    assert await pool.accept(offer) is Step.GONE
    assert await pool.router.seen(offer.offer_id, ident("s-l1")) is Step.GONE


async def test_cancel_takes_the_offer_off_the_desk_and_keeps_her_idle_clock(pool: Pool) -> None:
    await pool.sign_in("l1")
    pool.tick(5)
    await pool.sign_in("l2")
    await pool.arrive("c1")
    offer = await pool.match()
    pool.tick(1_000)
    taken = await pool.router.cancel(ident("c1"), 2)
    assert taken is not None
    assert (taken.offer_id, taken.state) == (offer.offer_id, OfferState.WITHDRAWN)
    assert await pool.accept(offer) is Step.GONE
    await pool.arrive("c2")
    assert (await pool.match()).listener_id == ident("l1")


async def test_tombstone_refuses_late_writes_and_a_newer_version_passes(pool: Pool) -> None:
    await pool.router.cancel(ident("c1"), 5)
    assert await pool.arrive("c1", version=4) is Step.STALE
    assert await pool.arrive("c1", version=5) is Step.STALE
    await pool.sign_in("l1")
    assert await pool.router.match([CALL]) is None
    assert await pool.arrive("c1", version=6, turn=2) is Step.DONE
    assert (await pool.match()).turn == 2


async def test_cancel_of_an_older_version_changes_nothing(pool: Pool) -> None:
    await pool.arrive("c1", version=5)
    assert await pool.router.cancel(ident("c1"), 4) is None
    assert await pool.router.position(ident("c1")) == 1


async def test_enqueue_again_while_offered_never_doubles(pool: Pool) -> None:
    await pool.arrive("c1")
    await pool.sign_in("l1")
    await pool.sign_in("l2")
    offer = await pool.match()
    assert await pool.arrive("c1") is Step.ALREADY
    assert await pool.router.match([CALL]) is None
    assert await pool.arrive("c1", version=2, rank=5) is Step.DONE
    assert await pool.router.match([CALL]) is None
    assert await pool.accept(offer) is Step.DONE


async def test_new_turn_takes_back_the_old_turns_offer(pool: Pool) -> None:
    await pool.arrive("c1")
    await pool.sign_in("l1")
    offer = await pool.match()
    await pool.arrive("c1", version=3, turn=2)
    assert await pool.accept(offer) is Step.GONE
    again = await pool.match()
    assert (again.listener_id, again.turn) == (ident("l1"), 2)


async def test_cancel_during_accept_leaves_the_decision_to_postgresql(pool: Pool) -> None:
    await pool.arrive("c1")
    await pool.sign_in("l1")
    offer = await pool.match()
    await pool.accept(offer)
    assert await pool.router.cancel(ident("c1"), 2) is None
    await pool.arrive("c2")
    assert await pool.router.match([CALL]) is None, "she is still reserved"
    assert await pool.router.release(offer.offer_id, contact_gone=True) is Step.DONE
    assert await pool.router.release(offer.offer_id, contact_gone=True) is Step.ALREADY
    assert (await pool.match()).contact_id == ident("c2")


async def test_confirm_after_cancel_loads_her_and_revives_nobody(pool: Pool) -> None:
    # The chat was accepted at version 2 and left at version 3; the cancel came first.
    await pool.arrive("c1", CHAT)
    await pool.sign_in("l1")
    offer = await pool.match(CHAT)
    await pool.accept(offer)
    await pool.router.cancel(ident("c1"), 3)
    assert await pool.router.confirm(offer.offer_id, 2) is Step.DONE
    assert await pool.arrive("c1", CHAT, version=3) is Step.STALE
    loads = await pool.router.load_of(ident("l1"))
    assert [load.contact_id for load in loads] == [ident("c1")]


async def test_confirm_after_finish_does_not_load_her_again(pool: Pool) -> None:
    await pool.arrive("c1")
    await pool.sign_in("l1")
    offer = await pool.match()
    await pool.accept(offer)
    finished = await pool.router.finish(ident("l1"), ident("c1"), offer.offer_id)
    assert finished is Step.ALREADY
    await pool.router.confirm(offer.offer_id, 2)
    assert await pool.router.load_of(ident("l1")) == ()
    assert (await pool.router.overview()).free["both"] == 1


async def test_confirm_leaves_a_newer_turn_alone(pool: Pool) -> None:
    # Accepted at 2, lost and back in waiting at 3 (turn 2): the late confirm must not bury it.
    await pool.arrive("c1")
    await pool.sign_in("l1")
    offer = await pool.match()
    await pool.accept(offer)
    await pool.arrive("c1", version=3, turn=2)
    await pool.router.finish(ident("l1"), ident("c1"), offer.offer_id)
    assert await pool.router.confirm(offer.offer_id, 2) is Step.DONE
    assert (await pool.match()).turn == 2


async def test_release_puts_it_back_at_its_rank_for_others(pool: Pool) -> None:
    await pool.arrive("c1")
    await pool.sign_in("l1")
    offer = await pool.match()
    await pool.accept(offer)
    assert await pool.router.release(offer.offer_id, contact_gone=False) is Step.DONE
    assert await pool.router.match([CALL]) is None, "she is not offered it again in this round"
    await pool.sign_in("l2")
    assert (await pool.match()).listener_id == ident("l2")


async def test_release_of_a_gone_contact_keeps_its_version_out(pool: Pool) -> None:
    await pool.arrive("c1", version=4)
    await pool.sign_in("l1")
    offer = await pool.match()
    await pool.accept(offer)
    await pool.router.release(offer.offer_id, contact_gone=True)
    assert await pool.arrive("c1", version=4) is Step.STALE
    assert await pool.arrive("c1", version=5, turn=2) is Step.DONE


async def test_confirmed_offer_cannot_be_released(pool: Pool) -> None:
    await pool.arrive("c1")
    await pool.sign_in("l1")
    offer = await pool.match()
    await pool.take(offer)
    assert await pool.router.release(offer.offer_id, contact_gone=False) is Step.STALE
    assert await pool.router.confirm(new_id(), 2) is Step.UNKNOWN
    assert await pool.router.release(new_id(), contact_gone=True) is Step.UNKNOWN


async def test_confirm_after_release_takes_the_contact_from_another_desk(pool: Pool) -> None:
    # PostgreSQL committed the first accept after all; its answer came after the release.
    await pool.arrive("c1")
    await pool.sign_in("l1")
    offer = await pool.match()
    await pool.accept(offer)
    await pool.router.release(offer.offer_id, contact_gone=False)
    await pool.sign_in("l2")
    second = await pool.match()
    assert await pool.router.confirm(offer.offer_id, 2) is Step.DONE
    assert await pool.accept(second) is Step.GONE
    assert (await pool.router.overview()).free == {
        **dict.fromkeys((await pool.router.overview()).free, 0),
        "both": 1,
    }


async def test_confirm_after_release_takes_another_offer_off_her_desk(pool: Pool) -> None:
    await pool.arrive("c1")
    pool.tick(1)
    await pool.arrive("c2")
    await pool.sign_in("l1")
    offer = await pool.match()
    await pool.accept(offer)
    await pool.router.release(offer.offer_id, contact_gone=False)
    second = await pool.match()
    assert second.contact_id == ident("c2")
    await pool.router.confirm(offer.offer_id, 2)
    assert await pool.accept(second) is Step.GONE
    assert await pool.router.position(ident("c2")) == 1


async def test_takeover_by_a_newer_session_takes_back_the_old_sessions_offer(pool: Pool) -> None:
    await pool.arrive("c1")
    await pool.sign_in("l1")
    offer = await pool.match()
    await pool.sign_in("l1", session_id=ident("s-new"))
    assert await pool.accept(offer) is Step.GONE
    assert not await pool.router.heartbeat(ident("l1"), ident("s-l1"))
    again = await pool.match()
    assert (again.contact_id, again.session_id) == (ident("c1"), ident("s-new"))


async def test_takeover_during_accept_leaves_it_to_postgresql(pool: Pool) -> None:
    await pool.arrive("c1")
    await pool.sign_in("l1")
    offer = await pool.match()
    await pool.accept(offer)
    await pool.sign_in("l1", session_id=ident("s-new"))
    assert await pool.router.match([CALL]) is None
    assert await pool.router.confirm(offer.offer_id, 2) is Step.DONE
    assert [load.contact_id for load in await pool.router.load_of(ident("l1"))] == [ident("c1")]


async def test_break_while_offered_gives_the_contact_back_unrefused(pool: Pool) -> None:
    await pool.arrive("c1")
    await pool.sign_in("l1")
    offer = await pool.match()
    await pool.sign_in("l1", state=PresenceState.BREAK)
    assert await pool.accept(offer) is Step.GONE
    await pool.sign_in("l1")
    assert (await pool.match()).contact_id == ident("c1")


async def test_seen_offer_is_noted_once(pool: Pool) -> None:
    await pool.arrive("c1")
    await pool.sign_in("l1")
    offer = await pool.match()
    assert await pool.router.seen(offer.offer_id, ident("s-l1")) is Step.DONE
    assert await pool.router.seen(offer.offer_id, ident("s-l1")) is Step.ALREADY
    found = await pool.router.offer(offer.offer_id)
    assert found is not None
    assert found.seen
    assert await pool.router.seen(new_id(), ident("s-l1")) is Step.UNKNOWN
    assert await pool.router.offer(new_id()) is None


async def test_decline_starts_her_idle_clock_again(pool: Pool) -> None:
    await pool.sign_in("l1")
    pool.tick(1)
    await pool.sign_in("l2")
    await pool.arrive("c1")
    offer = await pool.match()
    assert offer.listener_id == ident("l1")
    pool.tick(1)
    await pool.router.decline(offer.offer_id, ident("l1"), ident("s-l1"))
    await pool.arrive("c2", rank=5)
    assert (await pool.match()).listener_id == ident("l2")


async def test_one_broken_entry_does_not_stop_its_lane(pool: Pool) -> None:
    await pool.arrive("broken", rank=5)
    await pool.arrive("c1")
    await pool.sign_in("l1")
    await pool.router._redis.delete(f"{{test}}:contact:{ident('broken')}")
    offers = [await pool.router.match([CALL]) for _ in range(2)]
    assert [offer.contact_id for offer in offers if offer] == [ident("c1")]


async def test_match_repeated_with_the_same_offer_id_is_the_same_offer(pool: Pool) -> None:
    await pool.arrive("c1")
    await pool.arrive("c2")
    await pool.sign_in("l1")
    await pool.sign_in("l2")
    offer_id = new_id()
    replies = [await pool.router._step("match", offer_id, "", "", CALL) for _ in range(2)]
    assert replies[0] == replies[1]
