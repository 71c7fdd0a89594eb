"""What every Centre promises. The real one passes the same tests, given the same two powers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID, uuid4

import pytest

from chat.centre import HELPLINE_TEXTS, Centre, Opened, Opening, WakeKind
from config.errors import Conflict, InvalidInput, NotSignedIn
from config.vocabulary import Audience, ContactState, Sender
from records.actor import Principal
from tests.kit.chat_centre import MemoryCentre
from tests.kit.whole_centre import WholeCentre, whole_centre


class Listener(Protocol):
    """The two things a listener does in these tests."""

    async def accept(self, contact_id: UUID) -> None: ...
    async def says(self, contact_id: UUID, text: str) -> None: ...


class MemoryListener:
    """Acts in the Centre in memory."""

    def __init__(self, centre: MemoryCentre) -> None:
        self.centre = centre

    async def accept(self, contact_id: UUID) -> None:
        self.centre.accept(contact_id)

    async def says(self, contact_id: UUID, text: str) -> None:
        self.centre.listener_says(contact_id, text)


class RealListener:
    """Acts in the real one, by the services of the desk."""

    def __init__(self, whole: WholeCentre) -> None:
        self.whole = whole
        self.principal: Principal | None = None

    async def accept(self, contact_id: UUID) -> None:
        self.principal = await self.whole.ready()
        assert await self.whole.take(self.principal) == contact_id

    async def says(self, contact_id: UUID, text: str) -> None:
        if self.principal is None:
            await self.accept(contact_id)
        assert self.principal is not None
        await self.whole.centre.staff.contacts.send(self.principal, contact_id, uuid4(), text)


@dataclass
class Bench:
    """A Centre and what a listener may do in it."""

    centre: Centre
    listener: Listener


@contextlib.asynccontextmanager
async def in_memory(urls: tuple[str, str], folder: Path) -> AsyncIterator[Bench]:
    del urls, folder
    centre = MemoryCentre()
    yield Bench(centre, MemoryListener(centre))


@contextlib.asynccontextmanager
async def for_real(urls: tuple[str, str], folder: Path) -> AsyncIterator[Bench]:
    async with whole_centre(*urls, folder) as whole:
        yield Bench(whole.centre.conversations, RealListener(whole))


@pytest.fixture
def engine_urls(database_url: str, redis_url: str) -> tuple[str, str]:
    return database_url, redis_url


@pytest.fixture(params=[in_memory, for_real], ids=["memory", "real"])
async def bench(
    request: pytest.FixtureRequest, tmp_path: Path, engine_urls: tuple[str, str]
) -> AsyncIterator[Bench]:
    async with request.param(engine_urls, tmp_path) as made:
        yield made


async def opened(bench: Bench) -> Opened:
    """A fresh conversation; the centre may have said its first words in it."""
    return await bench.centre.open_conversation(Opening())


async def test_a_conversation_opens_waiting(bench: Bench) -> None:
    made = await bench.centre.open_conversation(Opening(Audience.MINOR, "75", "fr"))
    status = await bench.centre.status(made.conversation_id)
    assert (status.state, status.open, status.head_seq) == (
        ContactState.WAITING,
        True,
        made.head_seq,
    )


async def test_an_unknown_departement_is_refused(bench: Bench) -> None:
    with pytest.raises(InvalidInput):
        await bench.centre.open_conversation(Opening(department="99"))


async def test_a_token_admits_to_its_own_conversation_only(bench: Bench) -> None:
    one = await bench.centre.open_conversation(Opening())
    two = await bench.centre.open_conversation(Opening())
    assert (
        await bench.centre.admit(one.conversation_id, one.token)
    ).contact_id == one.conversation_id
    assert (await bench.centre.admit_token(two.token)).contact_id == two.conversation_id
    for conversation_id, token in (
        (one.conversation_id, two.token),
        (one.conversation_id, "é\x00"),
    ):
        with pytest.raises(NotSignedIn):
            await bench.centre.admit(conversation_id, token)
    with pytest.raises(NotSignedIn):
        await bench.centre.admit_token("unknown")


async def test_lines_are_numbered_without_gap_whoever_writes(bench: Bench) -> None:
    made = await opened(bench)
    contact_id, head = made.conversation_id, made.head_seq
    cids = [uuid4() for _ in range(3)]
    for cid in cids:
        await bench.centre.append(contact_id, cid, "x")
    await bench.listener.says(contact_id, "y")
    whole = await bench.centre.after(contact_id, 0, 100)
    assert [line.seq for line in whole] == list(range(1, head + 5))
    lines = whole[head:]
    assert [line.cid for line in lines][:3] == cids
    assert [line.sender for line in lines] == [Sender.VISITOR] * 3 + [Sender.LISTENER]
    some = await bench.centre.after(contact_id, head + 1, 2)
    assert [line.seq for line in some] == [head + 2, head + 3]
    assert (await bench.centre.status(contact_id)).head_seq == head + 4


async def test_the_same_line_again_has_the_same_answer_even_at_once(bench: Bench) -> None:
    made, cid = await opened(bench), uuid4()
    contact_id, head = made.conversation_id, made.head_seq
    answers = await asyncio.gather(*(bench.centre.append(contact_id, cid, "x") for _ in range(8)))
    assert {answer.seq for answer in answers} == {head + 1}
    with pytest.raises(Conflict) as refused:
        await bench.centre.append(contact_id, cid, "y")
    assert refused.value.code == "cid_reused"
    assert len(await bench.centre.after(contact_id, head, 100)) == 1


async def test_nobody_writes_after_the_end_and_repeats_are_still_answered(bench: Bench) -> None:
    contact_id, cid = (await opened(bench)).conversation_id, uuid4()
    first = await bench.centre.append(contact_id, cid, "x")
    await bench.centre.leave(contact_id, quick=False)
    await bench.centre.leave(contact_id, quick=True)
    with pytest.raises(Conflict) as refused:
        await bench.centre.append(contact_id, uuid4(), "y")
    assert refused.value.code == "conversation_closed"
    assert await bench.centre.append(contact_id, cid, "x") == first
    status = await bench.centre.status(contact_id)
    assert (status.open, status.position) == (False, None)


async def test_whoever_watches_is_woken_by_lines_and_states(bench: Bench) -> None:
    contact_id = (await opened(bench)).conversation_id
    async with bench.centre.watch(contact_id) as wakes, asyncio.timeout(5):
        await bench.centre.append(contact_id, uuid4(), "x")
        async for wake in wakes:
            if wake.kind is WakeKind.MESSAGE:
                break
        await bench.listener.accept(contact_id)
        async for wake in wakes:
            if wake.kind is WakeKind.STATE:
                break
    assert (await bench.centre.status(contact_id)).state is ContactState.ACTIVE


async def test_openings_answer_in_a_known_language_whatever_is_asked(bench: Bench) -> None:
    assert bench.centre.openings("en").language == "en"
    first = bench.centre.openings("")
    assert first.language == first.languages[0]
    assert set(first.texts) >= HELPLINE_TEXTS
    assert {"17", "112", "114"} <= {number.number for number in first.emergency}
