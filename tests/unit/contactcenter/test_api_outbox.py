"""What waits for one socket: in order, bounded, the goodbye last."""

import asyncio

from contactcenter.api.live.frames import Pong, Resync
from contactcenter.api.live.outbox import Goodbye, Outbox


async def test_frames_leave_in_order() -> None:
    outbox = Outbox(3)
    frames = [Pong(), Resync(), Pong()]
    assert all(outbox.put(frame) for frame in frames)
    assert [await outbox.take() for _ in frames] == frames


async def test_a_full_outbox_takes_no_more() -> None:
    outbox = Outbox(1)
    assert outbox.put(Pong())
    assert not outbox.put(Pong())
    await outbox.take()
    assert outbox.put(Pong())


async def test_the_first_goodbye_stays_and_drops_what_waited() -> None:
    outbox = Outbox(3)
    outbox.put(Pong())
    goodbye = Goodbye(1012)
    outbox.say_goodbye(goodbye)
    outbox.say_goodbye(Goodbye(4409))
    assert not outbox.put(Pong())
    assert await outbox.take() is goodbye
    assert await outbox.take() is goodbye


async def test_whoever_waits_is_woken() -> None:
    for act in (lambda outbox: outbox.put(Pong()), lambda outbox: outbox.say_goodbye(Goodbye(1))):
        outbox = Outbox(1)
        waiting = asyncio.ensure_future(outbox.take())
        await asyncio.sleep(0)
        act(outbox)
        await asyncio.wait_for(waiting, 1)
