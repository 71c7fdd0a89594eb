"""config.helpline.telling: in every state and on every channel, nothing is said that is not so."""

import itertools
import re
from collections.abc import Iterator

import pytest

from config.helpline import texts
from config.helpline.telling import Standing, told
from config.text import Catalog
from config.vocabulary import Audience, Channel, ContactState, Disposition, QueueStateKind, Urgency
from tests.kit.intake import dlpm

CATALOG = Catalog.load()
CALL, CHAT = Channel.CALL, Channel.CHAT
OPEN, CLOSED, FULL, UNSTAFFED = (
    QueueStateKind.OPEN,
    QueueStateKind.CLOSED,
    QueueStateKind.FULL,
    QueueStateKind.UNSTAFFED,
)
# What sentences claim, in the words of both languages; written here, not taken from the program.
SOMEBODY_IS_THERE = r"est là pour|is here (to|for)"
SOMEBODY_IS_SOUGHT = r"Nous cherchons|We are finding"
LISTENERS_ARE_BUSY = (
    r"Tous les écoutants|All our listeners|Il y a beaucoup|There are many|Many people"
)
NOBODY_IS_THERE = r"Personne ne peut|pas encore d’écoutant|Nobody"
IS_CLOSED = r"fermé|ne répond pas|closed|not answering"
IS_FULL = r"Trop de personnes|Too many people"
GOES_FIRST = r"passe en premier|goes first"
A_TIME = r"\d+\s(min|minutes)|moins d’une minute|Less than a minute|prochaine réponse|next answer"
PRESENCE = f"{SOMEBODY_IS_THERE}|{SOMEBODY_IS_SOUGHT}|{LISTENERS_ARE_BUSY}|{A_TIME}"


def waits(channel: Channel) -> Iterator[Standing]:
    """Every way of waiting on a channel."""
    for queue, urgency, position, seconds, step in itertools.product(
        (None, *QueueStateKind),
        (None, *Urgency),
        (None, 1, 2) if channel is CHAT else (None,),
        (None, 0, 59, 60, 61, 600),
        (None, "wait_saturated") if channel is CALL else (None,),
    ):
        yield Standing(
            channel,
            ContactState.WAITING,
            queue,
            urgency=urgency,
            position=position,
            wait_seconds=seconds,
            step=step,
        )


def sentences(standing: Standing, language: str, audience: Audience) -> list[tuple[str, str]]:
    """Each name with its words, as who is told hears or reads them."""
    area = "voice" if standing.channel is CALL else "chat"
    labels = {f"chat.{name}": text for name, text in CATALOG.area("chat", language).items()}
    values = {"minutes": 10, "position": 2, "opening": "demain"}
    said = []
    for name in told(standing):
        key = f"{area}.{name}"
        if key in dlpm().texts:
            words = dlpm().text(key, language, audience=audience, **values)
        else:
            words = texts.fill(str(labels[texts.variant(labels, key, audience)]), values)
        said.append((name, words))
    return said


LISTENERS = [
    pytest.param(language, audience, id=f"{language}-{audience}")
    for language in ("fr", "en")
    for audience in Audience
]


@pytest.mark.parametrize(("language", "audience"), LISTENERS)
def test_no_wait_is_told_of_a_listener_who_is_not_there(language: str, audience: Audience) -> None:
    for standing in itertools.chain(waits(CALL), waits(CHAT)):
        said = sentences(standing, language, audience)
        words = " ".join(each for _, each in said)
        assert said, standing
        assert "{" not in words, standing
        if standing.queue not in (OPEN, FULL):
            assert not re.search(PRESENCE, words), (standing, words)
        if standing.queue is not UNSTAFFED:
            assert not re.search(NOBODY_IS_THERE, words), (standing, words)
        if standing.queue is not CLOSED:
            assert not re.search(IS_CLOSED, words), (standing, words)
        assert not re.search(IS_FULL, words), "who waits was taken in"


@pytest.mark.parametrize(("language", "audience"), LISTENERS)
def test_a_call_in_danger_is_told_that_it_goes_first_and_nothing_before(
    language: str, audience: Audience
) -> None:
    for standing in waits(CALL):
        first, *rest = sentences(standing, language, audience)
        assert bool(re.search(GOES_FIRST, first[1])) is (standing.urgency is Urgency.U1)
        assert not any(re.search(GOES_FIRST, words) for _, words in rest)
        if language == "fr" and standing.urgency is Urgency.U1:
            adult = audience in texts.ADULTS
            assert first[1].startswith("Restez en ligne" if adult else "Reste en ligne")


# Standing → what is true of it, as people read or hear it in French, as « tu ».
TOLD = [
    (Standing(CHAT, None, OPEN), "Quelqu’un est là pour t’écouter"),
    (
        Standing(CHAT, None, UNSTAFFED),
        (
            "Tu peux nous écrire Tes messages arrivent bien. Il n’y a pas encore d’écoutant libre : "
            "dès que quelqu’un se libère, il te répond ici."
        ),
    ),
    (Standing(CHAT, None, None), "Tu peux nous écrire"),
    (Standing(CHAT, None, FULL), "Trop de personnes attendent en ce moment"),
    (
        Standing(CHAT, None, CLOSED, reopens=True),
        (
            "Le tchat est fermé pour le moment Il rouvre demain. Le 119 répond jour et nuit, "
            "c’est gratuit."
        ),
    ),
    (
        Standing(CHAT, None, CLOSED),
        "Le tchat est fermé pour le moment Le 119 répond jour et nuit, c’est gratuit.",
    ),
    (Standing(CHAT, ContactState.WAITING, OPEN), "Nous cherchons un écoutant pour toi."),
    (Standing(CHAT, ContactState.WAITING, OPEN, wait_seconds=59), "Attente de moins d’une minute."),
    (Standing(CHAT, ContactState.WAITING, OPEN, wait_seconds=60), "Tous les écoutants parlent"),
    (
        Standing(CHAT, ContactState.WAITING, UNSTAFFED, position=2, wait_seconds=600),
        (
            "Tes messages arrivent bien. Il n’y a pas encore d’écoutant libre : dès que quelqu’un se "
            "libère, il te répond ici."
        ),
    ),
    (Standing(CHAT, ContactState.WAITING, CLOSED, position=2), "Le tchat est fermé pour le moment"),
    (Standing(CHAT, ContactState.WAITING, None, position=1), "Tu gardes ta place, et tu peux"),
    (Standing(CHAT, ContactState.ARRIVING), "Tu gardes ta place, et tu peux"),
    (Standing(CHAT, ContactState.ACTIVE), "Quelqu’un est là pour toi."),
    (
        Standing(CHAT, ContactState.ENDED),
        "La conversation est terminée. Merci de nous avoir parlé.",
    ),
    (Standing(CHAT, ContactState.CLOSED), "La conversation est terminée."),
    (Standing(CALL, ContactState.ARRIVING), "Danger immédiat : tapez 0."),
    (Standing(CALL, ContactState.WAITING, OPEN), "Nous cherchons un écoutant pour toi."),
    (Standing(CALL, ContactState.WAITING, FULL, wait_seconds=61), "Tous les écoutants parlent"),
    (
        Standing(CALL, ContactState.WAITING, UNSTAFFED, step="wait_saturated"),
        "Personne ne peut te répondre tout de suite.",
    ),
    (Standing(CALL, ContactState.WAITING, CLOSED), "Cette équipe ne répond pas en ce moment."),
    (Standing(CALL, ContactState.WAITING, None), "Tu gardes ta place. Reste en ligne"),
    (
        Standing(CALL, ContactState.WAITING, UNSTAFFED, urgency=Urgency.U1),
        "Reste en ligne : ton appel passe en premier.",
    ),
    (Standing(CALL, ContactState.ACTIVE), ""),
    (Standing(CALL, ContactState.ENDED), "Merci de nous avoir parlé."),
    (
        Standing(CALL, ContactState.CLOSED, disposition=Disposition.DETERRED),
        "Cette équipe ne répond pas maintenant.",
    ),
    (
        Standing(CALL, ContactState.CLOSED, disposition=Disposition.DETERRED, was_full=True),
        "Trop de personnes attendent",
    ),
    (
        Standing(CALL, ContactState.CLOSED, disposition=Disposition.CALLBACK),
        "C’est noté : quelqu’un te rappellera",
    ),
]


@pytest.mark.parametrize(("standing", "words"), TOLD, ids=lambda each: str(each)[:60])
def test_each_state_is_called_what_it_is(standing: Standing, words: str) -> None:
    said = " ".join(each for _, each in sentences(standing, "fr", Audience.MINOR))
    said = said.replace("\u202f", " ").replace("\u00a0", " ")
    assert said.startswith(words)
    assert bool(said) is bool(words)
