"""The acts, in the order in which contacts come by them: one round does each of them once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from config.vocabulary import Disposition, Urgency
from tests.bench.acts.stage import Child, Stage
from tests.kit.listener import Document
from tests.kit.phone import Phone
from tests.kit.until import until

QUEUE = "parent_proche"  # whom the listener hands over: to any queue but the contact's own
LINE = "Je ne sais pas trop par où commencer, mais je crois que j’ai besoin d’en parler."


async def one_round(stage: Stage) -> None:
    """Do every act once; each begins with the listener ready and nothing open."""
    await a_chat_to_its_case(stage)
    await a_chat_that_grows_urgent(stage)
    await a_chat_that_is_handed_over(stage)
    await a_call(stage)


async def a_chat_to_its_case(stage: Stage) -> None:
    """Open, accept, write both ways, write up, end, attach to a case, close as treated."""
    act, desk = stage.watch.act, stage.desk
    async with _served_chat(stage, is_counted=True) as (child, contact):
        path = f"contacts/{contact['contact_id']}"
        async with act("chat_line_to_desk", beyond_its_line=True):
            await desk.until_told(contact["contact_id"], await child.say(LINE))
        async with act("line_by_listener"):
            sent = await desk.say(contact["contact_id"], LINE)
            await desk.until_told(contact["contact_id"], sent["seq"])
            await child.until_read(sent["cid"])
        revision = await _save_form(stage, path, 0)
        async with act("form_save"):
            await _save_form(stage, path, revision)
        async with act("end"):
            await desk.until_shown(await desk.did("POST", f"{path}/end"))
        case = await desk.did("POST", "cases", label="Lou")
        await desk.did("PUT", f"cases/{case['case_id']}/{path}")
        async with act("close"):
            closed = await desk.did("POST", f"{path}/close", disposition=Disposition.TREATED)
            await desk.until_shown(closed)


async def a_chat_that_grows_urgent(stage: Stage) -> None:
    """Raise from U3 to U2; its end puts the listener on the pause that follows danger."""
    act, desk = stage.watch.act, stage.desk
    async with _served_chat(stage) as (_, contact):
        path = f"contacts/{contact['contact_id']}"
        async with act("raise"):
            raised = await desk.did("POST", f"{path}/urgency", urgency=Urgency.U2)
            await desk.until_shown(raised)
        async with act("end_after_danger"):
            await desk.until_shown(await desk.did("POST", f"{path}/end"))
        await _close_without_content(stage, path)


async def a_chat_that_is_handed_over(stage: Stage) -> None:
    """Hand over with an urgency, U2; the pause after danger keeps the chat from coming back."""
    async with _served_chat(stage) as (child, contact):
        path = f"contacts/{contact['contact_id']}"
        async with stage.watch.act("hand_over"):
            given = await stage.desk.did(
                "POST", f"{path}/hand-over", queue=QUEUE, urgency=Urgency.U2
            )
            await stage.desk.until_shown(given)
        await child.leave()


async def a_call(stage: Stage) -> None:
    """Accept a call: counted until both talk, with what the telephone network asks meanwhile."""
    desk = stage.desk
    async with Phone(stage.site.emulator.url) as phone:
        await desk.declare("ready")
        await phone.dial()
        await phone.press_when_asked("1")
        offer = await desk.until_offered()
        await desk.see(offer)
        async with stage.watch.act("accept_call"):
            contact = await desk.accept(offer)
            await until(lambda: _talks(stage, contact["contact_id"]), saying="both talk")
            await phone.until_talking()
        await desk.did("POST", f"contacts/{contact['contact_id']}/end")
        await phone.until_status("completed")
        await _close_without_content(stage, f"contacts/{contact['contact_id']}")


@asynccontextmanager
async def _served_chat(
    stage: Stage, *, is_counted: bool = False
) -> AsyncIterator[tuple[Child, Document]]:
    """Have a chat opened, offered and accepted; the listener is ready, and has nothing else."""
    desk, watch = stage.desk, stage.watch
    await desk.declare("ready")
    async with watch.act("open_chat") if is_counted else _uncounted():
        child = await stage.open_chat()
        offer = await desk.until_offered(contact_id=str(child.conversation_id))
    await desk.see(offer)
    async with child.joined():
        async with watch.act("accept") if is_counted else _uncounted():
            contact = await desk.accept(offer)
            await desk.until_shown(contact)
        yield child, contact


@asynccontextmanager
async def _uncounted() -> AsyncIterator[None]:
    yield


async def _save_form(stage: Stage, path: str, revision: int) -> int:
    values: dict[str, Any] = {
        "alias": "Lou",
        "age": 14,
        "categories": [stage.site.helpline.categories[0].id],
        "qualification": "information_preoccupante",
    }
    saved = await stage.desk.did("PUT", f"{path}/form", values=values, revision=revision)
    return int(saved["revision"])


async def _close_without_content(stage: Stage, path: str) -> None:
    closed = await stage.desk.did(
        "POST", f"{path}/close", disposition=Disposition.NON_CONTENT, non_content_code="test"
    )
    await stage.desk.until_shown(closed)


def _talks(stage: Stage, contact_id: str) -> bool:
    shown = [frame["contact"] for frame in stage.desk.of("contact")]
    return any(
        each["contact_id"] == contact_id and (each["engagement"] or {}).get("state") == "talking"
        for each in shown
    )
