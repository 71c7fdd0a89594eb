"""Those who call and write: they come, wait as long as they can, talk, and go."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from config.errors import Conflict
from config.ids import new_id
from config.vocabulary import Audience, Channel, ContactState, EngagementState, Urgency
from tests.simulate import acts
from tests.simulate.edges import Edges
from tests.simulate.truth.store import Store

# (queue, audience, urgency, share): who comes on a busy evening.
ARRIVALS: tuple[tuple[str, Audience, Urgency, float], ...] = (
    ("urgence_coordination", Audience.UNKNOWN, Urgency.U1, 0.03),
    ("mineur_pour_soi", Audience.MINOR, Urgency.U3, 0.36),
    ("dlpm_specialiste", Audience.MINOR, Urgency.U3, 0.04),
    ("mineur_pour_autrui", Audience.MINOR, Urgency.U3, 0.12),
    ("rappel_coupure", Audience.MINOR, Urgency.U2, 0.05),
    ("parent_proche", Audience.RELATIVE, Urgency.U4, 0.25),
    ("professionnel", Audience.PROFESSIONAL, Urgency.U5, 0.15),
)
CHATS = 0.4
PATIENCE_SECONDS = 420.0
TALK_SECONDS = {Channel.CALL: 480.0, Channel.CHAT: 900.0}
DECLARES_DANGER = 0.04
ARRIVING_SECONDS = 60.0
# The carrier's callbacks and the orphan loop say for long that a call is over.
LEAVING_SECONDS = 7200.0


class Watch:
    """Who waits for news of which contact."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._of: dict[UUID, asyncio.Event] = {}

    @contextmanager
    def over(self, contact_id: UUID, changed: asyncio.Event) -> Iterator[None]:
        """Set `changed` whenever the contact changes."""
        self._of[contact_id] = changed
        try:
            yield
        finally:
            del self._of[contact_id]

    def tell(self, contact_id: UUID) -> None:
        """Wake whoever waits."""
        if contact_id in self._of:
            self._of[contact_id].set()


@dataclass
class Crowd:
    """Everybody who comes, and what they share."""

    store: Store
    edges: Edges
    rng: random.Random
    turned_away: int = 0

    def draw(self) -> "Person":
        """Draw who comes next."""
        shares = [share for *_, share in ARRIVALS]
        queue, audience, urgency, _ = self.rng.choices(ARRIVALS, shares)[0]
        channel = Channel.CHAT if self.rng.random() < CHATS else Channel.CALL
        return Person(self, channel, queue, audience, urgency)


class Person:
    """One person, from arriving to gone."""

    def __init__(
        self, crowd: Crowd, channel: Channel, queue: str, audience: Audience, urgency: Urgency
    ) -> None:
        """Draw patience and how much there is to say."""
        self._crowd = crowd
        self._edges = crowd.edges
        self._rng = crowd.rng
        self._channel = channel
        self._place = (queue, audience, urgency)
        self._patience = self._rng.expovariate(1 / PATIENCE_SECONDS)
        self._talk = self._rng.expovariate(1 / TALK_SECONDS[channel])
        self._language = "en" if self._rng.random() < 0.05 else "fr"
        self._changed = asyncio.Event()

    async def live(self, watch: Watch) -> None:
        """Come, wait, talk, go."""
        contact_id = await self._arrive()
        if contact_id is None:
            self._crowd.turned_away += 1
            return
        with watch.over(contact_id, self._changed):
            if self._channel is Channel.CALL and self._rng.random() < DECLARES_DANGER:
                await asyncio.sleep(self._rng.uniform(1, 60))
                await self._edges.tried(lambda node: acts.danger_is_declared(node, contact_id))
            while not await self._is_over(contact_id):
                pass

    async def _arrive(self) -> UUID | None:
        if self._channel is Channel.CHAT:
            chat_id = new_id()
            await self._edges.until_done(
                lambda node: acts.chat_arrives(
                    node, chat_id, acts.placed(node, *self._place), self._language
                ),
                ARRIVING_SECONDS,
            )
            return chat_id if chat_id in self._crowd.store.contacts else None
        call_sid = f"CA{new_id().hex}"
        await self._edges.until_done(
            lambda node: acts.call_arrives(node, call_sid, self._language), ARRIVING_SECONDS
        )
        contact_id = self._crowd.store.of_call.get((acts.ACCOUNT, call_sid))
        if contact_id is None:
            return None
        await asyncio.sleep(self._rng.uniform(1, 6))  # the menu
        await self._edges.until_done(
            lambda node: acts.call_is_placed(node, contact_id, acts.placed(node, *self._place)),
            LEAVING_SECONDS,
        )
        return contact_id

    async def _is_over(self, contact_id: UUID) -> bool:
        """Live through one state of the contact; say whether the person is gone."""
        contact = self._crowd.store.contacts[contact_id]
        if contact.state in (ContactState.ENDED, ContactState.CLOSED):
            return True
        live = self._crowd.store.live_of(contact_id)
        talking = live is not None and live.state is EngagementState.TALKING
        if await self._changes_within(self._talk if talking else self._patience):
            return False
        await self._leave(contact_id)
        return True

    async def _changes_within(self, seconds: float) -> bool:
        self._changed.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return False
        return True

    async def _leave(self, contact_id: UUID) -> None:
        try:
            await self._edges.until_done(
                lambda node: acts.person_leaves(node, contact_id), LEAVING_SECONDS
            )
        except Conflict:
            return
