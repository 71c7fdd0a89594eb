"""Who hears whom, as rules, and the peer connections that follow from it.

The network mixes nothing: the pages that take part in one conference are
connected to each other directly (WebRTC) and the network tells each page, for
each other page, whether to send it its microphone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Protocol

from contactcenter.telephony.emulator.conferences.conference import Conference, Participant


class Endpoint(Protocol):
    """A telephone on a socket: the phone page, a softphone, or a test's."""

    @property
    def has_audio(self) -> bool:
        """Whether it can hold a peer connection; a test's telephone may have none."""
        ...

    @property
    def speaks(self) -> bool:
        """Whether it speaks captions aloud and says when it has finished each."""
        ...

    def send(self, frame: Mapping[str, Any]) -> None:
        """Queue a frame; never waits, and drops the socket rather than grow."""
        ...


@dataclass(frozen=True, slots=True)
class Link:
    """A connection between two calls' pages; `a` makes the WebRTC offer."""

    a: str
    b: str
    a_sends: bool
    b_sends: bool


def links(conference: Conference) -> tuple[Link, ...]:
    """Return the connections that a conference asks for now.

    Everyone who has joined and is not on hold is connected, muted ones too, so
    that unmuting is immediate. The later of two makes the offer.
    """
    if not conference.is_mixing:
        return ()
    heard = [p for p in conference.present() if not p.hold]
    return tuple(
        Link(later.call_sid, first.call_sid, _hears(later, first), _hears(first, later))
        for first, later in combinations(heard, 2)
    )


def _hears(speaker: Participant, hearer: Participant) -> bool:
    """Return whether `hearer` hears `speaker`: a coach is heard by the coached only."""
    if speaker.muted:
        return False
    return not speaker.coaching or speaker.call_sid_to_coach == hearer.call_sid


class Peering:
    """Keeps the pages of one conference connected as `links` says."""

    def __init__(self) -> None:
        """Start with no connection."""
        self._links: dict[tuple[str, str], Link] = {}

    def update(
        self, wanted: tuple[Link, ...], endpoint_of: Callable[[str], Endpoint | None]
    ) -> None:
        """Tell the pages what changed; calls without a page with audio are passed over."""
        kept = {
            (link.a, link.b): link
            for link in wanted
            if _has_audio(endpoint_of(link.a)) and _has_audio(endpoint_of(link.b))
        }
        for pair in self._links.keys() - kept.keys():
            for mine, other in (pair, pair[::-1]):
                _send(endpoint_of(mine), {"type": "peer_gone", "call": mine, "peer": other})
        for pair, link in kept.items():
            if self._links.get(pair) != link:
                _send(endpoint_of(link.a), _peer(link.a, link.b, offer=True, sends=link.a_sends))
                _send(endpoint_of(link.b), _peer(link.b, link.a, offer=False, sends=link.b_sends))
        self._links = kept

    def are_linked(self, one: str, other: str) -> bool:
        """Return whether two calls may signal to each other."""
        return (one, other) in self._links or (other, one) in self._links


def _has_audio(endpoint: Endpoint | None) -> bool:
    return endpoint is not None and endpoint.has_audio


def _send(endpoint: Endpoint | None, frame: Mapping[str, Any]) -> None:
    if endpoint is not None:
        endpoint.send(frame)


def _peer(call_sid: str, peer: str, *, offer: bool, sends: bool) -> dict[str, object]:
    return {"type": "peer", "call": call_sid, "peer": peer, "offer": offer, "send": sends}
