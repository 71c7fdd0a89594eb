"""Addresses as people type them: normalised as a browser would, or refused without being quoted."""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from yarl import URL

# What stands between the last @ and the path: names, addresses, ports, several by commas (libpq).
_HOSTS = re.compile(r"[\w.\-:,\[\]%]*")
_NOT_ENCODED = re.compile(r"%(?![0-9A-Fa-f]{2})|[@\[\]]")
_UNSEEN = re.compile(r"[\s\x00-\x1f\x7f\u00ad\u200b-\u200f\u2028-\u202e\u2060\ufeff\\]")
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_ENCODE = "holds a sign that must be percent-encoded (# is %23, / is %2F, ? is %3F, @ is %40)"


def public_address(written: str, schemes: tuple[str, ...]) -> str:
    """Return an http or socket address as browsers write it, without a slash at its end.

    The host in small letters, in punycode where it has others (UTS 46), no
    default port. Raises ValueError, without quoting, for what is no address.
    """
    wanted = f"must be an address starting with {' or '.join(schemes)}://"
    if _UNSEEN.search(written):
        raise ValueError(f"{wanted}, without blanks or backslashes")
    try:
        url = URL(written)
        ascii(url.host)  # a name that is none fails here
    except (ValueError, UnicodeError):
        raise ValueError(wanted) from None
    if url.scheme not in schemes or not url.raw_host:
        raise ValueError(wanted)
    if url.raw_query_string or url.raw_fragment or url.raw_user or url.raw_password:
        raise ValueError("must have no user, query or fragment")
    return str(url.with_port(None) if url.is_default_port() else url).rstrip("/")


def engine_address(written: str, schemes: tuple[str, ...]) -> str:
    """Return an engine's address as it is, once it can only be read in one way.

    A password with `#`, `/` or `?` in clear cuts an address where nobody
    means it to: half of the password would be a host, and be shown as one.
    Raises ValueError, without quoting.
    """
    if _UNSEEN.search(written):
        raise ValueError("holds a blank or a sign that cannot be seen; percent-encode it")
    try:
        parts = urlsplit(written)
    except ValueError:  # brackets outside of a host
        raise ValueError(f"its user or password {_ENCODE}") from None
    if parts.scheme not in schemes or not written.startswith(f"{parts.scheme}://"):
        raise ValueError(f"must be an address starting with {' or '.join(schemes)}://")
    user, _, hosts = parts.netloc.rpartition("@")
    cut = "@" in parts.path or ("@" in parts.query and not user) or parts.fragment
    # rediss://:one@two@host would be read, but not by everybody in the same way.
    if cut or _NOT_ENCODED.search(user) or not _HOSTS.fullmatch(hosts):
        raise ValueError(f"its user or password {_ENCODE}")
    if not all(_port_is_one(host) for host in hosts.split(",")):
        raise ValueError("its port must be a number from 1 to 65535")
    return written


def shown_address(address: str) -> str:
    """Return an engine's address for people to read: no user, password or query in it.

    The query goes too: libpq and redis accept a password there.
    """
    parts = urlsplit(address)
    return f"{parts.scheme}://***@{_hosts(parts)}{parts.path}"


def place_of(address: str) -> str:
    """Return where an engine listens: hosts and ports, or the path of its socket."""
    parts = urlsplit(address)
    return _hosts(parts) or parts.path


def _hosts(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]


def origins_of(address: str) -> frozenset[str]:
    """Return the origins (RFC 6454) of a page at this address; loopback's names are one place."""
    parts = urlsplit(address)
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    if scheme == "http" and is_loopback(parts.hostname or ""):
        port = f":{parts.port}" if parts.port else ""
        return frozenset(f"http://{host}{port}" for host in _LOOPBACK)
    return frozenset({f"{scheme}://{_host_and_port(parts)}"})


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _host_and_port(parts: SplitResult) -> str:
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{parts.port}" if parts.port else shown


def _port_is_one(host: str) -> bool:
    port = re.sub(r"^\[[^\]]*\]", "", host).partition(":")[2]
    return not port or (port.isascii() and port.isdigit() and 0 < int(port) <= 65535)
