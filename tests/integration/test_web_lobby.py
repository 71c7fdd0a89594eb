"""The lobby of a port: silent connections cost little, and a flood of them holds nobody up."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from contactcenter.web.lobby import Lobby
from tests.kit.until import until

SILENT_SECONDS = 0.2
CROWD = 300


class Guest(asyncio.Protocol):
    """Keeps what it was sent, in the order in which guests were let in."""

    first_bytes = b""

    def __init__(self, said: list[bytes]) -> None:
        self._said = said

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._said.append(self.first_bytes)

    def data_received(self, data: bytes) -> None:
        self._said.append(data)


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as made:
        yield made


def coming(listening: socket.socket, words: bytes = b"") -> socket.socket:
    """Connect, and say something, while nobody has accepted yet: the kernel does."""
    made = socket.create_connection(listening.getsockname(), timeout=5)
    made.sendall(words)
    return made


def is_closed(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"


async def test_a_crowd_that_came_at_once_is_served_whole_and_in_order(
    listening: socket.socket,
) -> None:
    heads = [HEAD + b"X: %d\r\n\r\n" % number for number in range(CROWD)]
    crowd = [coming(listening, head) for head in heads]
    said: list[bytes] = []
    lobby = Lobby(listening, lambda: Guest(said), head_seconds=60)
    await until(lambda: len(said) == CROWD, saying="everybody is served")
    assert sorted(said) == sorted(heads)
    lobby.close()
    close(crowd)


async def test_a_head_is_served_once_it_is_whole_whatever_pieces_it_comes_in(
    listening: socket.socket,
) -> None:
    said: list[bytes] = []
    lobby = Lobby(listening, lambda: Guest(said), head_seconds=60)
    whole = HEAD + b"\r\nbody"
    client = coming(listening)
    for piece in (whole[:5], whole[5:20], whole[20:]):
        assert said == []
        client.sendall(piece)
        await asyncio.sleep(0.01)
    await until(lambda: said == [whole])
    client.sendall(b" goes on")
    await until(lambda: b"".join(said) == whole + b" goes on")
    lobby.close()
    close([client])


@pytest.mark.parametrize("words", [b"nonsense\n", b"\x16\x03\x01\n", HEAD + b"X: " + b"x" * 20_000])
async def test_what_will_never_be_a_head_is_let_in_to_be_refused_in_words(
    words: bytes, listening: socket.socket
) -> None:
    said: list[bytes] = []
    lobby = Lobby(listening, lambda: Guest(said), head_seconds=60)
    client = coming(listening, words)
    await until(lambda: said, saying="let in")
    lobby.close()
    close([client])


async def test_whose_head_is_not_whole_in_time_is_closed(listening: socket.socket) -> None:
    said: list[bytes] = []
    lobby = Lobby(listening, lambda: Guest(said), head_seconds=SILENT_SECONDS)
    silent, slow, whole = (coming(listening, each) for each in (b"", HEAD, HEAD + b"\r\n"))
    await until(lambda: is_closed(silent) and is_closed(slow), saying="both are closed")
    assert said == [HEAD + b"\r\n"]
    assert not is_closed(whole)
    lobby.close()
    close([silent, slow, whole])


async def test_beyond_the_most_the_oldest_who_waits_makes_room(listening: socket.socket) -> None:
    said: list[bytes] = []
    lobby = Lobby(listening, lambda: Guest(said), head_seconds=60, most_waiting=10)
    crowd = [coming(listening) for _ in range(30)]
    await until(lambda: sum(map(is_closed, crowd)) == 20, saying="twenty made room")
    assert all(map(is_closed, crowd[:20]))
    crowd[-1].sendall(HEAD + b"\r\n")
    await until(lambda: said == [HEAD + b"\r\n"])
    lobby.close()
    close(crowd)


async def test_a_closed_lobby_lets_go_of_everybody(listening: socket.socket) -> None:
    lobby = Lobby(listening, lambda: Guest([]), head_seconds=60)
    address, waiting = listening.getsockname(), coming(listening)
    lobby.close()
    await until(lambda: is_closed(waiting), saying="let go")
    with pytest.raises(ConnectionError):
        socket.create_connection(address, timeout=5)
    close([waiting])


def close(clients: list[socket.socket]) -> None:
    for each in clients:
        each.close()
