"""The real engine as a queue under test: the router's own steps, real Lua, virtual time."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from redis.asyncio import Redis

from config.ids import new_id
from config.vocabulary import Channel, PresenceState, Urgency
from routing.model import ListenerPresence, Offer, WaitingContact
from routing.plan import Plan, PlanLane, PlanProfile
from routing.rank import band_of, rank
from routing.router import Router
from tests.simulate.traffic import Caller
from tests.simulate.valkey import Valkey
from tests.simulate.virtual_time import START_MS

LANE = "l:q:call:fr"
FOR_EVER_MS = 10**12


class DirectRedis(Redis):
    """Redis's own client that answers at once: no message is ever late or lost."""

    def __init__(self, valkey: Valkey) -> None:
        """Speak to `valkey`."""
        super().__init__(decode_responses=True, protocol=2)
        self._valkey = valkey

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Carry out one command, its answer shaped as the client's own."""
        reply = self._valkey.call(*args)
        shape = self.response_callbacks.get(args[0])
        options.pop("keys", None)
        return shape(reply, **options) if shape else reply


class EngineLine:
    """One lane, one profile, listeners who accept at once."""

    def __init__(self, valkey: Valkey, drawn: Sequence[Caller]) -> None:
        """Work on an empty `valkey`."""
        plan = Plan("p", [PlanLane(LANE, "l", "call")], [PlanProfile("all", (LANE,))])
        self._drawn = drawn
        self._now_ms = START_MS
        self._router = Router(DirectRedis(valkey), plan, lambda: self._now_ms)
        self._ids: list[UUID] = []
        self._numbers: dict[UUID, int] = {}
        self._served: dict[int, Offer] = {}

    async def open(self, servers: int) -> None:
        """Let so many listeners sign in, for ever."""
        for _ in range(servers):
            await self._router.set_presence(
                ListenerPresence(
                    listener_id=new_id(),
                    session_id=new_id(),
                    version=1,
                    profile_id="all",
                    state=PresenceState.READY,
                    max_chats=1,
                    lease_ms=FOR_EVER_MS,
                )
            )

    async def arrives(self, caller: int, now: float) -> int | None:
        """Queue a caller and wake a listener."""
        at_ms = self._pass_to(now)
        contact_id = new_id()
        self._numbers[contact_id] = caller
        self._ids.append(contact_id)
        urgency = Urgency.U1 if self._drawn[caller].urgent else Urgency.U3
        await self._router.enqueue(
            WaitingContact(
                contact_id=contact_id,
                version=1,
                turn=1,
                lanes=(LANE,),
                channel=Channel.CALL,
                rank=rank(band_of(urgency), at_ms, 0),
                waiting_since_ms=at_ms,
            )
        )
        return await self._accepted(await self._router.match((LANE,)))

    async def hangs_up(self, caller: int, now: float) -> None:
        """Take a caller out."""
        self._pass_to(now)
        await self._router.cancel(self._ids[caller], 2)

    async def is_free(self, caller: int, now: float) -> int | None:
        """End a service; its listener takes the next."""
        self._pass_to(now)
        offer = self._served.pop(caller)
        await self._router.finish(offer.listener_id, offer.contact_id, offer.offer_id)
        return await self._accepted(await self._router.match_listener(offer.listener_id))

    async def _accepted(self, offer: Offer | None) -> int | None:
        if offer is None:
            return None
        await self._router.accept(offer.offer_id, offer.listener_id, offer.session_id)
        await self._router.confirm(offer.offer_id, 2)
        number = self._numbers.pop(offer.contact_id)
        self._served[number] = offer
        return number

    def _pass_to(self, now: float) -> int:
        self._now_ms = START_MS + int(now * 1000)
        return self._now_ms
