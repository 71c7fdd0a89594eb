"""Cases (situations): what is followed for months, and the contacts recorded against it."""

from records.cases.cases import LABEL_CHARS, Cases
from records.cases.reference import parse_reference
from records.cases.views import CaseHeader, CaseReference, CaseView, TimelineContact

__all__ = [
    "LABEL_CHARS",
    "CaseHeader",
    "CaseReference",
    "CaseView",
    "Cases",
    "TimelineContact",
    "parse_reference",
]
