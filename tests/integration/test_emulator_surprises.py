"""What Twilio does that nobody would expect: the emulator does it as well, so that we do not."""

from tests.kit.accept_order import ANSWERS, bring_caller, call_listener, softphone, talking
from tests.kit.phone import Phone
from tests.kit.telephony import Network, network
from tests.kit.until import until


async def test_conferences_are_listed_late_and_without_a_status_only_those_in_progress() -> None:
    async with (
        network(ANSWERS) as net,
        Phone(net.url) as phone,
        softphone(net, answers=False) as desk,
    ):
        await desk.register()
        sid = await phone.dial()
        await phone.until_caption("Attends")
        assert net.emulator.exchange.faults.plan.list_lag_seconds > 0
        await net.rest.misbehave(list_lag_seconds=60)
        await call_listener(net)
        ringing = (await desk.until_ringing())["call"]
        assert await _listed(net, Status="init") == []
        await net.rest.misbehave(list_lag_seconds=0)
        assert len(await _listed(net, Status="init")) == 1
        assert await _listed(net) == []
        await desk.answer(ringing)
        await desk.until_status("in-progress")
        await bring_caller(net, sid)
        await phone.until_talking()
        assert len(await _listed(net)) == 1
        assert await _listed(net, Status="init") == []
        assert (await net.rest.get("/Conferences.json", Status="ringing"))[0] == 400


async def test_a_redirect_out_of_a_dial_asks_its_action_first_and_throws_the_answer_away() -> None:
    async with network(ANSWERS) as net, Phone(net.url) as phone, softphone(net) as desk:
        await talking(net, phone, desk)
        already = len(net.service.asked)
        await net.rest.post(
            f"/Calls/{phone.call_sid}.json", Url=f"{net.service.url}/voice/incoming"
        )
        await until(lambda: len(net.service.of("/voice/wait")) == 2)
        asked = [each for each in net.service.asked[already:] if "conf" not in each.path]
        asked = [each for each in asked if each.path != "/voice/leg"]
        assert [each.path for each in asked[:2]] == ["/voice/after", "/voice/incoming"]
        told = asked[0]["DialCallStatus"], asked[0]["CallStatus"]
        assert told == ("completed", "in-progress")
        assert "Un instant" not in phone.captions


async def test_who_is_on_hold_keeps_what_their_exit_does_whatever_is_answered() -> None:
    async with network(ANSWERS) as net, Phone(net.url) as phone, softphone(net) as desk:
        participant = await talking(net, phone, desk)
        path = f"/Conferences/{participant['conference_sid']}/Participants/caller.json"
        await net.rest.post(path, Hold="true")
        status, held = await net.rest.post(path, EndConferenceOnExit="false")
        assert (status, held["end_conference_on_exit"]) == (200, True)
        await net.rest.post(path, Hold="false")
        status, back = await net.rest.post(path, EndConferenceOnExit="false")
        assert (status, back["end_conference_on_exit"]) == (200, False)


async def test_events_with_an_unknown_one_among_them_are_taken_and_never_sent() -> None:
    async with network(ANSWERS) as net, softphone(net) as desk:
        await desk.register()
        malformed = {"StatusCallbackEvent": "answered,completed"}
        participant = await call_listener(net, **malformed)
        await desk.until_status("in-progress")
        await desk.hang_up()
        ended = f"/Conferences/{participant['conference_sid']}.json"
        await until(lambda: "conference-end" in net.service.events("/voice/conference"))
        assert (await net.rest.get(ended))[1]["status"] == "completed"
        assert not net.service.of("/voice/leg")


async def test_a_document_given_in_the_request_must_name_whole_addresses() -> None:
    async with network(ANSWERS) as net, Phone(net.url) as phone:
        sid = await phone.dial()
        await phone.until_caption("Attends")
        whole = f"<Response><Redirect>{net.service.url}/voice/after</Redirect></Response>"
        await net.rest.post(f"/Calls/{sid}.json", Twiml=whole)
        await phone.until_caption("Un instant")
        relative = "<Response><Say>Jamais</Say><Redirect>/voice/after</Redirect></Response>"
        await net.rest.post(f"/Calls/{sid}.json", Twiml=relative)
        await phone.until_status("completed")
        assert "Jamais" not in phone.captions


async def test_a_leg_waits_for_the_accounts_calls_a_second_and_says_for_how_long() -> None:
    async with (
        network(ANSWERS, calls_per_second=0.05) as net,
        softphone(net, answers=False) as desk,
    ):
        await desk.register()
        first = await call_listener(net)
        second = await call_listener(net, label="attempt-2")
        assert (first["queue_time"], second["status"]) == ("0", "queued")
        assert 0 < int(str(second["queue_time"])) <= 20_000
        assert (await desk.until_ringing())["call"] == first["call_sid"]
        base = f"/Conferences/{second['conference_sid']}/Participants"
        assert (await net.rest.get(f"{base}/attempt-1.json"))[1]["status"] == "ringing"
        assert (await net.rest.get(f"{base}/attempt-2.json"))[1]["status"] == "queued"
        assert len(desk.of("incoming")) == 1


async def _listed(net: Network, **query: str) -> list[object]:
    _, found = await net.rest.get("/Conferences.json", FriendlyName="room-1", **query)
    return list(found["conferences"])
