"""The production path: `serve` on engines it did not start, each role a process of its own."""

from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.kit.chat_client import visitor
from tests.kit.engines import DatabaseAddresses
from tests.kit.listener import listener
from tests.kit.phone import Phone
from tests.kit.service import running
from tests.kit.settings import environment
from tests.kit.site import lasting_port, site
from tests.kit.until import until

ROLES = ("public", "chat", "staff", "router")


async def test_roles_split_over_processes_serve_a_call_and_a_chat_together(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(
            site(tmp_path, database, redis_url, "ines", "malik")
        )
        for role in ROLES:
            ports = replace(centre.ports, metrics=lasting_port())
            await stack.enter_async_context(centre.serving(role, ports=ports))
        phone = await stack.enter_async_context(Phone(centre.emulator.url))
        ines = await stack.enter_async_context(listener(centre, "ines"))
        await phone.dial()
        await phone.press_when_asked("1")
        called = await ines.accept()
        await phone.until_talking()
        malik = await stack.enter_async_context(listener(centre, "malik"))
        child = await stack.enter_async_context(visitor(centre.ports.public_url, ping_seconds=1))
        offered = await malik.accept()
        contact_id = offered["contact_id"]
        await malik.say(contact_id, "Bonjour")
        # Across processes, by wake-ups: well before anybody would poll.
        await until(lambda: "Bonjour" in child.texts, 0.9)
        child.write("salut")
        await until(lambda: "salut" in [one["message"]["text"] for one in malik.of("message")], 0.9)
        await ines.finish(called["contact_id"])
        await malik.finish(contact_id)
        await phone.until_status("completed")
        await until(lambda: child.state == "closed")
        states = await centre.rows("SELECT DISTINCT state FROM contact")
        assert [row["state"] for row in states] == ["closed"]


@pytest.mark.parametrize(
    ("setting", "address", "engine"),
    [
        ("DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:{port}/none", "PostgreSQL"),
        ("REDIS_URL", "redis://:secret@127.0.0.1:{port}/0", "Redis or Valkey"),
    ],
)
async def test_an_engine_down_at_start_is_named_with_its_address_and_how_to_mend_it(
    setting: str,
    address: str,
    engine: str,
    tmp_path: Path,
    database: DatabaseAddresses,
    redis_url: str,
) -> None:
    port = lasting_port()
    given = environment(database_url=database.runtime, redis_url=redis_url, data_dir=tmp_path) | {
        setting: address.format(port=port)
    }
    async with running(["serve"], tmp_path / "out", given) as service:
        await until(lambda: service.process.returncode is not None, 20)
        assert service.process.returncode == 2
    said = (tmp_path / "out").read_text()
    assert (
        f"{setting}: {engine} does not answer at 127.0.0.1:{port};"
        " start it, or correct the address" in said
    )
    assert "secret" not in said


async def test_a_plain_serve_without_engines_is_refused_with_every_setting_it_lacks(
    tmp_path: Path,
) -> None:
    async with running(["serve"], tmp_path / "out", {}) as service:
        assert await service.process.wait() == 2
    said = (tmp_path / "out").read_text()
    assert all(name in said for name in ("DATABASE_URL", "REDIS_URL", "VAULT_KEY", "INDEX_KEY"))
