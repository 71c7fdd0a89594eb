"""What the service says of itself: alive, ready, in doubt."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from redis.asyncio import Redis

from config.errors import Misconfigured, Unavailable
from config.settings import load_settings
from contactcenter.cli import doctor_capacity
from contactcenter.health import Readiness
from tests.kit.chat_client import visitor
from tests.kit.engines import DatabaseAddresses
from tests.kit.service import running, running_demo
from tests.kit.settings import environment
from tests.kit.site import Ports, answers, site
from tests.kit.until import until


async def readyz(url: str) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.get(f"{url}/readyz") as answer:
        return answer.status, await answer.json()


async def test_the_demo_proves_its_own_webhooks_within_seconds(tmp_path: Path) -> None:
    async with running_demo(tmp_path / "data") as demo:
        url = demo.ready["public_url"]

        async def proven() -> bool:
            return await readyz(url) == (200, {"status": "ready", "doubts": []})

        await until(proven, 10)


async def test_a_flood_of_questions_asks_the_engines_once_a_second() -> None:
    asked = 0

    async def failing() -> None:
        nonlocal asked
        asked += 1
        raise Unavailable

    readiness = Readiness()
    readiness.add("postgresql", failing)
    answers = [await readiness.failing() for _ in range(50)]
    assert answers == [["postgresql"]] * 50
    assert asked < 5


async def test_each_port_says_the_same_of_a_redis_that_takes_no_writes_or_may_lose_some(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    """A replica after a fail-over, a full memory, a policy that throws entries away."""
    redis = Redis.from_url(redis_url)
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(site(tmp_path, database, redis_url))
        await stack.enter_async_context(centre.serving())
        ports = centre.ports
        urls = [
            f"http://127.0.0.1:{port}"
            for port in (ports.public, ports.chat, ports.staff, ports.metrics)
        ]

        async def all_say(status: int, word: str) -> bool:
            told = [await readyz(url) for url in urls]
            words = [[*answer.get("failing", ()), *answer.get("doubts", ())] for _, answer in told]
            return all(each[0] == status for each in told) and all(word in each for each in words)

        told = load_settings(centre.environment)
        stack.push_async_callback(redis.config_set, "maxmemory", 0)
        stack.push_async_callback(redis.config_set, "maxmemory-policy", "noeviction")
        await redis.config_set("maxmemory", 1)
        await until(partial(all_say, 503, "redis"), 10)
        with pytest.raises(Misconfigured, match="takes no writes"):
            await doctor_capacity.writes(told)
        await redis.config_set("maxmemory", 0)
        stack.push_async_callback(redis.replicaof, "NO", "ONE")
        await redis.replicaof("127.0.0.1", "1")
        await until(partial(all_say, 503, "redis"), 10)
        await redis.replicaof("NO", "ONE")
        await redis.config_set("maxmemory-policy", "allkeys-lru")
        await redis.config_set("maxmemory", 10**9)
        await until(partial(all_say, 200, "redis_evicts"), 10)
        with pytest.raises(Misconfigured, match="noeviction"):
            await doctor_capacity.writes(told)
        await redis.config_set("maxmemory", 0)
        assert "takes writes" in await doctor_capacity.writes(told)
        assert "off PostgreSQL's" in await doctor_capacity.clock(told)
    await redis.aclose()


async def test_a_process_whose_clock_is_off_acts_on_nothing_and_says_so(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    """A router an hour ahead would carry out, at once, what is due for who waits an hour."""
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(site(tmp_path, database, redis_url))
        await stack.enter_async_context(centre.serving("public", "chat", "staff"))
        child = await stack.enter_async_context(visitor(centre.ports.public_url, ping_seconds=1))
        await until(lambda: child.state == "waiting")
        elsewhere = Ports()
        await stack.enter_async_context(
            centre.serving("router", "public", ports=elsewhere, clock_ahead=3600, is_awaited=False)
        )

        async def is_out() -> bool:
            if await answers(f"{elsewhere.metrics_url}/healthz") != 200:
                return False
            return "clock" in (await readyz(elsewhere.public_url))[1].get("failing", ())

        await until(is_out, 25)
        stood_still = (
            '"loop": "escalations", "code": "clock_off"',
            '"loop": "sweep", "code": "clock_off"',
        )
        await until(
            lambda: all(centre.log.read_text().count(each) >= 2 for each in stood_still), 10
        )
        assert '"event": "clock_off"' in centre.log.read_text()
        # What arrives there all the same gains no hour in the queue.
        await stack.enter_async_context(visitor(elsewhere.public_url, join=False))
        assert await centre.value("SELECT count(*) FROM contact") == 2
        ahead = await centre.value(
            "SELECT max(abs(extract(epoch FROM queued_at - clock_timestamp()))) FROM contact"
        )
        assert ahead is not None
        assert float(str(ahead)) < 60
        assert (
            await centre.value(
                "SELECT count(*) FROM contact_event WHERE kind IN ('escalated', 'abandoned')"
            )
            == 0
        )


async def test_serve_refuses_the_owners_role_and_a_schema_that_is_not_its_own(
    database_url: str,
    migrate_database_url: str,
    admin_database_url: str,
    redis_url: str,
    tmp_path: Path,
) -> None:
    for address, word in ((migrate_database_url, "owner role"), (admin_database_url, "superuser")):
        told = environment(database_url=address, redis_url=redis_url, data_dir=tmp_path)
        async with running(["serve"], tmp_path / "out", told) as service:
            async with asyncio.timeout(30):
                assert await service.process.wait() == 2
        assert word in (tmp_path / "out").read_text()


async def test_serve_on_a_database_never_migrated_says_what_to_run(
    blank_database: DatabaseAddresses, redis_url: str, tmp_path: Path
) -> None:
    told = environment(
        database_url=blank_database.runtime,
        redis_url=redis_url,
        data_dir=tmp_path,
    )
    async with running(["serve"], tmp_path / "out", told) as service:
        async with asyncio.timeout(30):
            assert await service.process.wait() == 2
    assert "contactcenter migrate" in (tmp_path / "out").read_text()
