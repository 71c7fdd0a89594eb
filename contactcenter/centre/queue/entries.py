"""What PostgreSQL holds, in the index's own words: who waits where, and how waiting ended.

Rules change while people wait. A contact whose queue is no longer in them has
no lane: it is told of loudly and left out, so that it keeps nobody else from
being offered; a supervisor moves it.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

import structlog

from config.clock import milliseconds
from config.vocabulary import Channel, ContactState, Disposition
from contactcenter.centre.queue.placement import Placements, Waiter
from records.coded import CodedValue
from records.contacts.flows import FlowMinute
from records.contacts.snapshot import ContactSnapshot
from routing.flow import Flow, FlowRow
from routing.lanes import own_lane
from routing.model import Left, Offer, WaitingContact

log = structlog.get_logger()


class Entries:
    """The contacts of our lines, as entries of the index."""

    def __init__(self, placements: Placements) -> None:
        """Know the lines and lanes of the rules in force."""
        self._placements = placements
        helpline = placements.helpline
        self.line_ids = frozenset(line.id for line in helpline.lines)
        self._lanes = frozenset(lane.id for lane in helpline.lanes())

    def of(self, contact: ContactSnapshot) -> list[WaitingContact]:
        """Return a contact that waits on a line of ours; nothing for any other."""
        is_ours = contact.state is ContactState.WAITING and contact.line_id in self.line_ids
        return self.waiting([contact]) if is_ours else []

    def waiting(self, contacts: Iterable[Waiter]) -> list[WaitingContact]:
        """Return those who have a lane, of contacts that wait on our lines."""
        found: list[WaitingContact] = []
        for contact in contacts:
            try:
                entry = self._placements.waiting(contact)
            except Exception:
                # One that we cannot place must not keep everybody else out of the index.
                log.exception("contact_not_placed", contact_id=str(contact.contact_id))
                continue
            if self._lanes.issuperset(entry.lanes):
                found.append(entry)
            else:
                log.warning("contact_without_lane", contact_id=str(contact.contact_id))
        return found

    def flows(self, minutes: Iterable[FlowMinute]) -> list[FlowRow]:
        """Return recent flow by lane and minute, several queues' worth of one lane together."""
        helpline = self._placements.helpline
        flows: defaultdict[tuple[str, int], Flow] = defaultdict(Flow)
        for one in minutes:
            language = helpline.language(one.language)
            lane = helpline.lane_for(one.queue, one.channel, language, one.needs)
            if lane in self._lanes:
                key = lane, milliseconds(one.minute)
                flows[key] = flows[key].and_also(
                    Flow(
                        one.answered,
                        one.in_target,
                        one.abandoned,
                        one.abandoned_early,
                        one.waited_ms,
                        one.longest_ms,
                    )
                )
        return [FlowRow(lane, at_ms, flow) for (lane, at_ms), flow in flows.items()]

    def targets(self) -> dict[tuple[str, Channel], timedelta]:
        """Return within which each queue wants its contacts answered, where it says so."""
        return {
            (queue.id, channel): timedelta(seconds=target.seconds)
            for queue in self._placements.helpline.queues
            for channel, target in queue.service_target.items()
        }


def told_of(offer: Offer) -> dict[str, CodedValue]:
    """Return what a contact's history tells of an offer: to whom, and for which lane.

    A help lane is its own lane, for whoever had waited so long.
    """
    lane, after_ms = own_lane(offer.lane)
    told: dict[str, CodedValue] = {"listener": offer.listener_id, "lane": lane}
    if after_ms:
        told["helped_after_ms"] = after_ms
    return told


def is_over(contact: ContactSnapshot) -> bool:
    """Tell whether a contact has no business in the index."""
    return contact.state not in (ContactState.ARRIVING, ContactState.WAITING)


def left_of(contact: ContactSnapshot) -> Left:
    """Return how a contact that waits no more left its lane."""
    if contact.disposition is Disposition.ABANDONED:
        return Left.ABANDONED
    return Left.CLOSED if contact.state is ContactState.CLOSED else Left.ANSWERED
