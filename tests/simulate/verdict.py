"""What a simulation proved: the laws, how often each was judged and broken, and the end state."""

import hashlib
from collections import Counter
from typing import Any

from config.vocabulary import ContactState, PresenceState
from tests.kit.routing_laws import Law
from tests.simulate.world import World

SHOWN = 20


def verdict(world: World) -> dict[str, Any]:
    """Judge a world that has come to rest; every count is of this one seed."""
    end_ms = world.clock.ms()
    world.recorder.indexed(world.looks.waiting())
    traced = world.recorder.laws.finish(end_ms)
    counts = traced.counts()
    laws = {law.value: {"judged": traced.judged[law], "broken": counts[law.value]} for law in Law}
    broken = [
        f"{one.law.value} at {one.at_ms}: contact {one.contact}, listener {one.listener}, {one.detail}"
        for one in traced.broken
    ]
    recorder = world.recorder
    others = [
        ("acknowledged_is_stored", recorder.accepts_acknowledged, recorder.accepts_not_stored),
        ("offers_end_in_time", recorder.offers_judged, recorder.offers_without_end),
        ("no_surprise", world.network.counts["sent"], world.surprises),
    ]
    if world.is_at_rest:
        unwritten = [f"offer {each}" for each in world.store.unsettled]
        others += [
            ("nobody_left_over", len(world.store.contacts), _left_over(world)),
            ("nobody_stuck", len(world.desks), _stuck(world)),
            ("every_end_is_written", len(world.store.noted), unwritten),
        ]
    for name, judged, found in others:
        laws[name] = {"judged": judged, "broken": len(found)}
        broken += [f"{name}: {each}" for each in found]
    contacts = world.store.contacts.values()
    return {
        "contacts": len(contacts),
        "outcomes": dict(sorted(Counter(str(one.disposition) for one in contacts).items())),
        "turns": sum(one.turn for one in contacts),
        "not_taken_in": world.crowd.turned_away,
        "routing_events": dict(sorted(world.recorder.counts.items())),
        "faults": dict(sorted(Counter(fault.what for fault in world.schedule).items())),
        "messages": world.network.counts,
        "laws": laws,
        "broken": sum(law["broken"] for law in laws.values()),
        "shown": broken[:SHOWN],
        "digest": digest(world),
    }


def _left_over(world: World) -> list[str]:
    """Return who came and is neither answered nor recorded as gone, with how long they waited."""
    found = []
    for contact in world.store.contacts.values():
        if contact.state is not ContactState.CLOSED:
            found.append(f"{contact.contact_id} is {contact.state.value}")
        elif contact.queued_at is not None and contact.waited_ms is None:
            found.append(f"{contact.contact_id} is closed without what it waited")
    return found


def _stuck(world: World) -> list[str]:
    """Return listeners whom the index does not have as they are, with nothing left to do.

    Ready, she stands free; whoever is not stands nowhere. Of a frozen desk the
    index may not have heard yet.
    """
    found, free = [], world.looks.free()
    for desk in world.desks:
        staff_id = desk.who.staff_id
        row = world.store.listeners.get(staff_id)
        offer, state = world.looks.holding(staff_id)
        is_ready = row is not None and row.state is PresenceState.READY
        if offer:
            found.append(f"{staff_id} is held by offer {offer}")
        elif desk.is_awake and is_ready != (str(staff_id) in free):
            found.append(f"{staff_id} is ready: {is_ready}, by the index {state}")
    return found


def digest(world: World) -> str:
    """Return a hash of the whole course: the same seed gives the same."""
    hashed = hashlib.sha256()
    for contact in world.store.contacts.values():
        hashed.update(f"{contact.contact_id} {contact.version} {contact.changed_at}".encode())
    for engagement in world.store.engagements.values():
        hashed.update(f"{engagement.engagement_id} {engagement.listener_id}".encode())
    for row in world.store.listeners.values():
        hashed.update(f"{row.staff_id} {row.version} {row.since}".encode())
    return hashed.hexdigest()[:16]
