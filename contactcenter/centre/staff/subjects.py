"""The signed-in person, as records' policy and trail know her."""

from contactcenter.auth.principal import Principal
from records.actor import Actor
from records.policy import Subject


def subject_of(principal: Principal) -> Subject:
    """Return who asks, for a gate."""
    return Subject(principal.staff_id, principal.role, principal.line_ids, principal.session_id)


def actor_of(principal: Principal) -> Actor:
    """Return who acts, for an event."""
    return Actor.staff(principal.staff_id, principal.session_id)
