"""What we answer Twilio, as pure functions: the same arguments, the same document.

A repeated webhook therefore gets the current step again. Documents are built
with the library's builders only, so that no text can break out of its element.
Wait documents last at least 60 s and need neither database nor index: a caller
keeps waiting whatever happens to us. Source: TwiML reference, `<Gather>`,
`<Enqueue>`, `<Dial>`, `<Conference>`.
"""

import math
from collections.abc import Callable, Sequence
from uuid import UUID

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from contactcenter.voice import addresses

Texts = Callable[[str], str]
"""Gives the words of a key in the caller's language."""

WAIT_PAUSE_SECONDS = 15
HOLD_ON_SECONDS = 10
PARKING_QUEUE = "contacts"


def menu(
    texts: Texts,
    language: str,
    contact_id: UUID,
    *,
    key_seconds: int,
    other_languages: Sequence[tuple[str, str]] = (),
) -> str:
    """Greet and offer the keys, danger first; no key within `key_seconds` goes to the queue.

    `other_languages` are (language, words) that say which key leads to each.
    """
    response = VoiceResponse()
    gather = Gather(
        num_digits=1,
        timeout=key_seconds,
        action=addresses.address(addresses.MENU, contact=contact_id),
        action_on_empty_result=True,
    )
    gather.say(texts("voice.menu"), language=locale(language))
    for other, words in other_languages:
        gather.say(words, language=locale(other))
    response.append(gather)
    # Only reached if Twilio does not honour actionOnEmptyResult: same address, no key.
    response.redirect(addresses.address(addresses.MENU, contact=contact_id))
    return str(response)


def park(contact_id: UUID, language: str, *, adult: bool) -> str:
    """Park the caller in Twilio's queue, where our own order applies."""
    response = VoiceResponse()
    _enqueue(response, contact_id, language, adult=adult)
    return str(response)


def park_again(texts: Texts, contact_id: UUID, language: str, *, adult: bool) -> str:
    """Tell a caller whose listener was lost to hold on, then park them again."""
    response = VoiceResponse()
    response.say(texts("voice.one_moment"), language=locale(language))
    _enqueue(response, contact_id, language, adult=adult)
    return str(response)


def wait(
    texts: Texts, contact_id: UUID, language: str, *, seconds: int, adult: bool, raised: bool
) -> str:
    """Fill `seconds` of waiting with honest words; key 0 says « danger » at any time."""
    response = VoiceResponse()
    if raised:
        response.say(texts("voice.danger"), language=locale(language))
    gather = Gather(
        num_digits=1,
        timeout=1,
        action=addresses.address(
            addresses.DANGER, contact=contact_id, language=language, adult=int(adult)
        ),
    )
    for _ in range(math.ceil(seconds / WAIT_PAUSE_SECONDS)):
        gather.say(texts("voice.wait"), language=locale(language))
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


def goodbye(texts: Texts, language: str) -> str:
    """Thank the caller and hang up."""
    response = VoiceResponse()
    response.say(texts("voice.goodbye"), language=locale(language))
    response.hangup()
    return str(response)


def nothing() -> str:
    """Ask nothing more of Twilio: our own act has already moved the call."""
    return str(VoiceResponse())


def hold_on(texts: Texts, language: str, again: str) -> str:
    """Keep a caller while our database cannot answer: the emergency text, then ask again."""
    response = VoiceResponse()
    response.say(texts("voice.emergency"), language=locale(language))
    response.pause(length=HOLD_ON_SECONDS)
    response.redirect(again)
    return str(response)


def _enqueue(response: VoiceResponse, contact_id: UUID, language: str, *, adult: bool) -> None:
    # The wait document is made without the database, so its address says all it needs.
    response.enqueue(
        PARKING_QUEUE,
        action=addresses.address(addresses.LEFT, contact=contact_id),
        wait_url=addresses.address(
            addresses.WAIT, contact=contact_id, language=language, adult=int(adult)
        ),
    )


def locale(language: str) -> str:
    """Return Twilio's voice locale for one of our languages."""
    return {"fr": "fr-FR", "en": "en-GB"}.get(language, "fr-FR")
