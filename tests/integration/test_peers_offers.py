"""What others get wrong between an offer and a desk (PEERS 5 to 8), in the real centre."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from config.clock import SystemClock, monotonic
from config.errors import Conflict
from config.ids import new_id
from config.vocabulary import Audience, PresenceState, Urgency, UrgencySource
from contactcenter.centre.queue.placement import Placements
from records.actor import Principal
from records.contacts.contacts import Contacts
from tests.kit.held_lock import held
from tests.kit.whole_centre import WholeCentre, whole_centre

ENOUGH_SECONDS = 5.0


@pytest.fixture
async def whole(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[WholeCentre]:
    async with whole_centre(database_url, redis_url, tmp_path) as made:
        yield made


async def committed_and_nothing_else(whole: WholeCentre) -> UUID:
    """Take a chat in as a node does that dies before it has told the index."""
    placement = Placements(whole.helpline).at(
        "parent_proche", Audience.RELATIVE, Urgency.U3, UrgencySource.SYSTEM
    )
    taken_in = await Contacts(whole.engines.database, whole.engines.vault).take_in_chat(
        new_id(),
        whole.helpline.line.id,
        uuid4().bytes * 2,
        "fr",
        None,
        placement,
        whole.helpline.config_version,
        SystemClock().now(),
    )
    return taken_in.after.contact_id


async def test_peers_05_neither_a_bad_listener_nor_a_dead_dispatcher_halts_the_queue(
    whole: WholeCentre,
) -> None:
    """A dispatcher died unseen, one bad agent stopped everybody (FreeSWITCH 1641, 1216)."""
    router, redis, plan = whole.engines.router, whole.engines.redis, whole.engines.plan
    bad = await whole.ready("ines")
    # Longest idle, first in every set of the free, and nothing is known of her any more.
    await redis.delete(plan.key(f"listener:{bad.staff_id}"))
    malik = await whole.ready("malik")
    first = await whole.chat()
    offer = await whole.centre.staff.offers.current(malik)
    assert offer is not None
    assert offer.contact_id == first

    second = await committed_and_nothing_else(whole)
    assert await router.position(second) is None
    colette = await whole.ready("colette")
    async with held(whole.centre.reconciler_lock):
        await whole.centre.reconciler.round()
    await whole.centre.sweep.round()
    offer = await whole.centre.staff.offers.current(colette)
    assert offer is not None
    assert offer.contact_id == second


async def test_peers_06_an_offer_leaves_the_desk_at_once_when_its_caller_is_gone(
    whole: WholeCentre,
) -> None:
    """A telephone rang on after the caller had hung up (FreeSWITCH 2529)."""
    ines = await whole.ready()
    hearing = asyncio.ensure_future(whole.centre.live.hear())
    try:
        async with (
            whole.centre.live.subscribe(ines) as events,
            asyncio.timeout(ENOUGH_SECONDS),
        ):
            contact_id = await whole.chat()
            offer = await until_event(events, "offer")
            began = monotonic()
            await whole.centre.conversations.leave(contact_id, quick=False)
            gone = await until_event(events, "offer_withdrawn")
            assert monotonic() - began < 0.5
            assert gone.offer_id == offer.offer_id
    finally:
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)
    with pytest.raises(Conflict):
        await whole.centre.staff.offers.accept(ines, offer.offer_id)
    # She is nobody's: the next one is offered to her at once.
    following = await whole.chat()
    after = await whole.centre.staff.offers.current(ines)
    assert after is not None
    assert after.contact_id == following


async def until_event(events: AsyncIterator[object], kind: str) -> object:
    """Return the next event of a kind."""
    async for event in events:
        if event.type == kind:  # type: ignore[attr-defined]
            return event
    raise AssertionError("the events ended")


async def test_peers_07_a_listener_who_is_gone_is_neither_assigned_nor_shown_ready(
    whole: WholeCentre,
) -> None:
    """Contacts went to agents who were offline (Chatwoot 7204, Live Helper Chat 552)."""
    redis, plan = whole.engines.redis, whole.engines.plan
    ines = await whole.ready("ines")
    # Nobody renewed her lease: its time is over, and no sweep has looked yet.
    await redis.zadd(plan.key("leases"), {str(ines.staff_id): 1})
    await redis.hset(plan.key(f"listener:{ines.staff_id}"), "lease", 1)
    contact_id = await whole.chat()
    assert await whole.centre.staff.offers.current(ines) is None
    await whole.centre.sweep.round()
    shown = await whole.centre.staff.presence.current(ines)
    assert (shown.state, shown.reason) == (PresenceState.OFFLINE, "lease_lost")

    malik = await whole.ready("malik")
    offer = await whole.centre.staff.offers.current(malik)
    assert offer is not None
    assert offer.contact_id == contact_id
    # A pulse of the old session does not make her present again.
    await whole.centre.staff.presence.heartbeat(ines)
    await whole.centre.staff.offers.accept(malik, offer.offer_id)
    await whole.chat()
    assert await whole.centre.staff.offers.current(ines) is None


async def taken_next(whole: WholeCentre, principal: Principal) -> UUID:
    """Accept the next contact; the sweep gives it to her while she has room for another."""
    await whole.centre.sweep.round()
    return await whole.take(principal)


async def test_peers_08_what_was_assigned_in_vain_and_what_waited_go_to_who_comes_back(
    whole: WholeCentre,
) -> None:
    """Chats stayed with an agent who never saw them, and a backlog stayed one (Chatwoot 14508, 10685)."""
    ines = await whole.ready("ines")
    silent = await whole.chat()
    assert await whole.take(ines) == silent
    await whole.centre.staff.presence.leave(ines)
    backlog = [await whole.chat(), await whole.chat()]
    await whole.centre.sweep.return_orphans()

    malik = await whole.ready("malik")
    assert whole.helpline.limits.max_chats == 3
    # The one that was begun is first: it is put back at the head.
    assert [await taken_next(whole, malik) for _ in range(3)] == [silent, *backlog]
    state = await Contacts(whole.engines.database, whole.engines.vault).get(silent)
    assert (state.state, state.turn) == ("active", 2)
