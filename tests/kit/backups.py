"""A filled database, its folder of backups, and the way back into another database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from records.backup import (
    KEYS_NAME,
    Backup,
    Restored,
    backup,
    newest_data,
    restore,
)
from records.database import Database
from tests.kit.engines import DatabaseAddresses
from tests.kit.filled_records import Filled, content, fill
from tests.kit.planted import Planted
from tests.kit.record_rows import NOW, a_vault

LATER = NOW + timedelta(hours=1)
PLANTED = Planted()
VAULT = a_vault()


@dataclass
class Source:
    """A database in use, and the folder its backups go to."""

    addresses: DatabaseAddresses
    database: Database
    filled: Filled
    folder: Path

    async def backup(self, now=NOW, *, keys_only=False, vault=VAULT) -> Backup:
        return await backup(self.addresses.owner, vault, self.folder, now, keys_only=keys_only)

    async def destroy(self, owner_kind: str, owner_id) -> None:
        async with self.database.transaction() as tx:
            assert await VAULT.destroy_key(tx, owner_kind, owner_id, LATER)


@asynccontextmanager
async def a_source(addresses: DatabaseAddresses, folder: Path) -> AsyncIterator[Source]:
    """Fill a database and open it."""
    async with Database.open(addresses.runtime, pool_size=4) as opened:
        async with opened.transaction() as tx:
            await VAULT.check(tx, NOW)
        yield Source(addresses, opened, await fill(opened, VAULT, PLANTED), folder)


async def restored(source: Source, target: DatabaseAddresses, vault=VAULT, data=None) -> Restored:
    return await restore(
        target.owner,
        vault,
        data or newest_data(source.folder),
        source.folder / KEYS_NAME,
        LATER + timedelta(hours=1),
    )


async def is_untouched(target: DatabaseAddresses) -> bool:
    return not any((await content(target.admin)).values())
