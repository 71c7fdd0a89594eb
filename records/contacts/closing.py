"""What closing a contact depends on beside the contact itself, read in the closing transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from config.vocabulary import Disposition
from records.contacts.follow_up import FollowUpWanted
from records.contacts.snapshot import ContactSnapshot
from records.database import Transaction


@dataclass(frozen=True, slots=True)
class ClosingTerms:
    """What a closing still lacks, and what it owes.

    `missing`: questions of the write-up without an answer. `owed`: follow-ups
    that its answers promise.
    """

    missing: tuple[str, ...] = ()
    needs_case: bool = True
    owed: tuple[FollowUpWanted, ...] = ()


class ClosingRules(Protocol):
    """Who reads a write-up for its closing; the rules are the helpline's."""

    async def terms(
        self, tx: Transaction, contact: ContactSnapshot, disposition: Disposition, now: datetime
    ) -> ClosingTerms:
        """Return what closing this locked contact so needs and owes."""
        ...
