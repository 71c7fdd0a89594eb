"""The trail: chained after the commit, and every tampering is seen."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import pytest

from config.errors import InvalidInput
from config.ids import new_id
from records.actor import SYSTEM, Actor
from records.audit import Head, Sealer, Verdict, verify, write_audit
from records.database import Database
from records.vault import Vault
from tests.kit.engines import DatabaseAddresses
from tests.kit.record_rows import NOW, read

LATER = NOW + timedelta(minutes=5)


@dataclass
class Trail:
    database: Database
    vault: Vault
    sealer: Sealer
    owner: asyncpg.Connection

    async def write(self, count: int = 1) -> None:
        for _ in range(count):
            async with self.database.transaction() as tx:
                await write_audit(
                    tx,
                    self.vault,
                    Actor.staff(new_id(), new_id()),
                    "case.read",
                    "case",
                    new_id(),
                    "dlpm",
                    now=NOW,
                    detail={"fields": 3, "all": True},
                )

    async def verify(self, expected: Head | None = None) -> Verdict:
        return await verify(self.database, self.vault, LATER, expected=expected)


@pytest.fixture
async def trail(database: DatabaseAddresses) -> AsyncIterator[Trail]:
    owner = await asyncpg.connect(database.owner, timeout=10)
    vault = Vault(b"v" * 32, b"i" * 32)
    async with Database.open(database.runtime) as opened:
        yield Trail(opened, vault, Sealer(opened, vault), owner)
    await owner.close()


async def sealed(trail: Trail) -> Head:
    """Write three seals over seven rows and return the head."""
    for count in (3, 2, 2):
        await trail.write(count)
        assert await trail.sealer.seal_once(NOW) == count
    return await trail.sealer.head()


async def test_a_sealed_trail_verifies_and_an_idle_sealer_adds_nothing(trail: Trail) -> None:
    head = await sealed(trail)
    assert await trail.sealer.seal_once(NOW) == 0
    verdict = await trail.verify(expected=head)
    assert (verdict.rows, verdict.seals, verdict.problems) == (7, 3, ())
    assert verdict.head == head


async def test_an_empty_trail_is_whole(trail: Trail) -> None:
    assert (await trail.verify()).problems == ()


async def test_a_row_is_in_the_trail_only_if_its_act_committed(trail: Trail) -> None:
    async def act_that_fails() -> None:
        async with trail.database.transaction() as tx:
            await write_audit(tx, trail.vault, SYSTEM, "case.read", "case", None, None, now=NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await act_that_fails()
    assert await read(trail.database, "SELECT * FROM audit") == []


async def test_a_transaction_that_commits_late_is_sealed_late_not_missed(trail: Trail) -> None:
    async with trail.database.transaction() as tx:
        await write_audit(tx, trail.vault, SYSTEM, "case.read", "case", None, None, now=NOW)

        async def meanwhile() -> int:
            await trail.write(2)
            return await trail.sealer.seal_once(NOW)

        assert await asyncio.create_task(meanwhile()) == 2  # noqa: TID251 - a second process
    assert await trail.sealer.seal_once(NOW) == 1
    assert (await trail.verify()).problems == ()


async def test_sealers_that_race_make_one_chain(trail: Trail) -> None:
    await trail.write(20)
    counts = await asyncio.gather(*(trail.sealer.seal_once(NOW) for _ in range(6)))
    assert sum(counts) == 20
    assert (await trail.verify()).problems == ()


@pytest.mark.parametrize(
    ("tampering", "seen"),
    [
        (
            "UPDATE audit SET staff_id = object_id WHERE audit_id = (SELECT audit_id FROM audit ORDER BY audit_id LIMIT 1)",
            "altered",
        ),
        (
            'UPDATE audit SET detail = \'{"fields": 2, "all": true}\' WHERE audit_id = (SELECT audit_id FROM audit ORDER BY audit_id DESC LIMIT 1)',
            "altered",
        ),
        (
            "DELETE FROM audit WHERE audit_id = (SELECT audit_id FROM audit ORDER BY audit_id LIMIT 1)",
            "gone",
        ),
        ("DELETE FROM audit_seal WHERE seq = 2", "seal 2: missing"),
        ("UPDATE audit_seal SET covered = covered[2:] WHERE seq = 1", "does not follow"),
        ("UPDATE audit_seal SET sealed_at = now() WHERE seq = 3", "does not follow"),
        (
            "INSERT INTO audit SELECT gen_random_uuid(), at, actor_kind, staff_id, session_id, action, object_kind, object_id, line_id, detail, hmac FROM audit LIMIT 1",
            "should be sealed",
        ),
    ],
)
async def test_tampering_shows(trail: Trail, tampering: str, seen: str) -> None:
    await sealed(trail)
    await trail.owner.execute(tampering)
    assert any(seen in problem for problem in (await trail.verify()).problems)


async def test_a_cut_tail_shows_against_the_head_kept_outside(trail: Trail) -> None:
    head = await sealed(trail)
    await trail.owner.execute(
        "WITH cut AS (DELETE FROM audit_seal WHERE seq = 3 RETURNING covered)"
        " DELETE FROM audit WHERE audit_id = ANY (SELECT unnest(covered) FROM cut)"
    )
    assert (await trail.verify()).problems == ()
    assert (await trail.verify(expected=head)).problems == (
        "seal 3: not the head that was kept outside",
    )


async def test_an_unsealed_row_is_checked_too_and_a_sealer_that_stands_still_shows(
    trail: Trail,
) -> None:
    await trail.write()
    assert any("wait for a seal" in problem for problem in (await trail.verify()).problems)
    await trail.owner.execute("UPDATE audit SET action = 'case.list'")
    assert any("altered" in problem for problem in (await trail.verify()).problems)


async def test_rows_signed_before_a_rotation_verify_with_the_old_key_given(trail: Trail) -> None:
    await sealed(trail)
    trail.vault = Vault(b"n" * 32, b"i" * 32, old_vault_keys=[b"v" * 32])
    trail.sealer = Sealer(trail.database, trail.vault)
    await sealed(trail)
    assert (await trail.verify()).problems == ()
    trail.vault = Vault(b"n" * 32, b"i" * 32)
    assert (await trail.verify()).problems != ()


@pytest.mark.parametrize(
    "detail", [{"name": "Léa Martin"}, {"number": 33612345678}, {"Free text": 1}]
)
async def test_nothing_but_codes_enters_the_trail(trail: Trail, detail: dict) -> None:
    async with trail.database.transaction() as tx:
        with pytest.raises(InvalidInput):
            await write_audit(
                tx, trail.vault, SYSTEM, "case.read", "case", None, None, now=NOW, detail=detail
            )
