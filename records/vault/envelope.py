"""The sealed form of a value: what the bytes in a `…_sealed` column mean.

    1 byte   format, 1 = AES-256-GCM under a data key
    16 bytes id of the data key
    12 bytes nonce, random
    rest     ciphertext and 16-byte tag

The associated data binds a value to its place, so that nobody who can write
to the database can move a sealed value to another row and have it opened there.
"""

import secrets
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from config.errors import CentreError

FORMAT = 1
NONCE_BYTES = 12
_HEAD_BYTES = 1 + 16 + NONCE_BYTES
_TAG_BYTES = 16


class SealDamaged(CentreError):
    """A sealed value does not open: altered, moved from its place, or of an unknown format."""

    code = "seal_damaged"


@dataclass(frozen=True, slots=True, repr=False)
class DataKey:
    """An unwrapped data key. Never stored, never printed."""

    key_id: UUID
    cipher: AESGCM


def seal(key: DataKey, plaintext: bytes, table: str, column: str, row: object) -> bytes:
    """Return `plaintext` sealed for this place and no other."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = key.cipher.encrypt(nonce, plaintext, place(table, column, row, key.key_id))
    return bytes((FORMAT,)) + key.key_id.bytes + nonce + sealed


def key_id_of(envelope: bytes) -> UUID:
    """Return the id of the key that opens `envelope`; raise SealDamaged if it is none."""
    if len(envelope) < _HEAD_BYTES + _TAG_BYTES or envelope[0] != FORMAT:
        raise SealDamaged("not an envelope")
    return UUID(bytes=bytes(envelope[1:17]))


def unseal(key: DataKey, envelope: bytes, table: str, column: str, row: object) -> bytes:
    """Return what was sealed at this place; raise SealDamaged otherwise."""
    if key_id_of(envelope) != key.key_id:
        raise SealDamaged("sealed under another key")
    nonce, sealed = envelope[17:_HEAD_BYTES], envelope[_HEAD_BYTES:]
    try:
        return key.cipher.decrypt(nonce, sealed, place(table, column, row, key.key_id))
    except InvalidTag:
        raise SealDamaged("altered, or moved from its place") from None


def place(table: str, column: str, row: object, key_id: UUID) -> bytes:
    """Return the associated data of a value: where it stands and the key's version."""
    return f"{table}|{column}|{row}|{key_id}".encode()
