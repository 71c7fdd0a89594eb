"""Where the race's nodes come from: `python -m tests.kit.race_stem`.

A node is killed each second, and importing the service takes as long: so one
process imports it once, then forks a node for each socket that it is handed
on standard input (a socket too), and answers with the node's pid. Nothing was
opened, drawn or read before the fork, so nodes share nothing but code.
"""

import asyncio
import ctypes
import os
import signal
import socket
import sys

from config.log import configure_logging
from tests.kit import race_node

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Fork until the parent is gone."""
    # The kernel buries the dead: the parent knows by their sockets.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    parent = socket.socket(fileno=os.dup(0))
    while True:
        told, handed, _, _ = socket.recv_fds(parent, 1, 1)
        if not told:
            return
        pid = os.fork()
        if pid == 0:
            parent.close()
            _become_node(handed[0])
        os.close(handed[0])
        parent.sendall(pid.to_bytes(8, "big"))


def _become_node(handed: int) -> None:
    # As the stem itself: whatever kills us, nothing is left.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    configure_logging("warning", sys.stderr)
    code = 1
    try:
        asyncio.run(race_node.main(socket.socket(fileno=handed)))
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
