"""Embedded engines and the folder they live in."""

import os
import stat
import threading
from pathlib import Path

import asyncpg
import pytest

from config.errors import Misconfigured
from contactcenter.engines import Engines, embedded_engines
from contactcenter.engines.child import spawn
from contactcenter.engines.folder import EngineFolder, Passwords
from contactcenter.engines.identity import Identity, engine_identity
from tests.kit.processes import running_in


async def asked(engines: Engines) -> str:
    connection = await asyncpg.connect(engines.database_url)
    try:
        return await connection.fetchval("SELECT 'answered'")
    finally:
        await connection.close()


async def test_engines_answer_from_a_relative_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with embedded_engines(Path("data/here"), durable=False) as engines:
        assert await asked(engines) == "answered"
    assert (tmp_path / "data/here/engines/postgres/PG_VERSION").exists()


async def test_engines_answer_from_inside_a_folder_closed_to_others(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    async with embedded_engines(closed / "data", durable=False) as engines:
        assert await asked(engines) == "answered"
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


async def test_engines_answer_from_a_path_longer_than_sockets_and_postgres_allow(
    tmp_path: Path,
) -> None:
    long = tmp_path.joinpath(*["d" * 200] * 6)
    assert len(str(long)) > 1024
    async with embedded_engines(long, durable=False) as engines:
        assert await asked(engines) == "answered"


async def test_a_second_start_finds_what_the_first_stored(tmp_path: Path) -> None:
    async with embedded_engines(tmp_path, durable=False) as first:
        owner = await asyncpg.connect(first.migrate_database_url)
        await owner.execute("CREATE TABLE kept (id int)")
        await owner.close()
    assert running_in(tmp_path) == []
    async with embedded_engines(tmp_path, durable=False) as second:
        owner = await asyncpg.connect(second.migrate_database_url)
        assert await owner.fetchval("SELECT count(*) FROM kept") == 0
        await owner.close()


async def test_a_second_instance_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    async with embedded_engines(tmp_path, durable=False) as engines:
        with pytest.raises(Misconfigured, match=f"in use by process {os.getpid()}"):
            async with embedded_engines(tmp_path, durable=False):
                pass
        assert await asked(engines) == "answered"


async def test_passwords_are_in_no_command_line_and_in_no_readable_file(tmp_path: Path) -> None:
    async with embedded_engines(tmp_path, durable=False) as engines:
        password = engines.redis_url.split(":")[2].split("@")[0]
        lines = [" ".join(process.cmdline()) for process in running_in(tmp_path)]
        assert lines
        assert not any(password in line for line in lines)
        assert repr(engines).find(password) == -1
    files = [path for path in (tmp_path / "engines").iterdir() if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    folders = [path for path in (tmp_path / "engines").iterdir() if path.is_dir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


async def test_a_pid_file_whose_number_now_belongs_to_another_process_is_no_obstacle(
    tmp_path: Path,
) -> None:
    async with embedded_engines(tmp_path, durable=False):
        pid_file = tmp_path / "engines/postgres/postmaster.pid"
        left_behind = pid_file.read_text().splitlines()
    identity = engine_identity()
    stranger = await spawn(
        ["/bin/sleep", "60"], cwd=Path("/"), output=-3, death_signal=9, identity=identity
    )
    try:
        pid_file.write_text("\n".join([str(stranger.pid), *left_behind[1:]]) + "\n")
        identity.give(pid_file)
        async with embedded_engines(tmp_path, durable=False) as engines:
            assert await asked(engines) == "answered"
        assert stranger.returncode is None
    finally:
        stranger.kill()
        await stranger.wait()


async def test_a_postgres_started_by_hand_on_the_folder_is_respected(tmp_path: Path) -> None:
    async with embedded_engines(tmp_path, durable=False):
        pid_file = tmp_path / "engines/postgres/postmaster.pid"
        left_behind = pid_file.read_text().splitlines()
    by_hand = await spawn(
        ["/bin/sleep", "60"], cwd=pid_file.parent, output=-3, death_signal=9, identity=None
    )
    try:
        pid_file.write_text("\n".join([str(by_hand.pid), *left_behind[1:]]) + "\n")
        with pytest.raises(Misconfigured, match=f"process {by_hand.pid}"):
            async with embedded_engines(tmp_path, durable=False):
                pass
    finally:
        by_hand.kill()
        await by_hand.wait()


async def test_a_cluster_half_made_by_a_killed_start_is_made_again(tmp_path: Path) -> None:
    draft = tmp_path / "engines/postgres.new"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18")
    async with embedded_engines(tmp_path, durable=False) as engines:
        assert await asked(engines) == "answered"
    assert not draft.exists()


async def test_a_folder_of_another_postgres_is_refused_by_name(tmp_path: Path) -> None:
    identity = engine_identity()
    cluster = tmp_path / "engines/postgres"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("16\n")
    identity.give(cluster)
    with pytest.raises(Misconfigured, match="made by PostgreSQL 16, this is 18"):
        async with embedded_engines(tmp_path, durable=False):
            pass


def test_a_data_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    stranger = Identity(uid=os.geteuid() + 1, gid=os.getegid(), changes=False)
    folder = EngineFolder(tmp_path, stranger, -1, Passwords("a", "b", "c", "d"))
    folder.postgres.mkdir()
    with pytest.raises(Misconfigured, match=f"belongs to uid {os.geteuid()}"):
        folder.make_for_engine(folder.postgres)


async def test_a_folder_that_cannot_be_made_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(Misconfigured, match="file/data/engines"):
        async with embedded_engines(tmp_path / "file/data", durable=False):
            pass


async def test_children_are_spawned_from_the_main_thread_only(tmp_path: Path) -> None:
    # PR_SET_PDEATHSIG is about the thread that forked, not about the process.
    refused: list[BaseException] = []

    def try_it() -> None:
        try:
            spawn(["/bin/true"], cwd=tmp_path, output=-3, death_signal=9).send(None)
        except BaseException as error:  # noqa: BLE001 - handed to the test
            refused.append(error)

    worker = threading.Thread(target=try_it)
    worker.start()
    worker.join()
    assert [type(error) for error in refused] == [RuntimeError]
