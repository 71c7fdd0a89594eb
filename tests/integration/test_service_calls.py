"""Calls that end or fail at every stage: counted, given back, and nobody left reserved."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from twilio.request_validator import RequestValidator

from tests.kit.chat_client import visitor
from tests.kit.engines import DatabaseAddresses
from tests.kit.listener import Listener, listener
from tests.kit.phone import Phone
from tests.kit.site import Site, site
from tests.kit.telephony import ACCOUNT_SID, AUTH_TOKEN
from tests.kit.until import until

RING_SECONDS = 5  # a little over a second at this tempo


@asynccontextmanager
async def _served(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str, *logins: str
) -> AsyncIterator[tuple[Site, Phone]]:
    async with (
        site(tmp_path, database, redis_url, *logins, listener_ring_seconds=RING_SECONDS) as centre,
        centre.serving(),
        Phone(centre.emulator.url) as phone,
    ):
        yield centre, phone


@pytest.mark.parametrize("stage", ["greeted", "waiting", "offered", "connecting"])
async def test_a_caller_who_hangs_up_before_an_answer_is_abandoned_with_seconds(
    stage: str, tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        centre, phone = await stack.enter_async_context(
            _served(tmp_path, database, redis_url, "ines")
        )
        await phone.dial()
        await phone.until_caption("Danger immédiat")
        she = None
        if stage != "greeted":
            await phone.press_when_asked("1")
            await phone.until_caption("Tu gardes ta place")
        if stage in ("offered", "connecting"):
            she = await stack.enter_async_context(listener(centre, "ines", telephone=False))
            await she.until_offered()
        if stage == "connecting":
            assert she is not None
            assert she.softphone is not None
            await she.accept()
            await she.softphone.until_ringing()
        await phone.hang_up()
        await until(lambda: _closed(centre))
        row = (await centre.rows("SELECT * FROM contact"))[0]
        assert (row["disposition"], row["ended_by"]) == ("abandoned", "correspondent")
        # The menu is waited through as well: from the arrival, not from the queue.
        waited = (row["ended_at"] - row["arrived_at"]).total_seconds()
        assert row["waited_ms"] == pytest.approx(waited * 1000, abs=2)
        assert row["answered_at"] is None
        if she is not None:
            await _is_free_again(centre, she)
            assert she.softphone is not None
            if stage == "connecting":
                await she.softphone.frame("cancelled")


async def test_a_caller_who_hangs_up_while_talking_leaves_a_write_up(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        centre, phone = await stack.enter_async_context(
            _served(tmp_path, database, redis_url, "ines")
        )
        she = await stack.enter_async_context(listener(centre, "ines"))
        contact_id = await _talk(centre, phone, she)
        await phone.hang_up()
        await until(lambda: _work(centre, "wrap_up"))
        shown = await she.did("GET", f"contacts/{contact_id}")
        assert (shown["state"], shown["ended_by"]) == ("ended", "correspondent")
        # The write-up holds her: the next one waits until it is done, and then rings.
        async with Phone(centre.emulator.url) as second:
            await second.dial("+33639980002")
            await second.press_when_asked("1")
            await second.until_caption("Tu gardes ta place")
            assert she.offer is None or she.offer["contact_id"] == contact_id
            await she.finish(contact_id)
            taken = await she.accept(await _offer_of_another(she, contact_id))
            await second.until_talking()
            await she.finish(taken["contact_id"])


async def test_a_call_still_being_connected_is_not_ended_over_the_head_of_a_parked_caller(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        centre, phone = await stack.enter_async_context(
            _served(tmp_path, database, redis_url, "ines")
        )
        she = await stack.enter_async_context(listener(centre, "ines", telephone=False))
        await phone.dial()
        await phone.press_when_asked("1")
        contact = await she.accept()
        assert she.softphone is not None
        ringing = await she.softphone.until_ringing()
        status, problem = await she.ask("POST", f"contacts/{contact['contact_id']}/end")
        assert (status, problem["code"]) == (409, "call_connecting")
        await she.softphone.answer(ringing["call"])
        await phone.until_talking()
        await until(lambda: _work(centre, "talking"))
        await she.finish(contact["contact_id"])
        await phone.until_status("completed")


@pytest.mark.parametrize(
    "fault",
    [
        "silent",
        pytest.param("refuses", marks=pytest.mark.campaign),
        pytest.param("unregistered", marks=pytest.mark.campaign),
    ],
)
async def test_a_telephone_that_does_not_answer_gives_the_caller_back_at_the_same_rank(
    fault: str, tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        centre, phone = await stack.enter_async_context(
            _served(tmp_path, database, redis_url, "ines", "malik")
        )
        telephone = None if fault == "unregistered" else False
        she = await stack.enter_async_context(listener(centre, "ines", telephone=telephone))
        await phone.dial()
        await phone.press_when_asked("1")
        contact = await she.accept()
        rank = await centre.value("SELECT rank FROM contact")
        if fault == "refuses":
            assert she.softphone is not None
            await she.softphone.refuse((await she.softphone.until_ringing())["call"])
        await until(lambda: _work(centre, "not_connected"), 10)
        rows = await centre.rows("SELECT state, turn, rank FROM contact")
        assert [tuple(row) for row in rows] == [("waiting", 2, rank)]
        assert phone.status == "in-progress"
        # Not a missed offer: her audio is to be checked, and she is offered nothing meanwhile.
        await until(lambda: _presence(she, "check_audio"))
        rows = await centre.rows("SELECT state, missed_offers FROM listener")
        assert [tuple(row) for row in rows] == [("check_audio", 0)]
        malik = await stack.enter_async_context(listener(centre, "malik"))
        again = await malik.accept()
        assert again["contact_id"] == contact["contact_id"]
        await phone.until_talking()
        await malik.finish(again["contact_id"])


async def test_a_telephone_that_dies_in_mid_call_puts_the_caller_at_the_head_and_says_so(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        centre, phone = await stack.enter_async_context(
            _served(tmp_path, database, redis_url, "ines", "malik")
        )
        she = await stack.enter_async_context(listener(centre, "ines"))
        contact_id = await _talk(centre, phone, she)
        rank = int(str(await centre.value("SELECT rank FROM contact")))
        assert she.softphone is not None
        await she.softphone.close()
        await phone.until_caption("n’est plus en ligne")
        await until(lambda: _work(centre, "handed_over"))
        after = (await centre.rows("SELECT state, turn, rank, queued_at FROM contact"))[0]
        assert (after["state"], after["turn"]) == ("waiting", 2)
        assert after["rank"] == rank - centre.helpline.urgency.returned_head_start_ms
        await until(lambda: _presence(she, "check_audio"), saying="her audio is to be checked")
        malik = await stack.enter_async_context(listener(centre, "malik"))
        again = await malik.accept()
        assert again["contact_id"] == contact_id
        await until(lambda: _work(centre, "talking"))
        # What followed the first conference, asked again: it is not about this one.
        first = await centre.value("SELECT engagement_id FROM engagement ORDER BY accepted_at")
        await _asked_again(centre, f"/voice/after?contact={contact_id}&engagement={first}", phone)
        assert await _work(centre, "talking")
        await malik.finish(contact_id)
        await phone.until_status("completed")


async def test_a_caller_whom_two_desks_lost_did_not_give_up_and_each_listener_is_told_once(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        centre, phone = await stack.enter_async_context(
            _served(tmp_path, database, redis_url, "ines", "malik")
        )
        ines = await stack.enter_async_context(listener(centre, "ines"))
        contact_id = await _talk(centre, phone, ines)
        await _loses(ines)
        malik = await stack.enter_async_context(listener(centre, "malik"))
        assert (await malik.accept())["contact_id"] == contact_id
        await until(lambda: _work(centre, "talking"))
        await _loses(malik)
        await phone.until_caption("n’est plus en ligne")
        waiting = await ines.did("GET", f"contacts/{contact_id}")
        assert (waiting["state"], waiting["disposition"]) == ("waiting", None)
        await phone.hang_up()
        await until(lambda: _closed(centre))
        seen = await ines.did("GET", f"contacts/{contact_id}")
        assert (seen["disposition"], seen["ended_by"]) == ("lost_by_desk", "correspondent")
        assert seen["answered_at"] is not None
        told = [each["kind"] for each in seen["events"] if each["detail"].get("lost_by_desk")]
        assert told == ["returned", "returned"]
        (loss,) = (await ines.did("GET", "me"))["losses"]
        assert (loss["contact_id"], loss["channel"], loss["is_gone"]) == (contact_id, "call", True)
        assert set(loss) == {
            *("contact_id", "channel", "queue", "queue_label", "lost_at", "state", "is_gone"),
        }
        await ines.did("POST", "me/losses/seen", until=loss["lost_at"])
        assert (await ines.did("GET", "me"))["losses"] == []
        assert len((await malik.did("GET", "me"))["losses"]) == 1


async def test_danger_that_runs_out_twice_comes_before_any_chat_and_is_not_lost_silently(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    """The lone listener lets a U1 run out, with somebody less urgent waiting beside it."""
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(
            site(tmp_path, database, redis_url, "ines", offer_seconds=3)
        )
        await stack.enter_async_context(centre.serving())
        phone = await stack.enter_async_context(Phone(centre.emulator.url))
        await phone.dial()
        await phone.press_when_asked("0")
        await until(lambda: centre.value("SELECT state = 'waiting' FROM contact"))
        danger = str(await centre.value("SELECT contact_id FROM contact"))
        child = await stack.enter_async_context(visitor(centre.ports.public_url))
        await until(lambda: child.state == "waiting")
        ines = await stack.enter_async_context(listener(centre, "ines"))
        await until(lambda: _presence(ines, "asked"), 15, saying="two misses: are you there?")
        assert [each["contact_id"] for each in ines.of("offer")] == [danger, danger]
        alarms = {"u1_waiting", "nobody_signed_in"}
        await until(
            lambda: alarms <= {each["code"] for each in ines.of("queues")[-1]["alerts"]},
            saying="it waits under two alerts",
        )
        await ines.declare("ready")
        assert (await ines.accept())["contact_id"] == danger
        await until(lambda: _work(centre, "talking"))
        await ines.finish(danger)


async def _loses(she: Listener) -> None:
    """Her telephone dies in mid-call; she is told so at once, on the desk that is still there."""
    assert she.softphone is not None
    await she.softphone.close()
    await until(lambda: len(she.of("loss")) == 1, saying="she is told what was lost")


async def _asked_again(centre: Site, path: str, phone: Phone) -> None:
    url = centre.ports.public_url + path
    form = {"AccountSid": ACCOUNT_SID, "CallSid": phone.call_sid, "CallStatus": "in-progress"}
    signature = RequestValidator(AUTH_TOKEN).compute_signature(url, form)
    async with (
        aiohttp.ClientSession() as http,
        http.post(url, data=form, headers={"X-Twilio-Signature": signature}) as answer,
    ):
        assert answer.status == 200


async def _talk(centre: Site, phone: Phone, she: Listener) -> str:
    await phone.dial()
    await phone.press_when_asked("1")
    contact = await she.accept()
    await phone.until_talking()
    await until(lambda: _work(centre, "talking"))
    return str(contact["contact_id"])


async def _is_free_again(centre: Site, she: Listener) -> None:
    """The next caller rings at once: nothing of the last one holds her."""
    last = await centre.value("SELECT contact_id FROM contact")
    await until(lambda: she.of("offer_withdrawn"))
    async with Phone(centre.emulator.url) as second:
        await second.dial("+33639980002")
        await second.press_when_asked("1")
        assert (await _offer_of_another(she, str(last)))["channel"] == "call"


async def _offer_of_another(she: Listener, contact_id: str) -> dict[str, object]:
    return await until(
        lambda: she.offer if she.offer and she.offer["contact_id"] != contact_id else None,
        saying="an offer of another contact",
    )


async def _closed(centre: Site) -> bool:
    return await centre.value("SELECT state FROM contact") == "closed"


async def _work(centre: Site, state: str) -> bool:
    return await centre.value("SELECT count(*) FROM engagement WHERE state = $1", state) == 1


async def _presence(she: Listener, state: str) -> bool:
    return bool((await she.did("GET", "me"))["presence"]["state"] == state)
