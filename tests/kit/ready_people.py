"""Listeners with accounts, sessions and a presence in PostgreSQL, without a desk."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from config.clock import SystemClock
from config.helpline.helpline import Helpline
from config.ids import new_id
from config.vocabulary import PresenceState, Role
from contactcenter.engines_in_use import EnginesInUse
from records.actor import SYSTEM
from records.presence import PresenceStore
from records.staff import Sessions, Staff

AT_ONCE = 8


@dataclass(frozen=True)
class Person:
    """Who she is, and the session that holds her presence."""

    listener_id: UUID
    session_id: UUID
    profile_id: str
    max_chats: int


async def ready_people(
    engines: EnginesInUse, helpline: Helpline, logins: Iterable[str]
) -> list[Person]:
    """Open an account and a session for each, and declare her ready; the index is not told."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(login: str) -> Person:
        async with gate:
            return await _ready(engines, helpline, login)

    return list(await asyncio.gather(*(one(login) for login in logins)))


async def _ready(engines: EnginesInUse, helpline: Helpline, login: str) -> Person:
    database, vault, now = engines.database, engines.vault, SystemClock().now()
    profile = helpline.profiles[0].id
    account = await Staff(database, vault).create(
        SYSTEM,
        login=login,
        display_name=login,
        role=Role.LISTENER,
        password_hash=None,
        totp_secret=None,
        line_ids={helpline.line.id},
        profile_id=profile,
        max_chats=helpline.limits.max_chats,
        now=now,
    )
    session = await Sessions(database, vault).create(
        account.staff_id, new_id().bytes * 2, now, now + timedelta(hours=1)
    )
    await PresenceStore(database).declare(
        account.staff_id,
        session.session_id,
        PresenceState.READY,
        "declared",
        profile,
        account.max_chats,
        now,
    )
    return Person(account.staff_id, session.session_id, profile, account.max_chats)
