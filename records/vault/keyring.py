"""What is derived from VAULT_KEY and INDEX_KEY; nothing here is stored.

Each use has its own key (HKDF, RFC 5869), so that no two uses can be played
against each other.
"""

import base64
import hashlib
import hmac
import secrets
import unicodedata
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from config.errors import Misconfigured
from records.vault.envelope import NONCE_BYTES, DataKey, SealDamaged

KEY_BYTES = 32
WORD_TOKEN_BYTES = 3


def make_key() -> str:
    """Return a fresh key, spelled as `config.settings.decode_key` takes it."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


class VaultKey:
    """One VAULT_KEY: wraps data keys, signs audit rows, proves itself."""

    def __init__(self, secret: bytes) -> None:
        """Derive every use from the 32 bytes of `secret`."""
        if len(secret) != KEY_BYTES:
            raise Misconfigured([f"VAULT_KEY: must be {KEY_BYTES} bytes"])
        self._wrapper = AESGCM(_derive(secret, "vault wrap 1"))
        self.audit_key = _derive(secret, "vault audit 1")
        self.check_value = _derive(secret, "vault check 1")
        self._archive_key = _derive(secret, "vault archive 1")
        self.kek_id = _derive(secret, "vault id 1")[:8].hex()

    def wrap(self, raw: bytes, key_id: UUID, owner: str) -> bytes:
        """Return the data key `raw` wrapped for its owner."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._wrapper.encrypt(nonce, raw, self._bound(key_id, owner))

    def unwrap(self, wrapped: bytes, key_id: UUID, owner: str) -> bytes:
        """Return the data key; raise SealDamaged when it is not this owner's."""
        nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        try:
            return self._wrapper.decrypt(nonce, sealed, self._bound(key_id, owner))
        except InvalidTag:
            raise SealDamaged("a data key does not unwrap") from None

    def archive_cipher(self, header: bytes) -> AESGCM:
        """Return the cipher of one backup archive, bound to the whole of its header.

        Each archive has a salt in its header, so each has a key of its own.
        """
        return AESGCM(_derive(self._archive_key, hashlib.sha256(header).hexdigest()))

    def _bound(self, key_id: UUID, owner: str) -> bytes:
        return f"data_key|{key_id}|{owner}|{self.kek_id}".encode()


class IndexKey:
    """The INDEX_KEY: recognises numbers and finds words without keeping either."""

    def __init__(self, secret: bytes) -> None:
        """Derive every use from the 32 bytes of `secret`."""
        if len(secret) != KEY_BYTES:
            raise Misconfigured([f"INDEX_KEY: must be {KEY_BYTES} bytes"])
        self._secret = secret
        self._number_key = _derive(secret, "index number 1")
        self.check_value = _derive(secret, "index check 1")

    def number_hmac(self, number: str) -> bytes:
        """Return what recognises a repeated caller; only the digits and a leading + count."""
        plus = "+" if number.strip().startswith("+") else ""
        digits = "".join(character for character in number if character.isdigit())
        return hmac.digest(self._number_key, (plus + digits).encode(), hashlib.sha256)

    def blind_token(self, line_id: str, field: str, value: str, *, whole: bool) -> bytes:
        """Return the token of a word of `field`, whatever its case and accents.

        Cut to 24 bits unless `whole`, so that words collide and a stolen
        index does not tell names; references and numbers are kept whole.
        """
        key = _derive(self._secret, f"index blind 1|{line_id}|{field}")
        token = hmac.digest(key, _plain(value).encode(), hashlib.sha256)
        return token if whole else token[:WORD_TOKEN_BYTES]


def data_key(key_id: UUID, raw: bytes) -> DataKey:
    """Return a usable data key."""
    return DataKey(key_id, AESGCM(raw))


def _plain(value: str) -> str:
    parted = unicodedata.normalize("NFKD", value.casefold())
    kept = "".join(character for character in parted if not unicodedata.combining(character))
    return " ".join(kept.split())


def _derive(secret: bytes, use: str) -> bytes:
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=use.encode()).derive(secret)
