"""A listener's leg called and a caller brought to it, step by step, as the service does."""

from tests.kit.phone import Phone
from tests.kit.softphone import Softphone
from tests.kit.telephony import TOKENS, Network

OFFER = "01890a5d-ac96-774b-bcce-b302099a8057"
EVENTS = ["start", "end", "join", "leave"]
ANSWERS = {
    "/voice/incoming": '<Enqueue action="/voice/left" waitUrl="/voice/wait">contacts</Enqueue>',
    "/voice/wait": "<Say>Attends</Say><Pause length='120'/>",
    "/voice/join": (
        '<Dial action="/voice/after"><Conference beep="false" waitUrl="" participantLabel="caller"'
        ' endConferenceOnExit="true" statusCallback="/voice/ignored"'
        ' statusCallbackEvent="join">room-1</Conference></Dial>'
    ),
    "/voice/after": "<Say>Un instant</Say><Pause length='300'/>",
}


async def call_listener(
    net: Network, label: str = "attempt-1", **more: object
) -> dict[str, object]:
    """Call the listener's leg into room-1 as the service does."""
    status, participant = await net.rest.post(
        "/Conferences/room-1/Participants.json",
        **{
            "From": "+33180000119",
            "To": f"client:listener_1?offer_id={OFFER}",
            "Label": label,
            "Beep": "false",
            "WaitUrl": "",
            "EarlyMedia": "false",
            "Timeout": "10",
            "EndConferenceOnExit": "true",
            "StatusCallback": f"{net.service.url}/voice/leg",
            "StatusCallbackEvent": "answered completed",
            "ConferenceStatusCallback": f"{net.service.url}/voice/conference",
            "ConferenceStatusCallbackEvent": " ".join(EVENTS),
            **more,
        },
    )
    assert status == 201, participant
    return participant


async def bring_caller(net: Network, sid: str) -> tuple[int, dict[str, object]]:
    """Redirect the caller into the conference."""
    return await net.rest.post(f"/Calls/{sid}.json", Url=f"{net.service.url}/voice/join")


def softphone(net: Network, **more: object) -> Softphone:
    """Return the listener's telephone, not yet registered."""
    return Softphone(net.url, TOKENS.token("listener_1"), **more)


async def talking(net: Network, phone: Phone, desk: Softphone) -> dict[str, object]:
    """Register, dial, and go through the accept order until both talk; return her leg."""
    await desk.register()
    sid = await phone.dial()
    await phone.until_caption("Attends")
    participant = await call_listener(net)
    await desk.until_status("in-progress")
    await bring_caller(net, sid)
    await phone.until_talking()
    return participant
