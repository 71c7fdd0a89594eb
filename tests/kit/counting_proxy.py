"""A TCP relay before PostgreSQL that notes every statement which passes, by its name.

It reads the protocol's own framing (PostgreSQL's manual, « Frontend/Backend Protocol », 3.0),
so nothing in the service knows of it. What the client sends up to a Sync, or a
simple query, is one round trip. What the driver does once for each connection
is noted apart: it prepares a statement (that ends with a Flush), and looks up
types in texts of its own, which bear no name. Parameters are never kept.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from config.clock import monotonic
from tests.kit.until import until

SSL_REQUEST, NO_SSL = 80877103, b"N"
IDLE = b"I"  # of ReadyForQuery: no transaction is open

_NAME = re.compile(r"\s*-- ([a-z0-9_]+\.[a-z0-9_]+)\s")
_BARE = re.compile(r"\s*([A-Za-z]+);?\s*")
_REMARK = re.compile(r"--[^\n]*")
_WRITTEN = re.compile(r"\b(?:INSERT INTO|(?<!FOR )UPDATE|DELETE FROM)\s+(?:ONLY\s+)?([a-z_.]+)")


@dataclass(frozen=True)
class Statement:
    """What is known of a text: its name, and the tables that it may write."""

    name: str
    writes: frozenset[str] = frozenset()


DRIVERS = Statement("(driver)")


def statement_of(text: str) -> Statement:
    """Return a text's name: its first comment's, else the word of a bare command. Pure.

    A text of the driver's own has neither, and is not repeated: it may hold values.
    """
    named = _NAME.match(text)
    if named is None:
        word = _BARE.fullmatch(text)
        return Statement(word[1].upper()) if word else DRIVERS
    return Statement(named[1], frozenset(_WRITTEN.findall(_REMARK.sub("", text))))


@dataclass
class Passage:
    """A transaction from BEGIN to its end, or one trip outside of any; instants are `monotonic`."""

    began_at: float
    trips: list[tuple[Statement, ...]] = field(default_factory=list)
    over_at: float | None = None

    @property
    def statements(self) -> list[Statement]:
        """Everything run, in order."""
        return [each for trip in self.trips for each in trip]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of everything run, in order."""
        return tuple(each.name for each in self.statements)

    @property
    def writes(self) -> frozenset[str]:
        """The tables that it may have written."""
        return frozenset[str]().union(*(each.writes for each in self.statements))


@dataclass
class Passages:
    """What has passed, in the order in which it began; `prepared` counts the driver's own trips."""

    all: list[Passage] = field(default_factory=list)
    under_way: int = 0
    last_over_at: float = 0.0
    prepared: int = 0


class Frames:
    """Cuts a stream into the protocol's messages; `begins_bare` while one without a type comes."""

    def __init__(self, *, begins_bare: bool) -> None:
        """Expect a client's start-up message first, or a server's typed messages."""
        self._begins_bare = begins_bare
        self._kept = b""

    def read(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield each whole message: its type (empty for a start-up) and its body."""
        self._kept += data
        while True:
            head = 0 if self._begins_bare else 1
            if len(self._kept) < head + 4:
                return
            end = head + int.from_bytes(self._kept[head : head + 4])
            if len(self._kept) < end:
                return
            kind, body = self._kept[:head], self._kept[head + 4 : end]
            self._kept = self._kept[end:]
            if self._begins_bare and int.from_bytes(body[:4]) != SSL_REQUEST:
                self._begins_bare = False
            yield kind, body


class Connection:
    """One client's connection as it passes. Pure but for the instant it is given."""

    def __init__(self, passages: Passages) -> None:
        """Note into `passages`."""
        self._passages = passages
        self._prepared: dict[bytes, Statement] = {}
        self._bound: dict[bytes, bytes] = {}
        self._trip: list[Statement] = []
        self._unanswered = 0
        self._passage: Passage | None = None

    def sent(self, kind: bytes, body: bytes, at: float) -> None:
        """Take one message of the client."""
        first, _, rest = body.partition(b"\0")
        match kind:
            case b"P":
                self._prepared[first] = statement_of(rest.partition(b"\0")[0].decode())
            case b"B":
                self._bound[first] = rest.partition(b"\0")[0]
            case b"E":
                self._trip.append(self._prepared[self._bound[first]])
            case b"Q":
                self._trip.append(statement_of(first.decode()))
                self._travel(at)
            case b"H":
                self._passages.prepared += 1
            case b"S":
                self._travel(at)

    def _travel(self, at: float) -> None:
        trip, self._trip = tuple(self._trip), []
        self._unanswered += 1
        if all(each == DRIVERS for each in trip):
            self._passages.prepared += bool(trip)
            return
        if self._passage is None:
            self._passage = Passage(at)
            self._passages.all.append(self._passage)
            self._passages.under_way += 1
        self._passage.trips.append(trip)

    def answered(self, state: bytes, at: float) -> None:
        """Take the server's word that a trip is done, and whether a transaction is open."""
        self._unanswered = max(0, self._unanswered - 1)  # the first word ends the start-up
        if state == IDLE and not self._unanswered:
            self.lost(at)

    def lost(self, at: float) -> None:
        """End what was under way."""
        if self._passage is not None:
            self._passage.over_at = self._passages.last_over_at = at
            self._passages.under_way -= 1
            self._passage = None


@dataclass
class CountingProxy:
    """Relays, and keeps what passed."""

    url: str
    passages: Passages = field(default_factory=Passages)


@contextlib.asynccontextmanager
async def counting_proxy(url: str) -> AsyncIterator[CountingProxy]:
    """Listen on a free loopback port before the server of `url`."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    proxy = CountingProxy("")
    writers: set[asyncio.StreamWriter] = set()

    async def relay(client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_connection(parts.hostname, parts.port)
        writers.update((to_client, to_server))
        connection = Connection(proxy.passages)
        reading = asyncio.ensure_future(_answers(connection, server, to_client))
        try:
            await _questions(connection, client, to_client, to_server)
        finally:
            reading.cancel()
            connection.lost(monotonic())
            for writer in (to_client, to_server):
                writer.transport.abort()
                writers.discard(writer)

    listener = await asyncio.start_server(relay, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    where = parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{port}")
    proxy.url = where.geturl()
    try:
        yield proxy
    finally:
        listener.close()
        for writer in list(writers):
            writer.transport.abort()
        await until(lambda: not writers)


async def _questions(
    connection: Connection,
    client: asyncio.StreamReader,
    to_client: asyncio.StreamWriter,
    to_server: asyncio.StreamWriter,
) -> None:
    frames = Frames(begins_bare=True)
    with contextlib.suppress(OSError):
        while data := await client.read(65536):
            at = monotonic()
            for kind, body in frames.read(data):
                if kind == b"" and int.from_bytes(body[:4]) == SSL_REQUEST:
                    # Ours to answer: what is encrypted cannot be counted.
                    to_client.write(NO_SSL)
                    continue
                connection.sent(kind, body, at)
                to_server.write(kind + (len(body) + 4).to_bytes(4) + body)


async def _answers(
    connection: Connection, server: asyncio.StreamReader, to_client: asyncio.StreamWriter
) -> None:
    frames = Frames(begins_bare=False)
    with contextlib.suppress(OSError):
        while data := await server.read(65536):
            for kind, body in frames.read(data):
                if kind == b"Z":
                    connection.answered(body, monotonic())
            to_client.write(data)
    to_client.transport.abort()
