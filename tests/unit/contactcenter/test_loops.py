"""Loops that run for as long as the service does."""

import asyncio

import pytest

from config.errors import Unavailable
from contactcenter.loops import FAILURES_ALLOWED, Loop, LoopHealth, running


async def test_a_loop_ends_although_a_library_swallowed_its_cancellation() -> None:
    began = asyncio.Event()

    async def swallowing() -> None:
        began.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return

    async with asyncio.timeout(5), running([Loop("deaf", 0.0, swallowing, LoopHealth())]):
        await began.wait()


async def test_a_loop_that_keeps_failing_gives_up_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("contactcenter.loops.FIRST_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("contactcenter.loops.LONGEST_PAUSE_SECONDS", 0.0)
    rounds = 0

    async def failing() -> None:
        nonlocal rounds
        rounds += 1
        raise RuntimeError

    async with asyncio.timeout(5), running([Loop("bad", 0.0, failing, LoopHealth())]) as loops:
        assert await loops.until(asyncio.Event()) is True
    assert rounds == FAILURES_ALLOWED + 1


async def test_an_absent_engine_is_waited_for_without_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("contactcenter.loops.FIRST_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("contactcenter.loops.LONGEST_PAUSE_SECONDS", 0.0)
    health, rounds, back = LoopHealth(), 0, asyncio.Event()

    async def away_for_a_while() -> None:
        nonlocal rounds
        rounds += 1
        if rounds <= FAILURES_ALLOWED * 3:
            raise Unavailable
        back.set()
        await asyncio.Event().wait()

    async with asyncio.timeout(5), running([Loop("patient", 0.0, away_for_a_while, health)]):
        await back.wait()
    assert health.silent_for("patient") == float("inf")
