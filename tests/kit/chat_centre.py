"""A whole Centre in memory: what the chat's own tests and page run against.

It keeps every promise of `chat.centre.Centre` for as long as the process
lives, and passes the same contract test as the real one. Its `fault` makes it
fail the way engines fail: before an act, or after it with the answer lost.
"""

import asyncio
import contextlib
import secrets
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from chat.centre import (
    Answering,
    Department,
    Door,
    Doors,
    EmergencyNumber,
    Line,
    Need,
    Opened,
    Opening,
    Openings,
    Question,
    Status,
    Stored,
    Visitor,
    Wake,
    WakeKind,
)
from config.errors import CentreError, Conflict, InvalidInput, NotSignedIn, Unavailable
from config.helpline.helpline import Helpline
from config.helpline.load import load_helpline
from config.ids import new_id, new_token
from config.vocabulary import Audience, Channel, ContactState, EndedBy, QueueStateKind, Sender
from contactcenter.centre.visitors.public import help_of

START = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)

HELPLINE = Path(__file__).parents[2] / "config" / "helplines" / "dlpm"


@lru_cache
def helpline() -> Helpline:
    """The line whose words and numbers the page shows."""
    return load_helpline(HELPLINE)


@dataclass
class Fault:
    """What goes wrong next; `before` and `after` name methods of the Centre."""

    before: Counter[str] = field(default_factory=Counter)  # fails this many times, nothing done
    after: Counter[str] = field(default_factory=Counter)  # done, and the answer lost
    down: bool = False  # nothing answers
    hold: asyncio.Event | None = None  # acts wait for this


@dataclass
class Talk:
    """One conversation as the centre knows it."""

    opening: Opening
    state: ContactState = ContactState.WAITING
    lines: list[Line] = field(default_factory=list)
    by_cid: dict[UUID, Line] = field(default_factory=dict)
    sockets: int = 0
    signs: int = 0
    read: int = 0
    typings: int = 0
    ended_by: EndedBy | None = None
    left_quickly: bool | None = None
    wait_seconds: int | None = None


class MemoryCentre:
    """Centre in memory. `wakes` False loses every wake, as a dead Redis would."""

    def __init__(self) -> None:
        self.talks: dict[UUID, Talk] = {}
        self.fault = Fault()
        self.wakes = True
        self.greets = False
        self.is_open = True
        self.is_full = False
        self.is_staffed = True
        self.message: str | None = None
        self.reopens_at: datetime | None = None
        self.watchers: defaultdict[UUID, set[asyncio.Queue[Wake]]] = defaultdict(set)
        self._tokens: dict[str, UUID] = {}
        self._ticks = 0

    # The Centre.

    async def open_conversation(self, opening: Opening) -> Opened:
        async with self._act("open_conversation"):
            questions = {each.id: each.is_danger for each in self._questions("fr")}
            if not opening.answers.keys() <= questions.keys():
                raise InvalidInput(field="answers")
            if opening.need not in (None, *(each.id for each in self._needs("fr"))):
                raise InvalidInput(field="need")
            in_danger = any(questions[each] and said for each, said in opening.answers.items())
            if not in_danger and self._state not in (QueueStateKind.OPEN, QueueStateKind.UNSTAFFED):
                raise Conflict(code="chat_closed" if not self.is_open else "chat_full")
            codes = {department.code for department in helpline().departments}
            if opening.department is not None and opening.department not in codes:
                raise InvalidInput(field="department")
            contact_id, token = new_id(), new_token()
            self.talks[contact_id] = Talk(opening)
            self._tokens[token] = contact_id
            for key in ("chat.welcome", "chat.trust") if self.greets else ():
                said = helpline().text(
                    key, helpline().language(opening.language), audience=opening.audience
                )
                self._store(contact_id, Sender.SYSTEM, said, new_id())
            return Opened(contact_id, token, len(self.talks[contact_id].lines))

    async def admit(self, conversation_id: UUID, token: str) -> Visitor:
        visitor = await self.admit_token(token)
        if visitor.contact_id != conversation_id:
            raise NotSignedIn
        return visitor

    async def admit_token(self, token: str) -> Visitor:
        async with self._act("admit"):
            for known, contact_id in self._tokens.items():
                if secrets.compare_digest(known.encode(), token.encode(errors="replace")):
                    return Visitor(contact_id)
            raise NotSignedIn

    async def status(self, contact_id: UUID) -> Status:
        async with self._act("status"):
            talk = self.talks[contact_id]
            waiting = talk.state is ContactState.WAITING
            return Status(
                state=talk.state,
                position=self._position(contact_id) if waiting else None,
                wait_seconds=talk.wait_seconds if waiting else None,
                head_seq=len(talk.lines),
                open=self._is_open(talk),
                queue=self._state if waiting else None,
                message=self.message if waiting else None,
                quick=bool(talk.left_quickly),
            )

    async def append(self, contact_id: UUID, cid: UUID, text: str) -> Stored:
        async with self._act("append"):
            talk = self.talks[contact_id]
            known = talk.by_cid.get(cid)
            if known is not None:
                if known.text != text:
                    raise Conflict(code="cid_reused")
                return Stored(known.seq, known.at)
            if not self._is_open(talk):
                raise Conflict(code="conversation_closed")
            line = self._store(contact_id, Sender.VISITOR, text, cid)
            return Stored(line.seq, line.at)

    async def after(self, contact_id: UUID, seq: int, limit: int) -> list[Line]:
        async with self._act("after"):
            return self.talks[contact_id].lines[seq : seq + limit]

    async def connected(self, contact_id: UUID) -> None:
        async with self._act("connected"):
            self.talks[contact_id].sockets += 1

    async def disconnected(self, contact_id: UUID) -> None:
        self.talks[contact_id].sockets -= 1

    async def alive(self, contact_id: UUID) -> None:
        async with self._act("alive"):
            self.talks[contact_id].signs += 1

    async def leave(self, contact_id: UUID, *, quick: bool) -> None:
        async with self._act("leave"):
            talk = self.talks[contact_id]
            if self._is_open(talk):
                talk.left_quickly = quick
                self._end(contact_id, EndedBy.CORRESPONDENT)

    async def read(self, contact_id: UUID, seq: int) -> None:
        async with self._act("read"):
            talk = self.talks[contact_id]
            talk.read = max(talk.read, seq)

    async def typing(self, contact_id: UUID) -> None:
        async with self._act("typing"):
            self.talks[contact_id].typings += 1

    @contextlib.asynccontextmanager
    async def watch(self, contact_id: UUID) -> AsyncIterator[AsyncIterator[Wake]]:
        async with self._act("watch"):
            queue: asyncio.Queue[Wake] = asyncio.Queue()
            self.watchers[contact_id].add(queue)
        try:
            yield _wakes(queue)
        finally:
            self.watchers[contact_id].discard(queue)

    def openings(self, language: str, line: str = "") -> Openings:
        line = helpline()
        spoken = line.language(language)
        return Openings(
            language=spoken,
            languages=line.line.languages,
            answering=dict.fromkeys(Audience, self._answering()),
            timezone=line.line.timezone,
            emergency=tuple(
                EmergencyNumber(
                    each.number, each.label[spoken], each.note[spoken], each.text_message
                )
                for each in line.emergency_numbers
                if each.urgent
            ),
            departments=tuple(Department(each.code, each.name) for each in line.departments),
            texts={
                key.removeprefix("chat."): by_language[spoken]
                for key, by_language in line.texts.items()
                if key.startswith("chat.")
            },
            questions=self._questions(spoken),
            needs=self._needs(spoken),
        )

    def doors(self, language: str) -> Doors:
        line = helpline()
        spoken = line.language(language)
        return Doors(
            spoken,
            line.line.timezone,
            START,
            tuple(
                Door(
                    line.line.id,
                    line.line.name[spoken],
                    Channel.CHAT,
                    audience,
                    (queue := line.entry_rule(Channel.CHAT, audience).queue),
                    line.queue(queue).label[spoken],
                    self._answering(),
                )
                for audience in Audience
            ),
        )

    # What listeners do.

    def listener_says(self, contact_id: UUID, text: str) -> Line:
        """Store a listener's line and wake whoever watches."""
        return self._store(contact_id, Sender.LISTENER, text, new_id())

    def listener_types(self, contact_id: UUID) -> None:
        self._wake(contact_id, WakeKind.TYPING)

    def accept(self, contact_id: UUID) -> None:
        """A listener takes the contact."""
        self.talks[contact_id].state = ContactState.ACTIVE
        self._wake_all()

    def wait_is(self, contact_id: UUID, seconds: int | None) -> None:
        self.talks[contact_id].wait_seconds = seconds
        self._wake(contact_id, WakeKind.STATE)

    def end(self, contact_id: UUID) -> None:
        """The listener ends the conversation."""
        self._end(contact_id, EndedBy.LISTENER)

    def texts(self, contact_id: UUID) -> list[str]:
        return [line.text for line in self.talks[contact_id].lines]

    # Within.

    @property
    def _state(self) -> QueueStateKind:
        if not self.is_open:
            return QueueStateKind.CLOSED
        if self.is_full:
            return QueueStateKind.FULL
        return QueueStateKind.OPEN if self.is_staffed else QueueStateKind.UNSTAFFED

    def _answering(self) -> Answering:
        closed = self._state is QueueStateKind.CLOSED
        return Answering(self._state, self.reopens_at if closed else None, self.message)

    def _questions(self, language: str) -> tuple[Question, ...]:
        return tuple(
            Question(
                each.id,
                each.label[language],
                each.label_adult[language] if each.label_adult else None,
                each.audiences,
                each.id == "danger_maintenant",
                help_of(each, helpline(), language),
            )
            for each in helpline().opening_questions
        )

    def _needs(self, language: str) -> tuple[Need, ...]:
        return tuple(
            Need(each.id, each.label[language])
            for each in helpline().skills
            if each.id in ("lsf", "interpreter")
        )

    def _store(self, contact_id: UUID, sender: Sender, text: str, cid: UUID) -> Line:
        talk = self.talks[contact_id]
        self._ticks += 1
        at = START + timedelta(seconds=self._ticks)
        line = Line(len(talk.lines) + 1, cid, sender, text, at)
        talk.lines.append(line)
        talk.by_cid[cid] = line
        self._wake(contact_id, WakeKind.MESSAGE)
        return line

    def _end(self, contact_id: UUID, by: EndedBy) -> None:
        talk = self.talks[contact_id]
        waited = talk.state is ContactState.WAITING
        talk.state = ContactState.CLOSED if waited else ContactState.ENDED
        talk.ended_by = by
        self._wake_all()

    def _position(self, contact_id: UUID) -> int:
        waiting = [i for i, talk in self.talks.items() if talk.state is ContactState.WAITING]
        return waiting.index(contact_id) + 1

    def _is_open(self, talk: Talk) -> bool:
        return talk.state in {ContactState.WAITING, ContactState.ACTIVE}

    def _wake_all(self) -> None:
        for contact_id in list(self.watchers):
            self._wake(contact_id, WakeKind.STATE)

    def _wake(self, contact_id: UUID, kind: WakeKind) -> None:
        if self.wakes and not self.fault.down:
            for queue in self.watchers[contact_id]:
                queue.put_nowait(Wake(kind))

    @contextlib.asynccontextmanager
    async def _act(self, name: str) -> AsyncIterator[None]:
        """Let the act fail as told: before it, or after it with its answer lost."""
        if self.fault.hold is not None:
            await self.fault.hold.wait()
        await asyncio.sleep(0)  # an engine never answers within the same turn of the loop
        if self.fault.down or _spend(self.fault.before, name):
            raise _engine_down()
        yield
        if _spend(self.fault.after, name):
            raise _engine_down()


def _spend(counter: Counter[str], name: str) -> bool:
    if counter[name] <= 0:
        return False
    counter[name] -= 1
    return True


def _engine_down() -> CentreError:
    return Unavailable(code="database_unavailable", retry_after=0.05)


async def _wakes(queue: asyncio.Queue[Wake]) -> AsyncIterator[Wake]:
    while True:
        yield await queue.get()
