"""Identifiers made by the program: UUIDv7, so that they sort by birth (RFC 9562, 5.7)."""

import secrets
from uuid import UUID

import uuid_utils.compat


def new_id() -> UUID:
    """Return a fresh UUIDv7; ids made later by this process sort after it."""
    return uuid_utils.compat.uuid7()


def new_token() -> str:
    """Return 256 random bits, URL-safe: what a person or a program proves itself with."""
    return secrets.token_urlsafe(32)
