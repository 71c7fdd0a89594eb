"""Staff accounts for commands: the database, checked keys and the line, for one block."""

import secrets
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from config.clock import SystemClock
from config.errors import InvalidInput, NotFound
from config.helpline.helpline import Helpline
from config.settings import Settings, decode_key
from config.vocabulary import Role
from contactcenter.auth.passwords import Passwords
from contactcenter.auth.totp import new_secret
from records.actor import SYSTEM
from records.configuration import Configuration
from records.database import Database
from records.staff.accounts import Staff, StaffAccount
from records.vault import Vault

# No l, no o, no 0, no 1: read aloud and typed without mistakes. 15 letters are 68 bits.
PASSWORD_LETTERS = "abcdefghijkmnpqrstuvwxyz"  # noqa: S105 - an alphabet, not a password
PASSWORD_GROUPS = (5, 5, 5)


@dataclass(frozen=True)
class NewCredentials:
    """What a person signs in with; shown once, kept nowhere in clear."""

    password: str = field(repr=False)
    totp_secret: str = field(repr=False)


def new_credentials(password: str | None = None) -> NewCredentials:
    """Return a fresh secret for codes, with the password given or one made up."""
    groups = [
        "".join(secrets.choice(PASSWORD_LETTERS) for _ in range(size)) for size in PASSWORD_GROUPS
    ]
    return NewCredentials(password or "-".join(groups), new_secret())


class StaffRecords:
    """What commands do to accounts, as the service itself."""

    def __init__(self, staff: Staff, passwords: Passwords, helpline: Helpline) -> None:
        """Use `staff_records`, which checks the keys first."""
        self._staff = staff
        self._passwords = passwords
        self._helpline = helpline

    async def add(
        self,
        credentials: NewCredentials,
        *,
        login: str,
        display_name: str,
        role: Role,
        profile_id: str | None,
        max_chats: int | None = None,
        skills: Collection[str] = (),
    ) -> StaffAccount:
        """Open an account on every line of the pool: its listeners are shared.

        Raises Conflict `login_taken`, InvalidInput naming the field (`skill_unknown`,
        `profile_unknown`, `profile_needed`).
        """
        limits = self._helpline.limits
        self._check_skills(skills)
        self._check_profile(role, profile_id)
        return await self._staff.create(
            SYSTEM,
            login=login,
            display_name=display_name,
            role=role,
            password_hash=await self._passwords.hash(credentials.password),
            totp_secret=credentials.totp_secret,
            line_ids=[line.id for line in self._helpline.lines],
            profile_id=profile_id,
            max_chats=limits.max_chats if max_chats is None else max_chats,
            now=SystemClock().now(),
            skills=skills,
        )

    async def change(
        self,
        login: str,
        *,
        display_name: str | None = None,
        role: Role | None = None,
        profile_id: str | None = None,
        max_chats: int | None = None,
    ) -> StaffAccount:
        """Change name, role, team or number of chats; what is None stays.

        Raises NotFound, InvalidInput as `add` does.
        """
        account = await self.account(login)
        self._check_profile(role or account.role, profile_id or account.profile_id)
        return await self._staff.change(
            SYSTEM,
            account.staff_id,
            SystemClock().now(),
            display_name=display_name,
            role=role,
            profile_id=profile_id,
            max_chats=max_chats,
        )

    async def set_skills(self, login: str, skills: Collection[str]) -> StaffAccount:
        """Replace what somebody can do beyond her team; in force at her next presence.

        Raises NotFound, InvalidInput `skill_unknown`.
        """
        self._check_skills(skills)
        account = await self.account(login)
        return await self._staff.set_skills(SYSTEM, account.staff_id, skills, SystemClock().now())

    async def add_lines(self, login: str) -> StaffAccount:
        """Let somebody work for every line that the helpline has by now; raises NotFound."""
        account = await self.account(login)
        lines = [line.id for line in self._helpline.lines]
        return await self._staff.add_lines(SYSTEM, account.staff_id, lines, SystemClock().now())

    def _check_profile(self, role: Role, profile_id: str | None) -> None:
        """Refuse a team nobody knows, and a listener without one: nothing could be offered to her."""
        known = ", ".join(each.id for each in self._helpline.profiles)
        if profile_id is None and role is Role.LISTENER:
            raise InvalidInput(
                f"a listener needs a team; there are: {known}",
                code="profile_needed",
                field="profile",
            )
        if profile_id is not None and profile_id not in known.split(", "):
            raise InvalidInput(
                f"no such team; there are: {known}", code="profile_unknown", field="profile"
            )

    def _check_skills(self, skills: Collection[str]) -> None:
        known = [each.id for each in self._helpline.skills]
        if not set(skills) <= set(known):
            raise InvalidInput(
                f"no such skill; there are: {', '.join(known)}",
                code="skill_unknown",
                field="skill",
            )

    async def reset(self, login: str, credentials: NewCredentials) -> None:
        """Replace password and code secret, and end every session; NotFound."""
        account = await self.account(login)
        now = SystemClock().now()
        hashed = await self._passwords.hash(credentials.password)
        await self._staff.set_password(SYSTEM, account.staff_id, hashed, now)
        await self._staff.set_totp(SYSTEM, account.staff_id, credentials.totp_secret, now)

    async def set_second_factor(self, login: str, credentials: NewCredentials) -> None:
        """Replace the code secret alone, and end every session; NotFound."""
        account = await self.account(login)
        now = SystemClock().now()
        await self._staff.set_totp(SYSTEM, account.staff_id, credentials.totp_secret, now)

    async def set_active(self, login: str, *, active: bool) -> None:
        """Close or open an account; closing ends its sessions at once; NotFound."""
        account = await self.account(login)
        act = self._staff.enable if active else self._staff.disable
        await act(SYSTEM, account.staff_id, SystemClock().now())

    async def exists(self, login: str) -> bool:
        """Tell whether the login is taken."""
        return await self._staff.find_by_login(login) is not None

    async def account(self, login: str) -> StaffAccount:
        """Return the account of a login; NotFound."""
        found = await self._staff.find_by_login(login)
        if found is None:
            raise NotFound("no account has this login")
        return await self._staff.get(found.staff_id)

    async def everybody(self) -> AsyncIterator[StaffAccount]:
        """Give every account, by login."""
        after = ""
        while page := await self._staff.list(after=after):
            for account in page:
                yield account
            after = page[-1].login


@asynccontextmanager
async def staff_records(settings: Settings, helpline: Helpline) -> AsyncIterator[StaffRecords]:
    """Open the database with checked keys and the line known.

    Raises Misconfigured when a setting is missing or a key is not this
    database's, Unavailable when the database does not answer.
    """
    settings.require("database_url", "vault_key", "index_key")
    assert settings.database_url is not None
    assert settings.vault_key is not None
    assert settings.index_key is not None
    vault = Vault(decode_key(settings.vault_key), decode_key(settings.index_key))
    async with (
        Database.open(
            settings.database_url.get_secret_value(),
            pool_size=2,
            connect_seconds=settings.database_connect_seconds,
            statement_seconds=settings.database_statement_seconds,
        ) as database,
        Passwords() as passwords,
    ):
        now = SystemClock().now()
        async with database.transaction() as tx:
            await vault.check(tx, now)
        await Configuration(database).register(helpline, now)
        yield StaffRecords(Staff(database, vault), passwords, helpline)
