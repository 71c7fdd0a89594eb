"""chat.widget: words of the page and of a reopening, and colours that can be read."""

import re
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest

from chat.centre import HELPLINE_TEXTS
from chat.widget.words import reopening_words
from config.helpline import telling
from config.text import Catalog
from tests.kit.chat_centre import MemoryCentre

NARROW, FIXED = "\u202f", "\u00a0"
# Friday 1 May 2026, 19:30 in Paris.
NOW = datetime(2026, 5, 1, 17, 30, tzinfo=UTC)
CATALOG = Catalog.load()
MODULES = ("app.js", "box.js", "device.js", "start.js", "view.js")


@pytest.mark.parametrize(
    ("reopens_at", "words"),
    [
        (datetime(2026, 5, 1, 19, 0, tzinfo=UTC), f"aujourd’hui à 21{FIXED}h"),
        (datetime(2026, 5, 2, 7, 0, tzinfo=UTC), f"demain à 9{FIXED}h"),
        # 22:15 UTC is already the next day in Paris.
        (datetime(2026, 5, 1, 22, 15, tzinfo=UTC), f"demain à 0{FIXED}h{FIXED}15"),
        (datetime(2026, 5, 4, 12, 30, tzinfo=UTC), f"lundi 4 mai à 14{FIXED}h{FIXED}30"),
    ],
)
def test_a_reopening_is_said_in_the_line_s_own_time(reopens_at: datetime, words: str) -> None:
    assert reopening_words(CATALOG, "fr", reopens_at, NOW, "Europe/Paris") == words


def test_a_reopening_is_said_in_english_too() -> None:
    at = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
    said = reopening_words(CATALOG, "en", at, NOW, "Europe/Paris")
    assert said.replace("\u202f", " ") == "Monday, 4 May at 2:30 PM"


def keys_used() -> set[str]:
    """Every key that the page's template and modules name."""
    here = files("chat.widget")
    used: set[str] = set()
    html = here.joinpath("page.html").read_text(encoding="utf-8")
    used |= set(re.findall(r"\bt\.([a-z_]+)", html)) | set(re.findall(r'data-t="([a-z_]+)"', html))
    for module in MODULES:
        text = here.joinpath(module).read_text(encoding="utf-8")
        used |= set(re.findall(r'words\.say\("([a-z_0-9]+)"', text))
        for title, words in re.findall(r'over\("([a-z_]+)", "([a-z_]+)"\)', text):
            used |= {title, words}
    return used


def test_every_word_of_the_page_exists_in_every_language() -> None:
    for language in ("fr", "en"):
        known = set(CATALOG.area("chat", language)) | HELPLINE_TEXTS
        assert keys_used() <= known


def test_no_word_of_the_page_is_left_unused() -> None:
    here = files("chat.widget")
    names = ("page.html", *MODULES, "browsers.py", "words.py")
    sources = "".join(here.joinpath(name).read_text(encoding="utf-8") for name in names)
    # What a state is called is said there, for every channel.
    sources += Path(telling.__file__).read_text(encoding="utf-8")
    for key in CATALOG.area("chat", "fr"):
        stem = re.sub(
            r"_adult$|(?<=^who_)\w+$|(?<=^answer_)\w+$|(?<=exit_steps_)\d$|(?<=^erase_)\w+$",
            "",
            key,
        )
        assert stem in sources, key


def test_the_page_s_own_words_never_stand_in_for_the_helpline_s() -> None:
    assert not HELPLINE_TEXTS & set(CATALOG.area("chat", "fr"))
    for language in ("fr", "en"):
        assert set(MemoryCentre().openings(language).texts) >= HELPLINE_TEXTS


def test_french_signs_have_their_no_break_spaces() -> None:
    for key, text in CATALOG.area("chat", "fr").items():
        assert isinstance(text, str)
        assert not re.search(r"[^\u202f\u00a0][;!?]", text), key
        assert "'" not in text, key


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(two)))
    return (lighter + 0.05) / (darker + 0.05)


def palettes() -> list[dict[str, str]]:
    """The light colours, and the dark ones over them."""
    css = files("chat.widget").joinpath("widget.css").read_text(encoding="utf-8")
    light, dark = (
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root \{(.*?)\}", css, re.DOTALL)[:2]
    )
    return [light, {**light, **dark}]


@pytest.mark.parametrize("colours", palettes())
def test_words_can_be_read_and_edges_be_seen(colours: dict[str, str]) -> None:
    """4.5 : 1 for words (WCAG 1.4.3), 3 : 1 for edges of controls and the focus (1.4.11)."""
    words = [
        ("ink", "paper"),
        ("ink", "card"),
        ("ink", "theirs"),
        ("quiet", "paper"),
        ("quiet", "card"),
        ("on-main", "main"),
        ("on-main", "main-strong"),
        ("on-mine", "mine"),
        ("danger", "danger-paper"),
        ("danger", "paper"),
        ("danger", "card"),
        ("on-exit", "exit"),
    ]
    edges = [
        ("edge", "card"),
        ("edge", "paper"),
        ("focus", "paper"),
        ("focus", "card"),
        ("main", "card"),
    ]
    for least, pairs in ((4.5, words), (3.0, edges)):
        for one, two in pairs:
            assert contrast(colours[one], colours[two]) >= least, (one, two)
