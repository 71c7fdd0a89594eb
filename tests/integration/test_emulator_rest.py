"""The REST interface: who may ask, what is refused, and misbehaviour on command."""

import aiohttp
import pytest

from tests.kit.phone import Phone
from tests.kit.softphone import Softphone
from tests.kit.telephony import (
    ACCOUNT_SID,
    API_KEY_SECRET,
    API_KEY_SID,
    AUTH_TOKEN,
    TOKENS,
    network,
)
from tests.kit.until import until

BASE = f"/2010-04-01/Accounts/{ACCOUNT_SID}"
PARTICIPANTS = "/Conferences/room/Participants.json"
ASKED = {"From": "+33180000119", "To": "client:listener_1"}


@pytest.mark.parametrize(
    ("user", "password", "status"),
    [
        (ACCOUNT_SID, AUTH_TOKEN, 200),
        (API_KEY_SID, API_KEY_SECRET, 200),
        (ACCOUNT_SID, "wrong", 401),
        (API_KEY_SID, AUTH_TOKEN, 401),
        ("SK" + "f" * 32, API_KEY_SECRET, 401),
    ],
)
async def test_only_the_account_may_ask(user: str, password: str, status: int) -> None:
    async with network({}) as net, aiohttp.ClientSession() as session:
        headers = {"Authorization": aiohttp.encode_basic_auth(user, password)}
        async with session.get(f"{net.url}{BASE}/Calls.json", headers=headers) as answer:
            assert answer.status == status
            if status == 401:
                assert (await answer.json())["code"] == 20003


@pytest.mark.parametrize("header", ["", "Bearer x", "Basic !!!", "Basic /w=="])
async def test_malformed_credentials_are_refused(header: str) -> None:
    async with network({}) as net, aiohttp.ClientSession() as session:
        headers = {"Authorization": header}
        for path in (f"{BASE}/Calls.json", "/emulator/faults", "/emulator/softphones"):
            async with session.get(net.url + path, headers=headers) as answer:
                assert answer.status == 401


async def test_unknown_fields_and_wrong_values_are_refused_not_ignored() -> None:
    async with network({}) as net:
        for form in (
            ASKED | {"Record": "true"},
            ASKED | {"Beep": "false", "Timeout": "soon"},
            ASKED | {"EndConferenceOnExit": "perhaps"},
            ASKED | {"WaitMethod": "PUT"},
            {"To": "client:x"},
        ):
            status, error = await net.rest.post(PARTICIPANTS, **form)
            assert (status, error["code"], error["status"]) == (400, 20001, 400), form
        status, error = await net.rest.post(PARTICIPANTS, From="+331", To="+33639980001")
        assert (status, error["code"]) == (400, 13224)
        assert (await net.rest.get("/Calls.json"))[1]["calls"] == []
        assert (await net.rest.get("/Conferences.json"))[1]["conferences"] == []


async def test_refusal_before_the_act_changes_nothing() -> None:
    async with network({}) as net:
        await net.rest.misbehave(
            rules=[{"where": "rest", "act": "refuse", "match": "POST", "times": 1}]
        )
        status, error = await net.rest.post(PARTICIPANTS, **ASKED)
        assert (status, error["code"]) == (429, 20429)
        assert (await net.rest.get("/Calls.json"))[1]["calls"] == []
        assert (await net.rest.post(PARTICIPANTS, **ASKED))[0] == 201


async def test_refusal_after_the_act_leaves_it_done() -> None:
    async with (
        network({}) as net,
        Softphone(net.url, TOKENS.token("listener_1"), answers=False) as desk,
    ):
        await desk.register()
        await net.rest.misbehave(
            rules=[{"where": "rest", "act": "refuse_after", "match": "Participants"}],
            list_lag_seconds=0,
        )
        status, _ = await net.rest.post(PARTICIPANTS, **ASKED, Label="a")
        assert status == 500
        await desk.until_ringing()
        _, found = await net.rest.get("/Conferences.json", FriendlyName="room", Status="init")
        sid = found["conferences"][0]["sid"]
        assert (await net.rest.get(f"/Conferences/{sid}/Participants/a.json"))[0] == 200


async def test_a_hanging_answer_leaves_the_client_without_one() -> None:
    async with network({}) as net:
        await net.rest.misbehave(
            rules=[{"where": "rest", "act": "hang", "match": "GET", "seconds": 0.2}]
        )
        assert (await net.rest.get("/Calls.json"))[0] == 503
        assert (await net.rest.get("/Calls.json"))[0] == 200


async def test_misbehaviour_is_read_back_counted_down_and_cleared() -> None:
    async with network({}) as net, aiohttp.ClientSession() as session:
        headers = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT_SID, AUTH_TOKEN)}
        address = f"{net.url}/emulator/faults"
        await net.rest.misbehave(rules=[{"where": "rest", "act": "refuse", "times": 2}])
        await net.rest.get("/Calls.json")
        async with session.get(address, headers=headers) as answer:
            assert (await answer.json())["rules"][0]["times"] == 1
        async with session.delete(address, headers=headers) as answer:
            assert answer.status == 204
        assert (await net.rest.get("/Calls.json"))[0] == 200
        async with session.post(address, headers=headers, json={"rules": [{}]}) as answer:
            assert answer.status == 400


async def test_unknown_things_are_20404() -> None:
    async with network({}) as net:
        for path in (
            "/Conferences/CF0.json",
            "/Conferences/CF0/Participants.json",
            "/Conferences/CF0/Participants/CA0.json",
            "/Calls/CA0.json",
        ):
            status, error = await net.rest.get(path)
            assert (status, error["code"]) == (404, 20404)


async def test_callbacks_can_be_lost_repeated_and_overtaken() -> None:
    answers = {"/voice/incoming": "<Pause length='300'/>"}
    events = ["initiated", "ringing", "in-progress", "completed"]
    async with network(answers, status_events=events) as net, Phone(net.url) as phone:
        await net.rest.misbehave(
            rules=[
                {"where": "callback", "act": "lose", "match": "ringing"},
                {"where": "callback", "act": "late", "match": "in-progress", "seconds": 0.5},
                {"where": "callback", "act": "repeat", "match": "completed"},
            ]
        )
        await phone.dial()
        await phone.until_status("in-progress")
        await phone.hang_up()
        await until(lambda: len(net.service.of("/voice/status")) == 4)
        told = [asked["CallStatus"] for asked in net.service.of("/voice/status")]
        assert told == ["initiated", "completed", "completed", "in-progress"]
