"""The queue score of a contact. Pure: no clock, no I/O."""

from collections.abc import Mapping
from typing import NamedTuple

from config.vocabulary import Urgency

BAND = 2**43
"""The width of a band in milliseconds: about 279 years, so no wait crosses into the next one."""


class Standing(NamedTuple):
    """What PostgreSQL keeps about a contact's place and Redis copies."""

    band: int
    head_start_ms: int
    rank: int


def band_of(urgency: Urgency) -> int:
    """Return 0 for U1, which is strictly first, and 1 for all others."""
    return 0 if urgency is Urgency.U1 else 1


def rank(band: int, queued_ms: int, head_start_ms: int) -> int:
    """Return the queue score of a contact; the lowest is served first.

    Urgency is a head start in time: a contact with a ten-minute head start is
    served as if it had been queued ten minutes earlier. So scores never need
    refreshing as time passes, and a calm contact that has waited long enough
    still overtakes an urgent newcomer. Immediate danger is band 0, which is
    emptied first. Equal scores are ordered by contact id, so that two
    processes never disagree about who is next.

    Raises ValueError when the result would leave its band: then a calm
    contact could pass for one in danger.
    """
    place = queued_ms - head_start_ms
    if band not in (0, 1):
        raise ValueError("a band is 0 or 1")
    if not 0 <= place < BAND:
        raise ValueError("a place outside its band")
    # At most 2^44: exact in the double that Redis keeps as a score.
    return band * BAND + place


def standing(
    urgency: Urgency,
    queued_ms: int,
    head_starts_ms: Mapping[Urgency, int],
    *,
    returned_head_start_ms: int = 0,
) -> Standing:
    """Return band, head start and rank of a contact queued at `queued_ms`.

    `returned_head_start_ms` is what puts a returned contact at the head (a
    dropped call, a lost listener): one more head start in the same formula,
    not a third band. U1 has no head start of its own: inside band 0 only the
    time and a return count.
    """
    band = band_of(urgency)
    own = 0 if band == 0 else head_starts_ms.get(urgency, 0)
    head_start_ms = own + returned_head_start_ms
    return Standing(band, head_start_ms, rank(band, queued_ms, head_start_ms))
