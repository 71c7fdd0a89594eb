"""Where the tests' processes come from: `python -m tests.kit.stem_process`.

Importing the service costs a second of a core, and the tests start it hundreds
of times: so one process imports it once and forks a child for each order it is
handed on standard input (a socket). Nothing was opened, drawn or read before
the fork, so children share nothing but code.

An order is one message: JSON of module, arguments, folder and environment, with
four descriptors: the child's three standard ones, and one on which the stem
writes the child's exit status once it has ended.
"""

import ctypes
import json
import os
import random
import runpy
import selectors
import signal
import socket
import sys
from typing import Any

PR_SET_PDEATHSIG = 1
ORDER_BYTES = 64 * 1024
DESCRIPTORS = 4


def main() -> None:
    """Fork until the parent is gone."""
    from contactcenter.cli import command  # noqa: F401 - what every child would import

    parent = socket.socket(fileno=os.dup(0))
    children: dict[int, tuple[int, int]] = {}  # by pidfd: pid, and where its end is told
    with selectors.DefaultSelector() as selector:
        selector.register(parent, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is not parent:
                    selector.unregister(key.fd)
                    _tell_the_end(key.fd, *children.pop(key.fd))
                    continue
                order, handed, _, _ = socket.recv_fds(parent, ORDER_BYTES, DESCRIPTORS)
                if not order:
                    return
                pid = os.fork()
                if pid == 0:
                    selector.close()
                    parent.close()
                    _become(json.loads(order), handed)
                for each in handed[:3]:
                    os.close(each)
                parent.sendall(pid.to_bytes(8, "big"))
                pidfd = os.pidfd_open(pid)
                children[pidfd] = pid, handed[3]
                selector.register(pidfd, selectors.EVENT_READ)


def _tell_the_end(pidfd: int, pid: int, report: int) -> None:
    _, status = os.waitpid(pid, 0)
    try:
        os.write(report, str(os.waitstatus_to_exitcode(status)).encode())
    except BrokenPipeError:
        pass  # nobody asks any more
    finally:
        os.close(report)
        os.close(pidfd)


def _become(order: dict[str, Any], handed: list[int]) -> None:
    """Run the ordered module as `python -m` would; never returns."""
    code = 1
    try:
        # As the stem itself: whatever kills us, nothing is left.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.setsid()
        for number in range(3):
            os.dup2(handed[number], number)
        os.closerange(3, max(handed) + 1)
        os.chdir(order["cwd"])
        os.environ.clear()  # noqa: TID251 - a new process has what it is given
        os.environ.update(order["environment"])  # noqa: TID251
        random.seed()
        sys.argv = [order["module"], *order["arguments"]]
        runpy.run_module(order["module"], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - as the interpreter does with what nobody caught
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
