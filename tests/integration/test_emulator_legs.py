"""Legs that ring: answered, refused, missed, called off."""

from tests.kit.accept_order import ANSWERS, bring_caller, call_listener, softphone, talking
from tests.kit.phone import Phone
from tests.kit.softphone import Softphone
from tests.kit.telephony import TOKENS, network
from tests.kit.until import until


async def test_unregistered_listener_is_no_answer_and_the_leg_is_taken_out() -> None:
    async with network(ANSWERS) as net:
        participant = await call_listener(net)
        await until(lambda: net.service.of("/voice/leg"))
        assert net.service.of("/voice/leg")[0]["CallStatus"] == "no-answer"
        sid = participant["conference_sid"]
        assert (await net.rest.get(f"/Conferences/{sid}/Participants.json"))[1][
            "participants"
        ] == []
        left = net.service.of("/voice/conference")[0]
        assert left["ReasonParticipantLeft"] == "participant_add_failed"
        assert left["ParticipantCallStatus"] == "no-answer"


async def test_unanswered_leg_times_out_and_stops_ringing() -> None:
    async with network(ANSWERS) as net, softphone(net, answers=False) as desk:
        await desk.register()
        await call_listener(net, Timeout="5")
        await desk.until_ringing()
        await desk.frame("cancelled")
        await until(lambda: net.service.of("/voice/leg"))
        assert net.service.of("/voice/leg")[0]["CallStatus"] == "no-answer"


async def test_refused_leg_is_busy() -> None:
    async with network(ANSWERS) as net, softphone(net, answers=False) as desk:
        await desk.register()
        await call_listener(net)
        await desk.refuse((await desk.until_ringing())["call"])
        await until(lambda: net.service.of("/voice/leg"))
        assert net.service.of("/voice/leg")[0]["CallStatus"] == "busy"


async def test_all_telephones_of_an_identity_ring_and_the_first_answer_wins() -> None:
    async with (
        network(ANSWERS) as net,
        softphone(net, answers=False) as first,
        softphone(net, answers=False) as second,
    ):
        await first.register()
        await second.register()
        await call_listener(net)
        leg = await first.until_ringing()
        await second.until_ringing()
        await second.answer(leg["call"])
        await second.until_status("in-progress")
        await first.frame("cancelled")
        await first.answer(leg["call"])
        assert first.status == ""


async def test_label_already_in_the_conference_is_refused() -> None:
    async with network(ANSWERS) as net, softphone(net, answers=False) as desk:
        await desk.register()
        participant = await call_listener(net)
        status, error = await net.rest.post(
            "/Conferences/room-1/Participants.json",
            From="+33180000119",
            To="client:listener_1",
            Label="attempt-1",
        )
        assert (status, error["code"]) == (400, 16025)
        sid = participant["conference_sid"]
        status, found = await net.rest.get(f"/Conferences/{sid}/Participants/attempt-1.json")
        assert (status, found["call_sid"]) == (200, participant["call_sid"])


async def test_ringing_leg_ended_by_the_api_stops_ringing() -> None:
    async with network(ANSWERS) as net, softphone(net, answers=False) as desk:
        await desk.register()
        participant = await call_listener(net)
        leg = await desk.until_ringing()
        status, _ = await net.rest.post(f"/Calls/{leg['call']}.json", Status="completed")
        assert status == 200
        await desk.frame("cancelled")
        await until(lambda: net.service.of("/voice/leg"))
        assert net.service.of("/voice/leg")[0]["CallStatus"] == "canceled"
        sid = participant["conference_sid"]
        assert (await net.rest.get(f"/Conferences/{sid}/Participants/attempt-1.json"))[0] == 404


async def test_redirecting_a_ringing_leg_is_refused() -> None:
    async with network(ANSWERS) as net, softphone(net, answers=False) as desk:
        await desk.register()
        await call_listener(net)
        leg = await desk.until_ringing()
        status, error = await bring_caller(net, leg["call"])
        assert (status, error["code"]) == (400, 21220)


async def test_conference_that_ends_cancels_the_legs_still_ringing() -> None:
    async with (
        network(ANSWERS) as net,
        Phone(net.url) as phone,
        softphone(net) as desk,
        Softphone(net.url, TOKENS.token("listener_2"), answers=False) as second,
    ):
        participant = await talking(net, phone, desk)
        await second.register()
        await call_listener(net, "attempt-2", To="client:listener_2")
        await second.until_ringing()
        await net.rest.post(
            f"/Conferences/{participant['conference_sid']}.json", Status="completed"
        )
        await second.frame("cancelled")


async def test_too_many_calls_are_refused() -> None:
    async with (
        network(ANSWERS, max_calls=1) as net,
        Phone(net.url) as one,
        Phone(net.url) as two,
    ):
        await one.dial()
        await two.send({"type": "dial"})
        assert (await two.frame("error"))["code"] == "network_full"
        status, error = await net.rest.post(
            "/Conferences/room-1/Participants.json", From="+331", To="client:x"
        )
        assert (status, error["code"]) == (429, 20429)


async def test_taken_label_is_a_failed_dial() -> None:
    async with network(ANSWERS) as net, Phone(net.url) as one, Phone(net.url) as two:
        for phone in (one, two):
            await phone.dial()
            await phone.until_caption("Attends")
            await bring_caller(net, phone.call_sid)
            await until(lambda: one.sound or one.captions[-1] == "Un instant")
        await two.until_caption("Un instant")
        assert net.service.of("/voice/after")[0]["DialCallStatus"] == "failed"
