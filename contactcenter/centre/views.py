"""What the application services show to the staff, as the API writes it.

Views are frozen and hold only what the asking person may read: a service
builds one after its gate has let the person through. Instants are aware and
written as RFC 3339 in UTC; durations are whole seconds; urgency is the number
1 (immediate) to 5 (advice).
"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from config.vocabulary import (
    Audience,
    CaseState,
    Channel,
    ContactEventKind,
    ContactState,
    Disposition,
    EndedBy,
    EngagementState,
    Level,
    PresenceState,
    Role,
    Sender,
    Urgency,
    UrgencySource,
)

Seconds = Annotated[int, Field(ge=0)]
FormValue = str | bool | int | float | list[str] | None
SoftphoneKind = Literal["emulator", "twilio"]


class View(BaseModel):
    """The shape of every view: frozen, closed, written under the names the API promises."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_by_name=True, serialize_by_alias=True
    )


class StaffView(View):
    """A member of staff, as colleagues see her."""

    staff_id: UUID
    display_name: str
    role: Role


class PresenceView(View):
    """What the listener declared, or what the service concluded and why (`reason`, coded).

    `until` is where an offered pause would end; it is not there while she still writes
    up, for that is no pause. « Ready again » stays her own word.
    """

    state: PresenceState
    since: AwareDatetime
    version: int
    reason: str | None = None
    until: AwareDatetime | None = None


class SoftphoneView(View):
    """Which telephone the desk starts, and where it registers; both null without telephony."""

    kind: SoftphoneKind | None = None
    url: str | None = None


class SoftphoneTokenView(View):
    """A short-lived credential for the desk's telephone, and the name it registers under.

    It is good for `expires_in` seconds from now; ask for the next one at half of them.
    """

    token: str
    expires_in: int
    identity: str
    kind: SoftphoneKind
    url: str


class ColleagueView(View):
    """A colleague named on a case: who follows it."""

    staff_id: UUID
    display_name: str


class OfferView(View):
    """A contact proposed to one listener: never a number nor a name.

    `server_now` lets a screen count down to `expires_at` whatever its own clock says.
    """

    offer_id: UUID
    contact_id: UUID
    channel: Channel
    queue: str
    queue_label: str
    level: Level = Level.LISTENING
    needs: list[str] = Field(default_factory=list)
    urgency: Urgency
    audience: Audience
    waited_seconds: Seconds
    offered_at: AwareDatetime
    expires_at: AwareDatetime
    server_now: AwareDatetime


class EngagementView(View):
    """One listener's work on a contact, its write-up included.

    `wrap_up_extensions_left`: how often she may still ask for more time.
    """

    engagement_id: UUID
    listener_id: UUID
    listener_name: str
    state: EngagementState
    level: Level = Level.LISTENING
    accepted_at: AwareDatetime
    talking_at: AwareDatetime | None = None
    wrap_up_at: AwareDatetime | None = None
    wrap_up_until: AwareDatetime | None = None
    wrap_up_extensions_left: int = Field(default=0, ge=0)


class WrapUpView(View):
    """Until when a write-up holds its listener's capacity, and how often that can be extended."""

    wrap_up_until: AwareDatetime
    wrap_up_extensions_left: int = Field(ge=0)


class FormView(View):
    """The write-up of a contact; revision 0 with no values until it is first saved."""

    form_id: str
    form_version: int
    revision: int = Field(ge=0)
    values: dict[str, FormValue]
    saved_at: AwareDatetime | None = None


class CaseReference(View):
    """A case that a contact is attached to, by its short code."""

    case_id: UUID
    reference: str


class LossView(View):
    """A contact that this listener's desk lost while she talked with the person.

    Her page was closed or left, or her telephone died. `state` is the
    contact's now: most often `waiting`, at the head; `is_gone`: the person did
    not wait for somebody else.
    """

    contact_id: UUID
    channel: Channel
    queue: str
    queue_label: str
    lost_at: AwareDatetime
    state: ContactState
    is_gone: bool


class ContactEventView(View):
    """One thing that happened to a contact; `detail` holds coded values only."""

    kind: ContactEventKind
    at: AwareDatetime
    staff_name: str | None = None
    detail: dict[str, str | int | bool | None] = Field(default_factory=dict)


class ContactSummary(View):
    """A contact in a list.

    `waited_seconds` runs from arrival to the answer, or to the end when nobody
    answered; while the person waits it is counted to the moment of reading.
    """

    contact_id: UUID
    line: str
    channel: Channel
    queue: str
    queue_label: str
    level: Level = Level.LISTENING
    needs: list[str] = Field(default_factory=list)
    state: ContactState
    urgency: Urgency
    urgency_source: UrgencySource
    urgency_confirmed: bool
    audience: Audience
    language: str
    department: str | None = None
    arrived_at: AwareDatetime
    queued_at: AwareDatetime | None = None
    answered_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    closed_at: AwareDatetime | None = None
    waited_seconds: Seconds
    disposition: Disposition | None = None
    non_content_code: str | None = None
    ended_by: EndedBy | None = None
    version: int
    engagement: EngagementView | None = None


FactorAnswer = Literal["yes", "no", "unknown"]


class ContactView(ContactSummary):
    """A contact in full: `engagement` is the open one, or else the last.

    `factors`: what was answered of the urgency factors; a factor that is not
    there was not asked. `proposed_urgency` is the most severe floor among those
    answered yes; the listener decides. `home_queue`: where the contact stood
    before another queue took it in.
    """

    factors: dict[str, FactorAnswer] = Field(default_factory=dict)
    proposed_urgency: Urgency | None = None
    home_queue: str | None = None
    form: FormView | None = None
    cases: list[CaseReference] = Field(default_factory=list)
    events: list[ContactEventView] = Field(default_factory=list)


class ContactPage(View):
    """Contacts, newest first; `next` is the `before` of the following page, null on the last."""

    contacts: list[ContactSummary]
    next: UUID | None = None


class MessageView(View):
    """A stored line of a conversation; `cid` is the id its sender gave it."""

    seq: int = Field(ge=1)
    cid: UUID | None = None
    sender: Sender = Field(alias="from")
    text: str
    at: AwareDatetime


class MessagePage(View):
    """Lines in order, and the number of the last line stored."""

    messages: list[MessageView]
    head_seq: int = Field(ge=0)


class SentView(View):
    """A line that is stored: it survives the loss of any process."""

    cid: UUID
    seq: int = Field(ge=1)
    at: AwareDatetime


class FormSavedView(View):
    """The revision to give with the next save."""

    revision: int = Field(ge=1)
    saved_at: AwareDatetime


class CaseSummary(View):
    """A case in a list."""

    case_id: UUID
    reference: str
    state: CaseState
    label: str | None = None
    department: str | None = None
    created_at: AwareDatetime
    follower: ColleagueView | None = None


class CaseContactView(View):
    """One contact on a case's timeline: who took it, when, and how long the person waited."""

    contact_id: UUID
    channel: Channel
    arrived_at: AwareDatetime
    answered_at: AwareDatetime | None = None
    waited_seconds: Seconds
    ended_at: AwareDatetime | None = None
    listener_name: str | None = None
    urgency: Urgency
    disposition: Disposition | None = None
    state: ContactState


class CaseView(View):
    """A case and its timeline, oldest contact first."""

    case_id: UUID
    reference: str
    state: CaseState
    label: str | None = None
    department: str | None = None
    created_at: AwareDatetime
    follower: ColleagueView | None = None
    contacts: list[CaseContactView]


class CasePage(View):
    """The cases found among those the asking person may know of."""

    cases: list[CaseSummary]
