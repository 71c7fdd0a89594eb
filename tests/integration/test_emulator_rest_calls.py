"""The Calls and Conferences resources on live calls."""

from datetime import UTC, datetime

import pytest

from contactcenter.telephony.emulator.calls.call import Call
from contactcenter.telephony.emulator.documents.outcomes import Ask, HangUp
from tests.kit.accept_order import ANSWERS, softphone, talking
from tests.kit.phone import Phone
from tests.kit.telephony import network
from tests.kit.until import until


async def test_ended_call_cannot_be_redirected_nor_ended_again() -> None:
    async with network(ANSWERS) as net, Phone(net.url) as phone:
        sid = await phone.dial()
        await phone.until_caption("Attends")
        await phone.hang_up()
        for form in ({"Url": "http://127.0.0.1/x"}, {"Status": "completed"}):
            status, error = await net.rest.post(f"/Calls/{sid}.json", **form)
            assert (status, error["code"]) == (400, 21220)
        status, error = await net.rest.get("/Calls/CA00000000000000000000000000000000.json")
        assert (status, error["code"]) == (404, 20404)


async def test_call_ended_by_the_api_is_completed() -> None:
    async with network(ANSWERS) as net, Phone(net.url) as phone:
        sid = await phone.dial()
        await phone.until_caption("Attends")
        status, _ = await net.rest.post(f"/Calls/{sid}.json", Status="completed")
        assert status == 200
        await phone.until_status("completed")
        await until(lambda: net.service.of("/voice/left"))
        assert net.service.of("/voice/left")[0]["QueueResult"] == "hangup"


async def test_lists_show_live_calls_and_can_lag() -> None:
    async with network(ANSWERS) as net, Phone(net.url) as phone:
        sid = await phone.dial()
        await phone.until_status("in-progress")
        await net.rest.misbehave(list_lag_seconds=0)
        _, listed = await net.rest.get("/Calls.json", Status="in-progress", PageSize="1")
        assert [call["sid"] for call in listed["calls"]] == [sid]
        await net.rest.misbehave(list_lag_seconds=60)
        _, listed = await net.rest.get("/Calls.json", Status="in-progress")
        assert listed["calls"] == []
        assert (await net.rest.get(f"/Calls/{sid}.json"))[0] == 200


async def test_pages_of_a_list_follow_each_other() -> None:
    async with network(ANSWERS) as net, Phone(net.url) as one, Phone(net.url) as two:
        await net.rest.misbehave(list_lag_seconds=0)
        sids = {await one.dial(), await two.dial()}
        _, first = await net.rest.get("/Calls.json", PageSize="1")
        assert first["next_page_uri"]
        _, second = await net.rest.get("/Calls.json", PageSize="1", Page="1")
        assert second["next_page_uri"] is None
        assert {first["calls"][0]["sid"], second["calls"][0]["sid"]} == sids


async def test_call_is_redirected_to_a_document_given_in_the_request() -> None:
    async with network(ANSWERS) as net, Phone(net.url) as phone:
        sid = await phone.dial()
        await phone.until_caption("Attends")
        document = "<Response><Say>Voici</Say><Hangup/></Response>"
        assert (await net.rest.post(f"/Calls/{sid}.json", Twiml=document))[0] == 200
        await phone.until_caption("Voici")
        await phone.until_status("completed")


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"Url": "ftp://x", "Method": "POST"},
        {"Url": "http://127.0.0.1/", "Method": "PUT"},
        {"Url": "http://127.0.0.1/", "Status": "completed"},
        {"Status": "paused"},
    ],
)
async def test_malformed_call_updates_are_refused(form: dict[str, str]) -> None:
    async with network(ANSWERS) as net, Phone(net.url) as phone:
        sid = await phone.dial()
        await phone.until_caption("Attends")
        status, error = await net.rest.post(f"/Calls/{sid}.json", **form)
        assert (status, error["code"]) == (400, 20001)
        assert phone.status == "in-progress"


async def test_conferences_are_read_by_sid_and_found_by_name() -> None:
    async with network(ANSWERS) as net, Phone(net.url) as phone, softphone(net) as desk:
        await net.rest.misbehave(list_lag_seconds=0)
        participant = await talking(net, phone, desk)
        _, found = await net.rest.get("/Conferences.json", FriendlyName="room-1")
        [conference] = found["conferences"]
        assert conference["sid"] == participant["conference_sid"]
        assert conference["status"] == "in-progress"
        assert (await net.rest.get("/Conferences/room-1.json"))[0] == 404
        base = f"/Conferences/{conference['sid']}/Participants"
        _, muted = await net.rest.post(f"{base}/caller.json", Muted="true")
        assert muted["muted"] is True
        _, listed = await net.rest.get(f"{base}.json", Muted="true")
        assert [each["label"] for each in listed["participants"]] == ["caller"]


async def test_call_that_lasts_too_long_is_ended() -> None:
    async with network(ANSWERS, max_call_seconds=0.3) as net, Phone(net.url) as phone:
        await phone.dial()
        await phone.until_status("completed")


def test_an_end_is_final_whatever_comes_after(live_call: Call) -> None:
    live_call.give(HangUp())
    live_call.give(Ask("http://127.0.0.1/x"))
    assert live_call.take_order() == HangUp()


@pytest.fixture
def live_call() -> Call:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Call("CA1", "AC1", "inbound", "+331", "+332", now, now)
