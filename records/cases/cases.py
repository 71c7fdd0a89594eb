"""Cases: opened, found, read and filled, each act with its trace in the same transaction."""

import re
from datetime import datetime
from uuid import UUID

from config.errors import Conflict, InvalidInput, NotAllowed
from config.ids import new_id
from config.vocabulary import ContactEventKind, Disposition
from config.writing import is_storable, without_edges
from records.access import (
    ReachedContact,
    access_case,
    case_relation,
    gated,
    note_event,
)
from records.actor import Principal
from records.cases.reading import headers_of, trace, view
from records.cases.reference import new_reference, parse_reference
from records.cases.views import CaseHeader, CaseView
from records.contacts.holding import hold_as
from records.database import Database, Transaction
from records.policy import Relation, Right, may
from records.vault import Vault

LABEL_CHARS = 120
_PAGE = 50
_DEPARTMENT = re.compile(r"[0-9]{2,3}|2[AB]")
_DRAWS = 8  # of a reference; two drawn alike among a million cases: once in 3,400 draws


class Cases:
    """Situations followed for months. Reading one is an act like another: it is in the trail."""

    def __init__(self, database: Database, vault: Vault) -> None:
        """Keep the engines."""
        self._database = database
        self._vault = vault

    async def create(
        self,
        principal: Principal,
        line_id: str,
        now: datetime,
        *,
        label: str | None = None,
        department: str | None = None,
        retention_class: str | None = None,
    ) -> CaseView:
        """Open a case, followed by who opens it; its label is sealed with a key of its own.

        Raises NotAllowed, InvalidInput naming `label` or `department`, Unavailable.
        """
        if not may(principal, Right.CASE_CREATE, Relation(line_id)):
            raise NotAllowed("may not open a case on this line")
        label = _checked_label(label)
        if department is not None and not _DEPARTMENT.fullmatch(department):
            raise InvalidInput("no département's code", field="department")
        case_id = new_id()
        async with self._database.transaction() as tx:
            key = await self._vault.create_key(tx, "case", case_id, line_id, now)
            sealed = (
                None
                if label is None
                else self._vault.seal(key, label, "case_file", "label_sealed", case_id)
            )
            await self._insert(
                tx, case_id, line_id, sealed, department, principal.staff_id, now, retention_class
            )
            await trace(tx, self._vault, principal, "case_created", case_id, line_id, now)
            return await view(tx, self._vault, principal, case_id, now)

    async def get(self, principal: Principal, case_id: UUID, now: datetime) -> CaseView:
        """Return a case, with as much of it as the person may read.

        Raises NotFound when there is none on a line of hers, NotAllowed.
        """
        async with gated(self._database, self._vault, principal, now) as tx:
            await access_case(tx, principal, case_id, Right.CASE_HEADER_READ, now)
            return await view(tx, self._vault, principal, case_id, now)

    async def find(self, principal: Principal, reference: str, now: datetime) -> CaseHeader | None:
        """Return the case of that exact reference, None when she may not know of one.

        Raises InvalidInput `wrong_reference` when what was typed is no
        reference at all, a slip of one sign included.
        """
        canonical = parse_reference(reference)
        async with self._database.transaction() as tx:
            case_id = await tx.fetch_value("case.by_reference", canonical)
            if case_id is None:
                return None
            row = await tx.fetch_one("access.case", case_id, principal.staff_id)
            assert row is not None  # no case is ever deleted by this role
            if not may(principal, Right.CASE_FIND, case_relation(row, now)):
                return None
            (header,) = await headers_of(tx, self._vault, principal, [row], now)
            await trace(tx, self._vault, principal, "case_found", case_id, row["line_id"], now)
        return header

    async def page(
        self, principal: Principal, now: datetime, *, limit: int = 20, before: UUID | None = None
    ) -> list[CaseHeader]:
        """Return the newest cases she may see listed, at most 50, older than `before`."""
        every = [
            line for line in principal.line_ids if may(principal, Right.CASE_LIST, Relation(line))
        ]
        hers = [
            line
            for line in principal.line_ids
            if may(principal, Right.CASE_LIST, Relation(line, involved=True))
        ]
        async with self._database.transaction() as tx:
            rows = await tx.fetch(
                "case.page", principal.staff_id, every, hers, before, min(max(limit, 1), _PAGE)
            )
            headers = await headers_of(tx, self._vault, principal, rows, now)
            for header in headers:
                await trace(
                    tx, self._vault, principal, "case_listed", header.case_id, header.line_id, now
                )
        return headers

    async def attach(
        self, principal: Principal, case_id: UUID, contact_id: UUID, now: datetime
    ) -> CaseView:
        """Record a contact against a case and return the case; once or often is the same.

        She must have taken the contact (or coordinate), and the case must be
        one she may know of: recording a contact is what makes a case hers. They
        may be of two lines of one pool, when she works for both: the same child
        calls the 119 and the line beside it. Raises NotFound, NotAllowed,
        Conflict `case_closed`, or `other_line` for lines of two pools.
        """
        async with gated(self._database, self._vault, principal, now) as tx:
            contact = await self._lock(tx, principal, case_id, contact_id, Right.CASE_ATTACH, now)
            added = await tx.fetch_value(
                "case.attach", case_id, contact_id, contact.line_id, now, principal.staff_id
            )
            if added is not None:
                if await tx.fetch_value("case.change", case_id) is None:
                    raise Conflict("the case is closed", code="case_closed")
                await self._note(
                    tx, principal, contact, case_id, ContactEventKind.CASE_ATTACHED, now
                )
            return await view(tx, self._vault, principal, case_id, now)

    async def detach(
        self, principal: Principal, case_id: UUID, contact_id: UUID, now: datetime
    ) -> None:
        """Take a contact off a case; nothing happens when it was not on it.

        Raises NotFound, NotAllowed, Conflict `case_closed`, or `last_case`
        when a treated contact would be left without any.
        """
        async with gated(self._database, self._vault, principal, now) as tx:
            contact = await self._lock(tx, principal, case_id, contact_id, Right.CASE_DETACH, now)
            if await tx.fetch_value("case.detach", case_id, contact_id) is None:
                return
            if await tx.fetch_value("case.change", case_id) is None:
                raise Conflict("the case is closed", code="case_closed")
            treated = contact.disposition == Disposition.TREATED
            if treated and not await tx.fetch("case.of_contact", contact_id):
                raise Conflict("a closed contact keeps a case", code="last_case")
            await self._note(tx, principal, contact, case_id, ContactEventKind.CASE_DETACHED, now)

    async def _lock(
        self,
        tx: Transaction,
        principal: Principal,
        case_id: UUID,
        contact_id: UUID,
        right: Right,
        now: datetime,
    ) -> ReachedContact:
        # Always contact before case. Closing the contact takes the same row, so it
        # cannot count on a case that is being taken away.
        contact = (await hold_as(tx, principal, contact_id, right, now)).reached
        case = await access_case(tx, principal, case_id, Right.CASE_HEADER_READ, now)
        if case.line_id != contact.line_id and not await tx.fetch_value(
            "access.share_a_pool", case.line_id, contact.line_id
        ):
            raise Conflict("the case is another pool's", code="other_line")
        return contact

    async def _insert(
        self,
        tx: Transaction,
        case_id: UUID,
        line_id: str,
        sealed: bytes | None,
        department: str | None,
        staff_id: UUID,
        now: datetime,
        retention_class: str | None,
    ) -> None:
        for _ in range(_DRAWS):
            if await tx.fetch_value(
                "case.create",
                case_id,
                line_id,
                new_reference(),
                sealed,
                department,
                staff_id,
                now,
                retention_class,
            ):
                return
        raise Conflict("no free reference was drawn", code="reference_taken")

    async def _note(
        self,
        tx: Transaction,
        principal: Principal,
        contact: ReachedContact,
        case_id: UUID,
        kind: ContactEventKind,
        now: datetime,
    ) -> None:
        await note_event(tx, principal, contact, kind, now, {"case_id": case_id})
        await trace(
            tx,
            self._vault,
            principal,
            kind.value,
            case_id,
            contact.line_id,
            now,
            {"contact_id": contact.contact_id},
        )


def _checked_label(label: str | None) -> str | None:
    label = without_edges(label or "") or None
    if label is not None and not is_storable(label):
        raise InvalidInput("the label cannot be kept", code="not_a_text", field="label")
    if label is not None and len(label) > LABEL_CHARS:
        raise InvalidInput("the label is too long", code="text_too_long", field="label")
    return label
