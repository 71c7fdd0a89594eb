"""What a caller hears at each step: a contact's row, and what is known in memory, as documents.

The same row gives the same document. What changes by the second (who is
there, how long it may take) comes from memory, so that a document never
waits for an engine.
"""

from dataclasses import dataclass
from uuid import UUID

from config.helpline.helpline import Helpline
from config.helpline.texts import ADULTS
from config.vocabulary import Audience, Channel, ContactState, Disposition
from contactcenter.centre.queue.states import QueueStates
from contactcenter.centre.visitors.waits import Told, Waits
from contactcenter.voice import twiml
from records.contacts import ContactSnapshot

OVER_STATES = frozenset({ContactState.ENDED, ContactState.CLOSED})


@dataclass(frozen=True, slots=True)
class Documents:
    """The helpline's words on the telephone."""

    helpline: Helpline
    states: QueueStates
    waits: Waits

    def of(self, contact: ContactSnapshot, *, again: bool = False, moved: bool = False) -> str:
        """Return the present step of a call: the same row, the same document.

        `again`: the caller was parked before, and is told why they are once
        more: they were `moved`, or their listener was lost.
        """
        words = self._texts(contact.language, contact.audience)
        adult = contact.audience in ADULTS
        if contact.state is ContactState.ARRIVING:
            return self._menu(contact, words)
        if contact.disposition is Disposition.DETERRED:
            why = self._refusal(contact, words)
            return twiml.turned_away(why, contact.contact_id, contact.language)
        if contact.disposition is Disposition.CALLBACK:
            return twiml.goodbye(words, contact.language, "voice.callback_agreed")
        if contact.state in OVER_STATES:
            return twiml.goodbye(words, contact.language)
        if contact.state is ContactState.WAITING:
            self.waits.note(contact)
        if again:
            said = [words("voice.moved" if moved else "voice.one_moment")]
            return twiml.park_again(contact.contact_id, contact.language, said, adult=adult)
        return twiml.park(contact.contact_id, contact.language, adult=adult)

    def unparked(self, contact: ContactSnapshot) -> str:
        """Return what keeps a caller whom the network's queue did not take: full, or in error.

        They wait in our own queue all the same, so they are told what any
        waiting caller is told; then the network is asked again, after a pause:
        at once would be a tight loop of webhooks for each caller beyond.
        """
        if contact.state not in (ContactState.WAITING, ContactState.ACTIVE):
            return self.of(contact)
        if contact.state is ContactState.WAITING:
            self.waits.note(contact)
        adult = contact.audience in ADULTS
        told = self.waits.told(contact.contact_id, contact.language, can_be_called=False)
        return twiml.park_again(
            contact.contact_id,
            contact.language,
            self._told(told, contact.language, adult=adult),
            adult=adult,
            pause_seconds=twiml.WAIT_PAUSE_SECONDS,
        )

    def waiting(
        self,
        contact_id: UUID,
        language: str,
        *,
        adult: bool,
        raised: bool = False,
        can_be_called: bool = False,
    ) -> str:
        """Return a wait: danger first if it was just declared, then what is known of it."""
        words = self._texts(language, Audience.RELATIVE if adult else Audience.MINOR)
        told = self.waits.told(contact_id, language, can_be_called=can_be_called and adult)
        *first, again = self._told(told, language, adult=adult)
        return twiml.wait(
            contact_id,
            language,
            [words("voice.danger"), *first] if raised else first,
            again,
            seconds=self.helpline.limits.wait_message_seconds,
            adult=adult,
            offers_callback=told.offers_callback,
        )

    def _told(self, told: Told, language: str, *, adult: bool) -> list[str]:
        """Return the words of a wait; the last ones bear repeating."""
        words = self._texts(language, Audience.RELATIVE if adult else Audience.MINOR)
        values = {} if told.minutes is None else {"minutes": told.minutes}
        return [
            *([told.message] if told.message else []),
            *(words(f"voice.{name}") for name in told.first),
            words(f"voice.{told.again}", **values),
        ]

    def hold_on(self, language: str, again: str) -> str:
        """Return what keeps a caller while the database is away; `again` is asked next."""
        return twiml.hold_on(self._texts(language, Audience.UNKNOWN), language, again)

    def farewell(self) -> str:
        """Return the goodbye to a call that nobody here knows."""
        language = self.helpline.line.languages[0]
        return twiml.goodbye(self._texts(language, Audience.UNKNOWN), language)

    def _menu(self, contact: ContactSnapshot, words: twiml.Texts) -> str:
        rule = self.helpline.entry_rule(Channel.CALL, Audience.UNKNOWN, contact.line_id)
        return twiml.menu(
            words,
            contact.language,
            contact.contact_id,
            key_seconds=self.helpline.limits.menu_seconds,
            text=self.helpline.menu_text(contact.line_id),
            message=self.states.of(rule.queue, Channel.CALL).says(contact.language),
            other_languages=self._other_languages(contact),
        )

    def _refusal(self, contact: ContactSnapshot, words: twiml.Texts) -> str:
        """Return why a caller was turned away: what stands in the row, and when it opens again."""
        assert contact.queue is not None, "who was turned away was meant for a queue"
        state = self.states.of(contact.queue, Channel.CALL)
        if contact.end_reason == "queue_full":
            why = words("voice.full")
        else:
            opening = self.helpline.when(state.reopens_at, contact.language)
            why = words("voice.closed", opening=opening)
        said = state.says(contact.language)
        return f"{said} {why}" if said else why

    def _other_languages(self, contact: ContactSnapshot) -> list[tuple[str, str]]:
        """Return, in each other language of the line's menu, the key that leads to it."""
        return [
            (key.language, self.helpline.text("voice.language_key", key.language, digit=key.digit))
            for key in self.helpline.menu_of(contact.line_id).values()
            if key.language is not None and key.language != contact.language
        ]

    def _texts(self, language: str, audience: Audience) -> twiml.Texts:
        def words(key: str, **values: object) -> str:
            return self.helpline.text(key, language, audience=audience, **values)

        return words
