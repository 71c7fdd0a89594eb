"""Contacts: calls and chats, from their first second to their closing."""
