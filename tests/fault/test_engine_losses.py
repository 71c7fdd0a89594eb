"""PostgreSQL or Redis lost in service: nobody is told what is not so, nobody is lost, no restart."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest

from tests.kit.chat_client import ChatClient, visitor
from tests.kit.listener import Listener, listener
from tests.kit.loose_engines import LooseEngine, LooseEngines, loose_engines
from tests.kit.phone import Phone
from tests.kit.service import RunningService
from tests.kit.site import Site, answers, site
from tests.kit.until import until

HELD = "difficulté technique"
PARKED = "Tu gardes ta place"
PACE = {"ping_seconds": 1.0, "dead_seconds": 20.0, "ack_seconds": 3.0}
LOSSES = ("killed", pytest.param("frozen", marks=pytest.mark.campaign))


@pytest.fixture
async def engines(tmp_path: Path) -> AsyncIterator[LooseEngines]:
    """Engines of this test's own, which it may stop."""
    async with loose_engines(tmp_path / "engines") as running:
        yield running


async def _lose(engine: LooseEngine, how: str) -> None:
    if how == "killed":
        await engine.kill()
    else:
        engine.freeze()


async def _bring_back(engine: LooseEngine, how: str) -> None:
    if how == "killed":
        await engine.start()
    else:
        engine.thaw()


@pytest.mark.parametrize("how", LOSSES)
async def test_while_postgresql_is_lost_callers_are_kept_and_nothing_is_acknowledged(
    how: str, tmp_path: Path, engines: LooseEngines
) -> None:
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(
            site(tmp_path, engines.database, engines.redis_url, "ines", tempo=10)
        )
        service = await stack.enter_async_context(centre.serving())
        parked = await _parked(stack, centre, "+33639980001")
        she = await stack.enter_async_context(listener(centre, "ines", ready=False))
        child = await stack.enter_async_context(_visitor(centre))
        await _ticked(child, "avant")

        await _lose(engines.postgres, how)
        newcomer = await stack.enter_async_context(Phone(centre.emulator.url))
        await newcomer.dial("+33639980002")
        await newcomer.until_caption(HELD, 10)
        await _nothing_is_acknowledged(centre, child, she)
        await parked.press_when_asked("0")
        await parked.until_caption(HELD, 10)
        # Asked again and again: both callers are still kept.
        await until(lambda: _times(newcomer, HELD) >= 2 and _times(parked, HELD) >= 2, 15)
        assert newcomer.status == parked.status == "in-progress"
        written = child.write("pendant")
        await until(lambda: child.errors, 10, saying="the socket says why there is no tick")
        assert written not in child.ticked

        await _bring_back(engines.postgres, how)
        await newcomer.press_when_asked("1", 15)
        await until(lambda: _times(newcomer, PARKED) >= 1, 10)
        await until(lambda: written in child.ticked and "pendant" in child.texts, 10)
        assert child.texts.count("pendant") == 1
        await _recovered(service, centre)
        await until(lambda: _urgency_of(centre, parked), 10, saying="the key 0 was not lost")
        await _the_newcomer_arrived_when_they_dialled(centre, newcomer)
        await she.declare("ready")
        first = await she.accept()
        assert first["urgency"] == 1
        await parked.until_talking()


async def _nothing_is_acknowledged(centre: Site, child: ChatClient, she: Listener) -> None:
    chat = f"{centre.ports.public_url}/chat/conversations"
    bearer = {"Authorization": f"Bearer {child.token}"}
    line = {"cid": str(uuid4()), "text": "perdu ?"}
    for url, body in ((chat, {}), (f"{chat}/{child.conversation_id}/messages", line)):
        async with child.http.post(
            url, json=body, headers=bearer, timeout=aiohttp.ClientTimeout(total=15)
        ) as answer:
            document = await answer.json()
            assert answer.status == 503, document
            assert {"17", "112", "114"} <= {each["number"] for each in document["emergency"]}
            assert int(answer.headers["Retry-After"]) >= 1
    status, document = await she.ask("PUT", "me/presence", state="ready")
    assert (status, document["code"]) == (503, "database_unavailable")
    assert await answers(f"{centre.ports.public_url}/healthz") == 200

    async def postgresql_fails() -> bool:
        async with child.http.get(f"{centre.ports.public_url}/readyz") as answer:
            return "postgresql" in (await answer.json()).get("failing", ())

    await until(postgresql_fails, 5, saying="what was known a second ago is asked again")


async def _recovered(service: RunningService, centre: Site) -> None:
    assert service.process.returncode is None
    ready = f"{centre.ports.public_url}/readyz"

    async def is_ready() -> bool:
        return await answers(ready) == 200

    await until(is_ready, 10, saying="ready again")


async def _urgency_of(centre: Site, phone: Phone) -> bool:
    urgency = await centre.value("SELECT urgency FROM contact WHERE call_sid = $1", phone.call_sid)
    return urgency == 1


async def _the_newcomer_arrived_when_they_dialled(centre: Site, phone: Phone) -> None:
    rows = await centre.rows(
        "SELECT arrived_at, queued_at FROM contact WHERE call_sid = $1", phone.call_sid
    )
    assert len(rows) == 1
    dialled = centre.emulator.exchange.calls[phone.call_sid].created_at
    assert abs((rows[0]["arrived_at"] - dialled).total_seconds()) < 2
    assert rows[0]["queued_at"] > rows[0]["arrived_at"]


@pytest.mark.parametrize("how", LOSSES)
async def test_while_redis_is_lost_contacts_come_in_and_routing_resumes_by_itself(
    how: str, tmp_path: Path, engines: LooseEngines
) -> None:
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(
            site(tmp_path, engines.database, engines.redis_url, "ines", "malik", tempo=10)
        )
        service = await stack.enter_async_context(centre.serving())
        talking = await stack.enter_async_context(Phone(centre.emulator.url))
        ines = await stack.enter_async_context(listener(centre, "ines"))
        await talking.dial("+33639980001")
        await talking.press_when_asked("1")
        called = await ines.accept()
        await talking.until_talking()
        waiting = await _parked(stack, centre, "+33639980002")

        await _lose(engines.valkey, how)
        newcomer = await _parked(stack, centre, "+33639980003", seconds=10)
        assert _times(newcomer, HELD) == 0, "taken in and parked, not held"
        child = await stack.enter_async_context(_visitor(centre))
        await _ticked(child, "bonjour")
        assert await centre.value("SELECT count(*) FROM contact WHERE state = 'waiting'") == 3
        offers = len(ines.of("offer"))

        if how == "frozen":
            await engines.valkey.kill()  # it comes back empty, as after a lost machine
        await engines.valkey.start()
        malik = await stack.enter_async_context(listener(centre, "malik"))
        first = await malik.accept(await malik.until_offered(10))
        await waiting.until_talking(10)
        await malik.finish(first["contact_id"])
        second = await malik.accept(await malik.until_offered(10))
        await newcomer.until_talking(10)
        await malik.finish(second["contact_id"])
        third = await malik.accept(await malik.until_offered(10))
        assert third["contact_id"] == str(child.conversation_id)
        # Her call was never in doubt, and she was never offered a second one.
        assert talking.sound == "talking"
        assert len(ines.of("offer")) == offers
        await ines.finish(called["contact_id"])
        await _recovered(service, centre)


async def _parked(stack: AsyncExitStack, centre: Site, number: str, seconds: float = 5) -> Phone:
    phone = await stack.enter_async_context(Phone(centre.emulator.url))
    await phone.dial(number)
    await phone.press_when_asked("1", seconds)
    await phone.until_caption(PARKED, seconds)
    return phone


def _visitor(centre: Site) -> object:
    return visitor(centre.ports.public_url, **PACE)


async def _ticked(child: ChatClient, text: str) -> None:
    cid = child.write(text)
    await until(lambda: cid in child.ticked, 10)


def _times(phone: Phone, words: str) -> int:
    return sum(words in caption for caption in phone.captions)
