"""What whoever supervises reads, and a listener's state set for her."""

from records.supervision.floor import (
    Colleague,
    ContactUnderWay,
    Floor,
    ListenerOnFloor,
    Relief,
)
from records.supervision.forcing import ForcedPresence

__all__ = [
    "Colleague",
    "ContactUnderWay",
    "Floor",
    "ForcedPresence",
    "ListenerOnFloor",
    "Relief",
]
