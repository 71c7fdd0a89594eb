"""Lines of conversations: gap-free numbers, stored before they are acknowledged."""

from records.messages.backlog import Limits
from records.messages.lines import Head, Line, Stored
from records.messages.messages import Messages

__all__ = ["Head", "Limits", "Line", "Messages", "Stored"]
