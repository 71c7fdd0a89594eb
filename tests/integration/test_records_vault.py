"""The vault against a real database: start, shredding, rotation."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from config.errors import Conflict, Misconfigured, NotFound
from config.ids import new_id
from records.database import Database
from records.vault import SealDamaged, Sealed, Vault
from tests.kit.record_rows import NOW, read, run

KEY, INDEX, OTHER = b"k" * 32, b"x" * 32, b"o" * 32
PLACE = ("message", "body_sealed")


@pytest.fixture
async def open_database(database_url: str) -> AsyncIterator[Database]:
    async with Database.open(database_url) as database:
        yield database


async def test_what_was_sealed_is_opened_by_another_process(open_database: Database) -> None:
    owner, row = new_id(), new_id()
    async with open_database.transaction() as tx:
        key = await Vault(KEY, INDEX).create_key(tx, "contact", owner, "dlpm", NOW)
    sealed = Vault(KEY, INDEX).seal(key, "je suis là", *PLACE, row)
    async with open_database.reading() as tx:
        other = Vault(KEY, INDEX)
        assert await other.open(tx, sealed, *PLACE, row) == "je suis là".encode()
        again = await other.data_key(tx, "contact", owner)
        assert other.open_with(again, sealed, *PLACE, row) == "je suis là".encode()
        with pytest.raises(SealDamaged):
            await other.open(tx, sealed, *PLACE, new_id())
        with pytest.raises(SealDamaged):
            await Vault(OTHER, INDEX).open(tx, sealed, *PLACE, row)


async def test_an_owner_has_one_live_key(open_database: Database) -> None:
    vault, owner = Vault(KEY, INDEX), new_id()

    async def make() -> None:
        async with open_database.transaction() as tx:
            await vault.create_key(tx, "case", owner, "dlpm", NOW)

    outcomes = await asyncio.gather(*(make() for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 4


async def test_a_key_made_in_a_transaction_that_failed_is_no_key(open_database: Database) -> None:
    vault, owner = Vault(KEY, INDEX), new_id()

    async def act_that_fails() -> None:
        async with open_database.transaction() as tx:
            await vault.create_key(tx, "contact", owner, "dlpm", NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await act_that_fails()
    async with open_database.reading() as tx:
        with pytest.raises(NotFound):
            await vault.data_key(tx, "contact", owner)


async def test_destroying_a_key_shreds_what_it_sealed_and_nothing_else(
    open_database: Database,
) -> None:
    vault, gone, kept = Vault(KEY, INDEX), new_id(), new_id()
    async with open_database.transaction() as tx:
        keys = [await vault.create_key(tx, "contact", one, "dlpm", NOW) for one in (gone, kept)]
    sealed = [vault.seal(key, b"words", *PLACE, 1) for key in keys]
    async with open_database.transaction() as tx:
        assert await vault.destroy_key(tx, "contact", gone, NOW)
        assert not await vault.destroy_key(tx, "contact", gone, NOW)
    async with open_database.reading() as tx:
        opened = await vault.open_all(tx, [Sealed(one, *PLACE, 1) for one in sealed])
        assert opened == [None, b"words"]
        with pytest.raises(NotFound) as shredded:
            await vault.open(tx, sealed[0], *PLACE, 1)
        assert shredded.value.code == "shredded"
        assert set(await vault.data_keys(tx, "contact", [gone, kept])) == {kept}
    rows = await read(open_database, "SELECT wrapped FROM keys.data_key WHERE wrapped IS NOT NULL")
    assert len(rows) == 1


async def test_a_wrapped_key_moved_to_another_owner_does_not_unwrap(
    open_database: Database,
) -> None:
    vault, owner = Vault(KEY, INDEX), new_id()
    async with open_database.transaction() as tx:
        await vault.create_key(tx, "contact", new_id(), "dlpm", NOW)
        await run(tx, "UPDATE keys.data_key SET owner_id = $1", owner)
        with pytest.raises(SealDamaged):
            await vault.data_key(tx, "contact", owner)


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ((OTHER, INDEX), ["VAULT_KEY"]),
        ((KEY, OTHER), ["INDEX_KEY"]),
        ((OTHER, OTHER), ["VAULT_KEY", "INDEX_KEY"]),
    ],
)
async def test_keys_of_another_database_are_refused_at_start(
    open_database: Database, keys: tuple[bytes, bytes], named: list[str]
) -> None:
    async with open_database.transaction() as tx:
        await Vault(KEY, INDEX).check(tx, NOW)
        await Vault(KEY, INDEX).check(tx, NOW)
    with pytest.raises(Misconfigured) as refused:
        async with open_database.transaction() as tx:
            await Vault(*keys).check(tx, NOW)
    assert [mistake.split(":")[0] for mistake in refused.value.mistakes] == named


async def test_rotation_wraps_every_key_again_while_both_keys_serve(
    open_database: Database,
) -> None:
    old, owners = Vault(KEY, INDEX), [new_id() for _ in range(5)]
    async with open_database.transaction() as tx:
        await old.check(tx, NOW)
        keys = [await old.create_key(tx, "contact", owner, "dlpm", NOW) for owner in owners]
    sealed = [old.seal(key, b"words", *PLACE, 1) for key in keys]
    both = Vault(OTHER, INDEX, old_vault_keys=[KEY])
    async with open_database.transaction() as tx:
        await both.check(tx, NOW)
    counts = []
    for _ in range(4):
        async with open_database.transaction() as tx:
            counts.append(await both.rotate(tx, limit=2))
            assert await both.open(tx, sealed[4], *PLACE, 1) == b"words"
    assert counts == [2, 2, 1, 0]
    async with open_database.transaction() as tx:
        alone = Vault(OTHER, INDEX)
        await alone.check(tx, NOW)
        assert await alone.open(tx, sealed[0], *PLACE, 1) == b"words"
        with pytest.raises(Misconfigured):
            await old.check(tx, NOW)
