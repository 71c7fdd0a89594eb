"""PostgreSQL as a child: made once, served on loopback, two roles apart."""

import asyncio
import os
import shutil
import signal
from pathlib import Path

import asyncpg
import psutil

from config.errors import Misconfigured
from contactcenter.engines.binaries import Binaries
from contactcenter.engines.child import spawn, stop
from contactcenter.engines.folder import HERE, EngineFolder, Passwords
from contactcenter.engines.keeper import StartFailed
from contactcenter.engines.process import EngineProcess

DATABASE = "contactcenter"
SUPERUSER = "postgres"
OWNER_ROLE = "contactcenter_owner"
APP_ROLE = "contactcenter_app"

MAJOR_VERSION = "18"
INITDB_SECONDS = 120.0
CONNECT_SECONDS = 10.0
READY_LINE = 7  # of postmaster.pid: "starting", "ready", "stopping"

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "idle_in_transaction_session_timeout": "60s",
    # Nothing personal in the log: no statement, no parameter, no DETAIL (it quotes key values).
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
    "log_checkpoints": "off",
}
# For tests only: what a crash may lose there, nobody misses.
FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
}


async def make_cluster(folder: EngineFolder, binaries: Binaries) -> None:
    """Run initdb unless the data folder is there; a half-made one is thrown away first.

    Raises Misconfigured when the folder was made by another PostgreSQL, and
    StartFailed when initdb fails.
    """
    if folder.postgres.exists():
        folder.make_for_engine(folder.postgres)
        found = (folder.postgres / "PG_VERSION").read_text().strip()
        if found != MAJOR_VERSION:
            raise Misconfigured(
                [
                    (
                        f"DATA_DIR: {folder.postgres} was made by PostgreSQL {found}, this is "
                        f"{MAJOR_VERSION}; dump it with the old one, or use another folder"
                    )
                ]
            )
        return
    draft = folder.root / "postgres.new"
    if draft.exists():
        await asyncio.to_thread(shutil.rmtree, draft)
    folder.make_for_engine(draft)
    await _initdb(folder, binaries, draft)
    draft.rename(folder.postgres)


async def _initdb(folder: EngineFolder, binaries: Binaries, draft: Path) -> None:
    # In memory: no file of ours is within reach of the engines' user.
    password_fd = os.memfd_create("initdb-password")
    os.pwrite(password_fd, folder.passwords.superuser.encode(), 0)
    output = folder.open_log("postgres")
    try:
        process = await spawn(
            [
                binaries.initdb,
                f"--pgdata={HERE}",
                f"--username={SUPERUSER}",
                f"--pwfile=/proc/self/fd/{password_fd}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                "--no-instructions",
            ],
            cwd=draft,
            output=output,
            death_signal=signal.SIGKILL,
            identity=folder.identity,
            inherit=[folder.lock_fd, password_fd],
        )
    finally:
        os.close(output)
        os.close(password_fd)
    try:
        async with asyncio.timeout(INITDB_SECONDS):
            code = await process.wait()
    except TimeoutError:
        code = None
    finally:
        await stop(process, [])
    if code != 0:
        raise StartFailed(f"initdb failed; it said:\n{folder.log_tail('postgres')}")


def postgres_process(
    folder: EngineFolder, binaries: Binaries, port: int, *, durable: bool
) -> EngineProcess:
    """Return the engine for a made cluster; `durable` off gives up fsync."""
    settings = {**SETTINGS, **({} if durable else FORGETFUL), "port": str(port)}
    options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
    pid_file = folder.postgres / "postmaster.pid"
    _forget_dead_postmaster(folder, pid_file)

    def answers(pid: int) -> bool:
        try:
            lines = pid_file.read_text().splitlines()
        except FileNotFoundError:
            return False
        return (
            len(lines) > READY_LINE
            and lines[0] == str(pid)
            and lines[READY_LINE].strip() == "ready"
        )

    return EngineProcess(
        name="postgres",
        folder=folder,
        program=[binaries.postgres, "-D", HERE, *options],
        cwd=folder.postgres,
        answers=answers,
        # Immediate: nothing to wait for, and the log is replayed at the next start.
        death_signal=signal.SIGQUIT,
        # Fast: sessions are ended, everything is written; then immediate.
        stop_signals=[(signal.SIGINT, 15.0), (signal.SIGQUIT, 6.0)],
    )


def _forget_dead_postmaster(folder: EngineFolder, pid_file: Path) -> None:
    """Remove the pid file of a killed postmaster.

    PostgreSQL itself refuses to start when that pid runs again as any process
    of the same user, which in a container is the rule, not the exception.
    The lock we hold says that no engine of ours lives; the working folder
    says whether somebody started one by hand.
    """
    if not pid_file.exists():
        return
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
        alive = psutil.Process(pid).cwd() == str(folder.postgres.resolve())
    except (ValueError, psutil.Error):
        alive = False
    if alive:
        raise Misconfigured(
            [f"DATA_DIR: a PostgreSQL (process {pid}) already runs on {folder.postgres}"]
        )
    pid_file.unlink()


def address(role: str, password: str, port: int, database: str = DATABASE) -> str:
    """Return a database address; passwords are URL-safe by birth."""
    return f"postgresql://{role}:{password}@127.0.0.1:{port}/{database}"


async def make_roles(passwords: Passwords, port: int) -> None:
    """Create the two roles and the database where missing; repeat at will."""
    connection = await asyncpg.connect(
        address(SUPERUSER, passwords.superuser, port, "postgres"), timeout=CONNECT_SECONDS
    )
    try:
        for role, password in ((OWNER_ROLE, passwords.owner), (APP_ROLE, passwords.app)):
            if await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role) is None:
                # DDL takes no parameters: the server itself quotes them.
                template = "CREATE ROLE %I LOGIN PASSWORD %L"
                await connection.execute(
                    await connection.fetchval(
                        "SELECT format($1, $2::text, $3::text)", template, role, password
                    )
                )
        if (
            await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE)
            is None
        ):
            await connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}")
            await connection.execute(f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC")
            await connection.execute(f"GRANT CONNECT ON DATABASE {DATABASE} TO {APP_ROLE}")
    finally:
        await connection.close(timeout=CONNECT_SECONDS)
