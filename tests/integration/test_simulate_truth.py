"""The simulation's truth beside the real records: the same acts, the same answers, the same rows.

What is proven on the simulation holds for the service only as far as this does.
"""

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

from config.errors import CentreError
from config.ids import new_id
from config.vocabulary import (
    Audience,
    Channel,
    ContactEventKind,
    ContactState,
    Disposition,
    EndedBy,
    EngagementState,
    EngagementStep,
    PresenceState,
    Urgency,
    UrgencySource,
)
from records.actor import CORRESPONDENT, SYSTEM, Actor
from records.contacts.snapshot import Placement
from tests.kit.record_rows import LINE, add_staff
from tests.kit.records_service import U1, U3, Listening, Records, open_records
from tests.simulate.truth.contacts import TrueContacts
from tests.simulate.truth.engagements import TrueEngagements
from tests.simulate.truth.presence import TruePresence
from tests.simulate.truth.store import Store

ELSEWHERE = Placement("parent", Audience.RELATIVE, Urgency.U2, UrgencySource.SYSTEM, 1, 1_800_000)
PLACES = (U1, U3, ELSEWHERE)
STATES = (PresenceState.READY, PresenceState.READY, PresenceState.BREAK, PresenceState.OFFLINE)
QUEUES = [(place.queue, channel) for place in PLACES for channel in Channel]


class Both:
    """Does each act twice, there and here."""

    def __init__(self, records: Records, rng: random.Random) -> None:
        """Start with nothing on either side."""
        store = Store()
        self.store, self.records, self.rng = store, records, rng
        self.sides: dict[str, tuple[Any, Any]] = {
            "contacts": (records.contacts, TrueContacts(store, timedelta(seconds=600))),
            "engagements": (records.engagements, TrueEngagements(store, 3_600_000)),
            "presence": (records.presence, TruePresence(store)),
        }
        self.staff: list[UUID] = []
        self.sessions: dict[UUID, UUID] = {}
        self.offers: list[tuple[UUID, UUID, int, UUID]] = []
        self.acts = 0
        self.seen: set[ContactState | EngagementState] = set()
        store.watch_contact = lambda _, after: self.seen.add(after.state)
        store.watch_engagement = lambda _, after: self.seen.add(after.state)

    async def do(self, part: str, name: str, *args: Any, **named: Any) -> Any:
        """Do one act on both sides; the answers, or the refusals, are the same."""
        real, true = self.sides[part]
        self.acts += 1
        try:
            expected = await getattr(real, name)(*args, **named)
        except CentreError as error:
            expected = (type(error), error.code)
        try:
            found = getattr(true, name)(*args, **named)
        except CentreError as error:
            found = (type(error), error.code)
        assert plain(found) == plain(expected), f"{part}.{name}, act {self.acts}"
        return found

    def any_contact(self, *wanted: ContactState) -> UUID:
        """Choose a contact, mostly one in a state that the act is for."""
        known = list(self.store.contacts.values())
        fitting = [one for one in known if one.state in wanted]
        chosen = self.rng.choice(fitting if fitting and self.rng.random() < 0.8 else known)
        return chosen.contact_id

    async def step(self) -> None:
        """Do one act drawn at random."""
        self.records.later(self.rng.choice((0.2, 1, 7, 60, 400)))
        acts = [self.arrive, self.arrive, self.accept, self.accept, self.again, self.end, self.end]
        acts += [self.close, self.rate, self.escalate, self.give_back, self.hand_over, self.drive]
        acts += [self.declare, self.note]
        await self.rng.choice(acts)()

    async def arrive(self) -> None:
        now, place = self.records.now, self.rng.choice(PLACES)
        if self.rng.random() < 0.5:
            chat = new_id()
            born = (chat, LINE, chat.bytes, "fr", "93", place, "test", now)
            await self.do("contacts", "take_in_chat", *born)
            return
        call, sid = new_id(), f"CA{new_id().hex}"
        taken = (call, LINE, "AC1", sid, None, "fr", "test", now, now)
        for _ in range(2):  # a webhook is told again
            await self.do("contacts", "take_in_call", *taken)
        if self.rng.random() < 0.7:
            await self.do("contacts", "place", call, place, self.records.later())
            await self.do("contacts", "place", call, ELSEWHERE, self.records.later())

    async def accept(self) -> None:
        contact = self.store.contacts[self.any_contact(ContactState.WAITING)]
        turn = contact.turn - (self.rng.random() < 0.2)
        who = self.rng.choice(self.staff)
        self.offers.append((new_id(), contact.contact_id, turn, who))
        await self._accepts(self.offers[-1])

    async def again(self) -> None:
        """An accept told again, or by somebody else."""
        if self.offers:
            offer, contact, turn, who = self.rng.choice(self.offers[-5:])
            other = who if self.rng.random() < 0.7 else self.rng.choice(self.staff)
            await self._accepts((offer, contact, turn, other))

    async def _accepts(self, offer: tuple[UUID, UUID, int, UUID]) -> None:
        offer_id, contact_id, turn, who = offer
        accepts = Listening(who, self.sessions[who], 2).principal
        await self.do("contacts", "accept", offer_id, contact_id, turn, accepts, self.records.now)

    async def end(self) -> None:
        by, actor = self.rng.choice(
            ((EndedBy.CORRESPONDENT, SYSTEM), (EndedBy.LISTENER, self.who()))
        )
        contact = self.store.contacts[self.any_contact(ContactState.ACTIVE)]
        ends = (contact.contact_id, by, "hung_up", self.records.now)
        await self.do("contacts", "end", *ends, actor=actor)

    def who(self) -> Actor:
        """Choose who acts."""
        return Actor.staff(self.rng.choice(self.staff))

    async def close(self) -> None:
        written = (
            self.any_contact(ContactState.ENDED),
            self.who(),
            Disposition.NON_CONTENT,
            "silent",
        )
        await self.do("contacts", "close", *written, self.records.now)

    async def rate(self) -> None:
        place = self.rng.choice(PLACES)
        await self.do(
            "contacts", "set_urgency", self.any_contact(ContactState.WAITING), place.urgency, place.band,
            place.head_start_ms, UrgencySource.DECLARED, "danger_key", CORRESPONDENT,
            self.records.now, confirmed=self.rng.random() < 0.3,
        )  # fmt: skip

    async def escalate(self) -> None:
        step, now = self.rng.randrange(3), self.records.now
        due = (step, now - timedelta(seconds=30), list(Urgency), QUEUES, 50)
        await self.do("contacts", "due_escalations", *due, line_ids=[LINE])
        take_in = ELSEWHERE if self.rng.random() < 0.3 else None
        wider = self.rng.choice(((), ("temoin",), ("temoin", "parent")))
        await self.do(
            "contacts", "escalate", self.any_contact(ContactState.WAITING), step, now, widened_to=wider,
            drop_needs=self.rng.random() < 0.5, take_in=take_in,
        )  # fmt: skip

    async def give_back(self) -> None:
        contact_id, now = self.any_contact(ContactState.ACTIVE), self.records.now
        taken = self.store.open_of_contact(contact_id)
        await self.do(
            "engagements", "return_contact", contact_id, "listener_lost", now,
            returned_to_head=self.rng.random() < 0.5,
            engagement_id=taken.engagement_id if taken and self.rng.random() < 0.5 else None,
            preferred_listener_id=self.rng.choice(self.staff),
            preferred_until=now + timedelta(seconds=30),
        )  # fmt: skip

    async def hand_over(self) -> None:
        given = self.any_contact(ContactState.ACTIVE)
        place, now = self.rng.choice(PLACES), self.records.now
        placing = lambda _: place  # noqa: E731
        await self.do("engagements", "hand_over", given, placing, now, self.who(), "hand_over")

    async def drive(self) -> None:
        due = await self.do("engagements", "due_steps", self.records.now, 20, claim=timedelta(1))
        for one in due:
            now, id_ = self.records.later(), one.engagement_id
            if one.step is EngagementStep.HANG_UP:
                gone = (one.step, EngagementStep.NONE, None)
                await self.do("engagements", "advance", id_, *gone)
            elif self.rng.random() < 0.8:
                await self.do("engagements", "connected", id_, now)
            else:
                await self.do("engagements", "not_connected", id_, "leg_failed", now)

    async def declare(self) -> None:
        who = self.rng.choice(self.staff)
        if self.rng.random() < 0.3:
            self.sessions[who] = new_id()
        state = self.rng.choice(STATES)
        reason = "signed_out" if state is PresenceState.OFFLINE else "declared"
        said = (who, self.sessions[who], state, reason, "all", 2, self.records.now)
        for _ in range(2):
            hard, beside = self.rng.choice((None, 1)), self.rng.choice((None, 0, 1))
            more = {"hard_contacts": hard, "chats_beside_call": beside}
            await self.do("presence", "declare", *said, **more)
        await self.do("presence", "missed", who)

    async def note(self) -> None:
        if self.offers:
            offer_id, contact_id, _, _ = self.rng.choice(self.offers[-5:])
            kinds = (ContactEventKind.OFFERED, ContactEventKind.OFFER_EXPIRED)
            for kind in self.rng.sample(kinds, 2):
                noted = (contact_id, kind, self.records.now, SYSTEM)
                await self.do("contacts", "note_event", *noted, offer_id=offer_id)

    async def look(self) -> None:
        """Read everything there is to read."""
        now, contacts = self.records.now, list(self.store.contacts)
        await self.do("contacts", "states_of", contacts)
        await self.do("contacts", "changed_since", now - timedelta(seconds=100), 500)
        await self.do("contacts", "open_page", None, 500)
        await self.do("contacts", "unsettled_offers", [LINE], now - timedelta(1), now, 500)
        await self.do("engagements", "states_of", list(self.store.engagements))
        lost = now - timedelta(seconds=30)
        await self.do("engagements", "orphaned_chats", lost, lost, 50)
        reads = (("of", (self.staff,)), ("all_present", ()), ("loads", (now,)))
        for name, args in (*reads, ("touched_since", (now - timedelta(seconds=100), now, 50))):
            await self.do("presence", name, *args)
        for contact_id in contacts[-10:]:
            await self.do("engagements", "open_for_contact", contact_id)


def plain(answer: Any) -> Any:
    """Return an answer in a shape that does not hang on the order rows happen to come in."""
    if isinstance(answer, list) and answer and hasattr(answer[0], "engagement_id"):
        return {one.engagement_id: one for one in answer}
    if isinstance(answer, list) and answer and hasattr(answer[0], "changed_at"):
        return {one.contact_id: one for one in answer}
    return answer


async def test_the_simulated_truth_answers_as_the_records_do(database_url: str) -> None:
    async with open_records(database_url) as records:
        both = Both(records, random.Random(20))
        for _ in range(4):
            async with records.database.transaction() as tx:
                who = await add_staff(tx)
            both.staff.append(who)
            both.sessions[who] = new_id()
            await both.declare()
        await both.arrive()
        for number in range(600):
            await both.step()
            if number % 25 == 24:
                await both.look()
        assert both.seen == {*ContactState, *EngagementState}
