"""What becomes of each line of a batch: pure, so that numbering can be proved.

The shell locks the conversations it can get, reads which lines already exist,
asks `plan_batch`, then writes exactly what the plan says in the same
transaction. The locks make the answer true until the commit.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from config.vocabulary import Sender
from records.messages.lines import Draft

Name = tuple[UUID, Sender, UUID]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation whose row this transaction has locked."""

    head_seq: int
    open: bool


@dataclass(frozen=True, slots=True)
class Known:
    """A line that was committed earlier under the same name."""

    seq: int
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Numbered:
    """To be written under this number."""

    seq: int


@dataclass(frozen=True, slots=True)
class Twin:
    """The same line as an earlier one of this batch: its number, and nothing to write."""

    seq: int


@dataclass(frozen=True, slots=True)
class Replayed:
    """Committed by an earlier batch: its first number and instant."""

    seq: int
    at: datetime


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """Never to be written; `code` is `cid_reused`, `conversation_closed` or `not_found`."""

    code: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """Its conversation is locked by somebody else: for a later batch."""


Fate = Numbered | Twin | Replayed | RefusedLine | Skipped


@dataclass(frozen=True, slots=True)
class Plan:
    """One fate per draft, in the order given, and the new head of each conversation written."""

    fates: tuple[Fate, ...]
    heads: Mapping[UUID, int]


def plan_batch(
    drafts: Sequence[Draft],
    locked: Mapping[UUID, Conversation],
    busy: Collection[UUID],
    known: Mapping[Name, Known],
) -> Plan:
    """Number the new lines of a batch, without a gap and in the order given.

    `busy` are conversations that exist but could not be locked; one that is
    neither locked nor busy does not exist. A line already committed answers
    with its first number even in a closed conversation: its author never had
    the first answer. Every draft has its own fate: no refusal touches another.
    """
    heads: dict[UUID, int] = {}
    numbered: dict[Name, tuple[int, str]] = {}
    fates: list[Fate] = []
    for draft in drafts:
        conversation = locked.get(draft.contact_id)
        if conversation is None:
            fates.append(Skipped() if draft.contact_id in busy else RefusedLine("not_found"))
        elif (earlier := known.get(draft.name)) is not None:
            same = _same_line(draft, earlier.text)
            fates.append(Replayed(earlier.seq, earlier.at) if same else RefusedLine("cid_reused"))
        elif (twin := numbered.get(draft.name)) is not None:
            same = _same_line(draft, twin[1])
            fates.append(Twin(twin[0]) if same else RefusedLine("cid_reused"))
        elif not conversation.open:
            fates.append(RefusedLine("conversation_closed"))
        else:
            seq = heads.get(draft.contact_id, conversation.head_seq) + 1
            heads[draft.contact_id] = seq
            numbered[draft.name] = (seq, draft.text)
            fates.append(Numbered(seq))
    return Plan(tuple(fates), heads)


def _same_line(draft: Draft, text: str) -> bool:
    # A system line is named by its occasion: saying it again with a fresher
    # estimate of the wait is still the same line, said once.
    return draft.sender is Sender.SYSTEM or draft.text == text
