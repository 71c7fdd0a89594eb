"""A small pool for tests of routing: two lines' lanes, three profiles, a clock that tests move."""

from dataclasses import dataclass, field
from uuid import NAMESPACE_OID, UUID, uuid5

from config.vocabulary import PresenceState
from routing.model import ListenerPresence, Offer, Step, WaitingContact
from routing.plan import Limits, Plan, PlanLane, PlanProfile
from routing.router import Router

CALL, CHAT, ADULT = "dlpm:minor:call:fr", "dlpm:minor:chat:fr", "dlpm:adult:call:fr"
START_MS = 1_772_000_000_000


def ident(name: str) -> UUID:
    """The id that stands for a name in a test; sessions are `s-<listener>` and on."""
    return uuid5(NAMESPACE_OID, name)


def small_plan(limits: Limits | None = None, pool: str = "test") -> Plan:
    """Three lanes; `both` serves all, `calls` the minors' calls, `adults` the relatives' calls."""
    return Plan(
        pool,
        [
            PlanLane(CALL, "dlpm", "call"),
            PlanLane(CHAT, "dlpm", "chat"),
            PlanLane(ADULT, "dlpm", "call"),
        ],
        [
            PlanProfile("both", (CALL, CHAT, ADULT)),
            PlanProfile("calls", (CALL,)),
            PlanProfile("adults", (ADULT,)),
        ],
        limits,
    )


@dataclass
class Pool:
    """A router on virtual time, with short ways to write what tests say."""

    router: Router
    now_ms: int = START_MS
    versions: dict[str, int] = field(default_factory=dict)

    def tick(self, ms: int) -> None:
        self.now_ms += ms

    def contact(self, name: str, lane: str = CALL, **changes: object) -> WaitingContact:
        """A contact waiting since now, ranked by its arrival unless told."""
        values: dict[str, object] = {
            "contact_id": ident(name),
            "version": 1,
            "turn": 1,
            "lanes": (lane,),
            "channel": lane.split(":")[2],
            "rank": 2**43 + self.now_ms,
            "waiting_since_ms": self.now_ms,
        }
        return WaitingContact(**{**values, **changes})  # type: ignore[arg-type]

    async def arrive(self, name: str, lane: str = CALL, **changes: object) -> Step:
        return await self.router.enqueue(self.contact(name, lane, **changes))

    async def sign_in(self, name: str, profile: str = "both", **changes: object) -> Step:
        """Declare a listener ready in a session of her name, at her next version."""
        version = self.versions[name] = self.versions.get(name, 0) + 1
        values: dict[str, object] = {
            "listener_id": ident(name),
            "session_id": ident(f"s-{name}"),
            "version": version,
            "profile_id": profile,
            "state": PresenceState.READY,
            "max_chats": 3,
        }
        return await self.router.set_presence(ListenerPresence(**{**values, **changes}))  # type: ignore[arg-type]

    async def accept(self, offer: Offer) -> Step:
        accepted = await self.router.accept(offer.offer_id, offer.listener_id, offer.session_id)
        return accepted.step

    async def take(self, offer: Offer, version: int = 2) -> None:
        """Accept and confirm."""
        assert await self.accept(offer) is Step.DONE
        assert await self.router.confirm(offer.offer_id, version) is Step.DONE

    async def match(self, lane: str = CALL) -> Offer:
        """Match; there must be a pair."""
        offer = await self.router.match([lane])
        assert offer is not None
        return offer

    async def serve(self, lane: str = CALL) -> Offer:
        """Match, accept and confirm; there must be a pair."""
        offer = await self.match(lane)
        await self.take(offer)
        return offer
