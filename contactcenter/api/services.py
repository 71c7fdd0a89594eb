"""What the API asks of the application services.

Each act takes the `Principal` first and is refused with an error of
`config.errors` (`NotAllowed`, `NotFound`, `Conflict`, `TooMuch`,
`Unavailable` …), which the edge writes as a problem. An object the person may
not know of raises `NotFound`, exactly as one that does not exist.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from config.vocabulary import ContactState, DeclineReason, Disposition, PresenceState, Urgency
from contactcenter.api.supervision_services import (
    Colleagues,
    FollowUps,
    SupervisedContacts,
    Supervision,
)
from contactcenter.auth.principal import LiveTicket, OpenedSession
from contactcenter.centre.list_views import FormDefinitionView
from contactcenter.centre.live_events import LiveEvent
from contactcenter.centre.views import (
    CasePage,
    CaseView,
    ContactPage,
    ContactView,
    FactorAnswer,
    FormSavedView,
    FormValue,
    LossView,
    MessagePage,
    OfferView,
    PresenceView,
    SentView,
    SoftphoneTokenView,
    SoftphoneView,
    WrapUpView,
)
from records.actor import Principal


class Accounts(Protocol):
    """Who is who: sign-in, sessions and live tickets."""

    async def sign_in(self, login: str, password: str, totp: str, address: str) -> OpenedSession:
        """Open a session.

        Raises NotSignedIn `wrong_credentials` whatever was wrong, TooMuch
        `too_many_attempts` or `busy`.
        """
        ...

    async def principal(self, token: str) -> Principal:
        """Return whose session this is; NotSignedIn when it is unknown, over or revoked."""
        ...

    async def sign_out(self, principal: Principal) -> None:
        """Revoke the session; it is over for every process at once."""
        ...

    async def live_ticket(self, principal: Principal) -> LiveTicket:
        """Make a ticket for this session's live socket."""
        ...

    async def redeem(self, ticket: str) -> Principal:
        """Spend a ticket; NotSignedIn `ticket_refused` when unknown, used or expired."""
        ...

    async def still_signed_in(self, principal: Principal) -> None:
        """Raise NotSignedIn once the session is over; keeps an idle one alive."""
        ...


class Presence(Protocol):
    """Whether a listener takes contacts; it belongs to her session."""

    async def current(self, principal: Principal) -> PresenceView:
        """Return her presence; offline, version 0, when she never declared one."""
        ...

    async def declare(self, principal: Principal, state: PresenceState) -> PresenceView:
        """Commit what she declares (ready, break, leaving, offline), then tell routing."""
        ...

    async def leave(self, principal: Principal) -> None:
        """Take nothing more in a session that is being signed out."""
        ...

    async def heartbeat(self, principal: Principal) -> bool:
        """Renew the lease; False when a newer session holds her presence."""
        ...


class Offers(Protocol):
    """The one offer a listener may hold."""

    async def current(self, principal: Principal) -> OfferView | None:
        """Return her open offer."""
        ...

    async def seen(self, principal: Principal, offer_id: UUID) -> None:
        """Note that her screen shows it; without this it goes back within two seconds."""
        ...

    async def accept(self, principal: Principal, offer_id: UUID) -> UUID:
        """Make the contact hers and return its id; a replay answers the same.

        Raises Conflict `contact_gone`, `contact_taken`, `offer_expired` or
        `over_capacity`, OutcomeUnknown when the commit's fate is unknown.
        """
        ...

    async def decline(self, principal: Principal, offer_id: UUID, reason: DeclineReason) -> None:
        """Give the contact back with its rank."""
        ...


class ContactDesk(Protocol):
    """What a listener does with a contact."""

    async def view(self, principal: Principal, contact_id: UUID) -> ContactView:
        """Return the contact with its form, cases and events."""
        ...

    async def engaged(self, principal: Principal) -> list[ContactView]:
        """Return the contacts she has an open engagement on, oldest first."""
        ...

    async def losses(self, principal: Principal) -> Sequence[LossView]:
        """Return what her desk lost and she has not said she saw, newest first."""
        ...

    async def losses_seen(self, principal: Principal, until: datetime) -> None:
        """Note that she has seen what was lost up to `until`."""
        ...

    async def list(
        self,
        principal: Principal,
        *,
        state: ContactState | None,
        limit: int,
        before: UUID | None,
    ) -> ContactPage:
        """Return the contacts she may know of, newest first, at most `limit`."""
        ...

    async def messages(
        self, principal: Principal, contact_id: UUID, *, after: int, limit: int
    ) -> MessagePage:
        """Return lines with a number above `after`, in order, at most `limit`."""
        ...

    async def send(self, principal: Principal, contact_id: UUID, cid: UUID, text: str) -> SentView:
        """Store her line; answers only after the commit. A known `cid` answers the same.

        Raises Conflict `cid_reused` or `conversation_closed`.
        """
        ...

    async def typing(self, principal: Principal, contact_id: UUID) -> None:
        """Tell the person that she is writing; lost without harm."""
        ...

    async def read(self, principal: Principal, contact_id: UUID, seq: int) -> None:
        """Note that she has read up to `seq`; never moves back."""
        ...

    async def save_form(
        self,
        principal: Principal,
        contact_id: UUID,
        values: Mapping[str, FormValue],
        revision: int,
    ) -> FormSavedView:
        """Save the write-up over `revision`; Conflict `form_conflict` when another save won."""
        ...

    async def set_urgency(
        self,
        principal: Principal,
        contact_id: UUID,
        urgency: Urgency,
        *,
        reason: str | None,
        confirm: bool,
    ) -> ContactView:
        """Confirm, raise or correct the urgency.

        Lowering one that was not merely declared needs the coordinator and a
        reason: NotAllowed `coordinator_needed`, InvalidInput `reason_needed`.
        """
        ...

    async def tick(
        self, principal: Principal, contact_id: UUID, factors: Mapping[str, FactorAnswer]
    ) -> ContactView:
        """Keep what was answered of some factors; the urgency rises to their floor, never falls.

        Raises InvalidInput `factor_unknown`.
        """
        ...

    async def hand_over(
        self,
        principal: Principal,
        contact_id: UUID,
        queue: str,
        *,
        needs: Sequence[str] | None,
        urgency: Urgency | None,
        listener_id: UUID | None,
    ) -> ContactView:
        """Give the person on to another queue or level, at their own place in time.

        Raises InvalidInput `queue_unknown`, `need_unknown`, `listener_unknown`;
        Conflict `contact_gone`; NotAllowed `coordinator_needed` for an urgency
        that she may not lower.
        """
        ...

    async def extend_wrap_up(
        self, principal: Principal, contact_id: UUID, shown_until: datetime | None
    ) -> WrapUpView:
        """Give her more time to write up, if its end is still the one shown.

        Raises Conflict `wrap_up_limit` after the last extension, `wrap_up_over`
        once its time has run out or there is none.
        """
        ...

    async def end(self, principal: Principal, contact_id: UUID) -> ContactView:
        """End the conversation or the call; an ended contact is returned as it is."""
        ...

    async def close(
        self,
        principal: Principal,
        contact_id: UUID,
        disposition: Disposition,
        non_content_code: str | None,
    ) -> ContactView:
        """Finish the write-up.

        Raises Conflict `contact_open` while the person is there,
        `case_or_code_needed` without a case nor a non-content code, and
        InvalidInput naming the form's field that is still required.
        """
        ...


class CaseDesk(Protocol):
    """What the staff does with a case."""

    async def create(
        self, principal: Principal, *, label: str | None, department: str | None
    ) -> CaseView:
        """Open a case and return it with its reference."""
        ...

    async def get(self, principal: Principal, case_id: UUID) -> CaseView:
        """Return the case and its timeline; the reading is audited."""
        ...

    async def list(self, principal: Principal, *, reference: str | None, limit: int) -> CasePage:
        """Return the cases she may know of, newest first, or those of a reference."""
        ...

    async def attach(self, principal: Principal, case_id: UUID, contact_id: UUID) -> CaseView:
        """Attach a contact; already attached answers the same."""
        ...


class FormLibrary(Protocol):
    """The forms of the helpline, each at every version it ever had."""

    async def definition(
        self, principal: Principal, form_id: str, form_version: int
    ) -> FormDefinitionView:
        """Return the form; NotFound when that version never was."""
        ...


class Softphones(Protocol):
    """The listener's telephone in the browser."""

    def view(self, principal: Principal) -> SoftphoneView:
        """Return which telephone to start; both fields None without telephony."""
        ...

    async def token(self, principal: Principal) -> SoftphoneTokenView:
        """Return a credential that lasts minutes; Unavailable `no_softphone` without telephony."""
        ...


class LiveHub(Protocol):
    """What happens, for each person who listens."""

    def subscribe(
        self, principal: Principal
    ) -> AbstractAsyncContextManager[AsyncIterator[LiveEvent]]:
        """Yield this person's events from now on, starting with her current state.

        The reader takes events at once, never waiting on a socket. When the
        hub's own bounded buffer overflows all the same, the iterator raises
        TooMuch `resync` and the socket is closed so.
        """
        ...


@dataclass(frozen=True)
class StaffServices:
    """Everything the API calls."""

    accounts: Accounts
    presence: Presence
    offers: Offers
    contacts: ContactDesk
    cases: CaseDesk
    forms: FormLibrary
    softphones: Softphones
    live: LiveHub
    supervision: Supervision
    supervised: SupervisedContacts
    follow_ups: FollowUps
    colleagues: Colleagues
