"""Ports chosen and tried before anything starts, so that the operator hears of all at once."""

import errno
import socket

from config.errors import Misconfigured
from config.settings import Settings
from contactcenter.engines.embedded import free_port


def with_ports(settings: Settings, *names: str) -> Settings:
    """Return the settings with each port of `names` known: 0 becomes a free one.

    Addresses must be known before the servers start: the telephone network is
    told where to call us. Raises Misconfigured naming every port in use.
    """
    chosen: dict[str, int] = {}
    mistakes: list[str] = []
    for name in names:
        port = getattr(settings, name) or free_port()
        while port in chosen.values() and getattr(settings, name) == 0:
            port = free_port()
        problem = _problem(settings.bind_host, port)
        if problem:
            mistakes.append(f"environment: {name.upper()}: port {port} {problem}; 0 = any free one")
        chosen[name] = port
    if mistakes:
        raise Misconfigured(mistakes)
    return settings.model_copy(update=chosen)


def _problem(host: str, port: int) -> str:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            known = {errno.EADDRINUSE: "is in use", errno.EACCES: "needs more rights"}
            return known.get(error.errno or 0, "cannot be listened on")
    return ""
