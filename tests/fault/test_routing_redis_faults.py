"""Redis dead, deaf, restarted or emptied: named errors in bounded time, and no harm."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from urllib.parse import urlsplit

import pytest

import routing.wakeups
from config.clock import monotonic
from config.errors import Unavailable
from routing.connection import open_redis
from routing.events import RoutingEvents
from routing.model import EventKind
from routing.router import Router
from routing.steps.scripts import Scripts
from routing.wakeups import WakeKind, Wakeups
from tests.kit.pools import CALL, Pool, ident, small_plan
from tests.kit.until import until


class Line:
    """A wire to Redis that a test cuts, or makes deaf."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 6379)
        self._url = parts
        self.is_cut = self.is_deaf = False
        self._held: list[tuple[asyncio.StreamWriter, bytes]] | None = None
        self.refused = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._forgotten: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def url(self) -> str:
        secret = f":{self._url.password}@" if self._url.password else ""
        return f"redis://{secret}127.0.0.1:{self.port}{self._url.path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_cut:
            self.refused += 1
            writer.close()
            return
        there_reader, there_writer = await asyncio.open_connection(*self._target)
        self._writers |= {writer, there_writer}
        ways = (self._pass(reader, there_writer), self._pass(there_reader, writer))
        self._tasks |= {asyncio.ensure_future(way) for way in ways}

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while chunk := await reader.read(65_536):
                if self._held is not None:
                    self._held.append((writer, chunk))
                elif not self.is_deaf and writer not in self._forgotten:
                    writer.write(chunk)
        except OSError:
            pass
        finally:
            writer.close()

    @property
    def is_held(self) -> bool:
        """Whether what passes is kept for later, instead of lost."""
        return self._held is not None

    @is_held.setter
    def is_held(self, held: bool) -> None:
        for writer, chunk in self._held or ():
            writer.write(chunk)
        self._held = [] if held else None

    def forget(self) -> None:
        """Pass nothing more over the connections there are, which stand for ever."""
        self._forgotten |= self._writers

    def cut(self) -> None:
        self.is_cut = True
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def close(self) -> None:
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def line_to(url: str) -> AsyncIterator[Line]:
    line = Line(url)
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
        await line.close()


@pytest.fixture
async def line(redis_url: str) -> AsyncIterator[Line]:
    async with line_to(redis_url) as made:
        yield made


async def test_cut_line_is_unavailable_at_once_and_heals_by_itself(line: Line) -> None:
    async with open_redis(line.url) as redis:
        pool = Pool(Router(redis, small_plan(), lambda: pool.now_ms))
        await pool.arrive("c1")
        line.cut()
        with pytest.raises(Unavailable) as error:
            await pool.router.match([CALL])
        assert (error.value.code, error.value.retryable) == ("index_unavailable", True)
        line.is_cut = False
        await pool.sign_in("l1")
        assert await pool.router.match([CALL]) is not None


async def test_deaf_server_costs_no_more_than_the_time_out(line: Line) -> None:
    async with open_redis(line.url) as redis:
        pool = Pool(Router(redis, small_plan(), lambda: pool.now_ms))
        await pool.arrive("c1")
        line.is_deaf = True
        began = monotonic()
        with pytest.raises(Unavailable):
            await pool.router.position(ident("c1"))
        assert monotonic() - began < 3


async def test_full_pool_is_unavailable_not_for_ever(line: Line) -> None:
    async with open_redis(line.url, connections=1, pool_seconds=0.3) as redis:
        router = Router(redis, small_plan())
        await router.epoch()
        line.is_deaf = True
        answers = await asyncio.gather(*(router.epoch() for _ in range(4)), return_exceptions=True)
        assert all(isinstance(answer, Unavailable) for answer in answers)


async def test_dropped_connections_are_replaced_without_an_error(redis_url: str) -> None:
    async with open_redis(redis_url) as redis, open_redis(redis_url) as other:
        pool = Pool(Router(redis, small_plan(), lambda: pool.now_ms))
        await pool.arrive("c1")
        await other.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        assert await pool.router.position(ident("c1")) == 1


async def test_forgotten_scripts_are_taught_again(redis_url: str) -> None:
    async with open_redis(redis_url) as redis:
        pool = Pool(Router(redis, small_plan(), lambda: pool.now_ms))
        await pool.arrive("c1")
        await redis.script_flush()
        await pool.sign_in("l1")
        assert (await pool.match()).contact_id == ident("c1")


async def test_emptied_redis_has_no_epoch_and_asks_for_every_presence(redis_url: str) -> None:
    async with open_redis(redis_url) as redis:
        pool = Pool(Router(redis, small_plan(), lambda: pool.now_ms))
        await pool.router.end_rebuild(await pool.router.begin_rebuild())
        await pool.sign_in("l1")
        await pool.arrive("c1")
        offer = await pool.match()
        await pool.accept(offer)
        await redis.flushdb()
        assert await pool.router.epoch() is None
        assert not await pool.router.heartbeat(ident("l1"), ident("s-l1"))
        # PostgreSQL committed the accept; the rebuild will read it back.
        await pool.router.confirm(offer.offer_id, 2)
        assert (await pool.router.sweep()).is_empty


async def test_refusing_server_is_unavailable(redis_url: str) -> None:
    async with open_redis(redis_url) as redis:
        pool = Pool(Router(redis, small_plan(), lambda: pool.now_ms))
        await redis.set("{test}:meta", "not a hash")
        with pytest.raises(Unavailable):
            await pool.arrive("c1")


async def test_events_say_when_some_may_have_been_missed(line: Line, redis_url: str) -> None:
    async with open_redis(line.url) as far, open_redis(redis_url) as near:
        pool = Pool(Router(near, small_plan(), lambda: pool.now_ms))
        await pool.arrive("c1")
        async with aclosing(RoutingEvents(far, small_plan()).listen("0-0")) as events:
            line.cut()
            waiting = asyncio.ensure_future(anext(events))
            await pool.sign_in("l1")
            await pool.match()
            await until(lambda: line.refused >= 2)
            line.is_cut = False
            async with asyncio.timeout(10):
                assert (await waiting).kind is EventKind.RESYNC
                assert (await anext(events)).kind is EventKind.OFFERED


async def test_a_subscription_that_is_heard_no_more_is_given_up_and_made_anew(
    line: Line, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connection stands on our side: no error ever comes of it."""
    monkeypatch.setattr(routing.wakeups, "PING_SECONDS", 0.2)
    async with open_redis(line.url) as far, open_redis(redis_url) as near:
        wakeups = Wakeups(far, small_plan())
        async with aclosing(wakeups.listen()) as heard, asyncio.timeout(15):
            assert wakeups.is_deaf
            assert (await anext(heard)).kind is WakeKind.RESYNC
            assert not wakeups.is_deaf
            # Silence is no deafness: its signs of life are answered.
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1.0):
                    await anext(heard)
        async with aclosing(wakeups.listen()) as heard, asyncio.timeout(15):
            assert (await anext(heard)).kind is WakeKind.RESYNC
            line.is_deaf = True
            waiting = asyncio.ensure_future(anext(heard))
            await until(lambda: wakeups.is_deaf)
            line.forget()  # what comes from now on is another connection
            line.is_deaf = False
            assert (await waiting).kind is WakeKind.RESYNC
            assert await Wakeups(near, small_plan()).publish("state", ident("c1"))
            assert (await anext(heard)).kind is WakeKind.STATE


@pytest.mark.parametrize("moment", ["sending", "reading", "pipeline"])
async def test_a_command_given_up_never_answers_the_next_one(line: Line, moment: str) -> None:
    async with open_redis(line.url, connections=1) as redis:
        scripts = Scripts(redis, command_seconds=1.0)
        for number in range(20):
            wrong, right = f"given up {number}", f"asked {number}"
            line.is_held = True
            if moment == "pipeline":
                pipeline = redis.pipeline(transaction=True)
                pipeline.echo(wrong)
                pipeline.echo(wrong)
                asking = asyncio.ensure_future(pipeline.execute())
            else:
                asking = asyncio.ensure_future(redis.echo(wrong))
            turns = 1 if moment == "sending" else 30
            for _ in range(turns):
                await asyncio.sleep(0)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            line.is_held = False  # the answer comes now, to whoever listens
            assert await scripts.guarded(redis.echo(right), "echo") == right


async def test_wakeups_are_silent_without_redis_and_resync_after(line: Line) -> None:
    async with open_redis(line.url) as redis:
        wakeups = Wakeups(redis, small_plan())
        async with aclosing(wakeups.listen()) as heard, asyncio.timeout(15):
            assert (await anext(heard)).kind is WakeKind.RESYNC
            line.cut()
            assert not await wakeups.publish("message", ident("c1"))
            waiting = asyncio.ensure_future(anext(heard))
            await until(lambda: line.refused >= 2)
            line.is_cut = False
            assert (await waiting).kind is WakeKind.RESYNC
            await until(lambda: wakeups.publish("state", ident("c1")))
            assert (await anext(heard)).kind is WakeKind.STATE
