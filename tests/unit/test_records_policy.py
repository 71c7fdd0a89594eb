"""The whole matrix, written a second time by hand: role × right, in each relation.

A cell is the set of situations in which the right is held. What is not
written here is refused; a new right or role fails until somebody decides.
"""

from datetime import timedelta
from itertools import product
from uuid import UUID

import pytest

from config.vocabulary import Role
from records.policy import CLOSED_CASE_READABLE, Relation, Right, may
from tests.kit.principals import principal_of

LINE = "dlpm"
HERS, HERS_RECENT, HERS_OLD = "hers, open", "hers, closed lately", "hers, closed long ago"
OTHERS, OTHERS_CLOSED = "a colleague's, open", "a colleague's, closed"
SERVED, FOLLOWED = "in her hands now", "a colleague's, in a case of hers"
CLAIMED = "a colleague's, whose follow-up she claimed"

SITUATIONS = {
    HERS: Relation(LINE, involved=True),
    HERS_RECENT: Relation(LINE, involved=True, closed_for=CLOSED_CASE_READABLE),
    HERS_OLD: Relation(LINE, involved=True, closed_for=CLOSED_CASE_READABLE + timedelta(seconds=1)),
    SERVED: Relation(LINE, involved=True, serving=True),
    FOLLOWED: Relation(LINE, in_her_case=True, closed_for=timedelta(days=90)),
    CLAIMED: Relation(LINE, follows_up=True, closed_for=timedelta(days=3)),
    OTHERS: Relation(LINE),
    OTHERS_CLOSED: Relation(LINE, closed_for=timedelta(0)),
}

ALL = frozenset(SITUATIONS)
INVOLVED = frozenset({SERVED, HERS, HERS_RECENT, HERS_OLD})
LATELY = frozenset({SERVED, HERS, HERS_RECENT})
NOT_ANOTHERS_CLOSED = ALL - {OTHERS_CLOSED, FOLLOWED, CLAIMED}

MATRIX = {
    Role.LISTENER: {
        Right.CASE_CREATE: ALL,
        Right.CASE_FIND: NOT_ANOTHERS_CLOSED,
        Right.CASE_LIST: INVOLVED,
        Right.CASE_HEADER_READ: NOT_ANOTHERS_CLOSED,
        Right.CASE_LABEL_READ: LATELY,
        Right.CASE_TIMELINE_READ: LATELY,
        Right.CASE_ATTACH: INVOLVED,
        Right.CASE_DETACH: INVOLVED,
        Right.CONTACT_LIST: INVOLVED | {FOLLOWED, CLAIMED},
        Right.CONTACT_READ: INVOLVED | {FOLLOWED, CLAIMED},
        Right.CONTACT_CONTENT_READ: LATELY | {FOLLOWED, CLAIMED},
        Right.CONTACT_NUMBER_READ: LATELY | {CLAIMED},
        Right.CONTACT_SERVE: frozenset({SERVED}),
        Right.CONTACT_URGENCY_RAISE: ALL,
        Right.CONTACT_URGENCY_CONFIRM: frozenset({SERVED}),
        Right.HAND_OVER: frozenset({SERVED}),
        Right.FOLLOW_UP_READ: ALL,
        Right.FOLLOW_UP_SERVE: ALL,
        Right.QUEUES_READ: ALL,
    },
    Role.COORDINATOR: dict.fromkeys(
        set(Right) - {Right.STAFF_MANAGE, Right.AUDIT_READ},
        ALL,
    ),
    Role.SUPERVISOR: {
        Right.CASE_FIND: ALL,
        Right.CASE_LIST: ALL,
        Right.CASE_HEADER_READ: ALL,
        Right.CASE_LABEL_READ: ALL,
        Right.CASE_TIMELINE_READ: ALL,
        Right.CONTACT_LIST: ALL,
        Right.CONTACT_READ: ALL,
        Right.CONTACT_CONTENT_READ: ALL,
        Right.CONTACT_SERVE: frozenset({SERVED}),
        Right.CONTACT_URGENCY_RAISE: ALL,
        Right.CONTACT_URGENCY_CONFIRM: frozenset({SERVED}),
        Right.HAND_OVER: frozenset({SERVED}),
        Right.CONTACT_MOVE: ALL,
        Right.CONTACT_ASSIGN: ALL,
        Right.SUPERVISE: ALL,
        Right.LISTENER_FORCE: ALL,
        Right.QUEUE_OVERRIDE: ALL,
        Right.FOLLOW_UP_READ: ALL,
        Right.QUEUES_READ: ALL,
        Right.AUDIT_READ: ALL,
        Right.STATISTICS_READ: ALL,
    },
    Role.ADMINISTRATOR: {Right.STAFF_MANAGE: ALL},
    Role.DATA_OFFICER: {
        Right.CASE_FIND: ALL,
        Right.CASE_HEADER_READ: ALL,
        Right.AUDIT_READ: ALL,
        Right.STATISTICS_READ: ALL,
    },
    Role.ANALYST: {Right.STATISTICS_READ: ALL},
}

CONTENT = {
    Right.CASE_LABEL_READ,
    Right.CASE_TIMELINE_READ,
    Right.CONTACT_CONTENT_READ,
    Right.CONTACT_NUMBER_READ,
}


def subject(role, *lines):
    return principal_of(UUID(int=1), role, frozenset(lines or [LINE]))


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("right", Right)
def test_each_right_is_held_in_exactly_the_situations_of_the_matrix(role, right):
    held = {name for name, each in SITUATIONS.items() if may(subject(role), right, each)}
    assert held == MATRIX[role].get(right, frozenset())


@pytest.mark.parametrize("role", Role)
def test_nobody_has_any_right_on_a_line_she_does_not_work_for(role):
    for right, relation in product(Right, SITUATIONS.values()):
        assert not may(subject(role, "another"), right, relation)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.DATA_OFFICER, Role.ANALYST])
def test_who_runs_or_counts_the_service_reads_no_content(role):
    for right, relation in product(CONTENT, SITUATIONS.values()):
        assert not may(subject(role), right, relation)


def test_a_colleague_with_no_business_in_a_case_reads_none_of_its_content():
    for right, name in product(CONTENT, (OTHERS, OTHERS_CLOSED)):
        assert not may(subject(Role.LISTENER), right, SITUATIONS[name])
