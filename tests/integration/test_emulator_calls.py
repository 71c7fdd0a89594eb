"""The emulator as a caller meets it: documents, keys, queue, ends."""

import aiohttp
import pytest

from contactcenter.telephony.emulator.server import emulator_server
from tests.kit.phone import Phone
from tests.kit.telephony import NUMBER, FakeService, emulator_config, network
from tests.kit.until import until

WAITS = '<Say language="fr-FR">Tu es dans la file</Say><Pause length="30"/>'
PARKS = '<Enqueue action="/voice/left?a=1" waitUrl="/voice/wait?contact=7">contacts</Enqueue>'


async def test_every_webhook_is_signed_over_its_exact_address() -> None:
    answers = {"/voice/incoming": PARKS, "/voice/wait": WAITS}
    async with network(answers) as net, Phone(net.url) as phone:
        await phone.dial()
        await phone.until_caption("file")
        await phone.hang_up()
        await until(lambda: net.service.of("/voice/status"))
        assert {asked.path for asked in net.service.asked} == {
            "/voice/incoming",
            "/voice/wait",
            "/voice/left",
            "/voice/status",
        }
        assert all(asked.signed for asked in net.service.asked)


async def test_incoming_call_is_ringing_until_the_first_document_answers_it() -> None:
    async with network({"/voice/incoming": "<Pause length='30'/>"}) as net:
        async with Phone(net.url) as phone:
            sid = await phone.dial("+33639981234")
            await phone.until_status("in-progress")
        [asked] = net.service.of("/voice/incoming")
        assert asked["CallSid"] == sid
        assert asked["CallStatus"] == "ringing"
        assert asked["From"] == "+33639981234"
        assert asked["To"] == NUMBER
        assert asked["Direction"] == "inbound"
        assert asked["FromCity"] == ""


async def test_withheld_number_arrives_as_twilios_sentinel() -> None:
    async with network({"/voice/incoming": "<Pause length='30'/>"}) as net:
        async with Phone(net.url) as phone:
            await phone.dial(withheld=True)
            await phone.until_status("in-progress")
        assert net.service.of("/voice/incoming")[0]["From"] == "+266696687"


async def test_closing_the_telephone_hangs_up_and_tells_the_number_once() -> None:
    async with network({"/voice/incoming": "<Pause length='300'/>"}) as net:
        async with Phone(net.url) as phone:
            await phone.dial()
            await phone.until_status("in-progress")
        await until(lambda: net.service.of("/voice/status"))
        [status] = net.service.of("/voice/status")
        assert status["CallStatus"] == "completed"
        assert status["CallbackSource"] == "call-progress-events"
        assert status["SequenceNumber"] == "0"
        assert status["CallDuration"].isdecimal()


async def test_all_status_events_can_be_asked_for() -> None:
    events = ["initiated", "ringing", "in-progress", "completed"]
    async with network({"/voice/incoming": "<Hangup/>"}, status_events=events) as net:
        async with Phone(net.url) as phone:
            await phone.dial()
            await phone.until_status("completed")
        await until(lambda: len(net.service.of("/voice/status")) == 4)
        told = net.service.of("/voice/status")
        assert [asked["CallStatus"] for asked in told] == events
        assert [asked["SequenceNumber"] for asked in told] == ["0", "1", "2", "3"]


async def test_call_rejected_before_answer_is_busy() -> None:
    answers = {"/voice/incoming": '<Reject reason="busy"/>'}
    async with network(answers) as net, Phone(net.url) as phone:
        await phone.dial()
        assert await phone.until_status("busy", "completed", "no-answer") == "busy"


async def test_key_pressed_during_speech_ends_it_and_is_given_to_the_action() -> None:
    menu = (
        '<Gather numDigits="1" timeout="6" action="/voice/menu?step=1">'
        "<Say>Danger immédiat : tapez 0. " + "Longue annonce. " * 400 + "</Say></Gather>"
    )
    answers = {"/voice/incoming": menu, "/voice/menu": "<Say>Merci</Say><Hangup/>"}
    async with network(answers) as net, Phone(net.url) as phone:
        await phone.dial()
        await phone.until_caption("Danger")
        await phone.press_when_asked("0")
        await phone.until_caption("Merci")
        assert phone.of("hush")
        assert net.service.of("/voice/menu")[0]["Digits"] == "0"
        assert net.service.of("/voice/menu")[0].signed


async def test_no_key_goes_to_the_action_only_when_asked_to() -> None:
    gather = '<Gather numDigits="1" timeout="2" action="/voice/menu" actionOnEmptyResult="{}"/>'
    answers = {
        "/voice/incoming": gather.format("false") + "<Redirect>/voice/second</Redirect>",
        "/voice/second": gather.format("true"),
        "/voice/menu": "<Hangup/>",
    }
    async with network(answers) as net, Phone(net.url) as phone:
        await phone.dial()
        await phone.until_status("completed")
        [menu] = net.service.of("/voice/menu")
        assert menu["Digits"] == ""
        assert len(net.service.of("/voice/second")) == 1


async def test_keys_end_with_the_finishing_key() -> None:
    gather = '<Gather timeout="10" action="/voice/menu"><Say>Tapez</Say></Gather>'
    answers = {"/voice/incoming": gather, "/voice/menu": "<Hangup/>"}
    async with network(answers) as net, Phone(net.url) as phone:
        await phone.dial()
        await phone.press_when_asked("123#")
        await phone.until_status("completed")
        [menu] = net.service.of("/voice/menu")
        assert (menu["Digits"], menu["FinishedOnKey"]) == ("123", "#")


async def test_wait_document_is_asked_again_each_time_it_ends() -> None:
    answers = {"/voice/incoming": PARKS, "/voice/wait": "<Say>Attends</Say><Pause length='2'/>"}
    async with network(answers) as net, Phone(net.url) as phone:
        await phone.dial()
        await until(lambda: len(net.service.of("/voice/wait")) >= 3)
        assert phone.status == "in-progress"
        first = net.service.of("/voice/wait")[0]
        assert first["QueuePosition"] == "1"
        assert first["QueueSid"].startswith("QU")


async def test_key_inside_a_wait_document_is_gathered() -> None:
    wait = (
        '<Gather numDigits="1" timeout="1" action="/voice/danger">'
        "<Say>Tapez 0</Say><Pause length='60'/></Gather>"
    )
    answers = {
        "/voice/incoming": PARKS,
        "/voice/wait": wait,
        "/voice/danger": "<Say>Nous savons</Say>",
    }
    async with network(answers) as net, Phone(net.url) as phone:
        await phone.dial()
        await phone.press_when_asked("0")
        await phone.until_caption("Nous savons")
        await until(lambda: len(net.service.of("/voice/wait")) == 2)
        assert phone.status == "in-progress"


async def test_hanging_up_in_the_queue_tells_the_enqueue_action() -> None:
    answers = {"/voice/incoming": PARKS, "/voice/wait": WAITS}
    async with network(answers) as net, Phone(net.url) as phone:
        await phone.dial()
        await phone.until_caption("file")
        await phone.hang_up()
        await until(lambda: net.service.of("/voice/left"))
        [left] = net.service.of("/voice/left")
        assert (left["QueueResult"], left["CallStatus"]) == ("hangup", "completed")


async def test_leaving_the_queue_goes_on_with_the_action() -> None:
    answers = {
        "/voice/incoming": PARKS,
        "/voice/wait": "<Leave/>",
        "/voice/left": "<Say>Au revoir</Say>",
    }
    async with network(answers) as net, Phone(net.url) as phone:
        await phone.dial()
        await phone.until_caption("Au revoir")
        assert net.service.of("/voice/left")[0]["QueueResult"] == "leave"


async def test_redirected_caller_leaves_the_queue_and_the_action_is_told() -> None:
    answers = {
        "/voice/incoming": PARKS,
        "/voice/wait": WAITS,
        "/voice/join": "<Say>On te répond</Say><Pause length='300'/>",
        "/voice/left": "<Say>Jamais entendu</Say>",
    }
    async with network(answers) as net, Phone(net.url) as phone:
        sid = await phone.dial()
        await phone.until_caption("file")
        status, call = await net.rest.post(
            f"/Calls/{sid}.json", Url=f"{net.service.url}/voice/join?e=1#rc=2", Method="POST"
        )
        assert (status, call["status"]) == (200, "in-progress")
        await phone.until_caption("On te répond")
        await until(lambda: net.service.of("/voice/left"))
        left = net.service.of("/voice/left")[0]
        assert (left["QueueResult"], left["CallStatus"]) == ("redirected", "in-progress")
        assert "Jamais entendu" not in phone.captions


async def test_forced_enqueue_result_goes_to_the_action_at_once() -> None:
    answers = {"/voice/incoming": PARKS, "/voice/left": "<Say>Encore</Say>"}
    async with network(answers) as net, Phone(net.url) as phone:
        await net.rest.misbehave(enqueue_result="queue-full")
        await phone.dial()
        await phone.until_caption("Encore")
        assert net.service.of("/voice/left")[0]["QueueResult"] == "queue-full"
        assert not net.service.of("/voice/wait")


async def test_endless_redirects_end_the_call() -> None:
    answers = {"/voice/incoming": "<Redirect>/voice/incoming</Redirect>"}
    async with network(answers) as net, Phone(net.url) as phone:
        await phone.dial()
        await phone.until_status("completed")
        assert len(net.service.of("/voice/incoming")) <= 21


@pytest.mark.parametrize("broken", [500, "<Dance/>", "<Say><b>x</b></Say>"])
async def test_broken_document_goes_to_the_static_fallback(broken: int | str) -> None:
    answers = {"/voice/incoming": broken, "/static/fallback.xml": "<Say>Appelle le 119</Say>"}
    async with FakeService(answers).serving() as service:
        config = emulator_config(
            service.url, voice_fallback_url=f"{service.url}/static/fallback.xml"
        )
        async with emulator_server(config) as emulator, Phone(emulator.url) as phone:
            await phone.dial()
            await phone.until_caption("119")
        [asked] = service.of("/static/fallback.xml")
        assert asked.method == "GET"
        assert asked.signed
        assert asked["ErrorCode"] in {"11200", "12200"}
        assert asked["ErrorUrl"] == f"{service.url}/voice/incoming"


async def test_other_sites_pages_cannot_place_calls() -> None:
    async with network({}) as net, aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(
                f"{net.url}/phone", headers={"Origin": "https://elsewhere.example"}
            )
        assert refused.value.status == 403


@pytest.mark.parametrize("frame", ["not json", "[1]", "x" * 70_000])
async def test_malformed_frame_closes_that_telephone_only(frame: str) -> None:
    answers = {"/voice/incoming": "<Pause length='300'/>"}
    async with network(answers) as net, Phone(net.url) as other, Phone(net.url) as bad:
        await other.dial()
        await other.until_status("in-progress")
        await bad._socket.send_str(frame)
        await until(bad.closed.is_set)
        assert other.status == "in-progress"


async def test_flood_of_frames_closes_that_telephone() -> None:
    async with network({}) as net, Phone(net.url) as phone:
        for _ in range(600):
            if phone.closed.is_set():
                break
            await phone._socket.send_str('{"type": "press", "key": "1"}')
        await until(phone.closed.is_set)


async def test_sounds_are_played_and_resolved_against_the_document() -> None:
    answers = {"/voice/incoming": "<Play>/sounds/a.mp3</Play><Hangup/>"}
    async with network(answers) as net, Phone(net.url) as phone:
        await phone.dial()
        await phone.until_status("completed")
        assert phone.of("play")[0]["url"] == f"{net.service.url}/sounds/a.mp3"


async def test_voice_that_speaks_slower_than_estimated_is_waited_for() -> None:
    answers = {"/voice/incoming": "<Say>Un</Say><Say>Deux</Say><Hangup/>"}
    async with network(answers) as net, Phone(net.url) as phone:
        await phone.send({"type": "dial", "speaks": True})
        await phone.until_caption("Un")
        await phone.send({"type": "spoken", "id": 1})
        await phone.until_caption("Deux")
        # Without a word from the telephone the line goes on by itself.
        await phone.until_status("completed")
