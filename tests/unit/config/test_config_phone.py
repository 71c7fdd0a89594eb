"""Telephone numbers as carriers and people write them."""

import pytest

from config.phone import configured_number, line_number, region_of, valid_number

MOBILE = "+33612345678"


@pytest.mark.parametrize(
    "written",
    [
        "+33612345678", "0612345678", "0033612345678", "33612345678", "612345678",
        "+330612345678", "+33(0)612345678", "+33 (0)6 12 34 56 78", "06 12 34 56 78",
        "06.12.34.56.78", "06-12-34-56-78", "+33\u202f6\u202f12\u00a034\u200956 78",
        "\u202a+33612345678\u202c", " +33612345678\r\n", "+33６1２345678",
        "tel:+33612345678", "tel:0612345678;phone-context=+33", "TEL:+33-6-12-34-56-78",
        "sip:+33612345678@carrier.example", "sips:+33612345678@[2001:db8::1]:5061;transport=tls",
        "sip:+33612345678@carrier.example:5060;user=phone", "SIP:0612345678@10.0.0.1",
        "sip:%2B33612345678@carrier.example", "sip:+33612345678;npdi;rn=+33999999999@c.example",
        '"A name" <sip:+33612345678@carrier.example;user=phone>', "sip:0033612345678@c.example",
    ],
)  # fmt: skip
def test_one_number_is_read_whichever_way_a_carrier_writes_it(written: str) -> None:
    assert valid_number(written, "FR") == MOBILE


@pytest.mark.parametrize(
    ("national", "country"),
    [
        ("692601234", 262), ("693401234", 262), ("262970123", 262), ("639401234", 262),
        ("269611234", 262), ("690551234", 590), ("590551234", 590), ("694221291", 594),
        ("594301234", 594), ("696301234", 596), ("596501234", 596), ("697301234", 596),
    ],
)  # fmt: skip
def test_an_overseas_number_is_one_number_behind_its_own_country_code_and_behind_33(
    national: str, country: int
) -> None:
    expected = f"+{country}{national}"
    ways = (expected, f"+33{national}", f"0{national}", f"0033{national}", f"33{national}",
            f"+33 (0){national}", f"+{country}0{national}", f"00{country}{national}",
            f"sip:+33{national}@carrier.example")  # fmt: skip
    assert {valid_number(written, "FR") for written in ways} == {expected}


@pytest.mark.parametrize(
    "written",
    [
        "", " ", "+", "anonymous", "Anonymous", "restricted", "unknown", "unavailable", "private",
        "blocked", "withheld", "sip:anonymous@anonymous.invalid", "sip:", "tel:", "client:ines_1",
        "+266696687", "266696687", "+7378742833", "7378742833", "+2562533", "2562533", "+8656696",
        "8656696", "+86282452253", "86282452253", "sip:266696687@carrier.example",
        "17", "119", "3114", "+119", "+33", "+336123456780", "+3300612345678", "06 12 34 56 78 poste 3",
        "1-800-FLOWERS", "6" * 300, "+33612345678x", "\x00", "+33612345678,+33612345679",
    ],
)  # fmt: skip
def test_what_is_no_number_counts_as_withheld(written: str) -> None:
    assert valid_number(written, "FR") is None


def test_a_foreign_number_keeps_its_country_and_needs_no_sign() -> None:
    assert valid_number("+1 202 555 0123", "FR") == "+12025550123"
    assert valid_number("12025550123", "FR") == "+12025550123"
    assert valid_number("0032 2 555 12 12", "FR") == "+3225551212"


def test_our_own_numbers_are_read_in_every_way_and_may_be_fictional() -> None:
    ways = ("+33199000190", "+33 1 99 00 01 90", "0199000190", "+330199000190",
            "sip:+33199000190@dlpm.example", "33199000190")  # fmt: skip
    assert {line_number(written, "FR") for written in ways} == {"+33199000190"}
    assert line_number("0639980001", "FR") == "+33639980001"  # kept for fiction (ARCEP)
    assert line_number("not a number", "FR") is None
    assert region_of("+33639980001") == "FR"
    assert region_of("+32470123456") == "BE"


def test_a_configured_number_is_tidied_or_refused_with_what_may_be_meant() -> None:
    assert configured_number("+33 1 99 00 01 90") == "+33199000190"
    assert configured_number("\ufeff+33199000190\r\n") == "+33199000190"
    for wrong in ("+330199000190", "+33(0)199000190"):
        with pytest.raises(ValueError, match=r"is \+33199000190 meant"):
            configured_number(wrong)
    for wrong in ("0199000190", "33199000190", "", "+", "+33", "the 119", "+33199000190 poste 2"):
        with pytest.raises(ValueError, match=r"in E\.164"):
            configured_number(wrong)
    with pytest.raises(ValueError, match=r"is \+590590551234 meant"):
        configured_number("+33590551234")
    with pytest.raises(ValueError, match=r"E\.164"):
        region_of("119")
