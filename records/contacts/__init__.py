"""Contacts: calls and chats, from their first second to their closing."""

from records.contacts.acceptance import Accepted
from records.contacts.contacts import Contacts
from records.contacts.snapshot import ContactEvent, ContactSnapshot, Placement

__all__ = ["Accepted", "ContactEvent", "ContactSnapshot", "Contacts", "Placement"]
