"""The connection to Redis: bounded pool, explicit time-outs, one quick retry."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import hiredis
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import (
    AbstractConnection,
    Connection,
    SSLConnection,
    UnixDomainSocketConnection,
)
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as RedisConnectionError


class _PackedByHiredis(AbstractConnection):
    """Packs commands in C: the client's own way in Python costs ten times as much, 10 µs a step."""

    def pack_command(self, *args: Any) -> list[bytes]:
        """Return the command on the wire; names of several words are left to the client."""
        if isinstance(args[0], str) and " " not in args[0]:
            return [hiredis.pack_command(args)]
        return super().pack_command(*args)


class _PackedConnection(_PackedByHiredis, Connection):
    pass


class _PackedSSLConnection(_PackedByHiredis, SSLConnection):
    pass


class _PackedUnixConnection(_PackedByHiredis, UnixDomainSocketConnection):
    pass


PACKED: dict[type[AbstractConnection], type[AbstractConnection]] = {
    Connection: _PackedConnection,
    SSLConnection: _PackedSSLConnection,
    UnixDomainSocketConnection: _PackedUnixConnection,
}


@asynccontextmanager
async def open_redis(
    url: str,
    *,
    connections: int = 32,
    pool_seconds: float = 2.0,
    connect_seconds: float = 1.0,
) -> AsyncIterator[Redis]:
    """Give a client for `url`; nothing is connected until the first command.

    A dropped connection is tried once more at once (every step is idempotent);
    a time-out is not, so that a slow server is not asked twice as much.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=connections,
        timeout=pool_seconds,  # the wait for a free connection of the pool
        # Not the client's own time-out: it sends through asyncio.wait_for, which on Python 3.11
        # swallows a cancellation that meets the end of the send, and a task then never stops.
        # `Scripts.guarded` bounds every command instead.
        socket_timeout=None,
        socket_connect_timeout=connect_seconds,
        socket_keepalive=True,
        health_check_interval=15,
        decode_responses=True,
        protocol=2,
        retry=Retry(ConstantBackoff(0.02), 1, supported_errors=(RedisConnectionError,)),
    )
    pool.connection_class = PACKED[pool.connection_class]
    client = Redis(connection_pool=pool)
    try:
        yield client
    finally:
        await client.aclose()
        await pool.aclose()
