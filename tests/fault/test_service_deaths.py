"""`kill -9` of the service: whoever waited waits, whoever talked talks, nothing is lost or doubled."""

from contextlib import AsyncExitStack
from pathlib import Path

from config.clock import monotonic
from tests.kit.chat_client import ChatClient, visitor
from tests.kit.engines import DatabaseAddresses
from tests.kit.listener import Listener, listener
from tests.kit.phone import Phone
from tests.kit.site import Site, site
from tests.kit.until import until

WITHIN_SECONDS = 5.0
PACE = {"ping_seconds": 1.0, "dead_seconds": 4.0, "ack_seconds": 2.0}


async def test_a_killed_service_loses_doubles_and_sticks_nobody(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(
            site(tmp_path, database, redis_url, "ines", "malik")
        )
        async with centre.serving() as first:
            talking, ines, called = await _a_call_is_active(stack, centre)
            writing, malik, chatted = await _a_chat_is_active(stack, centre)
            waiting_call = await stack.enter_async_context(Phone(centre.emulator.url))
            await waiting_call.dial("+33639980003")
            await waiting_call.press_when_asked("1")
            await waiting_call.until_caption("Tu gardes ta place")
            waiting_chat = await stack.enter_async_context(_visitor(centre))
            await _write(waiting_chat, "j’attends")
            before = await _everything(centre)
            last_words = writing.write("juste avant")
            await first.kill()
        lost = writing.write("pendant la panne")
        async with centre.serving():
            ready = monotonic()
            await until(lambda: {last_words, lost} <= writing.ticked, WITHIN_SECONDS)
            await until(lambda: ines.is_live and malik.is_live and waiting_chat.is_live)
            assert await _everything(centre) == before
            assert monotonic() - ready < WITHIN_SECONDS
            await _both_still_talk(centre, talking, ines, called)
            await _lines_arrive_once(writing, malik, chatted)
            await _the_waiting_are_served(centre, waiting_call, waiting_chat, ines, malik)
        assert await centre.value("SELECT count(*) FROM contact") == 4
        assert await centre.value("SELECT count(*) FROM contact WHERE state <> 'closed'") == 0


async def _a_call_is_active(stack: AsyncExitStack, centre: Site) -> tuple[Phone, Listener, str]:
    phone = await stack.enter_async_context(Phone(centre.emulator.url))
    she = await stack.enter_async_context(listener(centre, "ines"))
    await phone.dial("+33639980001")
    await phone.press_when_asked("1")
    contact = await she.accept()
    await phone.until_talking()
    await until(lambda: _is(centre, contact["contact_id"], "talking"))
    return phone, she, contact["contact_id"]


async def _a_chat_is_active(
    stack: AsyncExitStack, centre: Site
) -> tuple[ChatClient, Listener, str]:
    writing = await stack.enter_async_context(_visitor(centre))
    await _write(writing, "bonjour")
    he = await stack.enter_async_context(listener(centre, "malik"))
    contact = await he.accept()
    await he.say(contact["contact_id"], "Bonjour, je vous écoute.")
    await until(lambda: "Bonjour, je vous écoute." in writing.texts)
    # On a break he keeps what he has, and takes nothing new: the others wait.
    await he.declare("break")
    return writing, he, contact["contact_id"]


def _visitor(centre: Site) -> object:
    return visitor(centre.ports.public_url, **PACE)


async def _write(client: ChatClient, text: str) -> None:
    cid = client.write(text)
    await until(lambda: cid in client.ticked)


async def _everything(centre: Site) -> list[tuple[object, ...]]:
    rows = await centre.rows(
        "SELECT contact.contact_id, contact.state, contact.turn, contact.rank, contact.queued_at,"
        " engagement.engagement_id, engagement.state AS work, engagement.listener_id"
        " FROM contact LEFT JOIN engagement USING (contact_id) ORDER BY 1, 6"
    )
    return [tuple(row) for row in rows]


async def _is(centre: Site, contact_id: str, state: str) -> bool:
    return (
        await centre.value("SELECT state FROM engagement WHERE contact_id = $1", contact_id)
        == state
    )


async def _both_still_talk(centre: Site, phone: Phone, she: Listener, contact_id: str) -> None:
    assert phone.sound == "talking"
    assert phone.status == "in-progress"
    assert she.softphone is not None
    assert she.softphone.status == "in-progress"
    await she.finish(contact_id)
    await phone.until_status("completed")
    await until(lambda: _is(centre, contact_id, "done"))


async def _lines_arrive_once(client: ChatClient, he: Listener, contact_id: str) -> None:
    await he.say(contact_id, "Je suis toujours là.")
    await until(lambda: "Je suis toujours là." in client.texts)
    said = [text for text in client.texts if text in {"juste avant", "pendant la panne"}]
    assert said == ["juste avant", "pendant la panne"]
    read = await he.did("GET", f"contacts/{contact_id}/messages?after=0")
    assert [line["seq"] for line in read["messages"]] == list(range(1, read["head_seq"] + 1))
    texts = [line["text"] for line in read["messages"]]
    assert texts.count("juste avant") == texts.count("pendant la panne") == 1
    await he.finish(contact_id)


async def _the_waiting_are_served(
    centre: Site, phone: Phone, client: ChatClient, ines: Listener, malik: Listener
) -> None:
    # The write-up is done and readiness was never withdrawn: the next one is hers at once.
    contact = await ines.accept()
    assert contact["channel"] == "call"
    await phone.until_talking()
    await malik.declare("ready")
    taken = await malik.accept()
    assert taken["contact_id"] == str(client.conversation_id)
    read = await malik.did("GET", f"contacts/{taken['contact_id']}/messages?after=0")
    assert "j’attends" in [line["text"] for line in read["messages"]]
    await ines.finish(contact["contact_id"])
    await malik.finish(taken["contact_id"])
