"""Secrets planted in every input, and the search for them in everything that comes out."""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from redis.asyncio import Redis

from contactcenter.engines.binaries import installed

DUMP_SECONDS = 60.0
REDIS_KEYS_AT_MOST = 100_000


@dataclass(frozen=True)
class Planted:
    """Things that identify somebody; found anywhere in clear, they are a leak."""

    number: str = "+33612345987"
    name: str = "Ysoline Quenneville"
    sentence: str = "il m’attend derrière le gymnase des Violettes"

    @property
    def all(self) -> tuple[str, ...]:
        """Return each secret to look for; the number without its plus sign too."""
        return (self.number.lstrip("+"), self.name, self.sentence)


def disguises(secret: str) -> set[bytes]:
    """Return the secret as it would look in text, hexadecimal, base64, JSON and an address."""
    raw = secret.encode()
    # Base64 at each of the three offsets that the text before it may cause, less its edges.
    shifted = [base64.b64encode(b"\0" * shift + raw)[4:-4] for shift in range(3)]
    escaped = secret.encode("unicode_escape")
    forms = {raw, raw.hex().encode(), raw.hex().upper().encode(), quote(secret).encode(), escaped}
    return forms | {form for form in shifted if len(form) >= 8}


def found_in(content: bytes, secrets: Iterable[str]) -> list[str]:
    """Return the secrets that `content` holds in any disguise."""
    return [secret for secret in secrets if any(form in content for form in disguises(secret))]


def found_in_files(paths: Iterable[Path], secrets: Iterable[str]) -> list[str]:
    """Return `file: secret` for each leak; folders are searched whole."""
    wanted = list(secrets)
    leaks = []
    for path in paths:
        files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
        for file in files:
            leaks += [f"{file}: {secret}" for secret in found_in(file.read_bytes(), wanted)]
    return leaks


async def found_in_database(admin_url: str, secrets: Iterable[str]) -> list[str]:
    """Dump the whole database as SQL and return the secrets it shows."""
    pg_dump = installed().postgres.with_name("pg_dump")
    process = await asyncio.create_subprocess_exec(
        str(pg_dump),
        f"--dbname={admin_url}",
        "--inserts",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(DUMP_SECONDS):
        dump, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert b"CREATE TABLE" in dump
    return found_in(dump, secrets)


async def found_in_index(redis_url: str, secrets: Iterable[str]) -> list[str]:
    """Return the secrets that any key, field or value of Redis shows."""
    wanted = list(secrets)
    leaks: list[str] = []
    async with Redis.from_url(redis_url) as redis:
        seen = 0
        async for key in redis.scan_iter(count=1000):
            seen += 1
            assert seen <= REDIS_KEYS_AT_MOST
            content = key + b"\n" + await _value(redis, key)
            leaks += [f"{key!r}: {secret}" for secret in found_in(content, wanted)]
    return leaks


async def _value(redis: "Redis", key: bytes) -> bytes:
    match await redis.type(key):
        case b"string":
            return await redis.get(key) or b""
        case b"hash":
            return repr(await redis.hgetall(key)).encode()
        case b"zset":
            return repr(await redis.zrange(key, 0, -1)).encode()
        case b"set":
            return repr(await redis.smembers(key)).encode()
        case b"list":
            return repr(await redis.lrange(key, 0, -1)).encode()
        case b"stream":
            return repr(await redis.xrange(key)).encode()
    return b""


@asynccontextmanager
async def index_overheard(redis_url: str) -> AsyncIterator[bytearray]:
    """Write down every command that Redis is given, what is published and at once forgotten too."""
    heard = bytearray()

    async def overhear() -> None:
        async with redis.monitor() as monitor:
            started.set()
            while True:
                command = await monitor.next_command()
                heard.extend(repr(command).encode() + b"\n")

    started = asyncio.Event()
    async with Redis.from_url(redis_url, socket_timeout=None) as redis:
        listening = asyncio.ensure_future(overhear())
        try:
            async with asyncio.timeout(5):
                await started.wait()
            yield heard
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
