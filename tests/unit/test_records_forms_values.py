"""A form's values: checked, sorted by class, turned into facts and search words."""

from datetime import date, timedelta

import pytest

from config.errors import InvalidInput
from config.helpline.schema.records import FormField
from config.vocabulary import Disposition
from records.forms import values
from records.forms.values import (
    DAYS_AHEAD,
    DAYS_BACK,
    LONG_TEXT_CHARS,
    TEXT_CHARS,
    Split,
    facts,
    missing_for_close,
    search_words,
)


def a_field(name, kind, field_class="coded", options=(), **more):
    labels = [{"id": each, "label": {"fr": each}} for each in options]
    return FormField.model_validate(
        {
            "id": name,
            "type": kind,
            "class": field_class,
            "label": {"fr": name},
            "section": "all",
            "options": labels,
            **more,
        }
    )


FIELDS = (
    a_field("qualification", "choice", options=("ip", "aide"), required_for_close=("treated",)),
    a_field("dangers", "choices", options=("fugue", "dette", "ist")),
    a_field("repeat", "boolean"),
    a_field("children", "number"),
    a_field("age", "number", "sealed", minimum=0, maximum=25),
    a_field("birth", "date", "sealed"),
    a_field("notes", "long_text", "sealed"),
    a_field("school", "text", "coded", max_chars=10),
    a_field("alias", "text", "searchable"),
)


TODAY = date(2026, 11, 30)


def split(fields, given):
    return values.split(fields, given, TODAY)


def test_values_are_sorted_by_class_of_field():
    parts = split(
        FIELDS,
        {
            "qualification": "ip",
            "dangers": ["fugue", "ist", "fugue"],
            "repeat": False,
            "children": 2,
            "birth": "2011-02-03",
            "notes": "  elle dit … ",
            "alias": "Zoé",
        },
    )
    assert parts == Split(
        coded={
            "qualification": "ip",
            "dangers": ["fugue", "ist"],
            "repeat": False,
            "children": 2,
        },
        sealed={"birth": "2011-02-03", "notes": "  elle dit … "},
        searchable={"alias": "Zoé"},
    )


@pytest.mark.parametrize("empty", [None, "", []])
def test_an_empty_answer_is_no_answer(empty):
    assert split(FIELDS, {"dangers": empty}) == Split()


@pytest.mark.parametrize("blank", [" \n ", "\u200b", "\u2060\u00ad", "\u3164"])
def test_a_blank_text_is_no_answer(blank):
    assert split(FIELDS, {"notes": blank, "alias": blank}) == Split()


def test_a_value_for_no_field_is_refused_without_repeating_its_name():
    with pytest.raises(InvalidInput) as refusal:
        split(FIELDS, {"Camille Martin": "x"})
    assert refusal.value.code == "unknown_field"
    assert refusal.value.field is None
    assert "Camille" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("qualification", "autre", "unknown_option"),
        ("qualification", 3, "unknown_option"),
        ("dangers", "fugue", "wrong_type"),
        ("dangers", ["fugue"] * 101, "wrong_type"),
        ("dangers", ["inconnu"], "unknown_option"),
        ("dangers", [["fugue"]], "unknown_option"),
        ("repeat", "yes", "wrong_type"),
        ("children", True, "wrong_type"),
        ("children", "2", "wrong_type"),
        ("children", 10**13, "number_out_of_range"),
        ("children", float("nan"), "number_out_of_range"),
        ("age", 26, "number_out_of_range"),
        ("age", -1, "number_out_of_range"),
        ("school", "a" * 11, "text_too_long"),
        ("birth", 20110203, "wrong_type"),
        ("birth", "3 février", "wrong_date"),
        ("birth", "0020-12-24", "wrong_date"),
        ("birth", "9999-12-31", "wrong_date"),
        ("birth", "2062-12-24", "wrong_date"),
        ("birth", "2026-W05-1", "wrong_date"),
        ("birth", "20261224", "wrong_date"),
        ("birth", "2026-12-24T10:00", "wrong_date"),
        ("birth", " 2026-12-24", "wrong_date"),
        ("birth", "٢٠٢٦-12-24", "wrong_date"),
        ("birth", "2025-02-29", "wrong_date"),
        ("age", 12.5, "wrong_type"),
        ("alias", "a\x00b", "not_a_text"),
        ("notes", 12, "wrong_type"),
        ("notes", "a" * (LONG_TEXT_CHARS + 1), "text_too_long"),
        ("alias", "a" * (TEXT_CHARS + 1), "text_too_long"),
        ("alias", "\ud83d", "not_a_text"),
    ],
)
def test_a_wrong_value_is_refused_by_field_and_never_repeated(name, value, code):
    with pytest.raises(InvalidInput) as refusal:
        split(FIELDS, {name: value})
    assert (refusal.value.code, refusal.value.field) == (code, name)
    assert str(refusal.value) == "a value of the wrong kind"


@pytest.mark.parametrize("days", [-DAYS_BACK.days, 0, DAYS_AHEAD.days])
def test_a_day_is_kept_from_a_long_life_back_to_two_years_ahead(days):
    day = (TODAY + timedelta(days=days)).isoformat()
    assert split(FIELDS, {"birth": day}) == Split(sealed={"birth": day})
    beyond = TODAY + timedelta(days=days + (1 if days > 0 else -1))
    if days:
        with pytest.raises(InvalidInput):
            split(FIELDS, {"birth": beyond.isoformat()})


def test_free_text_is_sealed_even_where_the_form_says_coded():
    assert split(FIELDS, {"school": "Jean Zay"}) == Split(sealed={"school": "Jean Zay"})


def test_what_closing_needs_depends_on_the_disposition():
    assert missing_for_close(FIELDS, {}, Disposition.TREATED) == ["qualification"]
    assert missing_for_close(FIELDS, {}, Disposition.NON_CONTENT) == []
    assert missing_for_close(FIELDS, {"qualification": "ip"}, Disposition.TREATED) == []


def test_facts_are_one_pair_per_answer():
    coded = {"qualification": "ip", "dangers": ["fugue", "ist"], "repeat": True, "children": 2}
    assert facts(coded) == [
        ("qualification", "ip"),
        ("dangers", "fugue"),
        ("dangers", "ist"),
        ("repeat", "yes"),
        ("children", "2"),
    ]
    assert facts({"repeat": False}) == [("repeat", "no")]


def test_search_words_ignore_case_accents_and_punctuation():
    assert search_words("Zoé-Anne  d’Été, zoé") == ["zoe", "anne", "d", "ete"]
    assert search_words(["AB", "cd"]) == ["ab", "cd"]
    assert len(search_words(" ".join(str(n) for n in range(100)))) == 32
