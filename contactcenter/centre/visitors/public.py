"""What the public may know before it comes in: the page's words, and who answers now.

Everything is in memory: it is said whatever state the engines are in.
"""

from dataclasses import dataclass

from chat.centre import (
    Answering,
    Department,
    Door,
    Doors,
    EmergencyNumber,
    Help,
    Need,
    Openings,
    Question,
)
from config.clock import Clock
from config.helpline.helpline import Helpline
from config.helpline.schema.lanes import OpeningQuestion, Skill
from config.helpline.schema.line import EmergencyNumber as NumberRule
from config.vocabulary import Audience, Channel, Urgency
from contactcenter.centre.queue.entrance import Entrance
from contactcenter.centre.queue.states import QueueStates


@dataclass(frozen=True, slots=True)
class PublicState:
    """The helpline as it looks from outside."""

    entrance: Entrance
    states: QueueStates
    clock: Clock

    @property
    def helpline(self) -> Helpline:
        """Return the rules."""
        return self.entrance.helpline

    def openings(self, language: str, line: str = "") -> Openings:
        """Return what a line's chat page shows, in a language it speaks; the main line's by default."""
        helpline = self.helpline
        spoken = helpline.language(language)
        own = helpline.line_of(line) or helpline.line
        return Openings(
            language=spoken,
            languages=helpline.line.languages,
            answering={
                audience: self._answering(Channel.CHAT, own.id, audience, spoken)[1]
                for audience in Audience
            },
            timezone=helpline.line.timezone,
            emergency=tuple(
                _shown(each, spoken) for each in helpline.emergency_numbers if each.urgent
            ),
            departments=tuple(Department(each.code, each.name) for each in helpline.departments),
            texts={
                key.removeprefix("chat."): by_language[spoken]
                for key, by_language in helpline.texts.items()
                if key.startswith("chat.")
            },
            questions=self._questions(spoken),
            needs=tuple(Need(each.id, each.label[spoken]) for each in needs_of(helpline, own.id)),
            message_max_chars=helpline.limits.message_max_chars,
            line="" if own is helpline.line else own.id,
        )

    def doors(self, language: str) -> Doors:
        """Return every way in: each line, channel and audience, with its queue's state."""
        helpline = self.helpline
        spoken = helpline.language(language)
        doors = []
        for line in helpline.lines:
            for channel in Channel:
                for audience in Audience:
                    queue, answering = self._answering(channel, line.id, audience, spoken)
                    label = helpline.queue(queue).label[spoken]
                    name = line.name[spoken]
                    doors.append(Door(line.id, name, channel, audience, queue, label, answering))
        return Doors(spoken, helpline.line.timezone, self.clock.now(), tuple(doors))

    def _answering(
        self, channel: Channel, line: str, audience: Audience, language: str
    ) -> tuple[str, Answering]:
        """Return the queue that who comes in so is meant for, and whether they are taken in."""
        now = self.clock.now()
        coming = self.entrance.by_rule(channel, line, language, audience)
        state = self.entrance.answering(coming, self.states.picture, now)
        return coming.queue, Answering(
            state.kind, state.reopens_at, state.says(language), state.heard
        )

    def _questions(self, language: str) -> tuple[Question, ...]:
        helpline = self.helpline
        dangers = {each.id for each in helpline.urgency.factors if each.floor is Urgency.U1}
        return tuple(
            Question(
                id=each.id,
                label=each.label[language],
                label_adult=None if each.label_adult is None else each.label_adult[language],
                audiences=each.audiences,
                is_danger=each.factor in dangers,
                help=help_of(each, helpline, language),
            )
            for each in helpline.opening_questions
        )


def help_of(question: OpeningQuestion, helpline: Helpline, language: str) -> Help | None:
    """Return what a yes to a question is answered with, None where it needs no words."""
    if question.yes is None:
        return None
    by_id = {each.id: each for each in helpline.emergency_numbers}
    numbers = (_shown(by_id[each], language) for each in question.yes.numbers)
    return Help(question.yes.text, tuple(numbers))


def _shown(number: NumberRule, language: str) -> EmergencyNumber:
    return EmergencyNumber(
        number.number, number.label[language], number.note[language], number.text_message
    )


def needs_of(helpline: Helpline, line: str) -> tuple[Skill, ...]:
    """Return the needs that the queues of a line's chats have lanes for, in the skills' order."""
    queues = {helpline.entry_rule(Channel.CHAT, each, line).queue for each in Audience}
    known = {need for queue in queues for need in helpline.queue(queue).needs}
    return tuple(skill for skill in helpline.skills if skill.id in known)
