"""What a stored line of a conversation is, before and after it has its number."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from config.errors import InvalidInput
from config.vocabulary import MessageKind, MessageVisibility, Sender
from config.writing import is_blank, is_storable

MAX_CHARS = 4000  # what a helpline may set at the most, and its own texts


@dataclass(frozen=True, slots=True)
class Draft:
    """A line somebody wants stored; `cid` is its author's own name for it."""

    contact_id: UUID
    sender: Sender
    cid: UUID
    text: str
    staff_id: UUID | None = None
    kind: MessageKind = MessageKind.TEXT
    visibility: MessageVisibility = MessageVisibility.ALL

    @property
    def name(self) -> tuple[UUID, Sender, UUID]:
        """Return what makes the line unique whatever its number."""
        return (self.contact_id, self.sender, self.cid)


@dataclass(frozen=True, slots=True)
class Stored:
    """The proof that a line is committed; `replayed` when it already was."""

    seq: int
    at: datetime
    replayed: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A committed line, opened."""

    seq: int
    cid: UUID
    sender: Sender
    staff_id: UUID | None
    kind: MessageKind
    visibility: MessageVisibility
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Head:
    """Where a conversation stands: its last number and how far each side has read."""

    head_seq: int
    open: bool
    visitor_read_seq: int
    listener_read_seq: int


def checked(draft: Draft, most_chars: int = MAX_CHARS) -> Draft:
    """Return the draft, or raise InvalidInput when no such line may ever exist.

    `most_chars` is the helpline's one limit, the same for both sides; its own
    texts may be longer. A whisper is between members of staff: one that a child
    could read is refused here, whatever the caller meant.
    """
    if is_blank(draft.text) or not is_storable(draft.text):
        raise InvalidInput("no text, or none that can be kept", field="text", code="not_a_text")
    if len(draft.text) > (MAX_CHARS if draft.sender is Sender.SYSTEM else most_chars):
        raise InvalidInput("the line is too long", field="text", code="text_too_long")
    if draft.kind is MessageKind.WHISPER and draft.visibility is not MessageVisibility.STAFF:
        raise InvalidInput("a whisper is for staff only", field="visibility")
    if draft.sender is Sender.VISITOR and draft.kind is not MessageKind.TEXT:
        raise InvalidInput("a visitor only writes text", field="kind")
    if draft.sender is Sender.VISITOR and draft.visibility is not MessageVisibility.ALL:
        raise InvalidInput("a visitor's line is for everybody in it", field="visibility")
    return draft
