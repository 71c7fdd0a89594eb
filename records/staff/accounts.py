"""Accounts of staff, and the second factor's steps. Hashing itself is not done here."""

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from config.errors import InvalidInput, NotFound
from config.ids import new_id
from config.vocabulary import Role
from config.writing import is_blank, is_storable, without_edges
from records.actor import Actor
from records.audit import write_audit
from records.coded import code
from records.database import Database, Row, Transaction
from records.vault import DataKey, Vault

_PAGE = 200
_LOGIN_CHARS = 80
_NAME_CHARS = 80
_SKILLS = 32


@dataclass(frozen=True, slots=True)
class StaffAccount:
    """An account, without anything one could sign in with."""

    staff_id: UUID
    login: str
    display_name: str
    role: Role
    line_ids: frozenset[str]
    profile_id: str | None
    max_chats: int
    active: bool
    created_at: datetime
    skills: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a sign-in is checked against. Never logged, never sent."""

    staff_id: UUID
    active: bool
    password_hash: str | None = field(repr=False)
    totp_secret: str | None = field(repr=False)
    # The thirty-second step whose code served last: when somebody last signed in.
    totp_last_step: int | None = None


class Staff:
    """Accounts. `actor` is whoever changes one: an administrator, or the command line (SYSTEM)."""

    def __init__(self, database: Database, vault: Vault) -> None:
        """Keep the engines."""
        self._database = database
        self._vault = vault

    async def create(
        self,
        actor: Actor,
        *,
        login: str,
        display_name: str,
        role: Role,
        password_hash: str | None,
        totp_secret: str | None,
        line_ids: Collection[str],
        profile_id: str | None,
        max_chats: int,
        now: datetime,
        subject: str | None = None,
        skills: Collection[str] = (),
    ) -> StaffAccount:
        """Open an account; its second factor's secret is sealed with a key of its own.

        Raises InvalidInput naming the field, Conflict `login_taken` or
        `subject_taken`, NotFound `reference_missing` for an unknown line.
        """
        login, display_name = _checked_login(login), _checked_name(display_name)
        _check_chats(max_chats)
        staff_id = new_id()
        async with self._database.transaction() as tx:
            key = await self._vault.create_key(tx, "staff", staff_id, None, now)
            await tx.execute(
                "staff.create",
                staff_id,
                subject,
                login,
                display_name,
                role.value,
                password_hash,
                self._sealed(key, staff_id, totp_secret),
                profile_id,
                max_chats,
                now,
            )
            await tx.execute("staff.add_lines", staff_id, sorted(line_ids))
            await tx.execute("staff.add_skills", staff_id, _checked_skills(skills))
            await self._trace(tx, actor, "staff_created", staff_id, now)
            return await self._get(tx, staff_id)

    async def get(self, staff_id: UUID) -> StaffAccount:
        """Return an account; raise NotFound."""
        async with self._database.reading() as tx:
            return await self._get(tx, staff_id)

    async def find_by_login(self, login: str) -> Credentials | None:
        """Return what to check a sign-in against, None when there is no such login.

        A closed account is returned too, so that refusing it takes as long.
        """
        async with self._database.transaction() as tx:
            row = await tx.fetch_one("staff.credentials", plain_login(login))
            if row is None:
                return None
            secret = None
            if row["totp_sealed"] is not None:
                opened = await self._vault.open(
                    tx, row["totp_sealed"], "staff", "totp_sealed", row["staff_id"]
                )
                secret = opened.decode()
        return Credentials(
            row["staff_id"], row["active"], row["password_hash"], secret, row["totp_last_step"]
        )

    async def list(self, *, after: str = "", limit: int = 100) -> list[StaffAccount]:
        """Return accounts by login, those after `after`, at most 200."""
        async with self._database.reading() as tx:
            rows = await tx.fetch("staff.page", after, min(max(limit, 1), _PAGE))
        return [_account(row) for row in rows]

    async def set_password(
        self, actor: Actor, staff_id: UUID, password_hash: str, now: datetime
    ) -> None:
        """Replace a password and end every session of the account; raise NotFound."""
        async with self._database.transaction() as tx:
            _found(await tx.execute("staff.set_password", staff_id, password_hash))
            await tx.execute("session.revoke_all", staff_id, now)
            await self._trace(tx, actor, "staff_password_set", staff_id, now)

    async def set_totp(
        self, actor: Actor, staff_id: UUID, totp_secret: str | None, now: datetime
    ) -> None:
        """Replace the second factor (None: none) and end every session; raise NotFound."""
        async with self._database.transaction() as tx:
            key = await self._vault.data_key(tx, "staff", staff_id)
            sealed = self._sealed(key, staff_id, totp_secret)
            _found(await tx.execute("staff.set_totp", staff_id, sealed))
            await tx.execute("session.revoke_all", staff_id, now)
            await self._trace(tx, actor, "staff_totp_set", staff_id, now)

    async def use_totp_step(self, staff_id: UUID, step: int) -> bool:
        """Use a code once: False when its step, or a later one, was used before.

        `step` is Unix seconds / 30 (RFC 6238). Of two racing uses of one
        code, on any nodes, exactly one gets True.
        """
        return await self._database.act("staff.use_totp_step", staff_id, step) is not None

    async def change(
        self,
        actor: Actor,
        staff_id: UUID,
        now: datetime,
        *,
        display_name: str | None = None,
        role: Role | None = None,
        profile_id: str | None = None,
        max_chats: int | None = None,
    ) -> StaffAccount:
        """Change who somebody is at work; what is None stays. Raises NotFound, InvalidInput.

        Another role ends the account's sessions: no page drawn for the old
        one goes on. What a listener serves follows at the next presence.
        Which teams exist is the helpline's rule, checked by the caller.
        """
        name = None if display_name is None else _checked_name(display_name)
        if max_chats is not None:
            _check_chats(max_chats)
        async with self._database.transaction() as tx:
            row = await tx.fetch_one(
                "staff.change", staff_id, name, role and role.value, profile_id, max_chats
            )
            if row is None:
                raise NotFound("no such account")
            if row["role_changed"]:
                await tx.execute("session.revoke_all", staff_id, now)
            await self._trace(tx, actor, "staff_changed", staff_id, now)
            return await self._get(tx, staff_id)

    async def set_skills(
        self, actor: Actor, staff_id: UUID, skills: Collection[str], now: datetime
    ) -> StaffAccount:
        """Replace what somebody can do beyond her team; raise NotFound, InvalidInput `skills`.

        Her sessions go on: what she serves follows at her next presence.
        Which skills exist is the helpline's rule, checked by the caller.
        """
        wanted = _checked_skills(skills)
        async with self._database.transaction() as tx:
            if await tx.fetch_one("staff.lock", staff_id) is None:
                raise NotFound("no such account")
            await tx.execute("staff.drop_skills", staff_id, wanted)
            await tx.execute("staff.add_skills", staff_id, wanted)
            await self._trace(tx, actor, "staff_skills_set", staff_id, now)
            return await self._get(tx, staff_id)

    async def add_lines(
        self, actor: Actor, staff_id: UUID, line_ids: Collection[str], now: datetime
    ) -> StaffAccount:
        """Let somebody work for further lines; raise NotFound for her, or for an unknown line."""
        async with self._database.transaction() as tx:
            if await tx.fetch_one("staff.lock", staff_id) is None:
                raise NotFound("no such account")
            await tx.execute("staff.add_lines", staff_id, sorted(line_ids))
            await self._trace(tx, actor, "staff_lines_added", staff_id, now)
            return await self._get(tx, staff_id)

    async def disable(self, actor: Actor, staff_id: UUID, now: datetime) -> None:
        """Close an account and end its sessions at once; raise NotFound."""
        async with self._database.transaction() as tx:
            _found(await tx.execute("staff.set_active", staff_id, False))
            await tx.execute("session.revoke_all", staff_id, now)
            await self._trace(tx, actor, "staff_disabled", staff_id, now)

    async def enable(self, actor: Actor, staff_id: UUID, now: datetime) -> None:
        """Open a closed account again; its old sessions stay ended; raise NotFound."""
        async with self._database.transaction() as tx:
            _found(await tx.execute("staff.set_active", staff_id, True))
            await self._trace(tx, actor, "staff_enabled", staff_id, now)

    async def _get(self, tx: Transaction, staff_id: UUID) -> StaffAccount:
        row = await tx.fetch_one("staff.get", staff_id)
        if row is None:
            raise NotFound("no such account")
        return _account(row)

    def _sealed(self, key: DataKey, staff_id: UUID, secret: str | None) -> bytes | None:
        if secret is None:
            return None
        return self._vault.seal(key, secret, "staff", "totp_sealed", staff_id)

    async def _trace(
        self, tx: Transaction, actor: Actor, action: str, staff_id: UUID, now: datetime
    ) -> None:
        await write_audit(tx, self._vault, actor, action, "staff", staff_id, None, now=now)


def _account(row: Row) -> StaffAccount:
    return StaffAccount(
        row["staff_id"],
        row["login"],
        row["display_name"],
        Role(row["role"]),
        frozenset(row["line_ids"]),
        row["profile_id"],
        row["max_chats"],
        row["active"],
        row["created_at"],
        frozenset(row["skills"]),
    )


def _found(count: int) -> None:
    if count == 0:
        raise NotFound("no such account")


def plain_login(login: str) -> str:
    """Return a login in the one form in which it is kept and looked for, however it was typed."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", login).strip().casefold())


def _checked_login(login: str) -> str:
    login = plain_login(login)
    if not login or len(login) > _LOGIN_CHARS or any(is_blank(sign) for sign in login):
        raise InvalidInput("a login is one word", field="login")
    return login


def _check_chats(max_chats: int) -> None:
    if not 0 <= max_chats <= 50:
        raise InvalidInput("0 to 50 chats at once", field="max_chats")


def _checked_skills(skills: Collection[str]) -> list[str]:
    if len(skills) > _SKILLS:
        raise InvalidInput("too many skills", field="skills")
    return sorted({code(skill, "skills") for skill in skills})


def _checked_name(name: str) -> str:
    name = without_edges(name)
    if not name or not is_storable(name) or len(name) > _NAME_CHARS:
        raise InvalidInput("no name", field="display_name")
    return name
