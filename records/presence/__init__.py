"""Presence: belongs to the session, committed first."""

from records.presence.presence import ListenerRow, Load, PresenceStore

__all__ = ["ListenerRow", "Load", "PresenceStore"]
