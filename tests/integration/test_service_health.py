"""What the service says of itself: alive, ready, in doubt."""

import asyncio
from pathlib import Path

import aiohttp

from config.errors import Unavailable
from contactcenter.health import Readiness
from tests.kit.engines import DatabaseAddresses
from tests.kit.service import running, running_demo
from tests.kit.settings import environment
from tests.kit.until import until


async def readyz(url: str) -> tuple[int, dict[str, object]]:
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
