"""What we answer Twilio, as pure functions: the same arguments, the same document.

A repeated webhook therefore gets the current step again. Documents are built
with the library's builders only, so that no text can break out of its element.
Wait documents last at least 60 s and need neither database nor index: a caller
keeps waiting whatever happens to us. Source: TwiML reference, `<Gather>`,
`<Enqueue>`, `<Dial>`, `<Conference>`.
"""

import math
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from config.typography import one_line
from contactcenter.voice import addresses


class Texts(Protocol):
    """Gives the words of a key in the caller's language, filled in."""

    def __call__(self, key: str, **values: object) -> str: ...


WAIT_PAUSE_SECONDS = 15
LAST_KEY_SECONDS = 4
HOLD_ON_SECONDS = 10
PARKING_QUEUE = "contacts"


def menu(
    texts: Texts,
    language: str,
    contact_id: UUID,
    *,
    key_seconds: int,
    text: str = "voice.menu",
    message: str | None = None,
    other_languages: Sequence[tuple[str, str]] = (),
) -> str:
    """Greet and offer the keys, danger first; no key within `key_seconds` goes to the queue.

    `text` names the line's menu; a supervisor's `message` is said right after
    its first words, which are the danger key's. `other_languages` are
    (language, words) that say which key leads to each.
    """
    response = VoiceResponse()
    gather = Gather(
        num_digits=1,
        timeout=key_seconds,
        action=addresses.address(addresses.MENU, contact=contact_id),
        action_on_empty_result=True,
    )
    danger, stop, others = texts(text).partition(".")
    said = (danger + stop, message, others.strip()) if message else (texts(text),)
    for words in said:
        if words:
            _say(gather, words, language)
    for other, words in other_languages:
        _say(gather, words, other)
    response.append(gather)
    # Only reached if Twilio does not honour actionOnEmptyResult: same address, no key.
    response.redirect(addresses.address(addresses.MENU, contact=contact_id))
    return str(response)


def park(contact_id: UUID, language: str, *, adult: bool, word: str | None = None) -> str:
    """Park the caller in Twilio's queue, where our own order applies.

    `word` names what the wait begins with, whatever else is known there.
    """
    response = VoiceResponse()
    _enqueue(response, contact_id, language, adult=adult, word=word)
    return str(response)


def park_again(
    contact_id: UUID,
    language: str,
    said: Sequence[str],
    *,
    adult: bool,
    word: str | None = None,
    pause_seconds: int = 0,
) -> str:
    """Say where the caller stands, let `pause_seconds` pass, then park them again.

    Their listener was lost or has handed them over, or the network's queue did
    not take them. Key 0 says « danger » meanwhile; its document parks them too.
    """
    response = VoiceResponse()
    gather = Gather(
        num_digits=1, timeout=1, action=addresses.address(addresses.MENU, contact=contact_id)
    )
    for words in said:
        _say(gather, words, language)
    if pause_seconds:
        gather.pause(length=pause_seconds)
    response.append(gather)
    _enqueue(response, contact_id, language, adult=adult, word=word)
    return str(response)


def wait(
    contact_id: UUID,
    language: str,
    first: Sequence[str],
    again: str,
    *,
    seconds: int,
    adult: bool,
    offers_callback: bool = False,
) -> str:
    """Fill `seconds` of waiting with honest words; key 0 says « danger » at any time.

    `first` is said once, `again` every quarter of a minute. With
    `offers_callback` key 1 agrees to a callback: the address says that it was
    offered, so that no other key 1 does.
    """
    offered = {"callback": 1} if offers_callback else {}
    response = VoiceResponse()
    gather = Gather(
        num_digits=1,
        timeout=1,
        action=addresses.address(
            addresses.DANGER, contact=contact_id, language=language, adult=int(adult), **offered
        ),
    )
    for words in first:
        _say(gather, words, language)
    for _ in range(math.ceil(seconds / WAIT_PAUSE_SECONDS)):
        _say(gather, again, language)
        gather.pause(length=WAIT_PAUSE_SECONDS)
    response.append(gather)
    return str(response)


def join(conference_name: str, contact_id: UUID, engagement_id: UUID) -> str:
    """Bring the caller into the listener's conference.

    The `<Dial>` has an action: when the listener's telephone dies Twilio asks us what
    comes next, and the caller is parked again. When the caller leaves, the conference ends.
    """
    response = VoiceResponse()
    dial = Dial(
        action=addresses.address(addresses.AFTER, contact=contact_id, engagement=engagement_id)
    )
    dial.conference(
        conference_name,
        beep="false",
        wait_url="",
        start_conference_on_enter=True,
        end_conference_on_exit=True,
        participant_label="caller",
        status_callback=addresses.address(addresses.CONFERENCE, engagement=engagement_id),
        status_callback_event="start end join leave",
    )
    response.append(dial)
    return str(response)


def go_and_join(engagement_id: UUID) -> str:
    """Send a caller where a step of ours is bringing them anyway."""
    response = VoiceResponse()
    response.redirect(addresses.address(addresses.JOIN, engagement=engagement_id))
    return str(response)


def turned_away(words: str, contact_id: UUID, language: str) -> str:
    """Say why nobody takes the call now, then hang up; key 0 still says « danger ».

    The key goes to the menu's address, which lets them in after all.
    """
    response = VoiceResponse()
    gather = Gather(
        num_digits=1,
        timeout=LAST_KEY_SECONDS,
        action=addresses.address(addresses.MENU, contact=contact_id),
    )
    _say(gather, words, language)
    response.append(gather)
    response.hangup()
    return str(response)


def goodbye(texts: Texts, language: str, text: str = "voice.goodbye") -> str:
    """Say a last word and hang up: thanks, or that a callback is noted."""
    response = VoiceResponse()
    _say(response, texts(text), language)
    response.hangup()
    return str(response)


def nothing() -> str:
    """Ask nothing more of Twilio: our own act has already moved the call."""
    return str(VoiceResponse())


def hold_on(texts: Texts, language: str, again: str) -> str:
    """Keep a caller while our database cannot answer: the emergency text, then ask again."""
    response = VoiceResponse()
    _say(response, texts("voice.emergency"), language)
    response.pause(length=HOLD_ON_SECONDS)
    response.redirect(again)
    return str(response)


def _enqueue(
    response: VoiceResponse, contact_id: UUID, language: str, *, adult: bool, word: str | None
) -> None:
    # The wait document is made without the database, so its address says all it needs.
    begins = {} if word is None else {"word": word}
    response.enqueue(
        PARKING_QUEUE,
        action=addresses.address(addresses.LEFT, contact=contact_id),
        wait_url=addresses.address(
            addresses.WAIT, contact=contact_id, language=language, adult=int(adult), **begins
        ),
    )


def _say(verb: VoiceResponse | Gather, words: str, language: str) -> None:
    # A sign that XML cannot hold would make the whole document void, its danger key too.
    verb.say(one_line(words), language=locale(language))  # type: ignore[no-untyped-call]


def locale(language: str) -> str:
    """Return Twilio's voice locale for one of our languages."""
    return {"fr": "fr-FR", "en": "en-GB"}.get(language, "fr-FR")
