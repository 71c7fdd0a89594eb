"""Bad networks between a visitor and the gateway: nothing is lost, doubled or moved."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import pytest

from chat.limits import HttpLimits, Rate, SessionLimits
from tests.kit.cable import DOWN, UP, Cable, Postman, cable_to, postman_to
from tests.kit.chat_centre import MemoryCentre
from tests.kit.chat_client import ChatClient, visitor
from tests.kit.chat_site import QUICK, ChatSite, chat_site
from tests.kit.until import until

PLENTY = Rate(burst=10_000, per_second=1000)
# The quick pace, without rates: a client under faults sends again and again.
LIMITS = SessionLimits(
    hello_seconds=QUICK.hello_seconds,
    probe_seconds=QUICK.probe_seconds,
    silent_seconds=0.6,
    recheck_seconds=QUICK.recheck_seconds,
    blind_recheck_seconds=QUICK.blind_recheck_seconds,
    retry_seconds=QUICK.retry_seconds,
    frames=PLENTY,
    sends=PLENTY,
)
HTTP = HttpLimits(requests_per_address=PLENTY, sends_per_conversation=PLENTY)


@dataclass
class Scene:
    """A visitor joined to the site by a cable."""

    site: ChatSite
    cable: Cable
    client: ChatClient

    @property
    def contact_id(self) -> UUID:
        return self.client.conversation_id

    @property
    def centre(self) -> MemoryCentre:
        return self.site.centre

    async def settles(self, lines: int) -> None:
        """Wait until the client shows that many lines and has none left to send."""
        await until(
            lambda: len(self.client.lines) >= lines and len(self.client.ticked) == self.written,
            15,
            saying="all lines shown and ticked",
        )

    written: int = 0

    def write(self, text: str) -> None:
        self.written += 1
        self.client.write(text)

    def check(self) -> None:
        """What the client shows is what is stored: each line once, in order."""
        stored = self.centre.talks[self.contact_id].lines
        assert [line["seq"] for line in self.client.lines] == [line.seq for line in stored]
        assert self.client.texts == [line.text for line in stored]
        own = [line.text for line in stored if line.text.startswith("v")]
        assert own == [f"v{n}" for n in range(self.written)]


@contextlib.asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    gateway_port = 0
    async with (
        cable_to(lambda: gateway_port) as cable,
        chat_site(
            session_limits=LIMITS,
            http_limits=HTTP,
            socket_url=f"ws://127.0.0.1:{cable.port}/chat/socket",
        ) as site,
    ):
        gateway_port = site.gateway.port
        async with visitor(site.public_url) as client:
            await until(lambda: client.is_live)
            yield Scene(site, cable, client)


async def test_a_cut_in_the_middle_of_a_talk_loses_and_doubles_nothing() -> None:
    async with scene() as at:
        for n in range(12):
            at.write(f"v{n}")
            at.centre.listener_says(at.contact_id, f"l{n}")
            if n % 3 == 2:
                joined = at.client.sockets
                at.cable.cut()
                at.centre.listener_says(at.contact_id, f"l{n} while away")
                await until(lambda: at.client.sockets > joined and at.client.is_live)  # noqa: B023
        await at.settles(28)
        at.check()
        assert at.client.sockets >= 5


async def test_a_phone_that_slept_finds_everything_when_it_wakes() -> None:
    """The socket is dead and neither end was told: each notices by itself."""
    async with scene() as at:
        at.centre.listener_says(at.contact_id, "l before")
        await until(lambda: at.client.lines)
        at.cable.swallows = {UP, DOWN}
        talk = at.centre.talks[at.contact_id]
        at.write("v0")
        at.centre.listener_says(at.contact_id, "l asleep")
        await until(lambda: talk.sockets == 0, saying="the server gave the dead socket up")
        at.cable.swallows = set()
        await at.settles(3)
        at.check()
        assert at.client.errors == []


async def test_when_only_the_way_down_is_lost_the_client_does_not_believe_the_silence() -> None:
    async with scene() as at:
        at.cable.swallows = {DOWN}
        at.write("v0")  # arrives and is stored; its tick is lost
        await until(lambda: at.centre.texts(at.contact_id) == ["v0"])
        at.centre.listener_says(at.contact_id, "l unseen")
        await until(lambda: not at.client.is_live)
        at.cable.swallows = set()
        await at.settles(2)
        assert at.client.sockets > 1
        at.check()


async def test_when_only_the_way_up_is_lost_nothing_is_ticked_until_it_is_stored() -> None:
    async with scene() as at:
        at.cable.swallows = {UP}
        at.write("v0")
        at.centre.listener_says(at.contact_id, "l heard")
        await until(lambda: at.client.texts == ["l heard"])
        assert at.client.ticked == set()
        at.cable.swallows = set()
        await at.settles(2)
        at.check()


async def test_a_slow_line_keeps_the_order() -> None:
    async with scene() as at:
        at.cable.delay_seconds = 0.05
        for n in range(5):
            at.write(f"v{n}")
            at.centre.listener_says(at.contact_id, f"l{n}")
        await at.settles(10)
        at.check()


async def test_when_no_socket_passes_the_talk_goes_on_by_http_and_comes_back() -> None:
    async with scene() as at:
        at.cable.refuses = True
        at.cable.cut()
        for n in range(4):
            at.write(f"v{n}")
            at.centre.listener_says(at.contact_id, f"l{n}")
        await at.settles(8)
        assert at.client.polls > 0
        assert not at.client.is_live
        at.check()
        at.cable.refuses = False
        await until(lambda: at.client.is_live)
        at.write("v4")
        at.centre.listener_says(at.contact_id, "l4")
        await at.settles(10)
        at.check()


async def test_a_centre_that_fails_and_loses_answers_stores_each_line_once() -> None:
    async with scene() as at:
        for name in ("append", "after", "status", "alive", "admit", "watch"):
            at.centre.fault.before[name] = 3
            at.centre.fault.after[name] = 3
        for n in range(8):
            at.write(f"v{n}")
            at.centre.listener_says(at.contact_id, f"l{n}")
        at.cable.cut()
        await at.settles(16)
        at.check()


async def test_a_centre_away_for_a_while_ticks_nothing_and_then_everything() -> None:
    async with scene() as at:
        at.centre.fault.down = True
        for n in range(3):
            at.write(f"v{n}")
        await until(lambda: "database_unavailable" in at.client.errors)
        assert at.client.ticked == set()
        assert at.centre.texts(at.contact_id) == []
        at.centre.fault.down = False
        await at.settles(3)
        at.check()


async def test_a_server_that_leaves_hands_its_visitors_over_without_loss() -> None:
    """Two gateways over one centre: the first drains while lines are being written."""
    port = 0
    centre = MemoryCentre()
    async with (
        cable_to(lambda: port) as cable,
        chat_site(centre=centre, session_limits=LIMITS, http_limits=HTTP) as second,
        chat_site(
            centre=centre,
            session_limits=LIMITS,
            http_limits=HTTP,
            socket_url=f"ws://127.0.0.1:{cable.port}/chat/socket",
        ) as first,
    ):
        port = first.gateway.port
        async with visitor(first.public_url) as client:
            await until(lambda: client.is_live)
            at = Scene(first, cable, client)
            for n in range(3):
                at.write(f"v{n}")
            port = second.gateway.port
            await first.gateway.drain(0.2)
            for n in range(3, 6):
                at.write(f"v{n}")
                centre.listener_says(at.contact_id, f"l{n}")
            await at.settles(9)
            at.check()
            assert client.frames["reconnect"] == 1
            assert 1012 in client.closes


def drops(chance: float, seed: int) -> Postman:
    """Loses frames, except the first of each way: a socket that never starts proves little."""
    dice, passed = random.Random(seed), Counter[str]()

    def postman(way: str, _text: str) -> list[float]:
        passed[way] += 1
        return [] if passed[way] > 1 and dice.random() < chance else [0]

    return postman


def doubles(chance: float, seed: int) -> Postman:
    dice = random.Random(seed)

    def postman(_way: str, text: str) -> list[float]:
        again = '"hello"' not in text and dice.random() < chance
        return [0, 0] if again else [0]

    return postman


def delays(chance: float, seed: int) -> Postman:
    dice = random.Random(seed)
    return lambda _way, _text: [dice.random() * 0.1 if dice.random() < chance else 0]


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.campaign) for seed in range(1, 12))]
)
@pytest.mark.parametrize("bad", [drops, doubles, delays])
async def test_frames_lost_doubled_or_late_change_nothing(bad: object, seed: int) -> None:
    postman = bad(0.3, seed)  # type: ignore[operator]
    async with (
        chat_site(session_limits=LIMITS, http_limits=HTTP) as site,
        postman_to(site.socket_url, postman) as url,
        visitor(site.public_url, socket_url=url) as client,
    ):
        await until(lambda: client.is_live)
        at = Scene(site, Cable(), client)
        for n in range(10):
            at.write(f"v{n}")
            site.centre.listener_says(at.contact_id, f"l{n}")
            await asyncio.sleep(0)
        await at.settles(20)
        at.check()


async def test_one_visitor_s_bad_network_is_nobody_else_s() -> None:
    async with scene() as at, visitor(at.site.public_url, socket_url=at.site.socket_url) as other:
        await until(lambda: other.is_live)
        at.cable.swallows = {UP, DOWN}
        for n in range(20):
            other.write(f"{n}")
        await until(lambda: len(other.ticked) == len(other.lines) == 20)
        assert other.sockets == 1
        assert other.texts == [f"{n}" for n in range(20)]
