"""Two service processes on the same engines, 1,000 contacts, listeners sitting at both."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from config.clock import monotonic
from tests.kit.engines import DatabaseAddresses
from tests.kit.phone import Phone
from tests.kit.racers import racer
from tests.kit.site import Ports, Site, site
from tests.kit.until import until

LISTENERS = 16
CHATS = 960
CALLS = 40
CHATS_AT_MOST = 3
CHATS_PER_ADDRESS = 12  # below what one address may open at once
WITHIN_SECONDS = 60.0

# What a listener carries at the instant in which each engagement is born, written
# down by PostgreSQL itself under the lock that the accept act takes.
WATCH = """
CREATE TABLE public.carried (listener_id uuid, calls bigint, chats bigint);
CREATE FUNCTION public.note_carried() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO public.carried
    SELECT NEW.listener_id, count(*) FILTER (WHERE channel = 'call'),
           count(*) FILTER (WHERE channel = 'chat')
      FROM engagement
     WHERE listener_id = NEW.listener_id AND state IN ('connecting', 'talking', 'wrap_up');
    RETURN NULL;
END $$;
CREATE TRIGGER note_carried AFTER INSERT ON engagement
    FOR EACH ROW EXECUTE FUNCTION public.note_carried();
"""


@pytest.mark.timeout(150)
async def test_two_services_give_each_of_a_thousand_contacts_to_one_listener_within_capacity(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    logins = [f"listener{number:02}" for number in range(LISTENERS)]
    other = Ports()
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(
            site(
                tmp_path,
                database,
                redis_url,
                *logins,
                tempo=20,
                no_socket_offer_seconds=200,
                away_seconds=300,
            )
        )
        await centre.run(WATCH)
        await stack.enter_async_context(centre.serving())
        await stack.enter_async_context(centre.serving(ports=other))
        group = await stack.enter_async_context(asyncio.TaskGroup())
        racers = [
            await stack.enter_async_context(racer(centre, login, other, group)) for login in logins
        ]
        began = monotonic()
        async with _callers(centre):
            await asyncio.gather(
                *(_open_chats(ports, n) for n, ports in enumerate((centre.ports, other)))
            )
            await until(lambda: _all_closed(centre), 120, every=0.5, saying="all are closed")
        took = monotonic() - began
        print(f"{CHATS + CALLS} contacts in {took:.1f} s")
        await _each_was_assigned_once(centre)
        await _nobody_carried_too_much(centre)
        assert sum(len(each.taken) for each in racers) == CHATS + CALLS
        assert took < WITHIN_SECONDS


@asynccontextmanager
async def _callers(centre: Site) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        phones = [await stack.enter_async_context(Phone(centre.emulator.url)) for _ in range(CALLS)]
        for number, phone in enumerate(phones):
            await phone.dial(f"+336399{number:05}")
        for phone in phones:
            await phone.press_when_asked("1", 20)
        yield


async def _open_chats(ports: Ports, town: int) -> None:
    async def from_one_address(street: int) -> None:
        connector = aiohttp.TCPConnector(local_addr=(f"127.{town + 1}.0.{street + 1}", 0), limit=2)
        timeout = aiohttp.ClientTimeout(total=20)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
            for _ in range(CHATS_PER_ADDRESS):
                url = f"{ports.public_url}/chat/conversations"
                async with gate, http.post(url, json={}) as answer:
                    assert answer.status == 201, await answer.text()

    gate = asyncio.Semaphore(8)
    streets = CHATS // 2 // CHATS_PER_ADDRESS
    await asyncio.gather(*(from_one_address(street) for street in range(streets)))


async def _all_closed(centre: Site) -> bool:
    closed = await centre.value("SELECT count(*) FROM contact WHERE state = 'closed'")
    return closed == CHATS + CALLS


async def _each_was_assigned_once(centre: Site) -> None:
    assert await centre.value("SELECT count(*) FROM contact") == CHATS + CALLS
    wrong = await centre.rows(
        "SELECT contact.contact_id, contact.channel, contact.turn, contact.disposition,"
        " (SELECT count(*) FROM engagement WHERE contact_id = contact.contact_id) AS taken,"
        " (SELECT count(*) FROM contact_event WHERE contact_id = contact.contact_id"
        "   AND kind = 'accepted') AS accepted,"
        " (SELECT count(*) FROM contact_event WHERE contact_id = contact.contact_id"
        "   AND kind = 'connected') AS connected FROM contact"
    )
    wrong = [
        row
        for row in wrong
        if (row["turn"], row["taken"], row["accepted"], row["connected"]) != (1, 1, 1, 1)
        or row["disposition"] != "non_content"
    ]
    assert wrong == []
    undone = "SELECT count(*) FROM engagement WHERE state <> 'done'"
    assert await centre.value(undone) == 0


async def _nobody_carried_too_much(centre: Site) -> None:
    assert await centre.value("SELECT count(*) FROM carried") == CHATS + CALLS
    beyond = (
        "SELECT count(*) FROM carried WHERE chats > $1 OR calls > 1 OR (calls > 0 AND chats > 0)"
    )
    assert await centre.value(beyond, CHATS_AT_MOST) == 0
    # It was a race: capacity was reached, and the contacts were shared.
    assert await centre.value("SELECT max(chats) FROM carried") == CHATS_AT_MOST
    assert await centre.value("SELECT count(DISTINCT listener_id) FROM carried") == LISTENERS
