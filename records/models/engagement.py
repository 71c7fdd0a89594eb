"""Engagements: a listener's work on a contact, its write-up included."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from config.vocabulary import (
    Channel,
    EngagementRole,
    EngagementState,
    EngagementStep,
    Level,
)
from records.models.columns import (
    Row,
    big,
    counted,
    instant,
    instant_or_none,
    milliseconds_or_0,
    one_of,
)


class Engagement(Row, table=True):
    """Its id is the accepted offer's id, so a replayed accept finds it again.

    `step` is the act owed next and `step_due_at` when: any node drives it
    again once due. A step may be owed after the engagement is over (a leg
    still to be hung up).
    """

    __tablename__ = "engagement"
    __table_args__ = (
        one_of("channel", Channel),
        one_of("state", EngagementState),
        one_of("level", Level),
        one_of("role", EngagementRole),
        one_of("step", EngagementStep),
        # Write-ups are not in it: one that outlasts its time must not bar the next
        # call. The accept act counts those still in their time, under the listener's lock.
        Index(
            "engagement_one_open_call",
            "listener_id",
            unique=True,
            postgresql_where=text("channel = 'call' AND state IN ('connecting', 'talking')"),
        ),
        Index(
            "engagement_one_listener",
            "contact_id",
            unique=True,
            postgresql_where=text("role = 'primary' AND state IN ('connecting', 'talking')"),
        ),
        Index(
            "engagement_open_by_listener_idx",
            "listener_id",
            postgresql_where=text("state IN ('connecting', 'talking', 'wrap_up')"),
        ),
        Index(
            "engagement_loss_unseen_idx",
            "listener_id",
            postgresql_where=text("lost_at IS NOT NULL AND loss_seen_at IS NULL"),
        ),
        Index("engagement_contact_id_accepted_at_idx", "contact_id", "accepted_at"),
        Index(
            "engagement_step_due_at_idx",
            "step_due_at",
            postgresql_where=text("step_due_at IS NOT NULL"),
        ),
        Index(
            "engagement_leg_call_sid_idx",
            "leg_call_sid",
            postgresql_where=text("leg_call_sid IS NOT NULL"),
        ),
        Index(
            "engagement_conference_name_idx",
            "conference_name",
            unique=True,
            postgresql_where=text("conference_name IS NOT NULL"),
        ),
    )

    engagement_id: UUID = Field(primary_key=True)
    contact_id: UUID = Field(foreign_key="contact.contact_id")
    line_id: str
    listener_id: UUID = Field(foreign_key="staff.staff_id")
    session_id: UUID
    channel: str
    state: str
    level: str
    role: str
    turn: int = big()
    step: str
    step_due_at: datetime | None = instant_or_none()
    step_attempts: int
    conference_name: str | None = None
    conference_sid: str | None = None
    leg_call_sid: str | None = None
    accepted_at: datetime = instant()
    talking_at: datetime | None = instant_or_none()
    wrap_up_at: datetime | None = instant_or_none()
    wrap_up_until: datetime | None = instant_or_none()
    done_at: datetime | None = instant_or_none()
    queue: str | None = None  # where the contact waited for her
    waited_ms: int | None = big(default=None)  # how long this stay in waiting had lasted
    wrap_up_extensions: int = counted()
    lost_at: datetime | None = instant_or_none()  # her desk lost the person, then
    loss_seen_at: datetime | None = instant_or_none()  # she was told of it
    leg_queue_ms: int = milliseconds_or_0()  # before her telephone rings, for the account's rate
