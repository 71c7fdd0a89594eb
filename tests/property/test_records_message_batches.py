"""Batches against a plain model: whatever is locked, closed, repeated or late,
numbers have no gap, a name has one number, and one conversation keeps its order."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from config.errors import TooMuch
from config.vocabulary import Sender
from records.messages.backlog import Backlog, Entry, Limits
from records.messages.batch import (
    Conversation,
    Known,
    Numbered,
    RefusedLine,
    Replayed,
    Skipped,
    Twin,
    plan_batch,
)
from records.messages.lines import Draft

AT = datetime(2026, 1, 5, tzinfo=UTC)
CONTACTS = [UUID(int=n) for n in range(1, 5)]

lines = st.builds(
    Draft,
    contact_id=st.sampled_from([*CONTACTS, UUID(int=99)]),
    sender=st.sampled_from([Sender.VISITOR, Sender.LISTENER]),
    cid=st.integers(1, 6).map(lambda n: UUID(int=n)),
    text=st.sampled_from(["un", "deux"]),
)
batches = st.lists(
    st.tuples(
        st.lists(lines, max_size=12),
        st.sets(st.sampled_from(CONTACTS)),  # locked by somebody else
        st.sets(st.sampled_from(CONTACTS)),  # closed from now on
    ),
    max_size=8,
)


@given(batches)
def test_numbers_have_no_gap_and_a_name_has_one_number(steps):
    stored: dict[UUID, list[Draft]] = {contact_id: [] for contact_id in CONTACTS}
    numbers: dict[tuple, int] = {}
    closed: set[UUID] = set()
    for drafts, busy, closing in steps:
        closed |= closing - busy
        locked = {
            each: Conversation(len(stored[each]), each not in closed)
            for each in CONTACTS
            if each not in busy
        }
        known = {
            name: Known(seq, AT, stored[name[0]][seq - 1].text)
            for name, seq in numbers.items()
            if name[0] in locked
        }
        plan = plan_batch(drafts, locked, busy, known)
        assert len(plan.fates) == len(drafts)
        for draft, fate in zip(drafts, plan.fates, strict=True):
            match fate:
                case Numbered(seq):
                    assert draft.contact_id in locked
                    assert draft.contact_id not in closed
                    assert draft.name not in numbers
                    stored[draft.contact_id].append(draft)
                    assert seq == len(stored[draft.contact_id])
                    numbers[draft.name] = seq
                case Twin(seq) | Replayed(seq, _):
                    assert numbers[draft.name] == seq
                    assert stored[draft.contact_id][seq - 1].text == draft.text
                case RefusedLine("cid_reused"):
                    assert stored[draft.contact_id][numbers[draft.name] - 1].text != draft.text
                case RefusedLine("conversation_closed"):
                    assert draft.contact_id in closed
                    assert draft.name not in numbers
                case RefusedLine(code):
                    assert code == "not_found"
                    assert draft.contact_id not in CONTACTS
                case Skipped():
                    assert draft.contact_id in busy
        for contact_id, head in plan.heads.items():
            assert head == len(stored[contact_id])


actions = st.lists(
    st.one_of(
        st.sampled_from(CONTACTS),
        st.sets(st.sampled_from(CONTACTS)).map(frozenset),  # a batch, these being skipped
    ),
    max_size=60,
)


@given(actions)
def test_one_conversation_keeps_its_order_and_no_line_is_lost(steps):
    backlog = Backlog(
        Limits(waiting=20, waiting_per_conversation=8, batch=6, batch_per_conversation=3)
    )
    accepted: dict[UUID, list[int]] = {contact_id: [] for contact_id in CONTACTS}
    settled: dict[UUID, list[int]] = {contact_id: [] for contact_id in CONTACTS}

    def settle(busy):
        taken = backlog.take()
        assert len(taken) <= 6
        for entry in taken:
            if entry.contact_id not in busy:
                settled[entry.contact_id].append(entry.item)
        backlog.put_back([entry for entry in taken if entry.contact_id in busy])

    for number, step in enumerate(steps):
        if isinstance(step, frozenset):
            settle(step)
            continue
        try:
            backlog.add(Entry(step, number, 0.0))
        except TooMuch:
            continue
        accepted[step].append(number)
        assert len(backlog) <= 20
    while len(backlog):
        settle(frozenset())
    assert settled == accepted
