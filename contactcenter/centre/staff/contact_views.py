"""Contacts as the API writes them. Pure: what was read goes in, a view comes out."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol, get_args

from config.clock import milliseconds
from config.helpline.helpline import Helpline
from config.vocabulary import ContactState, Urgency, UrgencySource
from contactcenter.centre.views import (
    CaseReference,
    ContactEventView,
    ContactSummary,
    ContactView,
    EngagementView,
    FactorAnswer,
    FormView,
)
from records.contacts.factors import FACTS
from records.contacts.file import ContactFile, Taken
from records.contacts.snapshot import ContactSnapshot
from records.forms.forms import FormRecord

UNPLACED = ""  # the queue of a contact that has not chosen one yet


class Waited(Protocol):
    """What a wait is reckoned from."""

    @property
    def state(self) -> ContactState: ...
    @property
    def arrived_at(self) -> datetime: ...
    @property
    def waiting_since(self) -> datetime | None: ...
    @property
    def answered_at(self) -> datetime | None: ...
    @property
    def ended_at(self) -> datetime | None: ...
    @property
    def waited_ms(self) -> int | None: ...


def waited_seconds(contact: Waited, now: datetime) -> int:
    """Return how long the person waited, in whole seconds; to this moment while waiting.

    From their arrival to the first answer, so what a caller heard of the menu
    counts; who waits again adds what they have waited since. Talks are left out.
    """
    before = contact.waited_ms
    if contact.state is ContactState.WAITING and contact.answered_at is not None:
        again = milliseconds(now) - milliseconds(contact.waiting_since or now)
        return ((before or 0) + max(0, again)) // 1000
    if before is not None and contact.state is not ContactState.WAITING:
        return before // 1000
    until = contact.answered_at or contact.ended_at or now
    return max(0, milliseconds(until) - milliseconds(contact.arrived_at)) // 1000


def contact_summary(
    contact: ContactSnapshot, taken: Taken | None, helpline: Helpline, now: datetime
) -> ContactSummary:
    """Return a contact as a list shows it."""
    queue = contact.queue or UNPLACED
    return ContactSummary(
        contact_id=contact.contact_id,
        line=contact.line_id,
        channel=contact.channel,
        queue=queue,
        queue_label=queue_label(helpline, queue),
        level=contact.level,
        needs=list(contact.needs),
        state=contact.state,
        urgency=contact.urgency or Urgency.U2,
        urgency_source=contact.urgency_source or UrgencySource.SYSTEM,
        urgency_confirmed=contact.urgency_confirmed_at is not None,
        audience=contact.audience,
        language=contact.language,
        department=contact.department,
        arrived_at=contact.arrived_at,
        queued_at=contact.queued_at,
        answered_at=contact.answered_at,
        ended_at=contact.ended_at,
        closed_at=contact.closed_at,
        waited_seconds=waited_seconds(contact, now),
        disposition=contact.disposition,
        non_content_code=contact.non_content_code,
        ended_by=contact.ended_by,
        version=contact.version,
        engagement=None if taken is None else _engagement(taken, helpline),
    )


def contact_view(file: ContactFile, helpline: Helpline, now: datetime) -> ContactView:
    """Return a contact in full; without a write-up, the empty form to begin."""
    summary = contact_summary(file.contact, file.taken, helpline, now)
    factors = factor_answers(file.facts)
    return ContactView(
        **{name: getattr(summary, name) for name in ContactSummary.model_fields},
        factors=factors,
        proposed_urgency=helpline.urgency.floor(
            {factor for factor, said in factors.items() if said == "yes"}
        ),
        home_queue=file.contact.home_queue,
        form=_form(file.form, helpline),
        cases=[CaseReference(case_id=c.case_id, reference=c.reference) for c in file.cases],
        events=[
            ContactEventView(
                kind=each.kind, at=each.at, staff_name=each.staff_name, detail=dict(each.detail)
            )
            for each in file.events
        ],
    )


def queue_label(helpline: Helpline, queue: str) -> str:
    """Return a queue's name; a queue that the configuration no longer has keeps its id."""
    if queue == UNPLACED:
        return ""
    try:
        return helpline.queue(queue).label[helpline.line.languages[0]]
    except KeyError:
        return queue


def factor_answers(facts: Iterable[tuple[str, str]]) -> dict[str, FactorAnswer]:
    """Return what was answered of urgency factors, among a contact's coded facts."""
    return {
        factor: answer
        for fact, factor in facts
        for answer in get_args(FactorAnswer)
        if FACTS[answer] == fact
    }


def extensions_left(helpline: Helpline, had: int) -> int:
    """Return how often a write-up may still be extended."""
    return max(0, helpline.limits.wrap_up_extensions - had)


def _engagement(taken: Taken, helpline: Helpline) -> EngagementView:
    return EngagementView(
        engagement_id=taken.engagement_id,
        listener_id=taken.listener_id,
        listener_name=taken.listener_name,
        state=taken.state,
        level=taken.level,
        accepted_at=taken.accepted_at,
        talking_at=taken.talking_at,
        wrap_up_at=taken.wrap_up_at,
        wrap_up_until=taken.wrap_up_until,
        wrap_up_extensions_left=extensions_left(helpline, taken.wrap_up_extensions),
    )


def _form(record: FormRecord | None, helpline: Helpline) -> FormView:
    if record is None:
        form = helpline.wrap_up_form
        return FormView(form_id=form.id, form_version=form.version, revision=0, values={})
    return FormView(
        form_id=record.form_id,
        form_version=record.form_version,
        revision=record.revision,
        values=dict(record.values),
        saved_at=record.saved_at,
    )
