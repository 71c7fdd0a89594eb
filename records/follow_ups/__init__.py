"""Follow-ups: what is owed after a contact, and who sees to it."""

from records.contacts.follow_up import FollowUp, FollowUpWanted
from records.follow_ups.follow_ups import FollowUps

__all__ = ["FollowUp", "FollowUpWanted", "FollowUps"]
