"""What the browser's tests have in common."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from contactcenter.engines import Engines
from tests.kit.browser import one_chromium
from tests.kit.engines import emptied_index, fresh_database
from tests.kit.service import Prepared, demos_on, running_demo


@pytest.fixture(scope="session", autouse=True)
def chromium_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Start one browser for all tests of this process, when the first asks for it."""
    with one_chromium(tmp_path_factory.mktemp("chromium")):
        yield


@pytest.fixture(scope="session")
def first_demo(
    engines: Engines, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    """A database that one demo has used, and the demo's folder."""
    data_dir = tmp_path_factory.mktemp("first") / "demo"
    with asyncio.Runner() as runner:
        used = fresh_database(engines)
        addresses = runner.run(used.__aenter__())
        runner.run(_demo_once(Prepared(addresses, engines.redis_url), data_dir))
        yield addresses.name, data_dir
        runner.run(used.__aexit__(None, None, None))


async def _demo_once(prepared: Prepared, data_dir: Path) -> None:
    with demos_on(prepared):
        async with running_demo(data_dir):
            pass


@pytest.fixture
async def ready_engines(engines: Engines, first_demo: tuple[str, Path]) -> AsyncIterator[None]:
    """Let a test's demos find engines and accounts, all else being new."""
    template, folder = first_demo
    async with fresh_database(engines, template=template) as database:
        with demos_on(Prepared(database, await emptied_index(engines), folder)):
            yield
