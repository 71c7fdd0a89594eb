"""What earlier contacts of the same number tell of one that has just arrived."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from config.errors import NotFound
from config.vocabulary import Audience, Disposition, EndedBy, Urgency
from records.contacts.rows import Acts
from records.database import Row


@dataclass(frozen=True, slots=True)
class LastContact:
    """The newest earlier contact of the number; `ended_at` is None while it goes on.

    A call that was cut may be back before its hang-up was reported to us.
    `listener_id` is who spoke with them last, None if nobody answered.
    """

    contact_id: UUID
    arrived_at: datetime
    ended_at: datetime | None
    ended_by: EndedBy | None
    end_reason: str | None
    disposition: Disposition | None
    audience: Audience
    urgency: Urgency | None
    listener_id: UUID | None
    talked_seconds: int


@dataclass(frozen=True, slots=True)
class Recognised:
    """What is known of whoever comes from this number; nothing of it names a person."""

    last: LastContact | None = None
    short_count: int = 0
    repeat_count: int = 0
    follower_id: UUID | None = None


class Recognising(Acts):
    """The read by which a returning person is recognised."""

    async def recognise(
        self,
        contact_id: UUID,
        now: datetime,
        *,
        returning: timedelta,
        short_within: timedelta,
        short_seconds: int,
        repeat_within: timedelta,
    ) -> Recognised:
        """Return what earlier contacts of the same number and line tell.

        `last` ended within `returning`, or goes on. `short_count`: those over
        within `short_within` that lasted less than `short_seconds`: the talk,
        or the whole contact when nobody answered. `repeat_count`: those that
        arrived within `repeat_within`. `follower_id`: who follows the open
        case of the newest one that stands in a case. A withheld number and a
        chat are nobody's: everything is empty. Raises NotFound.
        """
        async with self._database.reading() as tx:
            row = await tx.fetch_one(
                "recognition.of_contact",
                contact_id,
                now - returning,
                now - short_within,
                short_seconds,
                now - repeat_within,
                now,
            )
        if row is None:
            raise NotFound("no such contact", code="contact_unknown")
        return Recognised(_last(row), row["short_count"], row["repeat_count"], row["follower_id"])


def _last(row: Row) -> LastContact | None:
    if row["last_contact_id"] is None:
        return None
    return LastContact(
        row["last_contact_id"],
        row["last_arrived_at"],
        row["ended_at"],
        None if row["ended_by"] is None else EndedBy(row["ended_by"]),
        row["end_reason"],
        None if row["disposition"] is None else Disposition(row["disposition"]),
        Audience(row["audience"]),
        None if row["urgency"] is None else Urgency(row["urgency"]),
        row["listener_id"],
        row["talked_seconds"],
    )
