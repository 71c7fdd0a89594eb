"""The documents of a call: danger first and everywhere, the truth of closed, full and offers."""

from types import SimpleNamespace
from uuid import UUID
from xml.etree import ElementTree as ET

from config.vocabulary import Audience, ContactState, Disposition, EndedBy, OverrideKind
from contactcenter.centre.queue.states import Picture
from contactcenter.centre.visitors.waits import Told
from contactcenter.voice.documents import Documents
from records.contacts.snapshot import ContactSnapshot
from tests.kit.intake import DAY, dlpm, override, picture, waiting

MESSAGE = override(kind=OverrideKind.MESSAGE, texts={"fr": "Grève aujourd’hui."})


def documents(seen: Picture | None = None, told: Told | None = None) -> Documents:
    seen = seen or picture()
    return Documents(
        dlpm(),
        SimpleNamespace(of=lambda queue, channel: seen.of(queue, channel, DAY)),
        SimpleNamespace(told=lambda *_, **__: told or Told(), note=lambda _: None),
    )


def parsed(document: str) -> ET.Element:
    return ET.fromstring(document)


def said(document: str) -> list[str]:
    """What is said, its no-break spaces plain."""
    return [_plain(str(each.text)) for each in parsed(document).iter("Say")]


def _plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def text(name: str, audience: Audience, **values: object) -> str:
    return _plain(dlpm().text(f"voice.{name}", "fr", audience=audience, **values))


def turned_away(reason: str, audience: Audience = Audience.PROFESSIONAL) -> ContactSnapshot:
    return waiting(
        state=ContactState.CLOSED,
        queue="professionnel",
        audience=audience,
        disposition=Disposition.DETERRED,
        ended_by=EndedBy.SYSTEM,
        end_reason=reason,
    )


def arriving(line: str = "dlpm") -> ContactSnapshot:
    return waiting(state=ContactState.ARRIVING, line_id=line, queue=None, audience=Audience.UNKNOWN)


def test_the_first_words_are_the_danger_keys_whatever_has_to_be_said() -> None:
    plain = said(documents().of(arriving()))
    assert plain[0].startswith("Danger immédiat : tapez 0. Bonjour")
    words = said(documents(picture(overrides=[MESSAGE])).of(arriving()))
    assert words[:2] == ["Danger immédiat : tapez 0.", "Grève aujourd’hui."]
    assert words[2].startswith("Bonjour, ici le 119")


def test_each_line_has_its_own_menu() -> None:
    assert "enfance en danger" in said(documents().of(arriving("snated")))[0]


def test_who_is_turned_away_hears_why_and_may_still_press_the_danger_key() -> None:
    seen = picture(overrides=[override("professionnel", until=DAY.replace(hour=12))])
    document = parsed(documents(seen).of(turned_away("queue_closed")))
    gather, last = list(document)
    assert last.tag == "Hangup"
    assert gather.get("action", "").startswith(f"/voice/menu?contact={UUID(int=1)}")
    words = said(ET.tostring(document, "unicode"))
    assert len(words) == 1
    assert "lundi 4 mai à 14 h 30" in words[0]
    full = said(documents().of(turned_away("queue_full")))
    assert full == [text("full", Audience.PROFESSIONAL)]


def test_why_is_said_after_a_supervisors_own_words() -> None:
    seen = picture(overrides=[override("professionnel", texts={"fr": "Réunion."})])
    assert said(documents(seen).of(turned_away("queue_closed")))[0].startswith("Réunion. Cette")


def test_an_agreed_callback_is_said_to_be_noted() -> None:
    contact = waiting(
        state=ContactState.CLOSED, audience=Audience.RELATIVE, disposition=Disposition.CALLBACK
    )
    assert said(documents().of(contact)) == [text("callback_agreed", Audience.RELATIVE)]


def test_who_was_handed_over_is_told_so_and_who_lost_a_listener_that_another_is_sought() -> None:
    assert (
        "te passe à quelqu’un d’autre" in said(documents().of(waiting(), again=True, moved=True))[0]
    )
    assert "n’est plus en ligne" in said(documents().of(waiting(), again=True))[0]


def test_a_wait_says_once_what_is_new_and_repeats_the_rest_with_keys_heard_all_along() -> None:
    told = Told(("danger", "callback_offer"), "wait_minutes", 4, "Grève.", offers_callback=True)
    document = documents(told=told).waiting(
        UUID(int=1), "fr", adult=True, raised=True, can_be_called=True
    )
    words = said(document)
    adult = Audience.RELATIVE
    assert words[:3] == [
        text("danger", adult),
        "Grève.",
        text("callback_offer", adult),
    ]
    assert set(words[3:]) == {text("wait_minutes", adult, minutes=4)}
    gather = parsed(document).find("Gather")
    assert gather is not None
    assert "callback=1" in gather.get("action", "")
    assert len(list(gather.iter("Say"))) == len(words)
    pauses = [int(each.get("length", 0)) for each in gather.iter("Pause")]
    assert sum(pauses) >= 60


def test_the_address_of_a_wait_says_that_a_callback_was_offered_only_when_it_was() -> None:
    document = documents().waiting(UUID(int=1), "fr", adult=True, can_be_called=True)
    gather = parsed(document).find("Gather")
    assert gather is not None
    assert "callback" not in gather.get("action", "")


def test_no_sign_of_a_message_voids_the_document_that_has_the_danger_key() -> None:
    strange = override(kind=OverrideKind.MESSAGE, texts={"fr": "Grève\x0bce\x01 soir\ufffe."})
    seen = picture(overrides=[strange])
    assert said(documents(seen).of(arriving()))[:2] == [
        "Danger immédiat : tapez 0.",
        "Grève ce soir .",
    ]


def test_the_danger_key_is_heard_while_a_caller_is_told_that_they_are_moved() -> None:
    document = parsed(documents().of(waiting(), again=True, moved=True))
    gather, enqueue = list(document)
    assert (gather.tag, enqueue.tag) == ("Gather", "Enqueue")
    assert gather.get("action", "").startswith(f"/voice/menu?contact={UUID(int=1)}")
