"""The emulator as a process of its own: one ready line, private configuration, a clean end."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import aiohttp

from tests.kit.telephony import ACCOUNT_SID, AUTH_TOKEN, NUMBER

ROOT = Path(__file__).parents[2]


def config_file(folder: Path, **more: object) -> Path:
    path = folder / "emulator.json"
    settings = {
        "account_sid": ACCOUNT_SID,
        "auth_token": AUTH_TOKEN,
        "number": NUMBER,
        "voice_url": "http://127.0.0.1:1/voice/incoming",
    }
    path.write_text(json.dumps(settings | more))
    path.chmod(0o600)
    return path


async def start(path: Path) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "contactcenter.telephony.emulator", str(path),
        stdout=PIPE, stderr=PIPE, cwd=ROOT,
    )  # fmt: skip


async def test_one_ready_line_then_it_serves_until_told_to_stop(tmp_path: Path) -> None:
    fallback = tmp_path / "fallback.xml"
    fallback.write_text("<Response><Say>119</Say></Response>")
    process = await start(config_file(tmp_path, voice_fallback_file=str(fallback)))
    assert process.stdout is not None
    ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
    assert ready["event"] == "ready"
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{ready['url']}/") as page:
            assert page.status == 200
            assert "script-src 'self'" in page.headers["Content-Security-Policy"]
            assert AUTH_TOKEN not in await page.text()
        async with session.get(f"{ready['url']}/fallback.xml") as answer:
            assert "119" in await answer.text()
        async with session.get(f"{ready['url']}/static/../config.py") as answer:
            assert answer.status in {403, 404}
    process.send_signal(signal.SIGTERM)
    output, errors = await asyncio.wait_for(process.communicate(), 10)
    assert process.returncode == 0
    assert output == b""
    assert AUTH_TOKEN.encode() not in errors


async def test_wrong_configuration_is_named_and_nothing_starts(tmp_path: Path) -> None:
    process = await start(config_file(tmp_path, number="not a number"))
    _, errors = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 2
    assert b"number" in errors


async def test_taken_port_is_named(tmp_path: Path) -> None:
    first = await start(config_file(tmp_path))
    assert first.stdout is not None
    port = json.loads(await asyncio.wait_for(first.stdout.readline(), 20))["port"]
    try:
        second = await start(config_file(tmp_path, port=port))
        _, errors = await asyncio.wait_for(second.communicate(), 20)
        assert second.returncode == 2
        assert str(port).encode() in errors
    finally:
        first.terminate()
        await first.communicate()
