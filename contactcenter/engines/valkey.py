"""Valkey as a child: the rebuildable index, on loopback, kept nowhere unless asked."""

import signal
import socket

from contactcenter.engines.binaries import Binaries
from contactcenter.engines.folder import HERE, EngineFolder, write_private
from contactcenter.engines.process import EngineProcess

PROBE_SECONDS = 0.5


def valkey_process(
    folder: EngineFolder, binaries: Binaries, port: int, *, persist: bool
) -> EngineProcess:
    """Return the engine; `persist` keeps the data set across restarts (append-only file)."""
    folder.make_for_engine(folder.valkey)
    password = folder.passwords.valkey
    settings = folder.valkey / "valkey.conf"
    # In a file, not on the command line: everybody on the machine can read the latter.
    write_private(
        settings,
        "\n".join(
            [
                "bind 127.0.0.1",
                f"port {port}",
                "protected-mode yes",
                f"requirepass {password}",
                "daemonize no",
                'save ""',
                f"appendonly {'yes' if persist else 'no'}",
                f"dir {HERE}",
                "loglevel warning",
                "maxmemory-policy noeviction",
                "",
            ]
        ),
    )
    folder.identity.give(settings)
    return EngineProcess(
        name="valkey",
        folder=folder,
        program=[binaries.valkey, f"{HERE}/{settings.name}"],
        cwd=folder.valkey,
        answers=lambda _pid: _answers(port, password),
        death_signal=signal.SIGKILL,  # nothing there that PostgreSQL does not know
        stop_signals=[(signal.SIGTERM, 5.0)],
    )


def _answers(port: int, password: str) -> bool:
    # By its password, so that a stranger who took the port meanwhile is not mistaken for it.
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PROBE_SECONDS) as connection:
            connection.sendall(f"AUTH {password}\r\n".encode())
            return connection.recv(5) == b"+OK\r\n"
    except OSError:
        return False
