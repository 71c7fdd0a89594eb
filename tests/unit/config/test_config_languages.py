"""config.languages: one way to read which language somebody wants."""

import pytest

from config.languages import best_language, is_tag, spoken, wanted

OFFERED = ("fr", "en")


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("en_US", "en"),
        ("EN", "en"),
        ("En-gb-oxendict", "en"),
        ("fr-FR", "fr"),
        ("fr-CA-u-ca-gregory", "fr"),
        ("eng", "en"),
        ("fra-FR", "fr"),
        ("pt-BR", None),
        ("enx", None),
        ("e", None),
        ("", None),
        (None, None),
        ("en GB", None),
        ("en-", None),
        ("<b>", None),
        ("en" + "-x" * 40, None),
    ],
)
def test_region_case_and_script_of_a_tag_do_not_matter(tag: str | None, language: str) -> None:
    assert spoken(tag, OFFERED) == language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "fr"),
        ("en-GB,en;q=0.9,fr;q=0.8", "en"),
        ("fr;q=0.3, en;q=0.7", "en"),
        ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "fr"),
        ("en; q=0.5 , fr ; Q=0.9", "fr"),
        ("de, pt-BR", "fr"),
        ("de, EN;q=0.1", "en"),
        ("en;level=1;q=0.2, fr", "fr"),
        ("en;q=zero", "en"),
        ("en_GB", "en"),
        ("en;q=0", "fr"),
        ("fr;q=0", "en"),
        ("fr;q=0, *;q=0.1", "en"),
        ("fr;q=0, en;q=0", "fr"),
        ("*", "fr"),
        (",,;;=,", "fr"),
        ("x" * 10_000, "fr"),
    ],
)
def test_readers_language_is_the_best_offered(header: str, language: str) -> None:
    assert best_language(header, OFFERED) == language


def test_a_language_asked_for_by_name_comes_before_those_preferred() -> None:
    assert best_language(wanted("en-GB", "fr"), OFFERED) == "en"
    assert best_language(wanted("ar", "en-US"), OFFERED) == "en"
    assert best_language(wanted("fr;q=0", "fr"), OFFERED) == "fr"
    assert best_language(wanted("", "en"), OFFERED) == "en"
    assert not is_tag("fr;q=0")
