"""Become the engine's user, tie this process to its parent's life, then become the engine.

Run as a script, `python -I -S launch.py PARENT_PID DEATH_SIGNAL UID GID PROGRAM ARGUMENT…`,
and never imported by the service: it needs the standard library alone, so it
starts in some 20 ms. A `preexec_fn` would do the same between fork and exec,
where a process that has threads can dead-lock.

UID and GID are -1 to stay who we are.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent(death_signal: int) -> None:
    """Have the kernel send us `death_signal` when the thread that forked us ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")


def main(arguments: list[str]) -> None:
    """Replace this process by the program, or exit 70 with one line on standard error."""
    parent_pid, death_signal, uid, gid = map(int, arguments[:4])
    program = arguments[4:]
    try:
        if uid >= 0:
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
        os.umask(0o077)
        # After setuid: the kernel forgets the parent-death signal when credentials change.
        die_with_parent(death_signal)
        if os.getppid() != parent_pid:
            sys.exit(0)  # the parent died before prctl: no signal will ever come
        os.execv(program[0], program)  # noqa: S606 - no shell is the point
    except OSError as error:
        sys.stderr.write(f"launch: {program[0]}: {error.strerror} (errno {error.errno})\n")
        sys.exit(70)


if __name__ == "__main__":
    main(sys.argv[1:])
