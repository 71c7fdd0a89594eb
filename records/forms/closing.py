"""What a write-up means for the closing of its contact: what it lacks, and what it promises."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from config.helpline.helpline import Helpline
from config.helpline.schema.lists import CASE
from config.helpline.schema.promises import Promise
from config.vocabulary import Disposition, FollowUpOwner
from records.contacts.closing import ClosingTerms
from records.contacts.follow_up import FollowUpWanted
from records.contacts.snapshot import ContactSnapshot
from records.database import Transaction
from records.forms.forms import Forms
from records.forms.values import Value, missing_for_close

# The question whose answer says what the contact was.
QUALIFICATION = "qualification"
WRITTEN_UP = "written_up"

Promises = Mapping[str, tuple[Promise, ...]]


@dataclass(frozen=True, slots=True)
class WriteUps:
    """Reads write-ups by the helpline's rules of today.

    What a question promises is a rule of the service, as opening hours are, and
    no part of the question: a write-up begun under an older version of the form
    keeps its questions, and its answers promise what they promise now.
    """

    forms: Forms
    helpline: Helpline

    async def terms(
        self, tx: Transaction, contact: ContactSnapshot, disposition: Disposition, now: datetime
    ) -> ClosingTerms:
        """Return what closing this locked contact so needs and owes."""
        present = self.helpline.wrap_up_form
        record = await self.forms.load(tx, contact.contact_id)
        values: Mapping[str, Value] = {} if record is None else record.values
        asked = (
            present
            if record is None
            else await self.forms.of_version(tx, record.form_id, record.form_version)
        )
        spared = self.helpline.spared_by(values.get(QUALIFICATION))
        missing = missing_for_close(asked.fields, values, disposition)
        return ClosingTerms(
            missing=tuple(each for each in missing if each not in spared),
            # Who is passed on to another service is followed there: no file is forced on them.
            needs_case=disposition is not Disposition.HANDED_OUTSIDE and CASE not in spared,
            owed=promised(
                self.helpline.promises,
                values,
                None if record is None else record.saved_by,
                now,
                self.helpline.line.zone,
            ),
        )


def promised(
    promises: Promises,
    values: Mapping[str, Value],
    writer: UUID | None,
    now: datetime,
    zone: ZoneInfo,
) -> tuple[FollowUpWanted, ...]:
    """Return the follow-ups that answers promise, one of each kind: the first that has its day.

    Due on the day that was agreed, else so many hours after `now`. Pure.
    """
    found: dict[str, tuple[bool, FollowUpWanted]] = {}
    for promise in _kept(promises, values):
        day = values.get(promise.due_on) if promise.due_on else None
        dated = isinstance(day, str)
        due = (
            datetime.combine(date.fromisoformat(day), time.fromisoformat(promise.due_at), zone)
            if isinstance(day, str)
            else now + timedelta(hours=promise.due_hours)
        )
        owner = writer if promise.owner is FollowUpOwner.WRITER else None
        wanted = FollowUpWanted(promise.kind, promise.queue, due, WRITTEN_UP, owner)
        known = found.get(promise.kind)
        if known is None or (dated and not known[0]):
            found[promise.kind] = (dated, wanted)
    return tuple(wanted for _, wanted in found.values())


def _kept(promises: Promises, values: Mapping[str, Value]) -> Iterator[Promise]:
    for question, each in promises.items():
        said = values.get(question)
        for promise in each:
            if said is True if not promise.when else _is_among(said, promise.when):
                yield promise


def _is_among(said: Value | None, answers: tuple[str, ...]) -> bool:
    given = said if isinstance(said, list) else [said]
    return any(each in answers for each in given)
