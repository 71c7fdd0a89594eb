"""Who hears whom in a conference."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from contactcenter.telephony.emulator.conferences.conference import Conference, Participant
from contactcenter.telephony.emulator.conferences.media import Link, Peering, links

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def conference(*participants: Participant) -> Conference:
    room = Conference("CF1", "room", NOW, NOW)
    for participant in participants:
        room.enter(participant, NOW)
    return room


def person(sid: str, **attributes: object) -> Participant:
    return Participant(sid, NOW, NOW, **attributes)  # type: ignore[arg-type]


class Page:
    """An endpoint that keeps what it is sent."""

    has_audio = True
    speaks = False

    def __init__(self) -> None:
        self.frames: list[Mapping[str, Any]] = []

    def send(self, frame: Mapping[str, Any]) -> None:
        self.frames.append(frame)


def test_one_alone_hears_nobody() -> None:
    assert links(conference(person("a"))) == ()


def test_two_hear_each_other_and_the_later_makes_the_offer() -> None:
    assert links(conference(person("a"), person("b"))) == (Link("b", "a", True, True),)


def test_muted_is_connected_but_not_heard() -> None:
    assert links(conference(person("a", muted=True), person("b"))) == (Link("b", "a", True, False),)


def test_held_is_cut_off() -> None:
    assert links(conference(person("a", hold=True), person("b"))) == ()


def test_coach_is_heard_by_the_coached_only() -> None:
    coach = person("c", coaching=True, call_sid_to_coach="listener")
    found = links(conference(person("caller"), person("listener"), coach))
    sends = {(link.a, link.b): (link.a_sends, link.b_sends) for link in found}
    assert sends[("c", "caller")] == (False, True)
    assert sends[("c", "listener")] == (True, True)


def test_conference_that_has_not_started_connects_nobody() -> None:
    room = conference(person("a", start_on_enter=False), person("b", start_on_enter=False))
    assert links(room) == ()


def test_pages_are_told_once_and_told_again_only_of_changes() -> None:
    pages = {"a": Page(), "b": Page()}
    peering = Peering()
    both = (Link("b", "a", True, True),)
    peering.update(both, pages.get)
    peering.update(both, pages.get)
    assert [frame["type"] for frame in pages["a"].frames] == ["peer"]
    assert peering.are_linked("a", "b")
    assert not peering.are_linked("a", "c")
    peering.update((Link("b", "a", True, False),), pages.get)
    assert pages["a"].frames[-1]["send"] is False
    peering.update((), pages.get)
    assert pages["a"].frames[-1] == {"type": "peer_gone", "call": "a", "peer": "b"}
    assert not peering.are_linked("a", "b")


def test_telephone_without_audio_is_connected_to_nobody() -> None:
    silent, page = Page(), Page()
    silent.has_audio = False
    pages = {"a": silent, "b": page}
    Peering().update((Link("b", "a", True, True),), pages.get)
    assert page.frames == []
