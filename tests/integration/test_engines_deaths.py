"""What happens when an engine dies, and when whoever started it does."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from contactcenter.engines import embedded_engines, keeper
from contactcenter.engines.child import LAUNCHER
from contactcenter.engines.keeper import StartFailed
from tests.kit.engines import engine_host
from tests.kit.processes import kill, running_in
from tests.kit.until import until


async def test_nothing_outlives_a_parent_killed_by_minus_nine(tmp_path: Path) -> None:
    with engine_host(tmp_path / "data", "--bare", "--durable") as (_, host):
        assert len(running_in(tmp_path / "data")) > 2
        kill(host)
        await until(lambda: running_in(tmp_path / "data") == [], 5)


async def test_a_folder_left_by_kill_minus_nine_serves_again_with_all_it_acknowledged(
    tmp_path: Path,
) -> None:
    with engine_host(tmp_path / "data", "--bare", "--durable") as (first, host):
        owner = await asyncpg.connect(first.migrate_database_url)
        await owner.execute("CREATE TABLE kept (id int); INSERT INTO kept VALUES (7)")
        kill(host)
        owner.terminate()
        # At once: the dying engines are waited for, not tripped over.
        async with embedded_engines(tmp_path / "data") as second:
            owner = await asyncpg.connect(second.migrate_database_url)
            assert await owner.fetchval("SELECT id FROM kept") == 7
            await owner.close()


@pytest.mark.parametrize("engine", ["postgres", "valkey"])
async def test_a_killed_engine_is_back_at_the_same_address(engine: str, tmp_path: Path) -> None:
    async with embedded_engines(tmp_path, durable=False) as engines:
        kill(engines.postgres_pid if engine == "postgres" else engines.valkey_pid)

        async def both_answer() -> bool:
            try:
                connection = await asyncpg.connect(engines.database_url, timeout=2)
                await connection.close()
                async with Redis.from_url(engines.redis_url) as redis:
                    return bool(await redis.ping())
            except (OSError, asyncpg.PostgresError, RedisError):
                return False

        await until(both_answer, 10)
        pids = {process.pid for process in running_in(tmp_path)}
        assert (engines.postgres_pid in pids) == (engine == "valkey")
        assert (engines.valkey_pid in pids) == (engine == "postgres")


async def test_an_engine_that_dies_again_and_again_ends_the_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "RESTARTS", 0)

    async def live_through_a_death() -> None:
        async with embedded_engines(tmp_path, durable=False) as engines:
            kill(engines.valkey_pid)
            await asyncio.Event().wait()  # cut short by the death

    with pytest.raises(StartFailed):
        await live_through_a_death()
    assert running_in(tmp_path) == []


async def test_an_error_of_the_block_comes_out_as_it_was_raised(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        async with embedded_engines(tmp_path, durable=False):
            raise ZeroDivisionError
    assert running_in(tmp_path) == []


def test_a_launcher_whose_parent_is_already_dead_starts_nothing(tmp_path: Path) -> None:
    made = tmp_path / "made"
    nobody_we_know = os.getpid() + 1
    numbers = [str(nobody_we_know), str(int(signal.SIGKILL)), "-1", "-1"]
    done = subprocess.run(
        [sys.executable, "-I", "-S", LAUNCHER, *numbers, "/bin/touch", made],
        timeout=20,
        check=False,
    )
    assert done.returncode == 0
    assert not made.exists()


def test_a_launcher_says_in_one_line_why_it_could_not_start(tmp_path: Path) -> None:
    numbers = [str(os.getpid()), str(int(signal.SIGKILL)), "-1", "-1"]
    done = subprocess.run(
        [sys.executable, "-I", "-S", LAUNCHER, *numbers, tmp_path / "absent"],
        timeout=20,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 70
    assert done.stderr.count("\n") == 1
    assert "No such file" in done.stderr
