"""What a route can ask before it knows of any object; the rules are in records.policy."""

from functools import cache
from uuid import UUID

from config.errors import NotAllowed
from config.vocabulary import Role
from records.actor import Principal
from records.policy import Relation, Right, may

_NOBODY = UUID(int=0)


def access_any_line(principal: Principal, right: Right) -> None:
    """Raise NotAllowed unless her role could have the right on some object of her lines."""
    if principal.role not in roles_with(right) or not principal.line_ids:
        raise NotAllowed


@cache
def roles_with(right: Right) -> frozenset[Role]:
    """Return the roles that have the right on at least some objects: what a route can check."""
    nearest = Relation(line_id="", involved=True, serving=True)
    return frozenset(role for role in Role if may(_anybody(role), right, nearest))


def _anybody(role: Role) -> Principal:
    return Principal(staff_id=_NOBODY, session_id=_NOBODY, role=role, line_ids=frozenset({""}))
