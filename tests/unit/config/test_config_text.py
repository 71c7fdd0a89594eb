"""The screens' words: complete in every language, plural forms, the reader's language."""

import re
from pathlib import Path

import pytest

from config.errors import Misconfigured
from config.text import LANGUAGES, LOCALES, Catalog
from config.typography import typeset

FRENCH = """
title = "Poste d’écoute"
[queues]
waiting = { one = "{count} personne attend", other = "{count} personnes attendent" }
waited = "attend depuis {duration}"
"""
ENGLISH = """
title = "Desk"
[queues]
waiting = { one = "{count} person is waiting", other = "{count} people are waiting" }
waited = "waiting for {duration}"
"""


def written(folder: Path, french: str = FRENCH, english: str = ENGLISH) -> Path:
    for language, text in (("fr", french), ("en", english)):
        (folder / language).mkdir()
        (folder / language / "desk.toml").write_text(text, encoding="utf-8")
    return folder


def test_the_products_own_catalog_is_complete() -> None:
    catalog = Catalog.load()
    assert catalog.languages == ("fr", "en")
    assert catalog.keys()


def test_every_area_exists_in_every_language() -> None:
    areas = [{path.name for path in (LOCALES / language).glob("*.toml")} for language in LANGUAGES]
    assert areas[0] == areas[1] != set()


def test_french_words_follow_french_typography() -> None:
    catalog = Catalog.load()
    wrong = re.compile(r" [;:!?»]|« |'")
    for area in {key.partition(".")[0] for key in catalog.keys()}:  # noqa: SIM118 - not a dict
        for key, text in catalog.area(area, "fr").items():
            for words in [text] if isinstance(text, str) else text.values():
                assert not wrong.search(words), f"{area}.{key}"


def test_spaces_that_were_typed_become_no_break_ones_in_french_only() -> None:
    typed = "« Là ? » Oui ! Non ; https://x:80 : 12:30"
    assert typeset(typed, "fr") == (
        "«\u202fLà\u202f?\u202f» Oui\u202f! Non\u202f; https://x:80\u00a0: 12:30"
    )
    assert typeset(typed, "en") == typed


def test_key_is_area_then_path(tmp_path: Path) -> None:
    catalog = Catalog.load(written(tmp_path))
    assert catalog.t("desk.title", "fr") == "Poste d’écoute"
    assert catalog.t("desk.queues.waited", "en", duration="5 min") == "waiting for 5 min"


def test_plural_form_is_the_languages_own(tmp_path: Path) -> None:
    catalog = Catalog.load(written(tmp_path))
    assert catalog.t("desk.queues.waiting", "fr", count=0) == "0 personne attend"
    assert catalog.t("desk.queues.waiting", "en", count=0) == "0 people are waiting"
    assert catalog.t("desk.queues.waiting", "en", count=1) == "1 person is waiting"
    # French has a form for millions; the file need not.
    assert catalog.t("desk.queues.waiting", "fr", count=1_000_000) == "1000000 personnes attendent"


def test_language_not_spoken_gets_the_first_one(tmp_path: Path) -> None:
    catalog = Catalog.load(written(tmp_path))
    assert catalog.t("desk.title", "pt") == "Poste d’écoute"
    assert catalog.area("desk", "pt")["title"] == "Poste d’écoute"


def test_missing_key_value_or_count_is_an_error(tmp_path: Path) -> None:
    catalog = Catalog.load(written(tmp_path))
    for key in ("desk.nothing", "desk.queues.waited", "desk.queues.waiting"):
        with pytest.raises(KeyError):
            catalog.t(key, "fr")
    with pytest.raises(TypeError):
        catalog.t("desk.queues.waiting", "fr", count="3")


def test_area_is_given_whole_to_a_pages_script(tmp_path: Path) -> None:
    area = Catalog.load(written(tmp_path)).area("desk", "en")
    assert set(area) == {"title", "queues.waiting", "queues.waited"}
    assert area["queues.waiting"] == {
        "one": "{count} person is waiting",
        "other": "{count} people are waiting",
    }


def test_every_gap_between_languages_is_named_at_once(tmp_path: Path) -> None:
    english = '[queues]\nwaiting = "{count} waiting"\nwaited = "for {time}"\nextra = " "\n'
    with pytest.raises(Misconfigured) as refused:
        Catalog.load(written(tmp_path, english=english))
    assert refused.value.mistakes == (
        "locales/fr/desk.toml: desk.queues.extra: is missing",
        "locales/en/desk.toml: desk.queues.extra: is empty",
        "locales/fr/desk.toml, locales/en/desk.toml: desk.queues.waited: has other placeholders in other languages",
        "locales/en/desk.toml: desk.title: is missing",
    )


def test_text_that_is_not_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"desk\.title: must be a text or a table of texts"):
        Catalog.load(written(tmp_path, french="title = 3"))
