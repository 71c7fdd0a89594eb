"""Accounts, sessions, tickets and codes on a real PostgreSQL: what is over is refused at once."""

import asyncio
import hashlib
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import pytest

from config.errors import Conflict, InvalidInput, NotFound, NotSignedIn
from config.vocabulary import Role
from records.actor import SYSTEM, Actor
from records.database import Database
from records.staff import Sessions, Staff
from tests.kit import record_rows as rows
from tests.kit.record_rows import NOW

VAULT = rows.a_vault()
HOUR = timedelta(hours=1)


def hashed(token):
    return hashlib.sha256(token.encode()).digest()


@asynccontextmanager
async def node(url):
    async with Database.open(url, pool_size=4) as database:
        yield database, Staff(database, VAULT), Sessions(database, VAULT, idle=2 * HOUR)


@pytest.fixture
async def one(database_url):
    async with node(database_url) as (database, staff, sessions):
        async with database.transaction() as tx:
            await rows.add_line(tx)
        yield database, staff, sessions


async def an_account(staff, login="Camille@dlpm.example", **more):
    given = {
        "login": login,
        "display_name": "Camille",
        "role": Role.LISTENER,
        "password_hash": "argon2-hash",
        "totp_secret": "JBSWY3DPEHPK3PXP",
        "line_ids": [rows.LINE],
        "profile_id": "generalist",
        "max_chats": 3,
        "now": NOW,
    }
    return await staff.create(SYSTEM, **(given | more))


async def a_session(staff, sessions, token="token"):
    account = await an_account(staff)
    return await sessions.create(account.staff_id, hashed(token), NOW, NOW + 8 * HOUR)


async def trail(database):
    return [
        row["action"]
        for row in await rows.read(database, "SELECT action FROM audit ORDER BY audit_id")
    ]


async def test_an_account_is_found_by_its_login_however_it_is_typed(one):
    database, staff, _ = one
    account = await an_account(staff)
    assert account.login == "camille@dlpm.example"
    assert account.line_ids == {rows.LINE}
    found = await staff.find_by_login("  CAMILLE@dlpm.example ")
    assert found.staff_id == account.staff_id
    assert found.totp_secret == "JBSWY3DPEHPK3PXP"
    assert await staff.find_by_login("nobody") is None
    assert await staff.get(account.staff_id) == account
    (row,) = await rows.read(database, "SELECT * FROM staff")
    assert b"JBSWY" not in row["totp_sealed"]
    assert "JBSWY" not in repr(found)
    assert "argon2" not in repr(found)


async def test_a_login_is_taken_once_and_a_line_must_exist(one):
    _, staff, _ = one
    await an_account(staff)
    with pytest.raises(Conflict) as refusal:
        await an_account(staff, "CAMILLE@dlpm.example")
    assert refusal.value.code == "login_taken"
    with pytest.raises(NotFound):
        await an_account(staff, "other", line_ids=["nowhere"])
    assert len(await staff.list()) == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"login": " "}, "login"),
        ({"login": "two words"}, "login"),
        ({"display_name": ""}, "display_name"),
        ({"max_chats": 99}, "max_chats"),
    ],
)
async def test_wrong_input_is_refused_by_field(one, given, field):
    _, staff, _ = one
    with pytest.raises(InvalidInput) as refusal:
        await an_account(staff, **given)
    assert refusal.value.field == field


async def test_accounts_are_listed_in_pages(one):
    _, staff, _ = one
    for login in ("c", "a", "b"):
        await an_account(staff, login)
    first = await staff.list(limit=2)
    assert [each.login for each in first] == ["a", "b"]
    assert [each.login for each in await staff.list(after="b")] == ["c"]


async def test_a_session_stands_for_its_account(one):
    database, staff, sessions = one
    session = await a_session(staff, sessions)
    found = await sessions.find(hashed("token"), NOW)
    assert found == session == await sessions.get(session.session_id, NOW)
    assert (found.role, found.line_ids) == (Role.LISTENER, {rows.LINE})
    assert found.principal.session_id == session.session_id
    assert await trail(database) == ["staff_created", "signed_in"]


async def test_an_expired_session_is_refused(one):
    _, staff, sessions = one
    session = await a_session(staff, sessions)
    at = NOW + 7 * HOUR
    await sessions.touch(session.session_id, at)
    assert await sessions.find(hashed("token"), NOW + 8 * HOUR - timedelta(seconds=1))
    with pytest.raises(NotSignedIn):
        await sessions.find(hashed("token"), NOW + 8 * HOUR)


async def test_an_idle_session_is_refused_and_a_sign_of_life_keeps_it(one):
    database, staff, sessions = one
    session = await a_session(staff, sessions)
    with pytest.raises(NotSignedIn):
        await sessions.find(hashed("token"), NOW + 2 * HOUR)
    await sessions.touch(session.session_id, NOW + timedelta(seconds=59))
    (row,) = await rows.read(database, "SELECT last_seen_at FROM staff_session")
    assert row["last_seen_at"] == NOW, "written once a minute at most"
    await sessions.touch(session.session_id, NOW + HOUR)
    assert await sessions.find(hashed("token"), NOW + 2 * HOUR)


async def test_a_revoked_session_is_refused_for_ever_on_every_node(database_url, one):
    _, staff, sessions = one
    session = await a_session(staff, sessions)
    async with node(database_url) as (_, _, elsewhere):
        assert await sessions.revoke(session.session_id, NOW)
        assert not await elsewhere.revoke(session.session_id, NOW)
        with pytest.raises(NotSignedIn):
            await elsewhere.find(hashed("token"), NOW)
        with pytest.raises(NotSignedIn):
            await elsewhere.get(session.session_id, NOW)
    await sessions.touch(session.session_id, NOW + HOUR)
    with pytest.raises(NotSignedIn):
        await sessions.find(hashed("token"), NOW + HOUR)


async def test_an_unknown_token_is_refused(one):
    _, _, sessions = one
    with pytest.raises(NotSignedIn):
        await sessions.find(hashed("never"), NOW)


async def test_closing_an_account_ends_its_sessions_and_refuses_new_ones(one):
    database, staff, sessions = one
    session = await a_session(staff, sessions)
    administrator = Actor.staff(uuid4())
    await staff.disable(administrator, session.staff_id, NOW)
    with pytest.raises(NotSignedIn):
        await sessions.find(hashed("token"), NOW)
    with pytest.raises(NotSignedIn):
        await sessions.create(session.staff_id, hashed("new"), NOW, NOW + HOUR)
    assert not await staff.use_totp_step(session.staff_id, 1)
    assert not (await staff.find_by_login("camille@dlpm.example")).active
    await staff.enable(administrator, session.staff_id, NOW)
    with pytest.raises(NotSignedIn):
        await sessions.find(hashed("token"), NOW)
    assert await sessions.create(session.staff_id, hashed("new"), NOW, NOW + HOUR)
    assert {"staff_disabled", "staff_enabled"} <= set(await trail(database))


async def test_skills_are_replaced_and_show_in_the_session_that_goes_on(one):
    database, staff, sessions = one
    session = await a_session(staff, sessions)
    set_to = await staff.set_skills(SYSTEM, session.staff_id, ["minors", "lsf", "lsf"], NOW)
    assert set_to.skills == frozenset({"lsf", "minors"})
    await staff.set_skills(SYSTEM, session.staff_id, ["lsf", "professionals"], NOW)
    signed_in = await sessions.find(hashed("token"), NOW)
    assert signed_in.skills == frozenset({"lsf", "professionals"})
    assert (await staff.get(session.staff_id)).skills == signed_in.skills
    with pytest.raises(InvalidInput):
        await staff.set_skills(SYSTEM, session.staff_id, ["Langue des signes"], NOW)
    with pytest.raises(NotFound):
        await staff.set_skills(SYSTEM, uuid4(), ["lsf"], NOW)
    assert (await trail(database)).count("staff_skills_set") == 2


async def test_a_new_password_or_second_factor_ends_every_session(one):
    database, staff, sessions = one
    session = await a_session(staff, sessions)
    await staff.set_password(SYSTEM, session.staff_id, "another", NOW)
    with pytest.raises(NotSignedIn):
        await sessions.find(hashed("token"), NOW)
    assert (await staff.find_by_login("camille@dlpm.example")).password_hash == "another"
    await sessions.create(session.staff_id, hashed("second"), NOW, NOW + HOUR)
    await staff.set_totp(SYSTEM, session.staff_id, None, NOW)
    with pytest.raises(NotSignedIn):
        await sessions.find(hashed("second"), NOW)
    assert (await staff.find_by_login("camille@dlpm.example")).totp_secret is None
    assert {"staff_password_set", "staff_totp_set"} <= set(await trail(database))


async def test_all_sessions_of_an_account_end_together(one):
    _, staff, sessions = one
    session = await a_session(staff, sessions)
    await sessions.create(session.staff_id, hashed("second"), NOW, NOW + HOUR)
    assert await sessions.revoke_all(SYSTEM, session.staff_id, NOW) == 2
    assert await sessions.revoke_all(SYSTEM, session.staff_id, NOW) == 0


async def test_changing_an_account_that_does_not_exist_says_so(one):
    _, staff, _ = one
    for act in (
        staff.get(uuid4()),
        staff.disable(SYSTEM, uuid4(), NOW),
        staff.enable(SYSTEM, uuid4(), NOW),
        staff.set_password(SYSTEM, uuid4(), "x", NOW),
        staff.set_totp(SYSTEM, uuid4(), None, NOW),
    ):
        with pytest.raises(NotFound):
            await act


async def test_a_code_is_used_once_and_never_an_older_one(one):
    _, staff, _ = one
    account = await an_account(staff)
    assert await staff.use_totp_step(account.staff_id, 100)
    assert not await staff.use_totp_step(account.staff_id, 100)
    assert not await staff.use_totp_step(account.staff_id, 99)
    assert await staff.use_totp_step(account.staff_id, 101)


async def test_of_racing_uses_of_one_code_on_two_nodes_one_succeeds(database_url, one):
    _, staff, _ = one
    account = await an_account(staff)
    async with node(database_url) as (_, elsewhere, _):
        used = await asyncio.gather(
            *((staff, elsewhere)[n % 2].use_totp_step(account.staff_id, 7) for n in range(20))
        )
    assert sum(used) == 1


async def test_a_ticket_lets_in_once_even_under_a_race_on_two_nodes(database_url, one):
    _, staff, sessions = one
    session = await a_session(staff, sessions)
    await sessions.issue_ticket(
        session.session_id, hashed("ticket"), NOW, NOW + timedelta(seconds=30)
    )
    async with node(database_url) as (_, _, elsewhere):
        tries = await asyncio.gather(
            *((sessions, elsewhere)[n % 2].use_ticket(hashed("ticket"), NOW) for n in range(20)),
            return_exceptions=True,
        )
    let_in = [each for each in tries if not isinstance(each, NotSignedIn)]
    assert [each.session_id for each in let_in] == [session.session_id]


async def test_a_late_unknown_or_orphaned_ticket_lets_nobody_in(one):
    _, staff, sessions = one
    session = await a_session(staff, sessions)
    until = NOW + timedelta(seconds=30)
    for name in ("late", "orphan"):
        await sessions.issue_ticket(session.session_id, hashed(name), NOW, until)
    for name, at in (("late", until), ("unknown", NOW)):
        with pytest.raises(NotSignedIn):
            await sessions.use_ticket(hashed(name), at)
    await sessions.revoke(session.session_id, NOW)
    with pytest.raises(NotSignedIn):
        await sessions.use_ticket(hashed("orphan"), NOW)


async def test_old_tickets_are_dropped_when_new_ones_are_made(one):
    database, staff, sessions = one
    session = await a_session(staff, sessions)
    await sessions.issue_ticket(session.session_id, hashed("old"), NOW, NOW)
    at = NOW + timedelta(hours=1, seconds=1)
    await sessions.issue_ticket(session.session_id, hashed("new"), at, at)
    found = await rows.read(database, "SELECT ticket_hash FROM live_ticket")
    assert [row["ticket_hash"] for row in found] == [hashed("new")]


async def test_a_refused_sign_in_is_in_the_trail_without_its_login(one):
    database, _, sessions = one
    await sessions.note_refusal(None, "wrong_password", NOW)
    (row,) = await rows.read(database, "SELECT * FROM audit")
    assert (row["action"], row["detail"]) == ("sign_in_refused", {"reason": "wrong_password"})
    with pytest.raises(InvalidInput):
        await sessions.note_refusal(None, "camille martin", NOW)
