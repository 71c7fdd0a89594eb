"""What the service leaves alone for now because it kept failing."""

from records.set_aside.set_aside import Aside, SetAside

__all__ = ["Aside", "SetAside"]
