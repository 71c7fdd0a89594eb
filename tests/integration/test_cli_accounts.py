"""Accounts made by commands: the demo's, and an administrator's."""

import secrets
import stat
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from config.clock import SystemClock
from config.errors import Conflict, InvalidInput, Misconfigured, NotFound, NotSignedIn
from config.helpline.helpline import Helpline
from config.helpline.load import load_helpline
from config.settings import Settings
from config.vocabulary import Role
from contactcenter.auth.passwords import Passwords
from contactcenter.cli.demo_accounts import FILE, PEOPLE, demo_account, make_accounts
from contactcenter.cli.staff_records import new_credentials, staff_records
from records.database import Database
from records.staff import Sessions, Staff, StaffAccount
from records.vault import Vault
from tests.kit.settings import INDEX_KEY, VAULT_KEY, settings_for


@pytest.fixture(scope="session")
def helpline() -> Helpline:
    return load_helpline(Settings().helpline_dir)


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    return settings_for(database_url, redis_url, tmp_path)


async def signs_in(settings: Settings, login: str, password: str, totp_secret: str) -> bool:
    """Check the stored credentials as the sign-in does."""
    assert settings.database_url is not None
    vault = Vault(bytes.fromhex(VAULT_KEY), bytes.fromhex(INDEX_KEY))
    async with (
        Database.open(settings.database_url.get_secret_value(), pool_size=2) as database,
        Passwords() as passwords,
    ):
        found = await Staff(database, vault).find_by_login(login)
        assert found is not None
        return found.totp_secret == totp_secret and await passwords.matches(
            found.password_hash, password
        )


async def test_demo_accounts_are_opened_once_and_found_again(
    settings: Settings, helpline: Helpline
) -> None:
    first = await make_accounts(settings, helpline)
    assert {each.login for each in first} == {person.login for person in PEOPLE}
    assert len({each.password for each in first}) == len(first)
    again = await make_accounts(settings, helpline)
    assert [vars(each) for each in again] == [vars(each) for each in first]
    assert await signs_in(settings, first[0].login, first[0].password, first[0].totp_secret)


async def test_demo_credentials_are_for_the_owner_of_the_folder_alone(
    settings: Settings, helpline: Helpline
) -> None:
    await make_accounts(settings, helpline)
    path = settings.data_dir / FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_demo_interrupted_between_file_and_database_opens_the_missing_accounts(
    settings: Settings, helpline: Helpline, tmp_path: Path
) -> None:
    await make_accounts(settings, helpline)
    kept = (tmp_path / FILE).read_text()
    elsewhere = settings.model_copy(update={"data_dir": tmp_path / "never"})
    (tmp_path / "never").mkdir()
    with pytest.raises(Misconfigured, match="its credentials are not here"):
        await make_accounts(elsewhere, helpline)
    (tmp_path / "never" / FILE).write_text(kept)
    assert await make_accounts(elsewhere, helpline)


async def test_demo_code_is_for_demo_accounts_only(
    settings: Settings, helpline: Helpline, tmp_path: Path
) -> None:
    made = await make_accounts(settings, helpline)
    assert demo_account(tmp_path, "ines").totp_secret == made[0].totp_secret
    with pytest.raises(NotFound):
        demo_account(tmp_path, "nobody")


async def test_an_account_is_opened_closed_and_given_new_credentials(
    settings: Settings, helpline: Helpline
) -> None:
    first, second = new_credentials(), new_credentials("a password of her own")
    async with staff_records(settings, helpline) as records:
        account = await records.add(
            first,
            login="Zoe",
            display_name="Zoé",
            role=Role.LISTENER,
            profile_id=helpline.profiles[0].id,
        )
        assert account.login == "zoe"
        assert account.max_chats == helpline.limits.max_chats
        await records.reset("zoe", second)
        await records.set_active("zoe", active=False)
        assert [each.active async for each in records.everybody()] == [False]
    assert not await signs_in(settings, "zoe", first.password, first.totp_secret)
    assert await signs_in(settings, "zoe", second.password, second.totp_secret)


async def test_skills_are_the_helpline_s_own_and_replaced_as_a_whole(
    settings: Settings, helpline: Helpline
) -> None:
    async with staff_records(settings, helpline) as records:
        about = {"login": "zoe", "display_name": "Zoé", "role": Role.LISTENER}
        team = helpline.profiles[0].id
        with pytest.raises(InvalidInput) as refused:
            await records.add(new_credentials(), **about, profile_id=team, skills=["knitting"])
        assert (refused.value.code, refused.value.field) == ("skill_unknown", "skill")
        made = await records.add(new_credentials(), **about, profile_id=team, skills=["minors"])
        assert made.skills == {"minors"}
        assert made.line_ids == {line.id for line in helpline.lines}
        with pytest.raises(InvalidInput):
            await records.set_skills("zoe", ["knitting"])
        assert (await records.set_skills("zoe", ["lsf", "interpreter"])).skills == {
            "lsf",
            "interpreter",
        }
        assert (await records.set_skills("zoe", [])).skills == set()
        assert (await records.add_lines("zoe")).line_ids == made.line_ids


async def test_a_login_is_taken_once(settings: Settings, helpline: Helpline) -> None:
    async with staff_records(settings, helpline) as records:
        about = {"login": "zoe", "display_name": "Zoé", "role": Role.ANALYST, "profile_id": None}
        await records.add(new_credentials(), **about)
        with pytest.raises(Conflict) as refused:
            await records.add(new_credentials(), **about)
        assert refused.value.code == "login_taken"


async def test_what_somebody_is_at_work_changes_and_another_role_ends_the_sessions(
    settings: Settings, helpline: Helpline
) -> None:
    team, other = (profile.id for profile in helpline.profiles[:2])
    async with staff_records(settings, helpline) as records:
        about = {"login": "zoe", "display_name": "Zoé", "role": Role.LISTENER}
        made = await records.add(new_credentials(), **about, profile_id=team)
        changed = await records.change("ZOE", profile_id=other, max_chats=1)
        assert (changed.profile_id, changed.max_chats) == (other, 1)
        assert (changed.role, changed.display_name) == (made.role, made.display_name)
        assert (
            await sessions_after(settings, made.staff_id, records.change("zoe", max_chats=2)) == 1
        )
        promoted = records.change("zoe", role=Role.COORDINATOR, display_name="Zoé M.")
        assert await sessions_after(settings, made.staff_id, promoted) == 0
        assert (await records.account("zoe")).display_name == "Zoé M."
        for wrong in ({"profile_id": "nowhere"}, {"max_chats": 51}, {"display_name": " "}):
            with pytest.raises(InvalidInput):
                await records.change("zoe", **wrong)


async def test_a_listener_without_a_team_is_refused_since_nothing_could_be_offered(
    settings: Settings, helpline: Helpline
) -> None:
    async with staff_records(settings, helpline) as records:
        about = {"login": "zoe", "display_name": "Zoé"}
        for team, code in ((None, "profile_needed"), ("nowhere", "profile_unknown")):
            with pytest.raises(InvalidInput) as refused:
                await records.add(new_credentials(), **about, role=Role.LISTENER, profile_id=team)
            assert refused.value.code == code
        await records.add(new_credentials(), **about, role=Role.DATA_OFFICER, profile_id=None)
        with pytest.raises(InvalidInput) as refused:
            await records.change("zoe", role=Role.LISTENER)
        assert refused.value.code == "profile_needed"


async def test_a_second_factor_is_replaced_alone(settings: Settings, helpline: Helpline) -> None:
    first, second = new_credentials(), new_credentials()
    async with staff_records(settings, helpline) as records:
        about = {"login": "zoe", "display_name": "Zoé", "role": Role.ANALYST, "profile_id": None}
        await records.add(first, **about)
        await records.set_second_factor("zoe", second)
    assert await signs_in(settings, "zoe", first.password, second.totp_secret)
    assert not await signs_in(settings, "zoe", first.password, first.totp_secret)


async def sessions_after(
    settings: Settings, staff_id: UUID, change: Coroutine[Any, Any, StaffAccount]
) -> int:
    """Open a session, carry out a change, and return how many sessions are still open."""
    assert settings.database_url is not None
    vault = Vault(bytes.fromhex(VAULT_KEY), bytes.fromhex(INDEX_KEY))
    now = SystemClock().now()
    async with Database.open(settings.database_url.get_secret_value(), pool_size=2) as database:
        sessions = Sessions(database, vault, idle=timedelta(hours=1))
        token = secrets.token_bytes(32)
        await sessions.create(staff_id, token, now, now + timedelta(hours=1))
        await change
        try:
            await sessions.find(token, now)
        except NotSignedIn:
            return 0
    return 1


async def test_accounts_are_refused_with_keys_that_are_not_the_database_s(
    settings: Settings, helpline: Helpline
) -> None:
    async with staff_records(settings, helpline):
        pass
    other = settings.model_copy(update={"vault_key": settings.index_key})
    with pytest.raises(Misconfigured, match="VAULT_KEY"):
        async with staff_records(other, helpline):
            pass
