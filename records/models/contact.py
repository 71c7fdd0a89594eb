"""Contacts: the coded columns that routing and statistics read, and two sealed ones."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from config.vocabulary import (
    ActorKind,
    Audience,
    Channel,
    ContactEventKind,
    ContactState,
    Disposition,
    EndedBy,
    Level,
    UrgencySource,
)
from records.models.columns import (
    Retained,
    Row,
    big,
    coded_json,
    codes,
    ids,
    instant,
    instant_or_none,
    octets,
    one_of,
    small,
)


class Contact(Row, Retained, table=True):
    """One call or chat. `version` is +1 per change, `turn` +1 per entry into waiting."""

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("account_sid", "call_sid"),
        one_of("channel", Channel),
        one_of("state", ContactState),
        one_of("audience", Audience),
        one_of("urgency_source", UrgencySource),
        one_of("disposition", Disposition),
        one_of("ended_by", EndedBy),
        one_of("level", Level),
        CheckConstraint("urgency BETWEEN 1 AND 5", name="urgency"),
        CheckConstraint("band IN (0, 1)", name="band"),
        CheckConstraint(
            "state NOT IN ('waiting', 'active') OR (queue IS NOT NULL AND urgency IS NOT NULL"
            " AND rank IS NOT NULL AND queued_at IS NOT NULL AND waiting_since IS NOT NULL)",
            name="placed",
        ),
        CheckConstraint(
            "(state IN ('ended', 'closed')) = (ended_at IS NOT NULL AND ended_by IS NOT NULL)",
            name="ended",
        ),
        CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL AND disposition IS NOT NULL)",
            name="closed",
        ),
        CheckConstraint("(channel = 'call') = (call_sid IS NOT NULL)", name="call"),
        CheckConstraint("(channel = 'chat') = (visitor_token_hash IS NOT NULL)", name="chat"),
        Index("contact_waiting_idx", "line_id", "rank", postgresql_where=text("state = 'waiting'")),
        Index(
            "contact_waiting_queued_at_idx",
            "queued_at",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("contact_not_closed_idx", "contact_id", postgresql_where=text("state <> 'closed'")),
        Index(
            "contact_away_idx",
            "visitor_seen_at",
            postgresql_where=text("state = 'waiting' AND channel = 'chat'"),
        ),
        Index("contact_changed_at_idx", "changed_at"),
        Index("contact_line_id_arrived_at_idx", "line_id", "arrived_at"),
        Index(
            "contact_number_hmac_idx",
            "number_hmac",
            "arrived_at",
            postgresql_where=text("number_hmac IS NOT NULL"),
        ),
        Index(
            "contact_retain_until_idx",
            "retain_until",
            postgresql_where=text("retain_until IS NOT NULL AND shredded_at IS NULL"),
        ),
    )

    contact_id: UUID = Field(primary_key=True)
    line_id: str = Field(foreign_key="line.line_id")
    channel: str
    state: str
    queue: str | None = None
    language: str
    audience: str
    department: str | None = None

    urgency: int | None = small(default=None)
    urgency_source: str | None = None
    urgency_confirmed_at: datetime | None = instant_or_none()
    band: int | None = small(default=None)
    head_start_ms: int = big()
    rank: int | None = big(default=None)
    returned: bool
    turn: int = big()
    version: int = big()

    arrived_at: datetime = instant()
    queued_at: datetime | None = instant_or_none()
    waiting_since: datetime | None = instant_or_none()
    answered_at: datetime | None = instant_or_none()
    ended_at: datetime | None = instant_or_none()
    closed_at: datetime | None = instant_or_none()
    changed_at: datetime = instant()

    disposition: str | None = None
    non_content_code: str | None = None
    ended_by: str | None = None
    end_reason: str | None = None
    waited_ms: int | None = big(default=None)

    account_sid: str | None = None
    call_sid: str | None = None
    number_hmac: bytes | None = octets(default=None)
    number_sealed: bytes | None = octets(default=None)
    visitor_token_hash: bytes | None = octets(default=None, unique=True)
    visitor_seen_at: datetime | None = instant_or_none()

    preferred_listener_id: UUID | None = Field(default=None, foreign_key="staff.staff_id")
    preferred_until: datetime | None = instant_or_none()

    level: str = Field(sa_column_kwargs={"server_default": Level.LISTENING.value})
    needs: list[str] = codes()
    widened_to: list[str] = codes()  # queues an escalation step added
    escalations: int = big(sa_column_kwargs={"server_default": "0"})  # bit = step applied
    given_up_by: list[UUID] = ids()  # who handed it over, the last one last
    lost_at: datetime | None = instant_or_none()  # by a desk; nobody has answered since
    home_queue: str | None = None  # the queue it belongs to, while another took it in
    config_version: str = Field(foreign_key="config_version.hash")


class ContactFact(Row, table=True):
    """A coded fact about a contact: an urgency factor, a category. Never free text."""

    __tablename__ = "contact_fact"

    contact_id: UUID = Field(primary_key=True, foreign_key="contact.contact_id")
    fact: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    line_id: str


class ContactEvent(Row, table=True):
    """Something that happened to a contact; inserted only. Statistics read these."""

    __tablename__ = "contact_event"
    __table_args__ = (
        one_of("kind", ContactEventKind),
        one_of("actor_kind", ActorKind),
        # A replay of an act about an offer adds no second event.
        Index(
            "contact_event_once_per_offer",
            "contact_id",
            "kind",
            "offer_id",
            unique=True,
            postgresql_where=text("offer_id IS NOT NULL"),
        ),
        Index("contact_event_contact_id_event_id_idx", "contact_id", "event_id"),
        Index("contact_event_line_id_at_idx", "line_id", "at"),
    )

    event_id: UUID = Field(primary_key=True)
    line_id: str
    contact_id: UUID = Field(foreign_key="contact.contact_id")
    kind: str
    at: datetime = instant()
    actor_kind: str
    staff_id: UUID | None = None
    offer_id: UUID | None = None
    engagement_id: UUID | None = None
    turn: int = big()
    detail: dict[str, Any] = coded_json()
