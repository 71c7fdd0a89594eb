"""What shows nothing is blank, whatever signs it is made of; what shows something is not."""

import pytest

from config.typography import one_line
from config.writing import is_blank, is_storable, without_edges

INVISIBLE = (
    *(chr(code) for code in (0x00, 0x09, 0x0A, 0x1F, 0x7F, 0x85, 0xA0, 0xAD, 0x034F, 0x061C)),
    *(chr(code) for code in (0x115F, 0x1160, 0x1680, 0x17B4, 0x17B5, 0x180B, 0x180E, 0x180F)),
    *(chr(code) for code in range(0x2000, 0x2010)),
    *(chr(code) for code in range(0x2028, 0x2030)),
    *(chr(code) for code in range(0x205F, 0x2070)),
    *(chr(code) for code in (0x2800, 0x3000, 0x3164, 0xFE00, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF0)),
    *(chr(code) for code in (0xFFF9, 0xFFFB, 0x1D159, 0x1D173, 0x1BCA0, 0xE0001, 0xE0020)),
    *(chr(code) for code in (0xE007F, 0xE0100, 0xE01EF, 0xE0FFF)),
)


@pytest.mark.parametrize("sign", INVISIBLE, ids=lambda sign: f"U+{ord(sign):04X}")
def test_a_sign_that_nobody_sees_is_blank(sign: str) -> None:
    assert is_blank(sign)
    assert is_blank(f" {sign}\u200b{sign}\u2066\n")
    assert not is_blank(f"{sign}a")


@pytest.mark.parametrize("text", ["a", ".", "\u2764\ufe0f", "\u06dd", "\u0301", "0", "\U0001f600"])
def test_one_sign_that_is_seen_is_enough(text: str) -> None:
    assert not is_blank(text)
    assert without_edges(f"\u200b {text}\u2060\n") == text


def test_nothing_is_blank() -> None:
    assert is_blank("")


def test_what_completes_a_sign_stays_with_it() -> None:
    england = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
    assert without_edges(f" {england} ") == england
    assert without_edges("\u200b\ufe0f ") == ""


@pytest.mark.parametrize("text", ["a\x00b", "\ud83d", "b\udc00"])
def test_what_no_store_holds_is_known(text: str) -> None:
    assert not is_storable(text)
    assert is_storable("a\u200b\U0001f600")


def test_words_of_signs_that_nobody_sees_are_no_line() -> None:
    assert one_line("\u200b\u2060 \u3164\n") == ""
    assert one_line(" \u200bFermé\u202f! ") == "Fermé\u202f!"
