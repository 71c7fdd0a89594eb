"""Acts on follow-ups: left, claimed, done, dropped; each in the trail."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from config.errors import Conflict, NotFound
from config.vocabulary import FollowUpKind, FollowUpState, NumberReason, Role
from records.access import access_contact, access_line, gated, refusal
from records.actor import SYSTEM, Actor, Principal
from records.audit import write_audit
from records.coded import CodedValue, code
from records.contacts.events import audit_if_staff
from records.contacts.follow_up import (
    FollowUp,
    FollowUpWanted,
    create_follow_up,
    follow_up_of,
)
from records.contacts.holding import hold
from records.contacts.number import read_number
from records.database import Database, Transaction
from records.policy import Relation, Right, may
from records.vault import Vault

LISTED = 200


class FollowUps:
    """Tasks of queues about contacts; each act may be repeated safely."""

    def __init__(self, database: Database, vault: Vault) -> None:
        """Keep the engines."""
        self._database = database
        self._vault = vault

    async def create(
        self, contact_id: UUID, wanted: FollowUpWanted, now: datetime, actor: Actor = SYSTEM
    ) -> FollowUp:
        """Leave a task about a contact; one of each kind, the first for a repeat. Raises NotFound."""
        async with self._database.transaction() as tx:
            contact = (await hold(tx, contact_id)).contact
            made, new = await create_follow_up(tx, contact, wanted, actor, now)
            if new:
                told = _told(made)
                await audit_if_staff(tx, self._vault, actor, "follow_up.create", contact, now, told)
            return made

    async def list_open(
        self, principal: Principal, *, queues: Collection[str] | None = None, limit: int = LISTED
    ) -> list[FollowUp]:
        """Return what is open or claimed on her lines, the first due first, undated ones last.

        `queues` narrows it to some; nobody who may not read them gets any. A debrief is
        listed to the coordination, and to whoever asked for it.
        """
        lines = [
            line
            for line in sorted(principal.line_ids)
            if may(principal, Right.FOLLOW_UP_READ, Relation(line))
        ]
        async with self._database.reading() as tx:
            rows = await tx.fetch(
                "follow_up.list_open",
                lines,
                None if queues is None else sorted(queues),
                min(max(limit, 0), LISTED),
                [] if self._debriefs(principal) else [FollowUpKind.DEBRIEF.value],
                principal.staff_id,
            )
        return [follow_up_of(row) for row in rows]

    async def claim(self, principal: Principal, follow_up_id: UUID, now: datetime) -> FollowUp:
        """Make a task hers: of any number that try, one gets it.

        From then on she may read the contact it is about. Hers already: as it
        stands. Raises NotFound, NotAllowed, Conflict `follow_up_claimed` or
        `follow_up_over`.
        """
        async with gated(self._database, self._vault, principal, now) as tx:
            task = await self._reach(tx, principal, follow_up_id)
            if task.state is FollowUpState.CLAIMED and task.claimed_by == principal.staff_id:
                return task
            if task.state is FollowUpState.CLAIMED:
                raise Conflict("a colleague's", code="follow_up_claimed")
            if task.state is not FollowUpState.OPEN:
                raise Conflict("done or dropped", code="follow_up_over")
            row = await tx.fetch_one("follow_up.claim", follow_up_id, principal.staff_id, now)
            assert row is not None, "a locked task changed under its lock"
            return await self._trace(tx, principal, "follow_up.claim", follow_up_of(row), now)

    async def release(self, principal: Principal, follow_up_id: UUID, now: datetime) -> FollowUp:
        """Give a claimed task back, for any colleague to take on; a coordinator gives back anybody's.

        An open one is returned as it stands. Raises NotFound, NotAllowed, Conflict
        `follow_up_over`.
        """
        async with gated(self._database, self._vault, principal, now) as tx:
            task = await self._reach(tx, principal, follow_up_id)
            if task.state is FollowUpState.OPEN:
                return task
            if task.state is not FollowUpState.CLAIMED:
                raise Conflict("done or dropped", code="follow_up_over")
            if principal.role is not Role.COORDINATOR and task.claimed_by != principal.staff_id:
                right = Right.FOLLOW_UP_SERVE
                raise refusal(right, "follow_up", follow_up_id, task.line_id)
            row = await tx.fetch_one("follow_up.release", follow_up_id)
            assert row is not None, "a locked task changed under its lock"
            return await self._trace(tx, principal, "follow_up.release", follow_up_of(row), now)

    async def done(
        self, principal: Principal, follow_up_id: UUID, outcome_code: str, now: datetime
    ) -> FollowUp:
        """Close a task as done by whoever claimed it; `outcome_code` says what came of it."""
        return await self._finish(principal, follow_up_id, FollowUpState.DONE, outcome_code, now)

    async def drop(
        self, principal: Principal, follow_up_id: UUID, outcome_code: str, now: datetime
    ) -> FollowUp:
        """Close a task that will not be done, for the reason of `outcome_code`."""
        return await self._finish(principal, follow_up_id, FollowUpState.DROPPED, outcome_code, now)

    async def read_number(
        self, principal: Principal, follow_up_id: UUID, reason: NumberReason, now: datetime
    ) -> str:
        """Return the number that a callback is owed to, for whoever has claimed it.

        Her right, the reading and its trace are one transaction; each reading is
        traced. Raises NotFound (`no_number` too: withheld, no longer kept, or no
        callback), NotAllowed, Conflict `follow_up_not_claimed` or `follow_up_over`.
        """
        async with gated(self._database, self._vault, principal, now) as tx:
            task = await self._reach(tx, principal, follow_up_id)
            if task.state is FollowUpState.OPEN:
                raise Conflict("claim it first", code="follow_up_not_claimed")
            if task.state is not FollowUpState.CLAIMED:
                raise Conflict("done or dropped", code="follow_up_over")
            right = Right.CONTACT_NUMBER_READ
            if task.claimed_by != principal.staff_id:
                raise refusal(right, "follow_up", follow_up_id, task.line_id)
            await access_contact(tx, principal, task.contact_id, right, now)
            if task.kind is not FollowUpKind.CALLBACK:
                raise NotFound("nobody agreed to be called back", code="no_number")
            about: dict[str, CodedValue] = {"follow_up": follow_up_id}
            actor = principal
            return await read_number(
                tx, self._vault, task.contact_id, actor, reason.value, now, about
            )

    async def _finish(
        self,
        principal: Principal,
        follow_up_id: UUID,
        state: FollowUpState,
        outcome_code: str,
        now: datetime,
    ) -> FollowUp:
        """Close a claimed task; a coordinator may close anybody's, and one nobody claimed.

        Said again in the same words, it is returned as it stands. Raises
        NotFound, NotAllowed, Conflict `follow_up_not_claimed` or `follow_up_over`.
        """
        outcome = code(outcome_code, "outcome_code")
        async with gated(self._database, self._vault, principal, now) as tx:
            task = await self._reach(tx, principal, follow_up_id)
            if (task.state, task.outcome_code) == (state, outcome):
                return task
            if task.state in (FollowUpState.DONE, FollowUpState.DROPPED):
                raise Conflict("done or dropped", code="follow_up_over")
            if principal.role is not Role.COORDINATOR:
                if task.claimed_by is None:
                    raise Conflict("claim it first", code="follow_up_not_claimed")
                if task.claimed_by != principal.staff_id:
                    right = Right.FOLLOW_UP_SERVE
                    raise refusal(right, "follow_up", follow_up_id, task.line_id)
            row = await tx.fetch_one(
                "follow_up.finish", follow_up_id, state.value, outcome, principal.staff_id, now
            )
            assert row is not None, "a locked task changed under its lock"
            action = "follow_up.done" if state is FollowUpState.DONE else "follow_up.drop"
            return await self._trace(tx, principal, action, follow_up_of(row), now)

    async def _reach(self, tx: Transaction, principal: Principal, follow_up_id: UUID) -> FollowUp:
        row = await tx.fetch_one("follow_up.lock", follow_up_id)
        if row is None or row["line_id"] not in principal.line_ids:
            raise NotFound("no such follow-up")
        task = follow_up_of(row)
        if task.kind is FollowUpKind.DEBRIEF and not self._debriefs(principal):
            # Of a colleague's wish to talk nobody else learns: there is none.
            if task.created_by != principal.staff_id:
                raise NotFound("no such follow-up")
            raise refusal(Right.DEBRIEF_SERVE, "follow_up", follow_up_id, task.line_id)
        access_line(principal, row["line_id"], Right.FOLLOW_UP_SERVE, "follow_up", follow_up_id)
        return task

    @staticmethod
    def _debriefs(principal: Principal) -> bool:
        return any(
            may(principal, Right.DEBRIEF_SERVE, Relation(line)) for line in principal.line_ids
        )

    async def _trace(
        self, tx: Transaction, principal: Principal, action: str, task: FollowUp, now: datetime
    ) -> FollowUp:
        await write_audit(
            tx,
            self._vault,
            principal,
            action,
            "follow_up",
            task.follow_up_id,
            task.line_id,
            now=now,
            detail=_told(task),
        )
        return task


def _told(task: FollowUp) -> dict[str, CodedValue]:
    told: dict[str, CodedValue] = {
        "contact": task.contact_id,
        "kind": task.kind.value,
        "queue": task.queue,
    }
    if task.outcome_code is not None:
        told["outcome"] = task.outcome_code
    return told
