"""Write-ups on a real PostgreSQL: kept by class of field, never lost to a colleague's save."""

import asyncio
from uuid import uuid4

import pytest

from config.errors import Conflict, InvalidInput, NotAllowed, NotFound
from config.vocabulary import Role
from records.database import Database
from records.forms import Forms
from tests.kit import record_rows as rows
from tests.kit.principals import principal_of
from tests.kit.record_rows import NOW

VAULT = rows.a_vault()


def question(name, kind, kept, *options, **more):
    listed = [{"id": each, "label": {"fr": each}} for each in options]
    return {
        "id": name,
        "type": kind,
        "class": kept,
        "label": {"fr": name},
        "section": "all",
        "options": listed,
        **more,
    }


FORM = {
    "id": "wrap_up",
    "version": 1,
    "label": {"fr": "Compte rendu"},
    "sections": [{"id": "all", "label": {"fr": "Tout"}}],
    "fields": [
        question("qualification", "choice", "coded", "ip", "aide", required_for_close=["treated"]),
        question("dangers", "choices", "coded", "fugue", "dette", "ist"),
        question("notes", "long_text", "sealed"),
        question("alias", "text", "searchable"),
    ],
}


class Desk:
    def __init__(self, database):
        self.database = database
        self.forms = Forms(database, VAULT)
        self.contact_id = None
        self.staff = {}

    async def save(self, values, revision, by="anne", version=1, now=NOW):
        return await self.forms.save(
            self.staff[by], self.contact_id, "wrap_up", version, values, revision, now
        )

    async def change_contact(self, assignments):
        async with self.database.transaction() as tx:
            await rows.run(
                tx, f"UPDATE contact SET {assignments} WHERE contact_id = $1", self.contact_id
            )

    async def facts(self):
        found = await rows.read(
            self.database, "SELECT fact, value FROM contact_fact ORDER BY fact, value"
        )
        return [(row["fact"], row["value"]) for row in found]


@pytest.fixture
async def desk(database_url):
    async with Database.open(database_url, pool_size=6) as database:
        made = Desk(database)
        async with database.transaction() as tx:
            await rows.add_line(tx)
            for version in (1, 2):
                await tx.execute(
                    "configuration.keep_form_version",
                    "wrap_up",
                    version,
                    FORM | {"version": version},
                    NOW,
                )
            for name, role in {
                "anne": Role.LISTENER,
                "berthe": Role.LISTENER,
                "colette": Role.COORDINATOR,
                "denis": Role.ADMINISTRATOR,
            }.items():
                staff_id = await rows.add_staff(tx, role, name)
                made.staff[name] = principal_of(staff_id, role, frozenset({rows.LINE}))
            made.contact_id = await rows.add_conversation(tx, VAULT)
            await rows.add_engagement(tx, made.contact_id, made.staff["anne"].staff_id)
        await made.change_contact("state = 'active'")
        yield made


VALUES = {
    "qualification": "ip",
    "dangers": ["fugue", "ist"],
    "notes": "Elle est à la gare de Lyon.",
    "alias": "Zoé",
}


async def test_a_write_up_is_read_back_whole_and_only_codes_stand_in_clear(desk):
    saved = await desk.save(VALUES, 0)
    assert (saved.revision, saved.saved_at) == (1, NOW)
    record = await desk.forms.read(desk.staff["anne"], desk.contact_id, NOW)
    assert record.values == VALUES
    assert (record.form_id, record.form_version, record.revision) == ("wrap_up", 1, 1)
    assert record.saved_by == desk.staff["anne"].staff_id
    (row,) = await rows.read(desk.database, "SELECT * FROM contact_form")
    assert row["coded"] == {"qualification": "ip", "dangers": ["fugue", "ist"]}
    assert b"gare" not in row["sealed"]
    assert b"Zo" not in row["sealed"]
    assert "gare" not in repr(record)
    assert await desk.facts() == [
        ("dangers", "fugue"),
        ("dangers", "ist"),
        ("qualification", "ip"),
    ]


async def test_searchable_words_are_found_by_token_only(desk):
    await desk.save(VALUES | {"alias": "Zoé-Anne"}, 0)
    tokens = await rows.read(desk.database, "SELECT * FROM blind_index")
    wanted = {VAULT.blind_token(rows.LINE, "alias", word) for word in ("zoe", "anne")}
    assert {row["token"] for row in tokens} == wanted
    assert {(row["field"], row["object_id"]) for row in tokens} == {("alias", desk.contact_id)}
    await desk.save({"alias": "Lou"}, 1)
    tokens = await rows.read(desk.database, "SELECT token FROM blind_index")
    assert [row["token"] for row in tokens] == [VAULT.blind_token(rows.LINE, "alias", "lou")]


async def test_a_save_replaces_the_whole_write_up_and_its_facts_alone(desk):
    async with desk.database.transaction() as tx:
        await rows.run(
            tx,
            "INSERT INTO contact_fact VALUES ($1, 'factor', 'fugue_lt_48h', 'dlpm')",
            desk.contact_id,
        )
    await desk.save(VALUES, 0)
    await desk.save({"dangers": ["dette"], "notes": None}, 1)
    assert await desk.facts() == [("dangers", "dette"), ("factor", "fugue_lt_48h")]
    record = await desk.forms.read(desk.staff["anne"], desk.contact_id, NOW)
    assert record.values == {"dangers": ["dette"]}
    (row,) = await rows.read(desk.database, "SELECT sealed FROM contact_form")
    assert row["sealed"] is None


async def test_somebody_elses_save_is_never_overwritten(desk):
    await desk.save({"notes": "un"}, 0)
    for revision in (0, 7):
        with pytest.raises(Conflict) as refusal:
            await desk.save({"notes": "deux"}, revision, by="colette")
        assert refusal.value.code == "form_conflict"
    assert (await desk.save({"notes": "deux"}, 1, by="colette")).revision == 2


async def test_of_racing_saves_at_one_revision_one_succeeds(desk):
    answers = await asyncio.gather(
        *(desk.save({"notes": f"de {n}"}, 0) for n in range(6)), return_exceptions=True
    )
    conflicts = [each for each in answers if isinstance(each, Conflict)]
    assert len(conflicts) == 5
    answers = await asyncio.gather(
        *(desk.save({"notes": f"puis {n}"}, 1) for n in range(6)), return_exceptions=True
    )
    assert sum(not isinstance(each, Conflict) for each in answers) == 1


async def test_the_same_save_again_after_a_lost_answer_is_the_same_save(desk):
    first = await desk.save(VALUES, 0)
    assert await desk.save(VALUES, 0) == first
    with pytest.raises(Conflict):
        await desk.save(VALUES | {"notes": "autre"}, 0)
    with pytest.raises(Conflict):
        await desk.save(VALUES, 0, version=2)


async def test_a_wrong_value_saves_nothing(desk):
    with pytest.raises(InvalidInput) as refusal:
        await desk.save({"notes": "x", "qualification": "autre"}, 0)
    assert refusal.value.field == "qualification"
    assert await desk.forms.read(desk.staff["anne"], desk.contact_id, NOW) is None


async def test_a_record_keeps_the_version_it_was_written_with(desk):
    await desk.save({"notes": "un"}, 0, version=2)
    record = await desk.forms.read(desk.staff["anne"], desk.contact_id, NOW)
    assert record.form_version == 2
    assert (await desk.forms.form("wrap_up", 1)).version == 1
    with pytest.raises(NotFound):
        await desk.save({}, 1, version=3)


@pytest.mark.parametrize(
    ("assignments", "code"),
    [
        ("state = 'waiting'", "contact_not_taken"),
        (
            (
                "state = 'closed', ended_at = now(), closed_at = now(), ended_by = 'listener',"
                " disposition = 'treated'"
            ),
            "contact_closed",
        ),
    ],
)
async def test_nothing_is_written_before_a_contact_is_taken_nor_after_it_closed(
    desk, assignments, code
):
    await desk.change_contact(assignments)
    with pytest.raises(Conflict) as refusal:
        await desk.save(VALUES, 0, by="colette")
    assert refusal.value.code == code


async def test_only_who_serves_the_contact_writes_and_who_may_reads(desk):
    with pytest.raises(NotAllowed):
        await desk.save(VALUES, 0, by="berthe")
    await desk.save(VALUES, 0)
    for name in ("berthe", "denis"):
        with pytest.raises(NotAllowed):
            await desk.forms.read(desk.staff[name], desk.contact_id, NOW)
    assert (await desk.forms.read(desk.staff["colette"], desk.contact_id, NOW)).values == VALUES
    with pytest.raises(NotFound):
        await desk.forms.read(desk.staff["colette"], uuid4(), NOW)
    trail = await rows.read(desk.database, "SELECT action FROM audit ORDER BY audit_id")
    assert [row["action"] for row in trail] == [
        "access_refused",
        "form_saved",
        "access_refused",
        "access_refused",
        "form_read",
    ]


async def test_the_first_save_is_told_in_the_contacts_history_and_autosaves_are_not(desk):
    for revision in range(3):
        await desk.save({"notes": str(revision)}, revision)
    events = await rows.read(desk.database, "SELECT kind, detail FROM contact_event")
    assert events == [{"kind": "form_saved", "detail": {"form": "wrap_up", "version": 1}}]
