"""Who may see or do what: role × relation to the object × right. Deny by default.

The only place where this is decided. A right that no rule gives is refused;
a rule holds only on the lines the person works for. Rights name what is read
or done, by class of field, so that a colleague with no business in a case
never sees more of it than its existence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, StrEnum
from types import MappingProxyType

from config.vocabulary import Role
from records.actor import Principal

# A listener rereads what she wrote for a month after a case is closed; later
# it goes through a coordinator.
CLOSED_CASE_READABLE = timedelta(days=30)


class Right(StrEnum):
    """Something read (`…_read`) or done, on one object or on a line."""

    CASE_CREATE = "case_create"
    CASE_FIND = "case_find"  # by its exact reference
    CASE_LIST = "case_list"  # see it in a list without knowing its reference
    CASE_HEADER_READ = "case_header_read"  # reference, state, département, follower
    CASE_LABEL_READ = "case_label_read"
    CASE_TIMELINE_READ = "case_timeline_read"
    CASE_ATTACH = "case_attach"
    CASE_DETACH = "case_detach"
    CONTACT_LIST = "contact_list"
    CONTACT_READ = "contact_read"  # coded fields
    CONTACT_CONTENT_READ = "contact_content_read"  # messages and form
    CONTACT_NUMBER_READ = "contact_number_read"
    CONTACT_SERVE = "contact_serve"  # write to the person, end, write up, close
    CONTACT_URGENCY_RAISE = "contact_urgency_raise"
    CONTACT_URGENCY_CONFIRM = "contact_urgency_confirm"  # or correct a declared one
    CONTACT_URGENCY_LOWER = "contact_urgency_lower"
    HAND_OVER = "hand_over"  # to another queue or level, by whoever serves it
    CONTACT_MOVE = "contact_move"  # to another queue, by whoever supervises
    CONTACT_ASSIGN = "contact_assign"  # to one listener; take or close a stuck one
    SUPERVISE = "supervise"  # see every queue, listener and contact under way
    LISTENER_FORCE = "listener_force"  # set a colleague's state for her
    QUEUE_OVERRIDE = "queue_override"  # close a queue, or give it a message, at once
    FOLLOW_UP_READ = "follow_up_read"
    FOLLOW_UP_SERVE = "follow_up_serve"
    DEBRIEF_SERVE = "debrief_serve"  # a colleague's wish to talk is read by the coordination alone
    QUEUES_READ = "queues_read"
    STAFF_MANAGE = "staff_manage"
    AUDIT_READ = "audit_read"
    STATISTICS_READ = "statistics_read"  # counts only, never an id


@dataclass(frozen=True, slots=True)
class Relation:
    """How the person who asks stands to what is asked for.

    `involved`: a contact she took, or a case she opened, follows, or took a
    contact of. `serving`: a contact she is engaged with at this moment, the
    write-up included. `in_her_case`: a contact recorded against an open case
    she is involved in. `follows_up`: a contact whose follow-up she has claimed
    and not finished. `closed_for`: since when it is closed, None while open.
    """

    line_id: str
    involved: bool = False
    serving: bool = False
    in_her_case: bool = False
    follows_up: bool = False
    closed_for: timedelta | None = None


class _When(Enum):
    """The condition under which a role has a right."""

    ON_HER_LINES = "on_her_lines"
    WHILE_OPEN = "while_open"  # or hers
    SERVING = "serving"
    INVOLVED = "involved"
    INVOLVED_LATELY = "involved_lately"
    CONCERNED = "concerned"  # took it, or follows it up, or the case it belongs to
    CONCERNED_LATELY = "concerned_lately"
    CALLING_BACK = "calling_back"  # took it lately, or follows it up

    def holds(self, relation: Relation) -> bool:
        closed = relation.closed_for
        lately = closed is None or closed <= CLOSED_CASE_READABLE
        holds = {
            _When.ON_HER_LINES: True,
            _When.WHILE_OPEN: closed is None or relation.involved,
            _When.SERVING: relation.serving,
            _When.INVOLVED: relation.involved,
            _When.INVOLVED_LATELY: relation.involved and lately,
            _When.CONCERNED: relation.involved or relation.in_her_case or relation.follows_up,
            _When.CONCERNED_LATELY: (
                (relation.involved and lately) or relation.in_her_case or relation.follows_up
            ),
            _When.CALLING_BACK: (relation.involved and lately) or relation.follows_up,
        }
        return holds[self]


_ALWAYS = _When.ON_HER_LINES

_LISTENER: Mapping[Right, _When] = {
    Right.CASE_CREATE: _ALWAYS,
    Right.CASE_FIND: _When.WHILE_OPEN,
    Right.CASE_LIST: _When.INVOLVED,
    Right.CASE_HEADER_READ: _When.WHILE_OPEN,
    Right.CASE_LABEL_READ: _When.INVOLVED_LATELY,
    Right.CASE_TIMELINE_READ: _When.INVOLVED_LATELY,
    Right.CASE_ATTACH: _When.INVOLVED,  # asked of her contact
    Right.CASE_DETACH: _When.INVOLVED,
    Right.CONTACT_LIST: _When.CONCERNED,
    Right.CONTACT_READ: _When.CONCERNED,
    Right.CONTACT_CONTENT_READ: _When.CONCERNED_LATELY,
    Right.CONTACT_NUMBER_READ: _When.CALLING_BACK,
    Right.CONTACT_SERVE: _When.SERVING,
    Right.CONTACT_URGENCY_RAISE: _ALWAYS,  # whoever may read it: see `set_urgency`
    Right.CONTACT_URGENCY_CONFIRM: _When.SERVING,
    Right.HAND_OVER: _When.SERVING,
    Right.FOLLOW_UP_READ: _ALWAYS,
    Right.FOLLOW_UP_SERVE: _ALWAYS,
    Right.QUEUES_READ: _ALWAYS,
}

_COORDINATOR: Mapping[Right, _When] = {
    Right.CASE_CREATE: _ALWAYS,
    Right.CASE_FIND: _ALWAYS,
    Right.CASE_LIST: _ALWAYS,
    Right.CASE_HEADER_READ: _ALWAYS,
    Right.CASE_LABEL_READ: _ALWAYS,
    Right.CASE_TIMELINE_READ: _ALWAYS,
    Right.CASE_ATTACH: _ALWAYS,
    Right.CASE_DETACH: _ALWAYS,
    Right.CONTACT_LIST: _ALWAYS,
    Right.CONTACT_READ: _ALWAYS,
    Right.CONTACT_CONTENT_READ: _ALWAYS,
    Right.CONTACT_NUMBER_READ: _ALWAYS,
    Right.CONTACT_SERVE: _ALWAYS,
    Right.CONTACT_URGENCY_RAISE: _ALWAYS,
    Right.CONTACT_URGENCY_CONFIRM: _ALWAYS,
    Right.CONTACT_URGENCY_LOWER: _ALWAYS,
    Right.HAND_OVER: _ALWAYS,
    Right.CONTACT_MOVE: _ALWAYS,
    Right.CONTACT_ASSIGN: _ALWAYS,
    Right.SUPERVISE: _ALWAYS,
    Right.LISTENER_FORCE: _ALWAYS,
    Right.QUEUE_OVERRIDE: _ALWAYS,
    Right.FOLLOW_UP_READ: _ALWAYS,
    Right.FOLLOW_UP_SERVE: _ALWAYS,
    Right.QUEUES_READ: _ALWAYS,
    Right.DEBRIEF_SERVE: _ALWAYS,
    Right.STATISTICS_READ: _ALWAYS,
}

_SUPERVISOR: Mapping[Right, _When] = {
    Right.CASE_FIND: _ALWAYS,
    Right.CASE_LIST: _ALWAYS,
    Right.CASE_HEADER_READ: _ALWAYS,
    Right.CASE_LABEL_READ: _ALWAYS,
    Right.CASE_TIMELINE_READ: _ALWAYS,
    Right.CONTACT_LIST: _ALWAYS,
    Right.CONTACT_READ: _ALWAYS,
    Right.CONTACT_CONTENT_READ: _ALWAYS,
    Right.CONTACT_SERVE: _When.SERVING,  # one she took because it was stuck
    Right.CONTACT_URGENCY_RAISE: _ALWAYS,
    Right.CONTACT_URGENCY_CONFIRM: _When.SERVING,
    Right.HAND_OVER: _When.SERVING,
    Right.CONTACT_MOVE: _ALWAYS,
    Right.CONTACT_ASSIGN: _ALWAYS,
    Right.SUPERVISE: _ALWAYS,
    Right.LISTENER_FORCE: _ALWAYS,
    Right.QUEUE_OVERRIDE: _ALWAYS,
    Right.FOLLOW_UP_READ: _ALWAYS,
    Right.QUEUES_READ: _ALWAYS,
    Right.AUDIT_READ: _ALWAYS,
    Right.STATISTICS_READ: _ALWAYS,
}

_ADMINISTRATOR: Mapping[Right, _When] = {Right.STAFF_MANAGE: _ALWAYS}

_DATA_OFFICER: Mapping[Right, _When] = {
    Right.CASE_FIND: _ALWAYS,
    Right.CASE_HEADER_READ: _ALWAYS,
    Right.AUDIT_READ: _ALWAYS,
    Right.STATISTICS_READ: _ALWAYS,
}

_ANALYST: Mapping[Right, _When] = {Right.STATISTICS_READ: _ALWAYS}

_RULES: Mapping[Role, Mapping[Right, _When]] = MappingProxyType(
    {
        Role.LISTENER: _LISTENER,
        Role.COORDINATOR: _COORDINATOR,
        Role.SUPERVISOR: _SUPERVISOR,
        Role.ADMINISTRATOR: _ADMINISTRATOR,
        Role.DATA_OFFICER: _DATA_OFFICER,
        Role.ANALYST: _ANALYST,
    }
)


def may(principal: Principal, right: Right, relation: Relation) -> bool:
    """Return whether the person has the right on that object; what is not granted is refused."""
    if relation.line_id not in principal.line_ids:
        return False
    condition = _RULES.get(principal.role, {}).get(right)
    return condition is not None and condition.holds(relation)
