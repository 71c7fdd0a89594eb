"""Where a request comes from, for rate limits only: never stored, never logged.

One function reads every form of an address, whoever wrote it: the kernel, or
a proxy in X-Forwarded-For. What it cannot read is one client, `UNREADABLE`:
a text that each sender could vary would be a bucket of its own, and so a way
round every limit. RFC 7239's `Forwarded` is not read: a proxy that does not
write it passes on what the client wrote there.
"""

import hashlib
import ipaddress
import re
import secrets
from ipaddress import IPv4Address, IPv6Address, IPv6Network

# Dies with the process: what we keep in memory cannot be turned back into an address.
_KEY = secrets.token_bytes(32)

UNREADABLE = "unreadable"

# `[v6]`, `[v6]:port`, `v4:port`. A bare IPv6 address has no port: nothing could tell them apart.
_BRACKETED = re.compile(r"\[([^\[\]]*)\](?::[0-9]{1,5})?")
_WITH_PORT = re.compile(r"([0-9.]+):[0-9]{1,5}")
# Longer than any address with its zone, brackets, quotes and port.
_LONGEST = 100

# IPv6 that stands for one IPv4 client, which the last 32 bits name.
_IPV4_AT_THE_END = (
    IPv6Network("::ffff:0:0/96"),  # IPv4-mapped, RFC 4291, 2.5.5.2: dual-stack sockets
    IPv6Network("::ffff:0:0:0/96"),  # IPv4-translated, RFC 2765
    IPv6Network("::/96"),  # IPv4-compatible, RFC 4291, 2.5.5.1
    IPv6Network("64:ff9b::/96"),  # NAT64, RFC 6052
    IPv6Network("64:ff9b:1::/48"),  # NAT64 of one's own network, RFC 8215
)
_NOT_IPV4 = frozenset({IPv6Address("::"), IPv6Address("::1")})


def origin_of(peer: str | None, forwarded_for: str | None, forwarded_hops: int) -> bytes:
    """Return a keyed digest of the client's address; see `client_of`."""
    return hidden(client_of(peer, forwarded_for, forwarded_hops))


def hidden(address: str) -> bytes:
    """Return what a limiter keeps of an address or an area: a digest under this process's key."""
    return hashlib.blake2b(address.encode(), key=_KEY, digest_size=16).digest()


def client_of(peer: str | None, forwarded_for: str | None, forwarded_hops: int) -> str:
    """Return the client: an IPv4 address, an IPv6 /64 network, or UNREADABLE.

    `forwarded_hops` is how many of our own proxies stand in front; each adds
    one entry to X-Forwarded-For (several headers are one, joined by commas),
    so the client is that many from the right. What stands further left was
    written by the client and is not believed. An empty entry counts: left
    out, the one to its left would be believed in its place.
    """
    if not forwarded_hops or not (forwarded_for or "").strip():
        return _network(peer or "")
    assert forwarded_for is not None
    return _network(forwarded_for.rsplit(",", forwarded_hops)[-forwarded_hops:][0])


def area_of(client: str) -> str:
    """Return the neighbourhood that a client of `client_of` can move in: IPv4 /24, IPv6 /48.

    A /48 is what one customer gets, and has 65,536 networks of /64; a /24 is
    the smallest network of IPv4 that is announced by itself.
    """
    if client == UNREADABLE:
        return UNREADABLE
    network = ipaddress.ip_network(client)
    wider = min(network.prefixlen, 48 if network.version == 6 else 24)
    return str(network.supernet(new_prefix=wider))


def _network(written: str) -> str:
    address = _read(written)
    if address is None:
        return UNREADABLE
    if isinstance(address, IPv6Address):
        # A household holds a whole /64 and may change within it at will.
        return str(IPv6Network((int(address), 64), strict=False))
    return str(address)


def _read(written: str) -> IPv4Address | IPv6Address | None:
    """Return the address that was meant, an IPv4 one wherever IPv6 only carries it."""
    text = written.strip(" \t")
    if len(text) > _LONGEST:
        return None
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].strip(" \t")
    if (found := _BRACKETED.fullmatch(text)) or (found := _WITH_PORT.fullmatch(text)):
        text = found[1]
    try:
        # A zone names an interface of whoever wrote it, not another client.
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return _ipv4_within(address) if isinstance(address, IPv6Address) else address


def _ipv4_within(address: IPv6Address) -> IPv4Address | IPv6Address:
    if address in _NOT_IPV4:
        return address
    if any(address in network for network in _IPV4_AT_THE_END):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    if address.sixtofour is not None:  # RFC 3056: one IPv4 address has a whole /48
        return address.sixtofour
    if address.teredo is not None:  # RFC 4380: the outside of the client's NAT
        return address.teredo[1]
    return address
