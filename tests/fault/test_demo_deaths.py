"""The demo: ready within its time, nothing left after any death, everything found again."""

import json
import os
import signal
import stat
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from config.clock import monotonic
from tests.kit.phone import Phone
from tests.kit.processes import kill, running_in
from tests.kit.service import ANY_PORT, running, running_demo
from tests.kit.until import until

READY_WITHIN_SECONDS = 30
DOCUMENTED = {
    "public_url", "chat_url", "staff_url", "phone_url", "database_url", "redis_url", "twilio", "accounts"
}  # fmt: skip


async def answers(url: str) -> int:
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session,
        session.get(url) as response,
    ):
        return response.status


async def test_demo_is_ready_in_time_and_tells_people_and_programs_all_they_need(
    tmp_path: Path,
) -> None:
    started = monotonic()
    async with running_demo(tmp_path / "data") as demo:
        assert monotonic() - started < READY_WITHIN_SECONDS
        assert set(demo.ready) == DOCUMENTED
        assert set(demo.ready["twilio"]) == {"account_sid", "auth_token", "number"}
        assert {"login", "password", "totp_secret", "role"} == set(demo.ready["accounts"][0])
        ready_file = tmp_path / "data.ready.json"
        assert stat.S_IMODE(ready_file.stat().st_mode) == 0o600
        logs = {path.name: path for path in (tmp_path / "data").rglob("*.log")}
        assert {"demo.log", "emulator.log"} <= logs.keys()
        assert {stat.S_IMODE(path.stat().st_mode) for path in logs.values()} == {0o600}
        shown = demo.output.read_text()
        for account in demo.ready["accounts"]:
            assert account["password"] in shown
            assert account["totp_secret"] in shown
        assert demo.ready["phone_url"] in shown
        assert "Ctrl-C" in shown
        assert await answers(demo.ready["phone_url"]) == 200
        assert await answers(f"{demo.ready['public_url']}/healthz") == 200
        assert await demo.stop() == 0
    assert running_in(tmp_path / "data") == []
    assert not ready_file.exists()


async def test_nothing_is_left_after_the_demo_is_killed_and_the_next_one_finds_the_records(
    tmp_path: Path,
) -> None:
    async with running_demo(tmp_path / "data") as first:
        assert len(running_in(tmp_path / "data")) > 3
        accounts = first.ready["accounts"]
        await first.kill()
        await until(lambda: running_in(tmp_path / "data") == [], 5)
    async with running_demo(tmp_path / "data") as second:
        assert second.ready["accounts"] == accounts
        connection = await asyncpg.connect(second.ready["database_url"])
        assert await connection.fetchval("SELECT count(*) FROM staff") == len(accounts)
        await connection.close()


@pytest.mark.campaign
async def test_a_demo_killed_at_any_moment_of_its_start_leaves_a_folder_that_starts(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    milestones = ("engines/passwords.json", "engines/postgres", "keys", "demo-accounts.json")
    for milestone in milestones:
        arguments = ["demo", "--data-dir", str(data)]
        async with running(arguments, tmp_path / "out", ANY_PORT) as service:
            await until((data / milestone).exists, 30)
            await service.kill()
            await until(lambda: running_in(data) == [], 5)
    async with running_demo(data) as demo:
        assert demo.ready["accounts"]


async def test_a_second_demo_on_the_same_folder_is_refused_and_the_first_goes_on(
    tmp_path: Path,
) -> None:
    async with running_demo(tmp_path / "data") as first:
        ready_file = tmp_path / "data.ready.json"
        arguments = ["demo", "--data-dir", str(tmp_path / "data"), "--ready-file", str(ready_file)]
        async with running(arguments, tmp_path / "second", ANY_PORT) as second:
            assert await second.process.wait() == 2
        assert f"in use by process {first.pid}" in (tmp_path / "second").read_text()
        assert json.loads(ready_file.read_text()) == first.ready
        assert await answers(first.ready["phone_url"]) == 200


async def test_ctrl_c_stops_the_demo_in_order(tmp_path: Path) -> None:
    async with running_demo(tmp_path / "data") as demo:
        os.kill(demo.pid, signal.SIGINT)
        await until(lambda: demo.process.returncode is not None, 30)
    assert running_in(tmp_path / "data") == []
    log = (tmp_path / "data/demo.log").read_text().splitlines()
    assert all(json.loads(line)["event"] for line in log)


async def test_a_killed_emulator_is_started_again_on_its_port_and_takes_calls(
    tmp_path: Path,
) -> None:
    async with running_demo(tmp_path / "data") as demo:
        phone_url = demo.ready["phone_url"]
        async with Phone(phone_url) as lost:
            await lost.dial("+33639980001")
            await lost.until_caption("Danger immédiat", 30)
            kill(int(str(_told_of_emulator(tmp_path)[0]["pid"])))
            await until(lambda: len(_told_of_emulator(tmp_path)) == 3, 30, saying="it is back")
        async with Phone(phone_url) as phone:
            await phone.dial("+33639980002")
            await phone.until_caption("Danger immédiat", 30)
        told = [each["event"] for each in _told_of_emulator(tmp_path)]
        assert told == ["engine_ready", "engine_ended", "engine_ready"]
        assert await demo.stop() == 0
    assert running_in(tmp_path / "data") == []


def _told_of_emulator(folder: Path) -> list[dict[str, object]]:
    lines = (folder / "data/demo.log").read_text().splitlines()
    return [each for each in map(json.loads, lines) if each.get("engine") == "emulator"]
