"""The write-up of a contact: saved while it is typed, kept by class of field."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from config.errors import Conflict, NotFound
from config.helpline.schema.records import Form
from config.vocabulary import ContactEventKind, ContactState
from records.access import ReachedContact, access_contact, gated, note_event
from records.actor import Principal
from records.audit import write_audit
from records.coded import CodedValue
from records.contacts.holding import hold_as
from records.database import Database, Row, Transaction
from records.forms.values import Split, Value, facts, search_words, split
from records.policy import Right
from records.vault import Vault

_FORMS_KEPT = 64  # versions never change, so they are read once
_WRITABLE = {ContactState.ACTIVE, ContactState.ENDED}
_OWNER = "contact"


@dataclass(frozen=True, slots=True)
class SavedForm:
    """The proof that a write-up is committed; give `revision` back with the next save."""

    revision: int
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class FormRecord:
    """A write-up as it was saved, opened; `values` holds every class of field."""

    form_id: str
    form_version: int
    revision: int
    saved_at: datetime
    saved_by: UUID | None
    values: Mapping[str, Value] = field(repr=False)


class Forms:
    """Write-ups: coded values in clear and as facts, the rest sealed with the contact's key."""

    def __init__(self, database: Database, vault: Vault) -> None:
        """Keep the engines."""
        self._database = database
        self._vault = vault
        self._forms: dict[tuple[str, int], Form] = {}

    async def save(
        self,
        principal: Principal,
        contact_id: UUID,
        form_id: str,
        form_version: int,
        values: Mapping[str, Any],
        revision: int,
        now: datetime,
    ) -> SavedForm:
        """Replace the whole write-up, if it still is at the `revision` its writer saw (0: none).

        Saving the same values again after a lost answer returns the first
        answer. Raises InvalidInput naming the field; Conflict `form_conflict`
        when somebody else saved meanwhile, `contact_not_taken` before anyone
        took the contact, `contact_closed` after; NotFound; NotAllowed.
        """
        async with gated(self._database, self._vault, principal, now) as tx:
            # Closing the contact takes the same row: nothing is written after it unseen.
            held = await hold_as(tx, principal, contact_id, Right.CONTACT_SERVE, now)
            contact = held.reached
            _check_writable(contact)
            form = await self.of_version(tx, form_id, form_version)
            parts = split(form.fields, values, now.date())
            current = await tx.fetch_one("form.lock", contact_id)
            if current is not None and await self._is_replay(tx, current, revision, form, parts):
                return SavedForm(current["revision"], current["saved_at"])
            saved = await self._write(tx, principal, contact, form, parts, current, revision, now)
            await self._index(tx, contact, form, parts, current)
            if current is None:
                kept: dict[str, CodedValue] = {"form": form_id, "version": form_version}
                await note_event(tx, principal, contact, ContactEventKind.FORM_SAVED, now, kept)
            await self._trace(tx, principal, contact, "form_saved", saved, now)
        return SavedForm(saved, now)

    async def read(
        self, principal: Principal, contact_id: UUID, now: datetime
    ) -> FormRecord | None:
        """Return a contact's write-up to somebody who may read it; the reading is in the trail."""
        async with gated(self._database, self._vault, principal, now) as tx:
            contact = await access_contact(
                tx, principal, contact_id, Right.CONTACT_CONTENT_READ, now
            )
            record = await self.load(tx, contact_id)
            if record is not None:
                await self._trace(tx, principal, contact, "form_read", record.revision, now)
        return record

    async def opened(self, look: Transaction, contact_id: UUID, row: Row) -> FormRecord | None:
        """Return the write-up of a row of `contact_file.whole`; reads its key, if it is sealed."""
        if row["form_id"] is None:
            return None
        sealed = await self._open(look, contact_id, row["form_sealed"])
        return FormRecord(
            row["form_id"],
            row["form_version"],
            row["form_revision"],
            row["form_saved_at"],
            row["form_saved_by"],
            {**row["form_coded"], **sealed},
        )

    async def trace_reading(
        self,
        tx: Transaction,
        principal: Principal,
        contact: ReachedContact,
        record: FormRecord,
        now: datetime,
    ) -> None:
        """Write to the trail that somebody who does not serve the contact read its write-up."""
        await self._trace(tx, principal, contact, "form_read", record.revision, now)

    async def load(self, tx: Transaction, contact_id: UUID) -> FormRecord | None:
        """Return a contact's write-up, in a transaction already gated and traced."""
        row = await tx.fetch_one("form.get", contact_id)
        if row is None:
            return None
        sealed = await self._open(tx, contact_id, row["sealed"])
        return FormRecord(
            row["form_id"],
            row["form_version"],
            row["revision"],
            row["saved_at"],
            row["saved_by"],
            {**row["coded"], **sealed},
        )

    async def form(self, form_id: str, form_version: int) -> Form:
        """Return a form as it was in that version; raise NotFound."""
        async with self._database.reading() as tx:
            return await self.of_version(tx, form_id, form_version)

    async def of_version(self, tx: Transaction, form_id: str, form_version: int) -> Form:
        """Return a form as it was in that version, in the caller's transaction; raise NotFound."""
        name = (form_id, form_version)
        if name not in self._forms:
            content = await tx.fetch_value("form.version", *name)
            if content is None:
                raise NotFound("no such version of a form", code="form_unknown")
            if len(self._forms) >= _FORMS_KEPT:
                self._forms.clear()
            self._forms[name] = Form.kept(content)
        return self._forms[name]

    async def _write(
        self,
        tx: Transaction,
        principal: Principal,
        contact: ReachedContact,
        form: Form,
        parts: Split,
        current: Row | None,
        revision: int,
        now: datetime,
    ) -> int:
        if (0 if current is None else current["revision"]) != revision:
            raise Conflict("somebody else saved this form", code="form_conflict")
        key = await self._vault.data_key(tx, _OWNER, contact.contact_id)
        payload = _payload(parts)
        sealed = (
            None
            if payload is None
            else self._vault.seal(key, payload, "contact_form", "sealed", contact.contact_id)
        )
        written = (form.id, form.version, parts.coded, sealed, now, principal.staff_id)
        if current is None:
            saved = await tx.fetch_value(
                "form.insert", contact.contact_id, contact.line_id, *written
            )
        else:
            saved = await tx.fetch_value(
                "form.update", contact.contact_id, contact.line_id, revision, *written
            )
        if saved is None:
            raise Conflict("somebody else saved this form", code="form_conflict")
        return int(saved)

    async def _index(
        self,
        tx: Transaction,
        contact: ReachedContact,
        form: Form,
        parts: Split,
        current: Row | None,
    ) -> None:
        before = set() if current is None else set(current["coded"])
        names = sorted(before | {each.id for each in form.fields})
        await tx.execute("form.delete_facts", contact.contact_id, names)
        pairs = facts(parts.coded)
        if pairs:
            given, said = (list(column) for column in zip(*pairs, strict=True))
            await tx.execute("form.insert_facts", contact.contact_id, contact.line_id, given, said)
        await tx.execute("form.delete_tokens", contact.contact_id)
        tokens = [
            (name, self._vault.blind_token(contact.line_id, name, word))
            for name, value in parts.searchable.items()
            for word in search_words(value)
        ]
        if tokens:
            fields, marks = (list(column) for column in zip(*tokens, strict=True))
            await tx.execute(
                "form.insert_tokens", contact.contact_id, contact.line_id, fields, marks
            )

    async def _is_replay(
        self, tx: Transaction, row: Row, revision: int, form: Form, parts: Split
    ) -> bool:
        if row["revision"] != revision + 1 or row["form_id"] != form.id:
            return False
        if row["form_version"] != form.version or row["coded"] != parts.coded:
            return False
        sealed = {**parts.sealed, **parts.searchable}
        return await self._open(tx, row["contact_id"], row["sealed"]) == sealed

    async def _open(
        self, tx: Transaction, contact_id: UUID, sealed: bytes | None
    ) -> dict[str, Value]:
        if sealed is None:
            return {}
        opened = await self._vault.open(tx, sealed, "contact_form", "sealed", contact_id)
        values: dict[str, Value] = json.loads(opened)
        return values

    async def _trace(
        self,
        tx: Transaction,
        principal: Principal,
        contact: ReachedContact,
        action: str,
        revision: int,
        now: datetime,
    ) -> None:
        await write_audit(
            tx,
            self._vault,
            principal,
            action,
            "contact",
            contact.contact_id,
            contact.line_id,
            now=now,
            detail={"revision": revision},
        )


def _check_writable(contact: ReachedContact) -> None:
    if contact.state in _WRITABLE:
        return
    closed = contact.state == ContactState.CLOSED
    raise Conflict(
        f"the contact is {contact.state}",
        code="contact_closed" if closed else "contact_not_taken",
    )


def _payload(parts: Split) -> str | None:
    values = {**parts.sealed, **parts.searchable}
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")) if values else None
