"""The vault: one data key per contact, case or member of staff, wrapped by VAULT_KEY.

Data keys are read with the rows they open and are not cached: unwrapping
costs microseconds, a destroyed key is gone at once on every node, and a key
made in a transaction that rolled back can never seal anything.
"""

import hmac
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from config.errors import Misconfigured, NotFound
from config.ids import new_id
from records.database import Row, Transaction
from records.vault import envelope, keyring
from records.vault.envelope import DataKey, SealDamaged, key_id_of


@dataclass(frozen=True, slots=True, repr=False)
class NewKey:
    """A data key not stored yet, with the columns to store; for acts that write all in one go."""

    key: DataKey
    wrapped: bytes
    kek_id: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed value and where it stands."""

    envelope: bytes
    table: str
    column: str
    row: object


class Vault:
    """Seals and opens values; recognises numbers and words. Holds secrets: never printed."""

    def __init__(
        self, vault_key: bytes, index_key: bytes, *, old_vault_keys: Sequence[bytes] = ()
    ) -> None:
        """Take the 32-byte keys; `old_vault_keys` still open what they wrapped, during a rotation.

        Raises Misconfigured when a key is not 32 bytes.
        """
        self._current = keyring.VaultKey(vault_key)
        self._index = keyring.IndexKey(index_key)
        olds = [keyring.VaultKey(key) for key in old_vault_keys]
        self._by_id = {key.kek_id: key for key in (*olds, self._current)}

    @property
    def audit_signer(self) -> tuple[str, bytes]:
        """Return the id and the key that new audit rows are signed with."""
        return self._current.kek_id, self._current.audit_key

    def audit_key(self, kek_id: str) -> bytes | None:
        """Return the audit key of that VAULT_KEY, or None when it was not given."""
        key = self._by_id.get(kek_id)
        return None if key is None else key.audit_key

    def archive_cipher(self, kek_id: str, header: bytes) -> AESGCM | None:
        """Return the cipher of a backup archive made under that VAULT_KEY; None if not given."""
        key = self._by_id.get(kek_id)
        return None if key is None else key.archive_cipher(header)

    # -- data keys

    def new_key(self, owner_kind: str, owner_id: UUID) -> NewKey:
        """Make a data key without storing it: whoever calls this stores it with what it seals."""
        raw, key_id = secrets.token_bytes(keyring.KEY_BYTES), new_id()
        wrapped = self._current.wrap(raw, key_id, _owner(owner_kind, owner_id))
        return NewKey(keyring.data_key(key_id, raw), wrapped, self._current.kek_id)

    async def create_key(
        self, tx: Transaction, owner_kind: str, owner_id: UUID, line_id: str | None, now: datetime
    ) -> DataKey:
        """Store a new data key for an owner who has none; raise Conflict if she has."""
        made = self.new_key(owner_kind, owner_id)
        await tx.execute(
            "vault.create_key",
            made.key.key_id,
            owner_kind,
            owner_id,
            line_id,
            made.wrapped,
            made.kek_id,
            now,
        )
        return made.key

    async def data_key(self, tx: Transaction, owner_kind: str, owner_id: UUID) -> DataKey:
        """Return the live key of an owner; raise NotFound `no_key` if there is none (any more)."""
        found = await self.data_keys(tx, owner_kind, [owner_id])
        if owner_id not in found:
            raise NotFound("no live data key", code="no_key")
        return found[owner_id]

    async def data_keys(
        self, tx: Transaction, owner_kind: str, owner_ids: Iterable[UUID]
    ) -> dict[UUID, DataKey]:
        """Return the live keys of several owners, by owner; those without one are left out."""
        rows = await tx.fetch("vault.keys_of_owners", owner_kind, list(owner_ids))
        return {row["owner_id"]: self._unwrap(row) for row in rows}

    async def destroy_key(
        self, tx: Transaction, owner_kind: str, owner_id: UUID, now: datetime
    ) -> bool:
        """Shred everything sealed for an owner; False if it was done before."""
        return await tx.execute("vault.destroy_key", owner_kind, owner_id, now) > 0

    # -- sealed values

    def seal(
        self, key: DataKey, plaintext: bytes | str, table: str, column: str, row: object
    ) -> bytes:
        """Return `plaintext` sealed for this table, column and row."""
        raw = plaintext.encode() if isinstance(plaintext, str) else plaintext
        return envelope.seal(key, raw, table, column, row)

    def open_with(self, key: DataKey, sealed: bytes, table: str, column: str, row: object) -> bytes:
        """Return what was sealed, with a key already in hand; raise SealDamaged."""
        return envelope.unseal(key, sealed, table, column, row)

    async def open(
        self, tx: Transaction, sealed: bytes, table: str, column: str, row: object
    ) -> bytes:
        """Return what was sealed; raise NotFound `shredded` if its key is gone, SealDamaged."""
        (plaintext,) = await self.open_all(tx, [Sealed(sealed, table, column, row)])
        if plaintext is None:
            raise NotFound("its key was destroyed", code="shredded")
        return plaintext

    async def open_all(self, tx: Transaction, values: Sequence[Sealed]) -> list[bytes | None]:
        """Return what was sealed, in order, by one read of the keys; None where shredded."""
        wanted = {key_id_of(value.envelope) for value in values}
        rows = await tx.fetch("vault.keys_by_id", list(wanted))
        shredded = {row["key_id"] for row in rows if row["wrapped"] is None}
        keys = {row["key_id"]: self._unwrap(row) for row in rows if row["wrapped"] is not None}
        opened: list[bytes | None] = []
        for value in values:
            key_id = key_id_of(value.envelope)
            if key_id in shredded:
                opened.append(None)
            elif key_id in keys:
                opened.append(
                    envelope.unseal(
                        keys[key_id], value.envelope, value.table, value.column, value.row
                    )
                )
            else:
                raise SealDamaged("sealed under an unknown key")
        return opened

    # -- recognition without keeping

    def number_hmac(self, number: str) -> bytes:
        """Return what recognises a repeated caller; give the number in E.164."""
        return self._index.number_hmac(number)

    def blind_token(self, line_id: str, field: str, value: str, *, whole: bool = False) -> bytes:
        """Return the blind-index token of a value; `whole` for references and numbers."""
        return self._index.blind_token(line_id, field, value, whole=whole)

    # -- start and rotation

    async def check(self, tx: Transaction, now: datetime) -> None:
        """Prove that these keys are the ones this database was sealed with.

        The first start writes the check values; during a rotation the value
        of an old key given is replaced. Raises Misconfigured, with every
        wrong key, before anything could be sealed under it.
        """
        given = {"VAULT_KEY": self._current.check_value, "INDEX_KEY": self._index.check_value}
        for name, value in given.items():
            await tx.execute("vault.first_check_value", name, value, now)
        for old in self._by_id.values():
            if old is not self._current:
                await tx.execute(
                    "vault.replace_check_value",
                    "VAULT_KEY",
                    old.check_value,
                    self._current.check_value,
                    now,
                )
        stored = {row["name"]: row["value"] for row in await tx.fetch("vault.check_values")}
        mistakes = [
            f"{name}: not the key this database was sealed with"
            for name, value in given.items()
            if not hmac.compare_digest(stored.get(name, b""), value)
        ]
        if mistakes:
            raise Misconfigured(mistakes)

    async def rotate(self, tx: Transaction, limit: int = 500) -> int:
        """Wrap up to `limit` data keys again under the current VAULT_KEY; 0 when none is left.

        Online: nothing sealed is touched, and readers that hold both keys
        open either wrapping.
        """
        rows = await tx.fetch("vault.keys_to_rewrap", self._current.kek_id, limit)
        wrapped = [
            (
                row["key_id"],
                self._current.wrap(self._raw(row), row["key_id"], _owner_of(row)),
                self._current.kek_id,
            )
            for row in rows
        ]
        await tx.execute_many("vault.rewrap", wrapped)
        return len(wrapped)

    def _unwrap(self, row: Row) -> DataKey:
        return keyring.data_key(row["key_id"], self._raw(row))

    def _raw(self, row: Row) -> bytes:
        wrapper = self._by_id.get(row["kek_id"])
        if wrapper is None:
            raise SealDamaged("wrapped by a VAULT_KEY that was not given")
        return wrapper.unwrap(row["wrapped"], row["key_id"], _owner_of(row))


def _owner(kind: str, owner_id: UUID) -> str:
    return f"{kind}|{owner_id}"


def _owner_of(row: Row) -> str:
    return _owner(row["owner_kind"], row["owner_id"])
