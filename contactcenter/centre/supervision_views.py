"""What whoever supervises sees: queues, listeners, contacts under way, and what is owed later.

No view here names or numbers a correspondent: a contact is its queue, its
urgency and its wait. Figures are of a sliding window; the formula of each is
written where it is a field.
"""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from config.vocabulary import (
    Audience,
    Channel,
    ContactState,
    EngagementState,
    FollowUpKind,
    FollowUpState,
    Level,
    PresenceState,
    QueueStateKind,
    Role,
    Urgency,
    UrgencySource,
)
from contactcenter.centre.views import ColleagueView, Seconds, View

EVERY_QUEUE = "*"
Severity = Literal["warning", "critical"]


class Alert(View):
    """A banner; `code` is stable.

    To every desk: `u1_waiting`, `round_exhausted`, `nobody_signed_in`. To whoever
    supervises also `escalated` (a step of urgency.toml asks for her),
    `hard_contacts` (`listener_id` has had several hard contacts in a row: she may
    need relief; it says nothing of her work), `set_aside` and `listener_set_aside`
    (the service fails again and again on that contact, or that desk: it goes on
    with the others, and somebody is to look).
    """

    code: str
    severity: Severity
    line: str | None = None
    contact_id: UUID | None = None
    queue: str | None = None
    since: AwareDatetime | None = None
    listener_id: UUID | None = None
    listener_name: str | None = None


class ServiceTargetView(View):
    """The share, in percent, that is to be answered within some seconds."""

    percent: int
    seconds: int


class OverrideView(View):
    """What a supervisor set on a queue at once; `queue` is `*` for all, `channel` null for all."""

    queue: str
    channel: Channel | None = None
    closed: bool
    message: dict[str, str] | None = None
    until: AwareDatetime | None = None
    set_at: AwareDatetime


class QueueFigures(View):
    """One queue on one channel, with the figures of the sliding window of `window_seconds`.

    The same for a desk, a wallboard and whoever supervises: counters, and nobody in them.
    `estimated_wait_seconds` is what the next one to come may expect; null: nobody knows.
    `service_level` = answered within the target's seconds / (answered + abandoned),
    in percent, those who left within the first seconds not counted; null while
    there is nothing to divide by, or no target.
    """

    queue: str
    label: str
    channel: Channel
    waiting: int = Field(ge=0)
    longest_wait_seconds: Seconds | None = None
    state: QueueStateKind = QueueStateKind.OPEN
    reopens_at: AwareDatetime | None = None
    estimated_wait_seconds: Seconds | None = None
    window_seconds: Seconds = 0
    answered: int = Field(default=0, ge=0)
    abandoned: int = Field(default=0, ge=0)
    abandoned_early: int = Field(default=0, ge=0)
    service_level: int | None = Field(default=None, ge=0, le=100)
    target: ServiceTargetView | None = None
    override: OverrideView | None = None


class LoadView(View):
    """One contact that a listener has in hand."""

    contact_id: UUID
    channel: Channel
    queue: str | None = None
    urgency: Urgency | None = None
    state: EngagementState
    since: AwareDatetime


class SupervisedListener(View):
    """A colleague who is present, or has something open: state, since when, why, and with what."""

    staff_id: UUID
    name: str
    role: Role
    state: PresenceState
    since: AwareDatetime
    reason: str | None = None
    until: AwareDatetime | None = None
    profile: str
    skills: list[str] = Field(default_factory=list)
    max_chats: int
    load: list[LoadView] = Field(default_factory=list)
    hard_contacts: int = Field(default=0, ge=0)


class SupervisedContact(View):
    """A contact that waits, is served, or is being written up.

    A `declared` urgency that is not confirmed is the person's own word, still to be
    checked. `answered_at`: somebody has talked with the person, even if they wait again;
    it says which dispositions may close the contact.
    """

    contact_id: UUID
    line: str
    queue: str
    queue_label: str
    channel: Channel
    language: str
    audience: Audience
    level: Level
    needs: list[str] = Field(default_factory=list)
    urgency: Urgency
    urgency_source: UrgencySource
    urgency_confirmed: bool
    state: ContactState
    waited_seconds: Seconds
    arrived_at: AwareDatetime
    answered_at: AwareDatetime | None = None
    since: AwareDatetime  # in this state
    listener_id: UUID | None = None
    listener_name: str | None = None
    engagement_state: EngagementState | None = None
    # Before the listener's telephone rings: the account's calls a second are used up.
    leg_queue_seconds: int = Field(default=0, ge=0)
    version: int


class SupervisionView(View):
    """The whole picture at `at`.

    `contacts`: at most 200 that wait, in the order of service, then at most 400
    that are served or written up, the first taken first; `contacts_left_out`
    says that there are more.
    """

    at: AwareDatetime
    queues: list[QueueFigures]
    overrides: list[OverrideView] = Field(default_factory=list)
    listeners: list[SupervisedListener]
    contacts: list[SupervisedContact]
    contacts_left_out: bool = False
    free_listeners: int = Field(ge=0)
    present_listeners: int = Field(ge=0)
    alerts: list[Alert] = Field(default_factory=list)


class PresentColleague(ColleagueView):
    """A colleague whom a contact may be handed over to: her state, and not why nor with whom."""

    state: PresenceState


class ColleagueList(View):
    """Who is present and serves a queue, those who are ready first; never the one who asks."""

    colleagues: list[PresentColleague]


class FollowUpView(View):
    """Something owed after a contact: a callback agreed, or the specialists' turn."""

    follow_up_id: UUID
    kind: FollowUpKind
    state: FollowUpState
    contact_id: UUID
    line: str
    queue: str
    queue_label: str
    due_at: AwareDatetime | None = None
    created_at: AwareDatetime
    claimed_by: ColleagueView | None = None
    claimed_at: AwareDatetime | None = None
    done_at: AwareDatetime | None = None
    outcome: str | None = None
    version: int


class NumberView(View):
    """The number to call back, in E.164: shown on request, and never kept anywhere else."""

    number: str = Field(repr=False)


class FollowUpList(View):
    """What is open or claimed, the first due first."""

    follow_ups: list[FollowUpView]
