"""Cases on a real PostgreSQL: who may, what is shown, and that every reading leaves its trace."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from config.errors import Conflict, InvalidInput, NotAllowed, NotFound
from config.vocabulary import CaseState, Role
from records.actor import Principal
from records.cases import Cases
from records.database import Database
from tests.kit import record_rows as rows
from tests.kit.principals import principal_of
from tests.kit.record_rows import NOW

VAULT = rows.a_vault()


@dataclass
class Desk:
    """The acts, and one subject per role."""

    database: Database
    cases: Cases
    staff: dict[str, Principal]

    async def trail(self, action=None):
        found = await rows.read(self.database, "SELECT * FROM audit ORDER BY audit_id")
        return [row for row in found if action in (None, row["action"])]

    async def contact_of(self, name, state="talking", line_id=rows.LINE) -> UUID:
        """A chat that somebody took."""
        async with self.database.transaction() as tx:
            contact_id = await rows.add_conversation(tx, VAULT, line_id=line_id)
            await rows.add_engagement(tx, contact_id, self.staff[name].staff_id, state)
        return contact_id


@pytest.fixture
async def desk(database_url):
    async with Database.open(database_url, pool_size=6) as database:
        staff = {}
        async with database.transaction() as tx:
            await rows.add_line(tx)
            await rows.add_line(tx, "other")
            for name, role in {"anne": Role.LISTENER, "berthe": Role.LISTENER}.items():
                staff_id = await rows.add_staff(tx, role, name)
                staff[name] = principal_of(staff_id, role, frozenset({rows.LINE}), uuid4())
            for role in set(Role) - {Role.LISTENER}:
                staff_id = await rows.add_staff(tx, role, role)
                staff[role] = principal_of(staff_id, role, frozenset({rows.LINE}), uuid4())
        yield Desk(database, Cases(database, VAULT), staff)


async def a_case(desk, by="anne", **more):
    view = await desk.cases.create(desk.staff[by], rows.LINE, NOW, **more)
    return view.header


async def test_a_case_is_opened_with_a_sealed_label_and_read_back(desk):
    case = await a_case(desk, label="  Zoé, 15 ans ", department="2A")
    assert (case.label, case.department, case.state) == ("Zoé, 15 ans", "2A", CaseState.OPEN)
    assert case.follower_name == "anne"
    (row,) = await rows.read(desk.database, "SELECT * FROM case_file")
    assert b"Zo" not in row["label_sealed"]
    view = await desk.cases.get(desk.staff["anne"], case.case_id, NOW)
    assert view.header == case
    assert view.contacts == ()


@pytest.mark.parametrize(
    ("given", "field"), [({"label": "a" * 121}, "label"), ({"department": "Nord"}, "department")]
)
async def test_wrong_input_is_refused_by_field(desk, given, field):
    with pytest.raises(InvalidInput) as refusal:
        await a_case(desk, **given)
    assert refusal.value.field == field
    assert await rows.read(desk.database, "SELECT 1 FROM case_file") == []


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.LISTENER, Role.COORDINATOR}))
async def test_who_may_not_open_a_case_is_refused(desk, role):
    with pytest.raises(NotAllowed):
        await a_case(desk, role)
    with pytest.raises(NotAllowed):
        await desk.cases.create(desk.staff["anne"], "other", NOW)


async def test_two_listeners_contacts_stand_on_one_timeline(desk):
    case = await a_case(desk, label="Zoé")
    call, chat = await desk.contact_of("anne"), await desk.contact_of("berthe")
    async with desk.database.transaction() as tx:
        await rows.run(
            tx,
            "UPDATE contact SET answered_at = queued_at + interval '90.9 seconds',"
            " arrived_at = arrived_at - interval '1 minute' WHERE contact_id = $1",
            call,
        )
    await desk.cases.attach(desk.staff["anne"], case.case_id, call, NOW)
    view = await desk.cases.attach(desk.staff["berthe"], case.case_id, chat, NOW)
    assert [each.contact_id for each in view.contacts] == [call, chat]
    assert [each.listener_names for each in view.contacts] == [("anne",), ("berthe",)]
    assert [each.waited_seconds for each in view.contacts] == [150, None]  # from the arrival
    assert view.header.version == 3
    assert view.header.label == "Zoé", "recording a contact against a case makes it hers too"
    kinds = await rows.read(desk.database, "SELECT kind, detail FROM contact_event")
    assert kinds == [{"kind": "case_attached", "detail": {"case_id": str(case.case_id)}}] * 2


async def test_attaching_twice_or_in_a_race_records_once(desk):
    case, contact = await a_case(desk), await desk.contact_of("anne")
    await asyncio.gather(
        *(desk.cases.attach(desk.staff["anne"], case.case_id, contact, NOW) for _ in range(5))
    )
    view = await desk.cases.get(desk.staff["anne"], case.case_id, NOW)
    assert len(view.contacts) == 1
    assert view.header.version == 2
    assert len(await desk.trail("case_attached")) == 1
    assert len(await rows.read(desk.database, "SELECT 1 FROM contact_event")) == 1


async def test_a_listener_cannot_attach_a_contact_she_did_not_take(desk):
    case, contact = await a_case(desk), await desk.contact_of("berthe")
    missed = await desk.contact_of("anne", "not_connected")
    for contact_id in (contact, missed):
        with pytest.raises(NotAllowed):
            await desk.cases.attach(desk.staff["anne"], case.case_id, contact_id, NOW)
    view = await desk.cases.attach(desk.staff[Role.COORDINATOR], case.case_id, contact, NOW)
    assert len(view.contacts) == 1


async def test_a_closed_case_takes_no_contact_and_loses_none(desk):
    case = await a_case(desk)
    first, second = await desk.contact_of("anne"), await desk.contact_of("anne")
    await desk.cases.attach(desk.staff["anne"], case.case_id, first, NOW)
    await close_case(desk, case, NOW)
    for act, contact in ((desk.cases.attach, second), (desk.cases.detach, first)):
        with pytest.raises(Conflict) as refusal:
            await act(desk.staff["anne"], case.case_id, contact, NOW)
        assert refusal.value.code == "case_closed"
    view = await desk.cases.get(desk.staff["anne"], case.case_id, NOW)
    assert [each.contact_id for each in view.contacts] == [first]


async def close_case(desk, case, at):
    async with desk.database.transaction() as tx:
        await rows.run(
            tx,
            "UPDATE case_file SET state = 'close', closed_at = $2 WHERE case_id = $1",
            case.case_id,
            at,
        )


async def test_detaching_takes_it_off_once_and_leaves_a_trace(desk):
    case, contact = await a_case(desk), await desk.contact_of("anne")
    await desk.cases.attach(desk.staff["anne"], case.case_id, contact, NOW)
    for _ in range(2):
        await desk.cases.detach(desk.staff["anne"], case.case_id, contact, NOW)
    assert len(await desk.trail("case_detached")) == 1
    view = await desk.cases.get(desk.staff["anne"], case.case_id, NOW)
    assert view.contacts == ()


async def test_a_treated_contact_keeps_its_last_case(desk):
    case, other = await a_case(desk), await a_case(desk)
    contact = await desk.contact_of("anne", "done")
    await desk.cases.attach(desk.staff["anne"], case.case_id, contact, NOW)
    async with desk.database.transaction() as tx:
        await rows.run(
            tx,
            "UPDATE contact SET state = 'closed', disposition = 'treated', ended_at = $2,"
            " closed_at = $2, ended_by = 'listener' WHERE contact_id = $1",
            contact,
            NOW,
        )
    with pytest.raises(Conflict) as refusal:
        await desk.cases.detach(desk.staff["anne"], case.case_id, contact, NOW)
    assert refusal.value.code == "last_case"
    await desk.cases.attach(desk.staff["anne"], other.case_id, contact, NOW)
    await desk.cases.detach(desk.staff["anne"], case.case_id, contact, NOW)


async def test_a_colleague_sees_that_a_case_exists_and_nothing_of_it(desk):
    case, contact = await a_case(desk, label="Zoé"), await desk.contact_of("anne")
    await desk.cases.attach(desk.staff["anne"], case.case_id, contact, NOW)
    view = await desk.cases.get(desk.staff["berthe"], case.case_id, NOW)
    assert view.header.reference == case.reference
    assert view.header.label is None
    assert view.contacts is None
    found = await desk.cases.find(desk.staff["berthe"], case.reference.lower(), NOW)
    assert (found.case_id, found.label) == (case.case_id, None)
    assert await desk.cases.page(desk.staff["berthe"], NOW) == []


async def test_who_opened_a_case_closed_long_ago_no_longer_reads_it(desk):
    case = await a_case(desk, label="Zoé")
    await close_case(desk, case, NOW)
    later = NOW + timedelta(days=31)
    view = await desk.cases.get(desk.staff["anne"], case.case_id, later)
    assert (view.header.label, view.contacts) == (None, None)
    view = await desk.cases.get(desk.staff[Role.COORDINATOR], case.case_id, later)
    assert view.header.label == "Zoé"
    with pytest.raises(NotAllowed):
        await desk.cases.get(desk.staff["berthe"], case.case_id, later)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.ANALYST])
async def test_who_has_no_business_with_cases_is_refused_and_the_refusal_is_kept(desk, role):
    case = await a_case(desk, label="Zoé")
    with pytest.raises(NotAllowed):
        await desk.cases.get(desk.staff[role], case.case_id, NOW)
    (refused,) = await desk.trail("access_refused")
    assert refused["staff_id"] == desk.staff[role].staff_id
    assert refused["object_id"] == case.case_id
    assert refused["detail"] == {"right": "case_header_read"}
    assert await desk.cases.find(desk.staff[role], case.reference, NOW) is None
    assert await desk.cases.page(desk.staff[role], NOW) == []


async def test_a_contact_of_any_line_of_the_pool_is_recorded_by_who_serves_both(desk):
    anne, one_line = desk.staff["anne"], desk.staff["berthe"]
    both = principal_of(anne.staff_id, Role.LISTENER, frozenset({"dlpm", "other"}))
    case = (await desk.cases.create(both, "dlpm", NOW)).header
    contact = await desk.contact_of("anne", line_id="other")
    view = await desk.cases.attach(both, case.case_id, contact, NOW)
    assert [each.contact_id for each in view.contacts] == [contact]
    # Who works for one of the two lines only does not learn of the other one's contact.
    with pytest.raises(NotFound):
        await desk.cases.attach(one_line, case.case_id, contact, NOW)
    coordinator = await desk.cases.get(desk.staff[Role.COORDINATOR], case.case_id, NOW)
    assert coordinator.contacts == ()
    await desk.cases.detach(both, case.case_id, contact, NOW)


async def test_a_case_of_another_pool_takes_no_contact_of_this_one(desk):
    both = principal_of(
        desk.staff[Role.COORDINATOR].staff_id, Role.COORDINATOR, frozenset({"dlpm", "other"})
    )
    case = (await desk.cases.create(both, "other", NOW)).header
    contact = await desk.contact_of("anne")
    async with desk.database.transaction() as tx:
        await rows.run(tx, "UPDATE line SET pool = 'elsewhere' WHERE line_id = 'other'")
    with pytest.raises(Conflict) as refusal:
        await desk.cases.attach(both, case.case_id, contact, NOW)
    assert refusal.value.code == "other_line"


async def test_every_reading_is_in_the_trail_with_who_and_in_which_session(desk):
    case, contact = await a_case(desk, label="Zoé"), await desk.contact_of("anne")
    await desk.cases.attach(desk.staff["anne"], case.case_id, contact, NOW)
    before = len(await desk.trail())
    coordinator = desk.staff[Role.COORDINATOR]
    await desk.cases.get(coordinator, case.case_id, NOW)
    await desk.cases.find(coordinator, case.reference, NOW)
    await desk.cases.page(coordinator, NOW)
    traces = (await desk.trail())[before:]
    assert [row["action"] for row in traces] == ["case_read", "case_found", "case_listed"]
    for row in traces:
        assert (row["staff_id"], row["session_id"]) == (
            coordinator.staff_id,
            coordinator.session_id,
        )
        assert (row["object_id"], row["line_id"]) == (case.case_id, rows.LINE)
    assert traces[0]["detail"] == {"label": True, "timeline": True}


async def test_what_cannot_be_traced_is_not_shown(desk, monkeypatch):
    case = await a_case(desk, label="Zoé")

    class Down(Exception):
        pass

    async def no_trail(*_, **__):
        raise Down

    monkeypatch.setattr("records.cases.reading.write_audit", no_trail)
    with pytest.raises(Down):
        await desk.cases.get(desk.staff["anne"], case.case_id, NOW)


async def test_lists_show_a_listener_hers_and_a_coordinator_all_newest_first(desk):
    hers = [await a_case(desk) for _ in range(3)]
    others = await a_case(desk, "berthe")
    listed = await desk.cases.page(desk.staff["anne"], NOW)
    assert [each.case_id for each in listed] == [each.case_id for each in reversed(hers)]
    every = await desk.cases.page(desk.staff[Role.SUPERVISOR], NOW, limit=2)
    assert [each.case_id for each in every] == [others.case_id, hers[2].case_id]
    older = await desk.cases.page(desk.staff[Role.SUPERVISOR], NOW, before=hers[2].case_id)
    assert [each.case_id for each in older] == [hers[1].case_id, hers[0].case_id]


async def test_a_reference_mistyped_is_refused_and_an_unknown_one_finds_nothing(desk):
    case = await a_case(desk)
    last = "3" if case.reference[-1] == "2" else "2"
    with pytest.raises(InvalidInput):
        await desk.cases.find(desk.staff["anne"], case.reference[:-1] + last, NOW)
    from records.cases.reference import new_reference

    assert await desk.cases.find(desk.staff["anne"], new_reference(), NOW) is None


async def test_a_contact_names_its_cases(desk):
    first, second = await a_case(desk), await a_case(desk)
    contact = await desk.contact_of("anne")
    await desk.cases.attach(desk.staff["anne"], first.case_id, contact, NOW)
    await desk.cases.attach(desk.staff["anne"], second.case_id, contact, NOW + timedelta(seconds=1))
    async with desk.database.transaction() as tx:
        named = await tx.fetch("case.of_contact", contact)
    assert [each["reference"] for each in named] == [first.reference, second.reference]


async def test_a_shredded_label_is_no_label(desk):
    case = await a_case(desk, label="Zoé")
    async with desk.database.transaction() as tx:
        await VAULT.destroy_key(tx, "case", case.case_id, NOW)
    view = await desk.cases.get(desk.staff["anne"], case.case_id, NOW)
    assert view.header.label is None
