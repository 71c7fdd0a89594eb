"""TwiML documents: what is understood, and what is refused rather than guessed."""

import pytest
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from contactcenter.telephony.emulator.documents import twiml


def read(document: str, **more: frozenset[type]) -> tuple[twiml.Verb, ...]:
    return twiml.read(f"<Response>{document}</Response>".encode(), **more)


def test_documents_of_the_library_are_understood() -> None:
    response = VoiceResponse()
    gather = Gather(num_digits=1, timeout=6, action="/menu", action_on_empty_result=True)
    gather.say("Danger immédiat & suite", language="fr-FR")
    gather.pause(length=2)
    response.append(gather)
    response.redirect("/menu")
    response.enqueue("contacts", action="/left", wait_url="/wait")
    dial = Dial(action="/after")
    dial.conference(
        "room",
        beep="false",
        wait_url="",
        start_conference_on_enter=True,
        end_conference_on_exit=True,
        participant_label="caller",
        status_callback="/conference",
        status_callback_event="start end join leave",
    )
    response.append(dial)
    response.hangup()
    gathered, redirect, enqueued, dialled, hangup = twiml.read(str(response).encode())
    assert gathered == twiml.Gather(
        prompts=(twiml.Say("Danger immédiat & suite", "fr-FR", "", 1), twiml.Pause(2)),
        action="/menu",
        method="POST",
        timeout=6,
        num_digits=1,
        finish_on_key="#",
        action_on_empty=True,
    )
    assert redirect == twiml.Redirect("/menu", "POST")
    assert enqueued == twiml.Enqueue("contacts", "/left", "POST", "/wait", "POST")
    assert isinstance(dialled, twiml.Dial)
    assert dialled.conference.wait_url == ""
    assert dialled.conference.end_on_exit
    assert dialled.conference.callback_events == {"start", "end", "join", "leave"}
    assert hangup == twiml.Hangup()


def test_an_absent_wait_url_is_music_and_an_empty_one_silence() -> None:
    [absent] = read("<Dial><Conference>r</Conference></Dial>")
    [empty] = read('<Dial><Conference waitUrl="">r</Conference></Dial>')
    assert isinstance(absent, twiml.Dial)
    assert isinstance(empty, twiml.Dial)
    assert (absent.conference.wait_url, empty.conference.wait_url) == (None, "")


def test_an_empty_body_is_an_empty_document() -> None:
    assert twiml.read(b"") == ()
    assert twiml.read(b"  \n") == ()
    assert read("") == ()


def test_loop_zero_is_for_ever_within_a_bound() -> None:
    assert read('<Say loop="0">a</Say>') == (twiml.Say("a", "", "", twiml.LOOP_FOR_EVER),)


@pytest.mark.parametrize(
    "document",
    [
        b"not xml",
        b"<Response><Say>a</Response>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><Response><Say>&a;</Say></Response>',
        b"<Response><Say>" + b"a" * 70_000 + b"</Say></Response>",
        b'<?xml version="1.0" encoding="nonsense"?><Response/>',
    ],
)
def test_what_is_not_plain_xml_is_refused(document: bytes) -> None:
    with pytest.raises(twiml.TwimlError) as refused:
        twiml.read(document)
    assert refused.value.code == 12100


@pytest.mark.parametrize(
    "document",
    [
        "<Dance/>",
        '<Say volume="11">a</Say>',
        "<Say><b>a</b></Say>",
        '<Pause length="-1"/>',
        '<Pause length="long"/>',
        '<Redirect method="PUT">/x</Redirect>',
        '<Gather input="speech"/>',
        '<Gather numDigits="0"/>',
        "<Gather><Hangup/></Gather>",
        '<Gather actionOnEmptyResult="perhaps"/>',
        "<Dial>+33180000119</Dial>",
        "<Dial><Client>x</Client></Dial>",
        "<Dial><Conference> </Conference></Dial>",
        '<Reject reason="bored"/>',
        "<Pause/>" * 1001,
    ],
)
def test_what_is_not_understood_is_refused(document: str) -> None:
    with pytest.raises(twiml.TwimlError) as refused:
        read(document)
    assert refused.value.code == 12200


def test_other_roots_are_refused() -> None:
    with pytest.raises(twiml.TwimlError):
        twiml.read(b"<Say>a</Say>")


def test_wait_documents_have_fewer_verbs() -> None:
    assert read("<Leave/>", allowed=twiml.WAIT_VERBS) == (twiml.Leave(),)
    for document in ("<Enqueue>q</Enqueue>", "<Dial><Conference>r</Conference></Dial>"):
        with pytest.raises(twiml.TwimlError):
            read(document, allowed=twiml.WAIT_VERBS)
    with pytest.raises(twiml.TwimlError):
        read("<Gather/>", allowed=twiml.CONFERENCE_WAIT_VERBS)


def test_rejecting_and_hanging_up_are_read() -> None:
    assert read('<Reject reason="busy"/><Hangup/><Play loop="2">/a.mp3</Play>') == (
        twiml.Reject("busy"),
        twiml.Hangup(),
        twiml.Play("/a.mp3", 2),
    )
