"""What a telephone network really does to calls: its queue is full, its answers are lost or late."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.kit.engines import DatabaseAddresses
from tests.kit.listener import listener
from tests.kit.phone import Phone
from tests.kit.site import Site, site
from tests.kit.telephony import RestClient
from tests.kit.until import until

ALWAYS = 10_000
WAITS = "dès que quelqu’un peut te répondre"


async def test_whom_the_networks_queue_does_not_take_hears_where_they_stand_and_keeps_their_place(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with _served(tmp_path, database, redis_url, "ines") as (centre, phone, rest):
        attempts = 0
        for result in ("queue-full", "error", "system-error"):
            await rest.misbehave(enqueue_result=result, enqueue_times=ALWAYS)
            if result == "queue-full":
                await phone.dial()
                await phone.press_when_asked("1")
                rank = await until(lambda: centre.value("SELECT rank FROM contact"))
            plan = centre.emulator.exchange.faults.plan
            await until(lambda plan=plan: plan.enqueue_times < ALWAYS, 10)
            heard = _times(phone, WAITS)
            await until(lambda heard=heard: _times(phone, WAITS) > heard, 10)
            attempts += ALWAYS - plan.enqueue_times
        # Never asked again without a word before: no tight loop, whatever the result.
        assert attempts <= _times(phone, WAITS) + 1
        state = "SELECT state, turn, rank, urgency FROM contact"
        assert [tuple(row) for row in await centre.rows(state)] == [("waiting", 1, rank, 3)]
        await phone.press_when_asked("0")
        await until(lambda: _is_u1(centre), saying="danger is heard outside the queue as well")
        # She is brought the caller although the queue is full still.
        async with listener(centre, "ines") as she:
            contact = await she.accept()
            await phone.until_talking()
            await she.finish(contact["contact_id"])
        await phone.until_status("completed")


@asynccontextmanager
async def _served(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str, *logins: str, **limits: int
) -> AsyncIterator[tuple[Site, Phone, RestClient]]:
    async with (
        site(tmp_path, database, redis_url, *logins, tempo=20.0, **limits) as centre,
        centre.serving(),
        Phone(centre.emulator.url) as phone,
        aiohttp.ClientSession() as http,
    ):
        yield centre, phone, RestClient(http, centre.emulator.url)


def _times(phone: Phone, words: str) -> int:
    return sum(words in caption for caption in phone.captions)


async def _is_u1(centre: Site) -> bool:
    return await centre.value("SELECT urgency FROM contact") == 1
