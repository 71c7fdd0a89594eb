"""The telephone network's REST away, or one call that cannot be brought on: nobody is lost for it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.kit.engines import DatabaseAddresses
from tests.kit.listener import Listener, listener
from tests.kit.phone import Phone
from tests.kit.poison import poisoned
from tests.kit.site import Site, site
from tests.kit.telephony import RestClient
from tests.kit.until import until

RING_SECONDS = 5  # the least; then seven more, and five to bring the caller
GIVEN_UP_SECONDS = 30


@asynccontextmanager
async def _served(
    tmp_path: Path,
    database: DatabaseAddresses,
    redis_url: str,
    *logins: str,
    ring_seconds: int = RING_SECONDS,
) -> AsyncIterator[tuple[Site, RestClient, AsyncExitStack]]:
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(
            site(tmp_path, database, redis_url, *logins, listener_ring_seconds=ring_seconds)
        )
        service = await stack.enter_async_context(centre.serving())
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield centre, RestClient(http, centre.emulator.url), stack
        assert service.process.returncode is None, "it serves to the end"


async def _parked(stack: AsyncExitStack, centre: Site, number: str) -> Phone:
    phone = await stack.enter_async_context(Phone(centre.emulator.url))
    await phone.dial(number)
    await phone.press_when_asked("1")
    return phone


@pytest.mark.parametrize(
    "path",
    [
        "/Conferences",
        pytest.param("POST /2010-04-01/Accounts", marks=pytest.mark.campaign),
    ],
)
async def test_callers_are_given_back_in_time_when_the_network_fails_and_nobodys_audio_is_blamed(
    path: str, tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with _served(tmp_path, database, redis_url, "ines", "malik") as (centre, rest, stack):
        outage = {"where": "rest", "act": "refuse", "times": 10_000, "status": 503, "code": 20503}
        await rest.misbehave(rules=[outage | {"match": path}])
        phones = [await _parked(stack, centre, f"+3363998000{each}") for each in (1, 2)]
        listeners = [
            await stack.enter_async_context(listener(centre, login)) for login in ("ines", "malik")
        ]
        taken = [await she.accept() for she in listeners]
        ranks = await centre.rows("SELECT rank FROM contact ORDER BY contact_id")
        await until(
            lambda: _count(centre, "engagement", "not_connected", 2),
            GIVEN_UP_SECONDS,
            saying="both given up",
        )
        rows = await centre.rows("SELECT state, turn, rank FROM contact ORDER BY contact_id")
        assert [tuple(row) for row in rows] == [("waiting", 2, each["rank"]) for each in ranks]
        assert await _states_of_presence(centre) == {"ready"}
        assert 'calls_not_connected_total{reason="telephony_failed"} 2' in await _metrics(centre)
        await rest.misbehave(rules=[])
        for she in listeners:
            again = await she.accept(await _next_offer(she))
            assert again["contact_id"] in {each["contact_id"] for each in taken}
        for phone in phones:
            await phone.until_talking(15)


async def test_a_call_that_fails_by_itself_is_set_aside_and_its_caller_heads_the_queue(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with _served(tmp_path, database, redis_url, "ines", "malik", ring_seconds=30) as (
        centre,
        rest,
        stack,
    ):
        # Without callbacks the driver of the steps alone sees that the listener answered.
        await rest.misbehave(rules=[{"where": "callback", "act": "lose", "times": 10_000}])
        stuck = await _parked(stack, centre, "+33639980001")
        ines = await stack.enter_async_context(listener(centre, "ines"))
        offer = await ines.until_offered()
        contact_id = str(offer["contact_id"])
        engagement = f"NEW.contact_id = '{contact_id}' AND NEW.step = 'listener_ringing'"
        async with poisoned(database, "engagement", engagement):
            rank = int(str(await centre.value("SELECT rank FROM contact")))
            await ines.accept(offer)
            malik = await stack.enter_async_context(listener(centre, "malik"))
            other = await _parked(stack, centre, "+33639980002")
            await malik.accept()
            await other.until_talking(15)
            await until(lambda: _set_aside(centre, contact_id), GIVEN_UP_SECONDS)
        after = (
            await centre.rows(
                "SELECT state, turn, rank FROM contact WHERE contact_id = $1", contact_id
            )
        )[0]
        to_head = centre.helpline.urgency.returned_head_start_ms
        assert tuple(after) == ("waiting", 2, rank - to_head)
        assert 'items_set_aside{loop="call_steps"} 1.0' in await _metrics(centre)
        await ines.accept(await _next_offer(ines))
        await stuck.until_talking(15)


async def _next_offer(she: Listener) -> dict[str, object]:
    """Wait for an offer that is not the first: on her desk now, or made again."""
    first = she.of("offer")[0]["offer_id"]
    return await until(
        lambda: she.offer if she.offer and she.offer["offer_id"] != first else None,
        15,
        saying="offered again",
    )


async def _count(centre: Site, table: str, state: str, wanted: int) -> bool:
    return await centre.value(f"SELECT count(*) FROM {table} WHERE state = $1", state) == wanted


async def _states_of_presence(centre: Site) -> set[str]:
    return {str(row["state"]) for row in await centre.rows("SELECT state FROM listener")}


async def _set_aside(centre: Site, contact_id: str) -> bool:
    found = await centre.rows("SELECT 1 FROM set_aside WHERE contact_id = $1", contact_id)
    waits = await centre.value("SELECT state FROM contact WHERE contact_id = $1", contact_id)
    return bool(found) and waits == "waiting"


async def _metrics(centre: Site) -> str:
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{centre.ports.metrics_url}/metrics") as answer,
    ):
        return await answer.text()
