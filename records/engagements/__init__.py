"""Engagements: a listener's work on a contact, step by step."""
