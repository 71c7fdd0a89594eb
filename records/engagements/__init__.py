"""Engagements: a listener's work on a contact, step by step."""

from records.engagements.engagement import Engagement
from records.engagements.engagements import Engagements

__all__ = ["Engagement", "Engagements"]
