"""Importing is free of side effects: no environment, no network, no file of ours needed."""

import pkgutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("config", "routing", "records", "chat", "contactcenter")

# Runs in a bare child: sockets, children and the environment are refused while importing.
IMPORT_ALL = """
import importlib, os, socket, subprocess, sys, warnings

# Loaded first: libraries may probe the machine as they are imported; we may not.
import aiohttp, alembic, asyncpg, redis.asyncio, sqlmodel, twilio.rest, typer, websockets

warnings.simplefilter("error")
refused = {"socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.fork"}

def watch(event, arguments):
    if event in refused:
        raise RuntimeError(f"{event} while importing")

sys.addaudithook(watch)
os.environ.clear()
for name in sys.stdin.read().split():
    importlib.import_module(name)
"""


def modules() -> list[str]:
    """Return the name of every module; scripts that run on import of `__main__` apart."""
    found = []
    for package in PACKAGES:
        found.append(package)
        found += [
            module.name for module in pkgutil.walk_packages([str(ROOT / package)], f"{package}.")
        ]
    return [
        name for name in found if not name.endswith("__main__") and ".migrations.env" not in name
    ]


def test_every_module_is_imported_without_environment_or_network() -> None:
    names = modules()
    assert len(names) > 20
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL],
        input="\n".join(names),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
