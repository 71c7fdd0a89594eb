"""Intake: committed once, placed once, nothing personal in clear."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from config.clock import milliseconds
from config.errors import Conflict, InvalidInput, NotFound
from config.ids import new_id
from config.vocabulary import ActorKind, Channel, ContactEventKind, ContactState, Role, Urgency
from records.actor import CORRESPONDENT, SYSTEM, Actor, Principal
from records.contacts.file import ContactFiles
from records.contacts.snapshot import Placement
from records.database import Database
from records.forms import Forms
from tests.kit.principals import principal_of
from tests.kit.record_rows import LINE, NOW, read
from tests.kit.records_service import U1, U3, Records, open_records

NUMBER = "+33698765432"


@pytest.fixture
async def records(database_url: str) -> AsyncIterator[Records]:
    async with open_records(database_url) as opened:
        yield opened


async def everything_stored(address: str) -> str:
    """Return every row of every table as text, as a dump would show it."""
    connection = await asyncpg.connect(address, timeout=10)
    tables = await connection.fetch(
        "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables"
        " WHERE schemaname IN ('public', 'keys')"
    )
    rows = [
        row[0]
        for (table,) in tables
        for row in await connection.fetch(f"SELECT t::text FROM {table} t")
    ]
    await connection.close()
    return "\n".join(rows)


async def test_a_call_taken_in_is_arriving_with_its_event(records: Records) -> None:
    call = await records.call()
    assert (call.state, call.channel) == (ContactState.ARRIVING, Channel.CALL)
    assert (call.turn, call.version, call.rank) == (0, 1, None)
    (event,) = await records.contacts.timeline(call.contact_id)
    assert (event.kind, event.actor_kind) == (ContactEventKind.ARRIVED, ActorKind.CORRESPONDENT)


async def test_a_repeated_webhook_is_the_same_contact(records: Records) -> None:
    first = await records.call(call_sid="CA1")
    again, created = await records.contacts.take_in_call(
        new_id(), LINE, "AC1", "CA1", NUMBER, "fr", "test", NOW, records.later()
    )
    assert not created
    assert again == first


async def test_many_webhooks_of_one_call_at_once_make_one_contact(records: Records) -> None:
    calls = await asyncio.gather(*(records.call(call_sid="CA1") for _ in range(20)))
    assert len({call.contact_id for call in calls}) == 1
    keys = await read(records.database, "SELECT count(*) AS keys FROM keys.data_key")
    assert keys[0]["keys"] == 1
    assert len(await records.contacts.timeline(calls[0].contact_id)) == 1


async def test_placing_starts_the_first_turn_and_keeps_the_place_in_time(records: Records) -> None:
    call = await records.call()
    placed = (await records.contacts.place(call.contact_id, U3, records.later(6))).after
    assert (placed.state, placed.turn, placed.version) == (ContactState.WAITING, 1, 2)
    assert placed.queued_at == placed.waiting_since == records.now
    assert placed.rank == (1 << 43) + milliseconds(records.now) - 600_000
    again = (await records.contacts.place(call.contact_id, U1, records.later(6))).after
    assert again == placed


async def test_immediate_danger_ranks_before_everybody(records: Records) -> None:
    calm = await records.waiting_call(U3)
    records.later(3600)
    danger = await records.waiting_call(U1)
    assert danger.rank is not None
    assert calm.rank is not None
    assert danger.rank < calm.rank
    assert await records.contacts.facts(danger.contact_id) == [("urgency_factor", "weapon")]


async def test_placing_a_contact_nobody_knows_says_so(records: Records) -> None:
    with pytest.raises(NotFound):
        await records.contacts.place(new_id(), U3, NOW)


async def test_a_chat_waits_from_its_first_instant_and_has_a_conversation(records: Records) -> None:
    chat = await records.waiting_chat(U1)
    assert (chat.state, chat.turn, chat.urgency) == (ContactState.WAITING, 1, Urgency.U1)
    assert chat.queued_at == chat.arrived_at == NOW
    (conversation,) = await read(records.database, "SELECT * FROM conversation")
    assert (conversation["open"], conversation["head_seq"]) == (True, 0)
    kinds = [event.kind for event in await records.contacts.timeline(chat.contact_id)]
    assert kinds == [ContactEventKind.ARRIVED, ContactEventKind.QUEUED]
    assert await records.contacts.by_token(chat.contact_id.bytes) == chat


async def test_a_chat_opened_again_with_its_id_is_the_same_and_never_anothers(
    records: Records,
) -> None:
    chat = await records.waiting_chat()
    arguments = ("fr", "93", U3, "test", NOW)
    again = (
        await records.contacts.take_in_chat(
            chat.contact_id, LINE, chat.contact_id.bytes, *arguments
        )
    ).after
    assert again == chat
    with pytest.raises(Conflict):
        await records.contacts.take_in_chat(chat.contact_id, LINE, b"another", *arguments)


async def test_a_number_is_stored_sealed_and_recognised_only(
    records: Records, admin_database_url: str
) -> None:
    first = await records.call(number=NUMBER)
    records.later()
    second = await records.call(number="+33 6 98 76 54 32")
    withheld = await records.call(number=None)
    stored = await everything_stored(admin_database_url)
    assert first.call_sid in stored
    for secret in (NUMBER, NUMBER[1:], NUMBER[3:], NUMBER.encode().hex(), "98 76 54 32"):
        assert secret not in stored
    assert [c.contact_id for c in await records.contacts.earlier(second.contact_id)] == [
        first.contact_id
    ]
    assert await records.contacts.earlier(first.contact_id) == []
    assert await records.contacts.earlier(withheld.contact_id) == []


async def test_reading_a_number_is_audited_with_who_and_why(records: Records) -> None:
    call, staff = await records.call(number=NUMBER), Actor.staff(new_id(), new_id())
    read_back = await records.contacts.read_number(call.contact_id, staff, "danger_to_life", NOW)
    assert read_back == NUMBER
    (row,) = await read(records.database, "SELECT * FROM audit")
    assert (row["action"], row["staff_id"]) == ("contact.read_number", staff.staff_id)
    assert row["detail"] == {"reason": "danger_to_life"}


async def test_a_number_that_cannot_be_audited_is_not_read(records: Records) -> None:
    call = await records.call(number=NUMBER)
    with pytest.raises(InvalidInput):
        await records.contacts.read_number(call.contact_id, SYSTEM, "Il a dit que…", NOW)
    withheld = await records.call(number=None)
    with pytest.raises(NotFound) as none:
        await records.contacts.read_number(withheld.contact_id, SYSTEM, "test", NOW)
    assert none.value.code == "no_number"


async def test_an_offer_event_is_kept_once(records: Records) -> None:
    call, offer = await records.waiting_call(), new_id()
    note = records.contacts.note_event
    event = (call.contact_id, ContactEventKind.OFFERED, NOW, SYSTEM)
    assert await note(*event, offer_id=offer, detail={"lane": "dlpm:mineur:call:fr"})
    assert not await note(*event, offer_id=offer)
    assert await note(*event, offer_id=new_id())
    assert not await note(new_id(), ContactEventKind.OFFERED, NOW, SYSTEM)
    assert await records.contacts.get(call.contact_id) == call


@pytest.mark.parametrize(
    "detail", [{"reason": "Elle s’appelle Léa"}, {"reason": "+33612345678"}, {"n": 612345678}]
)
async def test_free_text_and_numbers_never_enter_an_event(records: Records, detail: dict) -> None:
    call = await records.waiting_call()
    with pytest.raises(InvalidInput) as refused:
        await records.contacts.note_event(
            call.contact_id, ContactEventKind.OFFER_DECLINED, NOW, SYSTEM, detail=detail
        )
    assert str(next(iter(detail.values()))) not in str(refused.value)


def test_a_factor_that_is_no_code_is_refused() -> None:
    with pytest.raises(InvalidInput):
        Placement("mineur", U3.audience, U3.urgency, U3.source, 1, 0, ("Il a un couteau",))


async def test_lists_page_and_filter(records: Records) -> None:
    calls = [await records.call() for _ in range(5)]
    waiting = (await records.contacts.place(calls[2].contact_id, U3, records.later())).after
    ids = [call.contact_id for call in calls]
    page = await records.contacts.open_page(None, 3)
    assert [c.contact_id for c in page] == ids[:3]
    assert [c.contact_id for c in await records.contacts.open_page(ids[2], 3)] == ids[3:]
    files = ContactFiles(records.database, records.vault, Forms(records.database, records.vault))

    async def listed(subject: Principal, **asked: object) -> list[UUID]:
        choice: dict[str, Any] = {"state": None, "limit": 9, "before": None, **asked}
        return [contact.contact_id for contact, _ in await files.page(subject, **choice)]

    jeanne = principal_of(new_id(), Role.COORDINATOR, frozenset({LINE}))
    assert await listed(jeanne, limit=2) == [ids[4], ids[3]]
    assert await listed(jeanne, before=ids[3]) == [ids[2], ids[1], ids[0]]
    assert await listed(jeanne, state=ContactState.WAITING) == [waiting.contact_id]
    assert await listed(principal_of(new_id(), Role.COORDINATOR, frozenset({"another"}))) == []
    assert await listed(principal_of(new_id(), Role.LISTENER, frozenset({LINE}))) == [], "took none"
    assert await records.contacts.changed_since(records.now, 9) == [waiting]
    assert await records.contacts.by_call("AC1", str(waiting.call_sid)) == waiting
    assert await records.contacts.by_call("AC2", str(waiting.call_sid)) is None


async def test_a_sign_of_life_never_moves_back_and_is_no_change(records: Records) -> None:
    chat = await records.waiting_chat()
    seen_at = records.later(30)
    assert await records.contacts.seen_all([chat.contact_id], seen_at)
    assert not await records.contacts.seen_all([chat.contact_id], NOW)
    after = await records.contacts.get(chat.contact_id)
    assert (after.visitor_seen_at, after.version) == (seen_at, chat.version)


async def test_what_was_taken_in_outlives_the_process(records: Records, database_url: str) -> None:
    call = await records.waiting_call()
    await records.contacts.note_event(call.contact_id, ContactEventKind.OFFERED, NOW, CORRESPONDENT)
    async with Database.open(database_url) as other, other.reading() as tx:
        row = await tx.fetch_one("contact_list.get", call.contact_id)
        assert row is not None
        assert row["rank"] == call.rank
