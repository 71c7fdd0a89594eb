"""The search for planted secrets finds them: a search that misses would prove nothing."""

import base64
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis

from tests.kit.planted import Planted, found_in, found_in_database, found_in_files, found_in_index

SECRETS = Planted().all


@pytest.mark.parametrize("offset", [0, 1, 2, 3])
def test_a_secret_is_found_in_base64_whatever_stands_before_it(offset: int) -> None:
    content = base64.b64encode(b"x" * offset + Planted().name.encode() + b" after")
    assert found_in(content, SECRETS) == [Planted().name]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_found_in_text_hexadecimal_json_and_addresses(secret: str) -> None:
    for content in (
        f"before {secret} after".encode(),
        secret.encode().hex().encode(),
        secret.encode("unicode_escape"),
    ):
        assert found_in(content, SECRETS) == [secret]
    assert found_in(b"nothing of the kind", SECRETS) == []


async def test_secrets_are_found_in_any_column_of_any_schema(admin_database_url: str) -> None:
    assert await found_in_database(admin_database_url, SECRETS) == []
    admin = await asyncpg.connect(admin_database_url)
    await admin.execute("CREATE SCHEMA hidden; CREATE TABLE hidden.leak (bits bytea)")
    await admin.execute("INSERT INTO hidden.leak VALUES ($1)", Planted().sentence.encode())
    await admin.close()
    assert await found_in_database(admin_database_url, SECRETS) == [Planted().sentence]


async def test_secrets_are_found_in_every_kind_of_redis_value(redis_url: str) -> None:
    number = Planted().number
    async with Redis.from_url(redis_url) as redis:
        await redis.set(f"key:{number}", 1)
        await redis.set("string", number)
        await redis.hset("hash", mapping={"field": number})
        await redis.zadd("zset", {number: 1})
        await redis.sadd("set", number)
        await redis.rpush("list", number)
        await redis.xadd("stream", {"field": number})
    assert len(await found_in_index(redis_url, SECRETS)) == 7


def test_secrets_are_found_in_files_below_a_folder(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "log").write_text(f"said {Planted().sentence}")
    leaks = found_in_files([tmp_path], SECRETS)
    assert len(leaks) == 1
    assert leaks[0].startswith(str(tmp_path / "below" / "log"))
