"""A chat's first act: who writes is committed and placed, or turned away with the reason kept."""

import hashlib
from collections.abc import Mapping

import structlog

from chat.centre import Opened, Opening
from config.clock import Clock
from config.errors import Conflict, InvalidInput, Unavailable
from config.helpline.helpline import Helpline
from config.helpline.schema.line import Line
from config.ids import new_id, new_token
from config.vocabulary import (
    Audience,
    Channel,
    Disposition,
    QueueStateKind,
    Urgency,
    UrgencySource,
)
from contactcenter.centre.effects import Effects
from contactcenter.centre.queue.entrance import Entrance
from contactcenter.centre.queue.states import QueueStates
from contactcenter.centre.visitors.public import needs_of
from records.actor import CORRESPONDENT
from records.contacts.change import Change
from records.contacts.contacts import Contacts
from records.contacts.factors import Answer
from records.contacts.snapshot import ContactSnapshot
from records.contacts.urgency import Rated
from records.follow_ups import FollowUps
from records.messages.messages import Messages

log = structlog.get_logger()


# Answers with no raise nothing: the least urgency of all.
NOTHING_RAISED = Rated(Urgency.U5, 1, 0, UrgencySource.FACTORS)


class ChatOpening:
    """Takes visitors in."""

    def __init__(
        self,
        contacts: Contacts,
        messages: Messages,
        follow_ups: FollowUps,
        effects: Effects,
        entrance: Entrance,
        states: QueueStates,
        clock: Clock,
    ) -> None:
        """Take everything from the composition root."""
        self._contacts = contacts
        self._messages = messages
        self._follow_ups = follow_ups
        self._effects = effects
        self._entrance = entrance
        self._states = states
        self._clock = clock

    @property
    def _helpline(self) -> Helpline:
        return self._entrance.helpline

    async def open(self, opening: Opening) -> Opened:
        """Take a visitor in: committed and waiting before this returns; see chat.centre.

        Who is refused is recorded too, as turned away from the queue they were meant for.
        """
        helpline, now = self._helpline, self._clock.now()
        line = helpline.line_of(opening.line) if opening.line else helpline.line
        if line is None:
            raise InvalidInput("no such line", field="line")
        answered, language = self._checked(opening, line), helpline.language(opening.language)
        coming = self._entrance.by_rule(
            Channel.CHAT,
            line.id,
            language,
            opening.audience,
            answered=[factor for factor, answer in answered.items() if answer == "yes"],
            needs=[opening.need] if opening.need else [],
        )
        entry = self._entrance.let_in(coming, self._states.picture, now)
        token = new_token()
        taken_in = await self._contacts.take_in_chat(
            new_id(),
            line.id,
            token_hash(token),
            language,
            opening.department,
            entry.placement,
            helpline.config_version,
            now,
        )
        contact = taken_in.after
        if entry.refused is not None:
            kind = entry.refused.kind
            await self._contacts.turn_away(
                contact.contact_id, Disposition.DETERRED, f"queue_{kind.value}", now
            )
            code = "chat_full" if kind is QueueStateKind.FULL else "chat_closed"
            raise Conflict("turned away", code=code)
        wanted = self._entrance.task_of(contact, now)
        if wanted is not None:
            await self._follow_ups.create(contact.contact_id, wanted, now)
        contact = await self._note_answers(contact, answered)
        head = await self._greet(contact, opening)
        await self._effects.follow(Change(None, contact))
        return Opened(contact.contact_id, token, head)

    def _checked(self, opening: Opening, line: Line) -> dict[str, Answer]:
        """Return the factors answered; raise InvalidInput for what the helpline does not know."""
        helpline = self._helpline
        if opening.department is not None and opening.department not in {
            each.code for each in helpline.departments
        }:
            raise InvalidInput("no such département", field="department")
        if opening.need is not None and opening.need not in {
            each.id for each in needs_of(helpline, line.id)
        }:
            raise InvalidInput("no such need", field="need")
        factors = {each.id: each.factor for each in helpline.questions_for(opening.audience)}
        if not factors.keys() >= opening.answers.keys():
            raise InvalidInput("no such question", field="answers")
        return {
            factors[question]: "yes" if answer else "no"
            for question, answer in opening.answers.items()
        }

    async def _note_answers(
        self, contact: ContactSnapshot, answered: Mapping[str, Answer]
    ) -> ContactSnapshot:
        """Keep what was answered with no: unknown is not no. The visitor waits all the same."""
        refuted: dict[str, Answer] = {
            factor: answer for factor, answer in answered.items() if answer == "no"
        }
        if not refuted:
            return contact
        try:
            noted = await self._contacts.tick(
                contact.contact_id,
                refuted,
                lambda _ticked: NOTHING_RAISED,
                CORRESPONDENT,
                self._clock.now(),
            )
        except Unavailable as error:
            log.warning("answers_not_stored", contact_id=str(contact.contact_id), code=error.code)
            return contact
        return noted.after

    async def _greet(self, contact: ContactSnapshot, opening: Opening) -> int:
        """Say the helpline's first words, and what a yes is answered with.

        The visitor is queued whether or not they are stored.
        """
        said = 0
        helps = [
            f"chat.{each.yes.text}"
            for each in self._helpline.questions_for(opening.audience)
            if each.yes is not None and opening.answers.get(each.id)
        ]
        for key in ("chat.welcome", "chat.trust", *helps):
            text = self._helpline.text(key, contact.language, audience=_spoken_to(contact.audience))
            try:
                said = (await self._messages.system_line(contact.contact_id, key, text)).seq
            except Unavailable as error:
                log.warning("greeting_not_stored", code=error.code)
        return said


def token_hash(token: str) -> bytes:
    """Return what is kept of a conversation's token.

    256 random bits need no salt: the hash only keeps a database reader from using them.
    """
    return hashlib.sha256(token.encode()).digest()


def _spoken_to(audience: Audience) -> Audience:
    # Who says nothing is spoken to as a minor: « tu ».
    return Audience.MINOR if audience is Audience.UNKNOWN else audience
