"""The emulator's conferences: the accept order, who ends what, what is told and heard."""

from tests.kit.accept_order import ANSWERS, OFFER, bring_caller, call_listener, softphone, talking
from tests.kit.phone import Phone
from tests.kit.telephony import network
from tests.kit.until import until


async def test_listeners_leg_first_then_the_caller_then_both_talk() -> None:
    async with network(ANSWERS) as net, Phone(net.url) as phone, softphone(net) as desk:
        await desk.register()
        sid = await phone.dial()
        await phone.until_caption("Attends")
        participant = await call_listener(net)
        assert participant["status"] == "queued"
        incoming = await desk.until_ringing()
        assert incoming["parameters"] == {"offer_id": OFFER}
        await desk.until_status("in-progress")
        assert (await bring_caller(net, sid))[0] == 200
        await phone.until_talking()
        await desk.until_talking()
        await until(lambda: "conference-start" in net.service.events("/voice/conference"))
        told = net.service.of("/voice/conference")
        assert [asked["StatusCallbackEvent"] for asked in told] == [
            "participant-join",
            "participant-join",
            "conference-start",
        ]
        assert [asked["SequenceNumber"] for asked in told] == ["1", "2", "3"]
        assert told[0]["ParticipantLabel"] == "attempt-1"
        assert told[1]["ParticipantLabel"] == "caller"
        assert told[1]["CallSid"] == sid
        assert told[0]["ConferenceSid"] == participant["conference_sid"]
        assert all(asked.signed for asked in net.service.asked)
        # The first participant sets the callback address; the caller's is not heard.
        assert not net.service.of("/voice/ignored")
        await until(lambda: net.service.of("/voice/leg"))
        assert net.service.of("/voice/leg")[0]["CallStatus"] == "in-progress"


async def test_when_the_listeners_tab_dies_the_callers_action_is_asked() -> None:
    async with network(ANSWERS) as net, Phone(net.url) as phone, softphone(net) as desk:
        await talking(net, phone, desk)
        await desk.close()
        await phone.until_caption("Un instant")
        [after] = net.service.of("/voice/after")
        assert (after["DialCallStatus"], after["CallStatus"]) == ("answered", "in-progress")
        await until(lambda: "conference-end" in net.service.events("/voice/conference"))
        told = net.service.of("/voice/conference")
        assert [asked["StatusCallbackEvent"] for asked in told[3:]] == [
            "participant-leave",
            "participant-leave",
            "conference-end",
        ]
        assert told[3]["ReasonParticipantLeft"] == "participant_hung_up"
        assert told[4]["ReasonParticipantLeft"] == "moderator_ended_conference"
        assert told[5]["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"


async def test_when_the_caller_hangs_up_the_listeners_leg_ends() -> None:
    async with network(ANSWERS) as net, Phone(net.url) as phone, softphone(net) as desk:
        participant = await talking(net, phone, desk)
        await phone.hang_up()
        await desk.until_status("completed")
        await until(lambda: len(net.service.of("/voice/leg")) == 2)
        assert net.service.of("/voice/leg")[1]["CallStatus"] == "completed"
        status, conference = await net.rest.get(
            f"/Conferences/{participant['conference_sid']}.json"
        )
        assert (status, conference["status"]) == (200, "completed")


async def test_end_conference_on_exit_can_be_taken_back() -> None:
    async with network(ANSWERS) as net, Phone(net.url) as phone, softphone(net) as desk:
        participant = await talking(net, phone, desk)
        path = (
            f"/Conferences/{participant['conference_sid']}/Participants/"
            f"{participant['call_sid']}.json"
        )
        status, changed = await net.rest.post(path, EndConferenceOnExit="false")
        assert (status, changed["end_conference_on_exit"]) == (200, False)
        await desk.hang_up()
        await until(lambda: "participant-leave" in net.service.events("/voice/conference"))
        assert not net.service.of("/voice/after")
        assert phone.status == "in-progress"


async def test_removed_caller_goes_on_with_the_action() -> None:
    async with network(ANSWERS) as net, Phone(net.url) as phone, softphone(net) as desk:
        participant = await talking(net, phone, desk)
        base = f"/Conferences/{participant['conference_sid']}/Participants"
        assert (await net.rest.delete(f"{base}/caller.json"))[0] == 204
        await phone.until_caption("Un instant")
        assert (await net.rest.get(f"{base}/caller.json"))[0] == 404


async def test_ending_the_conference_ends_called_legs_and_frees_the_caller() -> None:
    async with network(ANSWERS) as net, Phone(net.url) as phone, softphone(net) as desk:
        participant = await talking(net, phone, desk)
        path = f"/Conferences/{participant['conference_sid']}.json"
        status, conference = await net.rest.post(path, Status="completed")
        assert conference["reason_conference_ended"] == "conference-ended-via-api"
        await desk.until_status("completed")
        await phone.until_caption("Un instant")
        assert status == 200


async def test_waiting_document_of_a_conference_plays_until_it_starts() -> None:
    alone = (
        '<Dial hangupOnStar="true" action="/voice/after">'
        '<Conference waitUrl="/voice/alone">room-9</Conference></Dial>'
    )
    answers = ANSWERS | {"/voice/incoming": alone, "/voice/alone": "<Say>Seul</Say>"}
    async with network(answers) as net, Phone(net.url) as phone:
        await phone.dial()
        await phone.until_caption("Seul")
        assert phone.sound == "waiting"
        await phone.press("*")
        await phone.until_caption("Un instant")
        assert len(net.service.of("/voice/alone")) == 1


async def test_held_caller_hears_the_hold_document() -> None:
    answers = ANSWERS | {"/voice/hold": "<Say>On revient</Say>"}
    async with network(answers) as net, Phone(net.url) as phone, softphone(net) as desk:
        participant = await talking(net, phone, desk)
        path = f"/Conferences/{participant['conference_sid']}/Participants/caller.json"
        await net.rest.post(path, Hold="true", HoldUrl=f"{net.service.url}/voice/hold")
        await phone.until_caption("On revient")


async def test_hold_cuts_the_participant_off_and_is_told() -> None:
    async with network(ANSWERS) as net, Phone(net.url) as phone, softphone(net) as desk:
        participant = await talking(net, phone, desk)
        base = f"/Conferences/{participant['conference_sid']}/Participants"
        _, held = await net.rest.post(f"{base}/caller.json", Hold="true")
        assert held["hold"] is True
        await until(lambda: phone.sound == "held")
        _, back = await net.rest.post(f"{base}/caller.json", Hold="false")
        assert back["hold"] is False
        await until(lambda: phone.sound == "talking")
