"""A database with something in every corner, secrets of a child among it, and its whole content."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg

from config.ids import new_id
from config.vocabulary import (
    Channel,
    FollowUpKind,
    OverrideKind,
    PresenceState,
    Role,
    Sender,
)
from records.actor import SYSTEM, Principal
from records.audit import Sealer
from records.cases import Cases
from records.contacts.contacts import Contacts
from records.database import Database
from records.follow_ups import FollowUps, FollowUpWanted
from records.forms import Forms
from records.messages import Messages
from records.models import metadata
from records.overrides import QueueOverrides
from records.presence import PresenceStore
from records.staff.accounts import Staff
from records.staff.sessions import Sessions
from records.vault import Vault
from tests.kit.planted import Planted
from tests.kit.principals import principal_of
from tests.kit.record_rows import LINE, NOW, add_conversation, add_engagement, add_line, run

FORM = {
    "id": "wrap_up",
    "version": 1,
    "label": {"fr": "Compte rendu"},
    "sections": [{"id": "all", "label": {"fr": "Tout"}}],
    "fields": [
        {
            "id": name,
            "type": kind,
            "class": kept,
            "label": {"fr": name},
            "section": "all",
            "options": [{"id": each, "label": {"fr": each}} for each in options],
        }
        for name, kind, kept, options in (
            ("qualification", "choice", "coded", ("ip", "aide")),
            ("notes", "long_text", "sealed", ()),
            ("alias", "text", "searchable", ()),
        )
    ],
}


@dataclass
class Filled:
    """Who and what the tests ask about."""

    listener: Principal
    chat_id: UUID
    call_id: UUID
    case_id: UUID


async def fill(database: Database, vault: Vault, planted: Planted) -> Filled:
    """Write one of each kind through the acts of the service."""
    async with database.transaction() as tx:
        await add_line(tx)
        await tx.execute("configuration.keep_form_version", "wrap_up", 1, FORM, NOW)
    listener = await _listener(database, vault)
    async with database.transaction() as tx:
        chat_id = await add_conversation(tx, vault)
        await add_engagement(tx, chat_id, listener.staff_id)
        await run(tx, "UPDATE contact SET state = 'active' WHERE contact_id = $1", chat_id)
    messages = Messages(database, vault)
    async with messages.running():
        await messages.append(chat_id, Sender.VISITOR, new_id(), planted.sentence)
        await messages.append(
            chat_id, Sender.LISTENER, new_id(), "tab\t, line\nand \\.", staff_id=listener.staff_id
        )
    values = {"qualification": "ip", "notes": planted.sentence, "alias": planted.name}
    await Forms(database, vault).save(listener, chat_id, "wrap_up", 1, values, 0, NOW)
    call, _ = await Contacts(database, vault).take_in_call(
        new_id(), LINE, "AC1", f"CA{new_id().hex}", planted.number, "fr", "test", NOW, NOW
    )
    cases = Cases(database, vault)
    case = await cases.create(listener, LINE, NOW, label=planted.name, department="93")
    await cases.attach(listener, case.header.case_id, chat_id, NOW)
    callback = FollowUpWanted(FollowUpKind.CALLBACK, "mineur", NOW + timedelta(hours=1))
    await FollowUps(database, vault).create(call.contact_id, callback, NOW)
    coordinator = replace(listener, role=Role.COORDINATOR)
    await QueueOverrides(database, vault).set(
        coordinator,
        LINE,
        "mineur",
        Channel.CHAT,
        OverrideKind.MESSAGE,
        NOW,
        texts={"fr": "Forte affluence."},
    )
    await Sealer(database, vault).seal_once(NOW)
    await cases.get(listener, case.header.case_id, NOW)  # a row of the trail no seal covers yet
    return Filled(listener, chat_id, call.contact_id, case.header.case_id)


async def _listener(database: Database, vault: Vault) -> Principal:
    account = await Staff(database, vault).create(
        SYSTEM,
        login="anne",
        display_name="Anne Fictive",
        role=Role.LISTENER,
        password_hash="$argon2id$fictif",
        totp_secret="JBSWY3DPEHPK3PXP",
        line_ids=[LINE],
        profile_id="all",
        max_chats=3,
        now=NOW,
    )
    sessions = Sessions(database, vault)
    signed_in = await sessions.create(
        account.staff_id, b"a token's hash", NOW, NOW + timedelta(hours=12)
    )
    await sessions.issue_ticket(
        signed_in.session_id, b"a ticket's hash", NOW, NOW + timedelta(seconds=30)
    )
    await PresenceStore(database).declare(
        account.staff_id, signed_in.session_id, PresenceState.READY, "declared", "all", 3, NOW
    )
    return principal_of(account.staff_id, Role.LISTENER, frozenset({LINE}), signed_in.session_id)


async def content(admin_url: str) -> dict[str, list[Any]]:
    """Return every row of every table, sorted, by table."""
    connection = await asyncpg.connect(admin_url, timeout=10)
    try:
        found = {}
        for table in metadata.sorted_tables:
            rows = await connection.fetch(f"SELECT * FROM {table.fullname}")
            found[table.fullname] = sorted(tuple(map(repr, row.values())) for row in rows)
        return found
    finally:
        await connection.close(timeout=10)
