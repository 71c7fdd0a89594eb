"""Encryption of everything personal; see ARCHITECTURE.md, Records."""

from records.vault.envelope import DataKey, SealDamaged
from records.vault.keyring import make_key
from records.vault.vault import NewKey, Sealed, Vault

__all__ = ["DataKey", "NewKey", "SealDamaged", "Sealed", "Vault", "make_key"]
