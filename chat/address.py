"""Where a request comes from, for rate limits only: never stored, never logged."""

import hashlib
import ipaddress
import secrets

# Dies with the process: what we keep in memory cannot be turned back into an address.
_KEY = secrets.token_bytes(32)


def origin_of(peer: str | None, forwarded_for: str | None, forwarded_hops: int) -> bytes:
    """Return a keyed digest of the client's address; see `client_of`."""
    address = client_of(peer, forwarded_for, forwarded_hops)
    return hashlib.blake2b(address.encode(), key=_KEY, digest_size=16).digest()


def client_of(peer: str | None, forwarded_for: str | None, forwarded_hops: int) -> str:
    """Return the client's address, of IPv6 the /64 network.

    `forwarded_hops` is how many of our own proxies stand in front; each adds
    one entry to X-Forwarded-For, so the client is that many from the right.
    What stands further left was written by the client and is not believed.
    """
    address = peer or ""
    if forwarded_hops and forwarded_for:
        entries = [entry.strip() for entry in forwarded_for.split(",")]
        address = entries[-min(forwarded_hops, len(entries))]
    return _network(address)


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if parsed.version == 6:
        # A household holds a whole /64 and may change within it at will.
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
