"""One gate per kind of object: it lets the person through or raises.

The rules themselves are in records.policy; a gate turns them into the answer
that gives nothing away. Whoever may not even know of an object is told that
there is none; whoever may read it but not do this is told so.
"""

from functools import cache
from uuid import UUID

from config.errors import NotAllowed, NotFound
from config.vocabulary import Role
from contactcenter.auth.principal import Principal
from records.policy import Relation, Right, Subject, may

_ANYBODY = UUID(int=0)


def subject(principal: Principal) -> Subject:
    """Return the person as the policy knows her."""
    return Subject(principal.staff_id, principal.role, principal.line_ids, principal.session_id)


def access_contact(principal: Principal, right: Right, relation: Relation) -> None:
    """Raise NotFound unless she may know of the contact, NotAllowed unless she has the right."""
    _access(principal, Right.CONTACT_READ, right, relation)


def access_case(principal: Principal, right: Right, relation: Relation) -> None:
    """Raise NotFound unless she may know of the case, NotAllowed unless she has the right."""
    _access(principal, Right.CASE_HEADER_READ, right, relation)


def access_any_line(principal: Principal, right: Right) -> None:
    """Raise NotAllowed unless her role could have the right on some object of her lines."""
    if principal.role not in roles_with(right) or not principal.line_ids:
        raise NotAllowed


@cache
def roles_with(right: Right) -> frozenset[Role]:
    """Return the roles that have the right on at least some objects: what a route can check."""
    nearest = Relation(line_id="", involved=True, serving=True)
    return frozenset(
        role for role in Role if may(Subject(_ANYBODY, role, frozenset({""})), right, nearest)
    )


def _access(principal: Principal, knows: Right, right: Right, relation: Relation) -> None:
    who = subject(principal)
    if may(who, right, relation):
        return
    if not may(who, knows, relation):
        raise NotFound
    raise NotAllowed
