"""A listener's state set for her by whoever supervises: traced, and never « ready »."""

from datetime import datetime
from uuid import UUID

from config.errors import Conflict, InvalidInput, NotFound
from config.ids import new_id
from config.vocabulary import ListenerActReason, PresenceState
from records.access import access_line, gated
from records.actor import Principal
from records.audit import write_audit
from records.coded import CodedValue, code
from records.database import Database, Transaction
from records.policy import Right
from records.presence import ListenerRow
from records.presence.presence import listener_of
from records.vault import Vault

# « Ready » is nobody's word but her own: whoever supervises may rest her, never ring her.
FORCED = frozenset({PresenceState.BREAK, PresenceState.LEAVING, PresenceState.OFFLINE})


class ForcedPresence:
    """The one act on somebody else's presence."""

    def __init__(self, database: Database, vault: Vault) -> None:
        """Keep the engines."""
        self._database = database
        self._vault = vault

    async def set(
        self,
        principal: Principal,
        staff_id: UUID,
        state: PresenceState,
        reason: ListenerActReason,
        now: datetime,
    ) -> ListenerRow:
        """Put a state in force in her session, with its event and the trail's row.

        Already in that state, nothing changes. What she has open stays hers.
        Raises NotFound for whoever is not on a line of the principal's, NotAllowed,
        Conflict `listener_not_present` when she is offline, InvalidInput.
        """
        if state not in FORCED:
            raise InvalidInput("not a state set for another", field="state")
        async with gated(self._database, self._vault, principal, now) as tx:
            line_id = await _line_of(tx, principal, staff_id)
            access_line(principal, line_id, Right.LISTENER_FORCE, "staff", staff_id)
            row = await tx.fetch_one("presence.lock", staff_id)
            before = None if row is None else listener_of(row)
            if before is not None and before.state is state:
                return before
            if before is None or before.state is PresenceState.OFFLINE:
                raise Conflict("not signed in", code="listener_not_present")
            after = await _put(tx, before, state, f"forced_{reason.value}", now)
            told: dict[str, CodedValue] = {
                "from": before.state.value,
                "to": state.value,
                "reason": reason.value,
            }
            await write_audit(
                tx,
                self._vault,
                principal,
                "listener.force",
                "staff",
                staff_id,
                line_id,
                now=now,
                detail=told,
            )
            return after


async def _line_of(tx: Transaction, principal: Principal, staff_id: UUID) -> str:
    lines = await tx.fetch("supervision.lines_of", staff_id, sorted(principal.line_ids))
    if not lines:
        raise NotFound("no such listener")
    return str(lines[0]["line_id"])


async def _put(
    tx: Transaction, before: ListenerRow, state: PresenceState, reason: str, now: datetime
) -> ListenerRow:
    row = await tx.fetch_one(
        "presence.declare",
        before.staff_id,
        before.session_id,
        state.value,
        now,
        before.profile_id,
        before.max_chats,
        code(reason, "reason"),
        None,
        0 if state is PresenceState.OFFLINE else None,
        None,
    )
    assert row is not None, "a locked presence changed under its lock"
    after = listener_of(row)
    await tx.execute(
        "presence.add_event",
        new_id(),
        after.staff_id,
        after.session_id,
        after.state.value,
        after.reason,
        after.version,
        now,
    )
    return after
