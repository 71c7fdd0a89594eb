"""What a caller hears at each step: a contact's row, and what is known in memory, as documents.

The same row gives the same document. What changes by the second (who is
there, how long it may take) comes from memory, so that a document never
waits for an engine.
"""

from dataclasses import dataclass
from uuid import UUID

from config.helpline.helpline import Helpline
from config.helpline.telling import Standing, told
from config.helpline.texts import ADULTS
from config.vocabulary import Audience, Channel, ContactState, Disposition, Urgency
from contactcenter.centre.queue.states import QueueStates
from contactcenter.centre.visitors.waits import DANGER, SILENCE, Told, Waits
from contactcenter.voice import twiml
from records.contacts.snapshot import ContactSnapshot

OVER_STATES = frozenset({ContactState.ENDED, ContactState.CLOSED})


@dataclass(frozen=True, slots=True)
class Documents:
    """The helpline's words on the telephone."""

    helpline: Helpline
    states: QueueStates
    waits: Waits

    def of(
        self,
        contact: ContactSnapshot,
        *,
        again: bool = False,
        moved: bool = False,
        silent: bool = False,
    ) -> str:
        """Return the present step of a call: the same row, the same document.

        `again`: the caller was parked before, and is told why they are once
        more: they were `moved`, or their listener was lost. `silent`: they
        pressed no key, and are told that they may say nothing.
        """
        words = self._texts(contact.language, contact.audience)
        adult = contact.audience in ADULTS
        if contact.state is ContactState.ARRIVING:
            return self._menu(contact, words)
        if contact.disposition is Disposition.DETERRED:
            why = self._refusal(contact, words)
            return twiml.turned_away(why, contact.contact_id, contact.language)
        if contact.state in OVER_STATES:
            return twiml.goodbye(words, contact.language, f"voice.{_over(contact)}")
        self.note(contact)
        word = _first_word(contact, silent=silent)
        if again:
            said = [words("voice.moved" if moved else "voice.one_moment")]
            return twiml.park_again(
                contact.contact_id, contact.language, said, adult=adult, word=word
            )
        return twiml.park(contact.contact_id, contact.language, adult=adult, word=word)

    def unparked(self, contact: ContactSnapshot) -> str:
        """Return what keeps a caller whom the network's queue did not take: full, or in error.

        They wait in our own queue all the same, so they are told what any
        waiting caller is told; then the network is asked again, after a pause:
        at once would be a tight loop of webhooks for each caller beyond.
        """
        if contact.state not in (ContactState.WAITING, ContactState.ACTIVE):
            return self.of(contact)
        self.note(contact)
        adult = contact.audience in ADULTS
        raised = contact.urgency is Urgency.U1
        told = self.waits.told(
            contact.contact_id, contact.language, can_be_called=False, raised=raised
        )
        return twiml.park_again(
            contact.contact_id,
            contact.language,
            self._told(told, contact.language, adult=adult),
            adult=adult,
            word=_first_word(contact),
            pause_seconds=twiml.WAIT_PAUSE_SECONDS,
        )

    def note(self, contact: ContactSnapshot) -> None:
        """Keep what a row says of who waits: the next wait is told by it."""
        if contact.state is ContactState.WAITING:
            self.waits.note(contact)

    def waiting(
        self,
        contact_id: UUID,
        language: str,
        *,
        adult: bool,
        raised: bool = False,
        word: str | None = None,
        can_be_called: bool = False,
    ) -> str:
        """Return a wait: what is known of it, after the first `word` of its address.

        `raised`: danger was declared this moment, whatever was known before.
        """
        told = self.waits.told(
            contact_id,
            language,
            can_be_called=can_be_called and adult,
            raised=raised,
            word=word,
        )
        *first, again = self._told(told, language, adult=adult)
        return twiml.wait(
            contact_id,
            language,
            first,
            again,
            seconds=self.helpline.limits.wait_message_seconds,
            adult=adult,
            offers_callback=told.offers_callback,
        )

    def _told(self, told: Told, language: str, *, adult: bool) -> list[str]:
        """Return the words of a wait; the last ones bear repeating."""
        words = self._texts(language, Audience.RELATIVE if adult else Audience.MINOR)
        values: dict[str, object] = {"opening": self.helpline.when(told.opening, language)}
        if told.minutes is not None:
            values["minutes"] = told.minutes
        said = [words(f"voice.{name}", **values) for name in told.first]
        if told.message:
            # A supervisor's words come first of all, but for the answer to the danger key.
            said.insert(1 if DANGER in told.first else 0, told.message)
        return [*said, words(f"voice.{told.again}", **values)]

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
        opening = self.helpline.when(state.reopens_at, contact.language)
        why = words(f"voice.{_over(contact)}", opening=opening)
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


def _first_word(contact: ContactSnapshot, *, silent: bool = False) -> str | None:
    """Return what a wait begins with by the row alone: the process that says it may know no more."""
    if contact.urgency is Urgency.U1:
        return DANGER
    return SILENCE if silent else None


def _over(contact: ContactSnapshot) -> str:
    """Return the name of the last word to a call."""
    (name,) = told(
        Standing(
            Channel.CALL,
            contact.state,
            disposition=contact.disposition,
            was_full=contact.end_reason == "queue_full",
        )
    )
    return name
