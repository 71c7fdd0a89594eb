"""What the staff does with cases; every gate and trace is in records."""

from uuid import UUID

from config.clock import Clock, monotonic
from config.errors import InvalidInput, NotAllowed, TooMuch
from config.helpline.helpline import Helpline
from config.vocabulary import Urgency
from contactcenter.auth.throttle import Buckets, Limit
from contactcenter.centre.views import (
    CaseContactView,
    CasePage,
    CaseSummary,
    CaseView,
    ColleagueView,
)
from records.actor import Principal
from records.cases import views as records
from records.cases.cases import Cases

# A reference is read off a note: slips are honest, thousands of them are a search for whose
# case there is. Kept in this process, as the sign-in's limits are.
MISSES = Limit(burst=30, refill_seconds=2)


class CaseDesk:
    """Cases for the API and the pages."""

    def __init__(self, cases: Cases, helpline: Helpline, clock: Clock) -> None:
        """Open cases on a line of whoever opens them."""
        self._cases = cases
        self._helpline = helpline
        self._clock = clock
        self._misses = Buckets(MISSES)
        self._departments = frozenset(each.code for each in helpline.departments)

    async def create(
        self, principal: Principal, *, label: str | None, department: str | None
    ) -> CaseView:
        """Open a case and return it with its reference."""
        if department is not None and department not in self._departments:
            raise InvalidInput("no such département", field="department")
        # The main line's where she works for it: one child, one file, whichever number was dialled.
        line = next(
            (each.id for each in self._helpline.lines if each.id in principal.line_ids), None
        )
        if line is None:
            raise NotAllowed("works for another line")
        made = await self._cases.create(
            principal, line, self._clock.now(), label=label, department=department
        )
        return _view(made)

    async def get(self, principal: Principal, case_id: UUID) -> CaseView:
        """Return the case and its timeline; the reading is audited."""
        return _view(await self._cases.get(principal, case_id, self._clock.now()))

    async def list(self, principal: Principal, *, reference: str | None, limit: int) -> CasePage:
        """Return the cases she may know of, newest first, or the one of a reference.

        What is typed is forgiven for what cannot be a reference: nothing is found.
        Raises TooMuch for whoever goes on looking for what is not there.
        """
        subject, now = principal, self._clock.now()
        if reference is None:
            return CasePage(
                cases=[_summary(each) for each in await self._cases.page(subject, now, limit=limit)]
            )
        who, at = principal.staff_id.bytes, monotonic()
        if wait := self._misses.wait_seconds(who, at):
            raise TooMuch("too many references without a case", retry_after=wait)
        try:
            found = await self._cases.find(subject, reference, now)
        except InvalidInput:
            found = None
        if found is None:
            self._misses.charge(who, at)
        return CasePage(cases=[] if found is None else [_summary(found)])

    async def attach(self, principal: Principal, case_id: UUID, contact_id: UUID) -> CaseView:
        """Attach a contact; already attached answers the same."""
        subject, now = principal, self._clock.now()
        return _view(await self._cases.attach(subject, case_id, contact_id, now))


def _view(case: records.CaseView) -> CaseView:
    header = case.header
    return CaseView(
        case_id=header.case_id,
        reference=header.reference,
        state=header.state,
        label=header.label,
        department=header.department,
        created_at=header.created_at,
        follower=_follower(header),
        contacts=[_contact(each) for each in case.contacts or ()],
    )


def _summary(header: records.CaseHeader) -> CaseSummary:
    return CaseSummary(
        case_id=header.case_id,
        reference=header.reference,
        state=header.state,
        label=header.label,
        department=header.department,
        created_at=header.created_at,
        follower=_follower(header),
    )


def _follower(header: records.CaseHeader) -> ColleagueView | None:
    if header.follower_id is None or header.follower_name is None:
        return None
    return ColleagueView(staff_id=header.follower_id, display_name=header.follower_name)


def _contact(contact: records.TimelineContact) -> CaseContactView:
    return CaseContactView(
        contact_id=contact.contact_id,
        channel=contact.channel,
        arrived_at=contact.arrived_at,
        answered_at=contact.answered_at,
        waited_seconds=contact.waited_seconds or 0,
        ended_at=contact.ended_at,
        listener_name=", ".join(contact.listener_names) or None,
        urgency=Urgency(contact.urgency or Urgency.U2),
        disposition=contact.disposition,
        state=contact.state,
    )
