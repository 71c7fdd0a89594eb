"""Loops end when the service stops, even one whose library forgets to be cancelled."""

import asyncio

from contactcenter.loops import Loop, LoopHealth, running


async def test_a_loop_that_swallows_one_cancellation_still_ends() -> None:
    swallowed = asyncio.Event()

    async def forgetful() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if swallowed.is_set():
                    raise
                swallowed.set()

    health = LoopHealth()
    async with asyncio.timeout(5), running([Loop("forgetful", 0.0, forgetful, health)]):
        await asyncio.sleep(0)
    assert swallowed.is_set()
