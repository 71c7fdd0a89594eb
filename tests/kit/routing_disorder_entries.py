"""Contacts and listeners entered in the index in no order: late, again, anew. See routing_disorder."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from config.vocabulary import PresenceState
from routing.model import Left, ListenerPresence, Load, WaitingContact, Widening
from routing.rank import BAND
from tests.kit.pools import ADULT, CALL, CHAT, ident
from tests.kit.routing_twin import Twin

CONTACTS = [ident(f"c{i}") for i in range(6)]
LISTENERS = [ident(f"l{i}") for i in range(4)]
LANES = [(CALL,), (CHAT,), (ADULT,), (CALL, ADULT)]
PROFILES = ["both", "both", "both", "calls", "adults", "minors"]
STATES = [*[PresenceState.READY] * 6, PresenceState.BREAK, PresenceState.OFFLINE]
TICKS_MS = [1, 1, 900, 2_000, 2_000, 10_000, 20_000, 30_000]
# In immediate danger, and not.
RANKS = [0, 1, 2, BAND, BAND + 1, BAND + 2]
# A late write, the same again, new ones.
VERSIONS = [-1, 0, 1, 1, 1]

Choose = Callable[[Sequence[Any]], Any]


class Entries:
    """Who is entered, at which version, turn and session."""

    def __init__(self, twin: Twin) -> None:
        self.twin, self.model = twin, twin.model
        self.versions = dict.fromkeys([*CONTACTS, *LISTENERS], 1)
        self.turns = dict.fromkeys(CONTACTS, 1)
        self.lanes = dict.fromkeys(CONTACTS, LANES[0])
        self.sessions = dict.fromkeys(LISTENERS, 0)

    # Contacts.

    def contact(self, id_: UUID, rank: int, **changes: object) -> WaitingContact:
        lanes = self.lanes[id_]
        values: dict[str, object] = {
            "contact_id": id_,
            "version": self.versions[id_],
            "turn": self.turns[id_],
            "lanes": lanes,
            "channel": lanes[0].split(":")[2],
            "rank": rank,
            "waiting_since_ms": self.model.now,
            "target_ms": 5_000,
        }
        return WaitingContact(**{**values, **changes})  # type: ignore[arg-type]

    def enqueue(self, choose: Choose) -> None:
        id_, step = choose(CONTACTS), choose(VERSIONS)
        known, now = self.model.contacts.get(id_), self.model.now
        if step == 1 and (choose([True, False]) or known is None or known.gone):
            self.turns[id_] += 1
            self.lanes[id_] = choose(LANES)
        self.versions[id_] = max(1, self.versions[id_] + step)
        preferred = choose([None, None, *LISTENERS[:3]])
        wider = choose([None, None, 0, 2_000, 15_000])
        also = CHAT if self.lanes[id_] == (CHAT,) else ADULT
        widenings = () if wider is None else (Widening(now + wider, (also,)),)
        if known is not None and not known.gone and known.waiting.turn == self.turns[id_]:
            widenings = choose([widenings, known.waiting.widenings])
        given = self.contact(
            id_,
            choose(RANKS),
            given_up_by=choose([(), (), (LISTENERS[0],), tuple(LISTENERS[1:3])]),
            offerable=choose([True, True, True, True, False]),
            preferred_listener=preferred,
            preferred_until_ms=now + choose([0, 3_000, 25_000]) if preferred else 0,
            waiting_since_ms=now - choose([0, 0, 7_000]),
            widenings=widenings,
        )
        self.twin.enqueue(given)
        self.versions[id_] += step == -1

    def newer(self, id_: UUID, choose: Choose) -> int:
        """A version of a contact: late sometimes, most often new."""
        version = max(1, self.versions[id_] + choose([-1, 1, 1]))
        self.versions[id_] = max(version, self.versions[id_])
        return int(version)

    def cancel(self, choose: Choose) -> None:
        id_ = choose(CONTACTS)
        self.twin.cancel(id_, self.newer(id_, choose), choose(list(Left)))

    def offerable(self, choose: Choose) -> None:
        self.twin.offerable(choose(CONTACTS), choose([True, True, False]))

    def forget_contact(self, choose: Choose) -> None:
        id_ = choose(CONTACTS)
        self.twin.forget_contact(id_, max(1, self.versions[id_] - choose([0, 1])))

    # Listeners.

    def presence(self, id_: UUID, **changes: object) -> ListenerPresence:
        values: dict[str, object] = {
            "listener_id": id_,
            "session_id": ident(f"{id_}{self.sessions[id_]}"),
            "version": self.versions[id_],
            "profile_id": "both",
            "state": PresenceState.READY,
            "max_chats": 2,
            "lease_ms": 40_000,
        }
        return ListenerPresence(**{**values, **changes})  # type: ignore[arg-type]

    def set_presence(self, choose: Choose) -> None:
        id_, step = choose(LISTENERS), choose(VERSIONS[:-1])
        if step == 1:
            self.sessions[id_] += choose([0, 0, 1])
        self.versions[id_] = max(1, self.versions[id_] + step)
        load = [Load(choose(CONTACTS), choose(["call", "chat"]))] if choose([0, 0, 1]) else ()
        given = self.presence(
            id_,
            profile_id=choose(PROFILES),
            state=choose(STATES),
            max_chats=choose([0, 1, 2, 2]),
            chats_beside_call=choose([None, 0, 1, 2]),
            load=load,
            lease_ms=choose([2_500, 40_000, 40_000]),
        )
        self.twin.set_presence(given)
        self.versions[id_] += step == -1

    def lapse(self, choose: Choose) -> None:
        """A lease runs out unswept, somebody is matched, and then her socket speaks again."""
        leases = {id_: one.lease for id_, one in self.model.listeners.items() if one.lease}
        if not leases:
            return self.set_presence(choose)
        id_ = choose(sorted(leases))
        self.model.clock = max(self.model.clock, leases[id_])
        self.twin.match(choose(LANES))
        self.twin.heartbeat(id_, self.model.listeners[id_].presence.session_id)
        self.twin.match(choose(LANES))
        return None

    def heartbeat(self, choose: Choose) -> None:
        id_ = choose(LISTENERS)
        self.twin.heartbeat(id_, ident(f"{id_}{self.sessions[id_] - choose([0, 0, 1])}"))

    def forget_listener(self, choose: Choose) -> None:
        id_ = choose(LISTENERS)
        self.twin.forget_listener(id_, max(1, self.versions[id_] - choose([0, 1])))

    def finish(self, choose: Choose) -> None:
        if not self.model.listeners:
            return
        listener_id = choose(sorted(self.model.listeners))
        load = self.model.listeners[listener_id].load
        contact_id = choose([*load, *load, *CONTACTS[:2]])
        one = load.get(contact_id)
        engagement = choose([None, one[1] if one else None, ident("an earlier engagement")])
        self.twin.finish(listener_id, contact_id, engagement)

    def wrap_up(self, choose: Choose) -> None:
        self.twin.wrap_up(choose(LISTENERS), choose(CONTACTS), choose([0, 5_000]))
