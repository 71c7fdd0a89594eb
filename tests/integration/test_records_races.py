"""Every act at once, from many tasks over two pools: no deadlock, no state out of line."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from config.errors import CentreError, Conflict
from config.ids import new_id
from config.vocabulary import (
    Disposition,
    EndedBy,
    FollowUpKind,
    PresenceState,
    Urgency,
    UrgencySource,
)
from records.actor import SYSTEM, Actor
from records.contacts.snapshot import ContactSnapshot
from records.contacts.urgency import Rated
from records.follow_ups import FollowUpWanted
from tests.kit.record_rows import read
from tests.kit.records_service import U1, U3, Listening, Records, open_records

ACTS = 3000
AT_ONCE = 32

LIVE = """
SELECT c.contact_id, c.state, c.turn, c.version,
       (SELECT count(*) FROM engagement e
         WHERE e.contact_id = c.contact_id AND e.state IN ('connecting', 'talking')) AS live,
       (SELECT count(*) FROM engagement e
         WHERE e.contact_id = c.contact_id AND e.state = 'wrap_up') AS write_ups,
       (SELECT count(*) FROM contact_event v
         WHERE v.contact_id = c.contact_id
           AND v.kind IN ('queued', 'returned', 'not_connected', 'moved', 'taken_in', 'assigned',
                          'handed_over')) AS waits,
       (SELECT count(*) FROM contact_event v
         WHERE v.contact_id = c.contact_id AND v.kind = 'accepted') AS accepts,
       (SELECT count(*) FROM engagement e WHERE e.contact_id = c.contact_id) AS engagements
  FROM contact c
"""
CARRIED = """
SELECT listener_id, count(*) FILTER (WHERE channel = 'call') AS calls,
       count(*) FILTER (WHERE channel = 'chat') AS chats
  FROM engagement WHERE state IN ('connecting', 'talking') GROUP BY listener_id
"""


def act_for(
    chance: random.Random,
    nodes: list[Records],
    contact: ContactSnapshot,
    who: Listening,
    offers: list,
) -> Callable[[], Awaitable[object]]:
    node, now = chance.choice(nodes), nodes[0].later(20)
    contacts, engagements = node.contacts, node.engagements
    contact_id, engagement_id = contact.contact_id, chance.choice(offers[-6:])

    async def accept() -> object:
        current = await contacts.get(contact_id)
        offer_id = new_id()
        accepted = await contacts.accept(
            offer_id,
            contact_id,
            current.turn,
            who.principal,
            now,
        )
        offers.append(offer_id)
        return accepted

    async def urgency() -> object:
        return (
            await contacts.set_urgency(
                contact_id,
                chance.choice([Urgency.U2, Urgency.U4]),
                1,
                0,
                UrgencySource.SYSTEM,
                None,
                SYSTEM,
                now,
                confirmed=False,
            )
        ).after

    async def present() -> object:
        return await node.presence.declare(
            who.staff_id,
            who.session_id,
            chance.choice([PresenceState.READY, PresenceState.BREAK]),
            "declared",
            "all",
            who.max_chats,
            now,
        )

    actor = Actor.staff(who.staff_id, who.session_id)
    elsewhere = replace(U3, queue=chance.choice(["parents", "mineur", "pros"]))
    task = FollowUpWanted(FollowUpKind.SPECIALIST, "dlpm_specialiste")
    danger = Rated(Urgency.U1, 0, 0, UrgencySource.FACTORS)
    return chance.choice(
        [
            lambda: contacts.move(contact_id, elsewhere, actor, now, "other"),
            lambda: contacts.assign(contact_id, who.staff_id, now, 1000, actor, now, "other"),
            lambda: engagements.hand_over(contact_id, lambda _: elsewhere, now, actor, "triaged"),
            lambda: contacts.escalate(contact_id, 3, now, take_in=elsewhere, follow_up=task),
            lambda: contacts.tick(contact_id, {"arme": "yes"}, lambda _: danger, actor, now),
            lambda: contacts.turn_away(contact_id, Disposition.HANDED_OUTSIDE, "full", now),
            lambda: contacts.turn_away(
                contact_id, Disposition.HANDED_OUTSIDE, "stuck", now, actor=actor, follow_up=task
            ),
            accept,
            accept,
            accept,
            urgency,
            present,
            lambda: contacts.place(contact_id, chance.choice([U1, U3]), now),
            lambda: engagements.connected(engagement_id, now),
            lambda: engagements.not_connected(engagement_id, "no_answer", now),
            lambda: engagements.return_contact(
                contact_id, "leg_lost", now, returned_to_head=chance.random() < 0.5
            ),
            lambda: engagements.due_steps(now, 5),
            lambda: contacts.end_away(contact_id, now - timedelta(seconds=300), now),
            lambda: contacts.come_back(contact_id, now),
            lambda: contacts.seen_all([contact_id], now),
            lambda: contacts.end(contact_id, EndedBy.CORRESPONDENT, "completed", now),
            lambda: contacts.close(contact_id, actor, Disposition.NON_CONTENT, "test", now),
        ]
    )


async def test_any_acts_at_once_keep_every_contact_and_listener_in_line(database_url: str) -> None:
    chance = random.Random(20260105)
    async with open_records(database_url) as one, open_records(database_url) as two:
        listeners = [await one.listener(max_chats=2) for _ in range(5)]
        offers = [new_id()]
        running = asyncio.Semaphore(AT_ONCE)
        errors: Counter[str] = Counter()

        async def run(alive: list[ContactSnapshot]) -> None:
            async with running:
                contact, who = chance.choice(alive), chance.choice(listeners)
                try:
                    await act_for(chance, [one, two], contact, who, offers)()
                except CentreError as error:
                    errors[error.code] += 1

        alive: list[ContactSnapshot] = []
        for _ in range(12):
            alive = alive[-8:] + [await one.waiting_call() for _ in range(5)]
            alive += [await one.waiting_chat() for _ in range(7)]
            alive.append(await one.call())
            await asyncio.gather(*(run(alive) for _ in range(ACTS // 12)))

        assert set(errors) <= {
            "contact_taken",
            "contact_gone",
            "over_capacity",
            "contact_closed",
            "contact_not_placed",
            "contact_open",
            "already_closed",
            "engagement_unknown",
            "contact_not_waiting",
            "call_connecting",
        }, errors
        rows = await read(one.database, LIVE)
        for row in rows:
            assert row["live"] == (row["state"] == "active"), row
            assert row["write_ups"] == (row["state"] == "ended"), row
            assert row["turn"] == row["waits"], row
            assert row["accepts"] == row["engagements"], row
        assert sum(row["accepts"] for row in rows) > 20
        for row in await read(one.database, CARRIED):
            assert (row["calls"], row["chats"]) in ((0, 0), (1, 0), (0, 1), (0, 2)), row


async def test_two_nodes_accepting_for_the_last_place_of_one_listener_fill_it_once(
    database_url: str,
) -> None:
    async with open_records(database_url) as one, open_records(database_url) as two:
        for channel in ("call", "chat"):
            who = await one.listener(max_chats=1)
            waiting = [
                await (one.waiting_call() if channel == "call" else one.waiting_chat())
                for _ in range(8)
            ]
            outcomes = await asyncio.gather(
                *(
                    node.accept(contact, who)
                    for node, contact in zip([one, two] * 4, waiting, strict=True)
                ),
                return_exceptions=True,
            )
            refused = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
            assert len(refused) == 7
            assert {outcome.code for outcome in refused} == {"over_capacity"}
