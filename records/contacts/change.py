"""What an act did to a contact: the one thing that its effects follow from."""

from dataclasses import dataclass

from records.contacts.snapshot import ContactSnapshot
from records.engagements.engagement import Engagement


@dataclass(frozen=True, slots=True)
class Change:
    """A contact and its listener's work on it, as they stood under the act's lock and are now.

    `before` is None for a contact that is born by the act, or that one
    statement changed without reading it first. `taken` is the engagement of
    whoever was with the contact or wrote it up; the act's own end of it
    stands in `taken_after`. An act that found nothing to do returns the same
    contact twice.
    """

    before: ContactSnapshot | None
    after: ContactSnapshot
    taken_before: Engagement | None = None
    taken_after: Engagement | None = None

    @property
    def happened(self) -> bool:
        """Say whether the act changed anything."""
        return self.before != self.after or self.taken_before != self.taken_after
