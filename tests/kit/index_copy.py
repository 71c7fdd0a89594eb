"""A copy of a whole index, and going back to it: what a fail-over to a lagging replica does."""

from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis


@dataclass(frozen=True)
class IndexCopy:
    """Every key as it stood, with what was left of its life in milliseconds (0 = for ever)."""

    keys: dict[bytes, tuple[int, bytes]]


async def copied(redis_url: str) -> IndexCopy:
    """Copy every key."""
    redis = Redis.from_url(redis_url)
    try:
        found: dict[bytes, tuple[int, bytes]] = {}
        async for key in redis.scan_iter(count=1000):
            kept: Any = await redis.dump(key)
            if kept is not None:
                found[key] = (max(0, await redis.pttl(key)), kept)
        return IndexCopy(found)
    finally:
        await redis.aclose()


async def rolled_back(redis_url: str, copy: IndexCopy) -> None:
    """Forget everything that happened since the copy."""
    redis = Redis.from_url(redis_url)
    try:
        await redis.flushdb()
        for key, (life, kept) in copy.keys.items():
            await redis.restore(key, life, kept)
    finally:
        await redis.aclose()
