"""What the service itself notices of who comes in, as urgency factors. Pure.

Noticed from earlier contacts of the same number, recognised by its keyed
digest: the number itself is never read for it. A withheld number has no past.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from config.helpline.helpline import Helpline
from config.helpline.schema.urgency import SystemFact
from config.vocabulary import Audience, Disposition, EndedBy
from records.contacts.recognition import LastContact, Recognised

# A talk that they ended was finished; any other end may have been a cut.
_ENDED_BY_US = frozenset({EndedBy.LISTENER, EndedBy.COORDINATOR})
_MAYBE_A_CHILD = frozenset({Audience.MINOR, Audience.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Facts:
    """What was noticed: factors it ticks, whether a cut talk goes on, who should be asked first."""

    factors: frozenset[str] = frozenset()
    is_returning: bool = False
    preferred: UUID | None = None


NOTHING = Facts()


def facts_of(recognised: Recognised, audience: Audience, helpline: Helpline) -> Facts:
    """Return what earlier contacts say of this one; `audience` is who calls now.

    A talk with a minor, or with somebody who did not say, that no listener
    ended, and that stopped a short while ago, was cut: who comes back goes on
    with the same listener if she is there. Otherwise the follower of the case
    is asked first. Repeated and repeatedly short contacts tick their factors.
    """
    limits, found = helpline.limits, []
    is_returning = _was_cut(recognised.last, audience)
    if is_returning:
        found.append(SystemFact.RETURNING_AFTER_DROP)
    # The one that comes in is one more.
    if recognised.repeat_count + 1 >= limits.repeat_contacts:
        found.append(SystemFact.REPEAT_CONTACTS)
    if recognised.short_count >= limits.short_contacts:
        found.append(SystemFact.SHORT_CONTACTS)
    before = recognised.last.listener_id if is_returning and recognised.last else None
    return Facts(_factors(helpline, found), is_returning, before or recognised.follower_id)


def _was_cut(last: LastContact | None, audience: Audience) -> bool:
    """Tell whether the last contact was a talk that broke off; how recent is the reader's rule.

    One that still goes on counts too: a caller may be back before their
    hang-up was reported. A talk written up as without content does not: to
    hang up on us is no way to the head of the queue.
    """
    if last is None or last.listener_id is None:
        return False
    return (
        last.ended_by not in _ENDED_BY_US
        and last.disposition is not Disposition.NON_CONTENT
        and {audience, last.audience} <= _MAYBE_A_CHILD
    )


def _factors(helpline: Helpline, found: Iterable[SystemFact]) -> frozenset[str]:
    factors = (helpline.urgency.factor_of(fact) for fact in found)
    return frozenset(each.id for each in factors if each is not None)
