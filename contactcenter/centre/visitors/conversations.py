"""The chat's `Centre`: taken in and committed first, queued, stored, followed by wake-ups."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from chat.centre import (
    Doors,
    Line,
    Opened,
    Opening,
    Openings,
    Status,
    Stored,
    Visitor,
    Wake,
    WakeKind,
)
from config.clock import Clock
from config.errors import NotSignedIn, Unavailable
from config.vocabulary import (
    Channel,
    ContactState,
    Disposition,
    EndedBy,
    Sender,
)
from contactcenter.centre.effects import Effects
from contactcenter.centre.system_lines import SystemLines
from contactcenter.centre.visitors.life import SignsOfLife
from contactcenter.centre.visitors.opening import ChatOpening, token_hash
from contactcenter.centre.visitors.public import PublicState
from contactcenter.centre.wakes import VISITOR, Wakes
from records.contacts.contacts import Contacts
from records.contacts.snapshot import ContactSnapshot
from records.messages.messages import Messages
from routing import wakeups
from routing.router import Router

log = structlog.get_logger()

GIVEN_UP = frozenset({Disposition.ABANDONED, Disposition.LOST_BY_DESK})

QUICK_EXIT = "quick_exit"
# A leave is repeated for as long as a page that is being fled may retry it, no longer.
READABLE_AFTER_FLIGHT = timedelta(minutes=1)
# The page wipes its token, but a browser may have written it where we cannot: its life is short.
READABLE_AFTER_END = timedelta(minutes=5)


class Conversations:
    """What visitors ask of the service."""

    def __init__(
        self,
        opening: ChatOpening,
        contacts: Contacts,
        messages: Messages,
        effects: Effects,
        lines: SystemLines,
        wakes: Wakes,
        life: SignsOfLife,
        router: Router,
        public: PublicState,
        clock: Clock,
    ) -> None:
        """Take everything from the composition root."""
        self._opening = opening
        self._contacts = contacts
        self._messages = messages
        self._effects = effects
        self._lines = lines
        self._wakes = wakes
        self._life = life
        self._router = router
        self._public = public
        self._clock = clock

    async def open_conversation(self, opening: Opening) -> Opened:
        """Take a visitor in: committed and waiting before this returns; see chat.centre."""
        return await self._opening.open(opening)

    async def admit(self, conversation_id: UUID, token: str) -> Visitor:
        """Return the holder of the token; NotSignedIn if it is not this conversation's."""
        visitor = await self.admit_token(token)
        if visitor.contact_id != conversation_id:
            raise NotSignedIn("another conversation's token")
        return visitor

    async def admit_token(self, token: str) -> Visitor:
        """Return the holder of the token; one given up for away waits again."""
        contact = await self._contacts.by_token(token_hash(token))
        if contact is None or self._public.helpline.line_of(contact.line_id) is None:
            raise NotSignedIn("unknown token")
        if _is_spent(contact, self._clock.now()):
            raise NotSignedIn("the conversation is long over")
        if contact.disposition in GIVEN_UP and contact.ended_by is EndedBy.AWAY:
            back = await self._contacts.come_back(contact.contact_id, self._clock.now())
            await self._effects.follow(back)
            await self._lines.say(back.after, "chat.away")
        return Visitor(contact.contact_id)

    async def status(self, contact_id: UUID) -> Status:
        """Return where the conversation stands now."""
        contact = await self._contacts.get(contact_id)
        head = await self._messages.head(contact_id)
        if contact.state is not ContactState.WAITING:
            quick = contact.end_reason == QUICK_EXIT
            return Status(contact.state, None, None, head.head_seq, head.open, quick=quick)
        assert contact.queue is not None, "a waiting contact has a queue"
        queue = self._public.states.of(contact.queue, Channel.CHAT)
        position, wait_seconds = await self._place(contact_id)
        return Status(
            state=contact.state,
            position=position,
            wait_seconds=wait_seconds,
            head_seq=head.head_seq,
            open=head.open,
            queue=queue.kind,
            message=queue.says(contact.language),
            heard=queue.heard,
        )

    async def _place(self, contact_id: UUID) -> tuple[int | None, int | None]:
        """Return the position and the expected wait, each None when it is not known."""
        try:
            return (
                await self._router.position(contact_id),
                await self._router.expected_wait(contact_id),
            )
        except Unavailable:
            return None, None

    async def append(self, contact_id: UUID, cid: UUID, text: str) -> Stored:
        """Store a visitor's line and return once it is committed."""
        stored = await self._messages.append(contact_id, Sender.VISITOR, cid, text)
        self._life.alive(contact_id)
        await self._wakes.tell(wakeups.WakeKind.MESSAGE, contact_id)
        return Stored(stored.seq, stored.at)

    async def after(self, contact_id: UUID, seq: int, limit: int) -> list[Line]:
        """Return at most `limit` lines the visitor may read, after `seq`, in order."""
        lines = await self._messages.after(contact_id, seq, limit, for_visitor=True)
        return [Line(each.seq, each.cid, each.sender, each.text, each.at) for each in lines]

    async def connected(self, contact_id: UUID) -> None:
        """Note one more socket."""
        await self._life.connected(contact_id)

    async def disconnected(self, contact_id: UUID) -> None:
        """Note one socket fewer."""
        self._life.disconnected(contact_id)

    async def alive(self, contact_id: UUID) -> None:
        """Note a sign of life."""
        self._life.alive(contact_id)

    async def leave(self, contact_id: UUID, *, quick: bool) -> None:
        """End the conversation at the visitor's wish; a second call changes nothing."""
        change = await self._contacts.end(
            contact_id,
            EndedBy.CORRESPONDENT,
            QUICK_EXIT if quick else "left",
            self._clock.now(),
        )
        self._life.forget(contact_id)
        await self._effects.follow(change)

    async def read(self, contact_id: UUID, seq: int) -> None:
        """Note that the visitor has seen the lines up to `seq`."""
        moved = await self._messages.mark_read(contact_id, Sender.VISITOR, seq)
        if moved is not None:
            await self._wakes.tell(wakeups.WakeKind.READ, contact_id, VISITOR, moved)

    async def typing(self, contact_id: UUID) -> None:
        """Note that the visitor is writing."""
        self._life.alive(contact_id)
        await self._wakes.tell(wakeups.WakeKind.TYPING, contact_id, VISITOR)

    @asynccontextmanager
    async def watch(self, contact_id: UUID) -> AsyncIterator[AsyncIterator[Wake]]:
        """Subscribe to what happens to a conversation, one's own typing left out."""
        with self._wakes.watching(contact_id) as heard:
            yield _wakes(aiter(heard))

    def openings(self, language: str, line: str = "") -> Openings:
        """Return what a line's page shows; no engine is asked."""
        return self._public.openings(language, line)

    def doors(self, language: str) -> Doors:
        """Return which ways in are answered now; no engine is asked."""
        return self._public.doors(language)


async def _wakes(heard: AsyncIterator[wakeups.Wakeup]) -> AsyncIterator[Wake]:
    async for wakeup in heard:
        if wakeup.kind is wakeups.WakeKind.RESYNC:
            yield Wake(WakeKind.MESSAGE)
            yield Wake(WakeKind.STATE)
        elif wakeup.numbers[:1] != (VISITOR,):
            yield Wake(WakeKind(wakeup.kind.value))


def _is_spent(contact: ContactSnapshot, now: datetime) -> bool:
    """Tell whether a conversation ended so long ago that its token opens it to nobody.

    The tab forgets its token, but a browser may bring a tab back for whoever
    sits down next. Who was only given up for away may always come back.
    """
    if contact.ended_at is None or contact.ended_by is EndedBy.AWAY:
        return False
    fled = contact.end_reason == QUICK_EXIT
    return now - contact.ended_at > (READABLE_AFTER_FLIGHT if fled else READABLE_AFTER_END)
