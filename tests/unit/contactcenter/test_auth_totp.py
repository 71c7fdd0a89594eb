"""One-time codes: the norm's own values, drift, and no code twice."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from contactcenter.auth.totp import (
    code_at,
    matching_step,
    new_secret,
    provisioning_uri,
    step_of,
)

# RFC 6238, appendix B: the SHA-1 secret; the last six digits of its eight.
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
RFC_VALUES = {59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"}
NOW = datetime(2026, 3, 2, 12, 0, 10, tzinfo=UTC)


@pytest.mark.parametrize(("second", "code"), RFC_VALUES.items())
def test_codes_are_those_of_the_norm(second: int, code: str) -> None:
    now = datetime.fromtimestamp(second, UTC)
    assert code_at(RFC_SECRET, step_of(now)) == code
    assert matching_step(RFC_SECRET, code, now, None) == second // 30


@pytest.mark.parametrize(
    ("steps_away", "matches"), [(-2, False), (-1, True), (1, True), (2, False)]
)
def test_a_code_is_good_one_step_each_side(steps_away: int, matches: bool) -> None:
    secret = new_secret()
    code = code_at(secret, step_of(NOW))
    found = matching_step(secret, code, NOW + timedelta(seconds=30 * steps_away), None)
    assert (found == step_of(NOW)) is matches


def test_a_code_serves_once() -> None:
    secret = new_secret()
    step = step_of(NOW)
    assert matching_step(secret, code_at(secret, step), NOW, step - 1) == step
    assert matching_step(secret, code_at(secret, step), NOW, step) is None
    assert matching_step(secret, code_at(secret, step - 1), NOW, step) is None


@pytest.mark.parametrize("code", ["", "12345", "1234567", "12345a", "-12345", "+12345"])
def test_what_is_not_six_digits_never_matches(code: str) -> None:
    assert matching_step(RFC_SECRET, code, NOW, None) is None


def test_a_code_may_be_typed_with_a_space_as_the_apps_show_it() -> None:
    code = code_at(RFC_SECRET, step_of(NOW))
    assert matching_step(RFC_SECRET, f"{code[:3]} {code[3:]}", NOW, None) == step_of(NOW)


def test_the_address_for_the_authenticator_names_account_and_issuer() -> None:
    assert provisioning_uri(RFC_SECRET, "camille", "DLPM") == (
        f"otpauth://totp/DLPM:camille?secret={RFC_SECRET}&issuer=DLPM"
    )


@pytest.mark.parametrize(
    "way",
    [
        "{0} {1}", "{0}\u202f{1}", "{0}\u00a0{1}\r\n", "\ufeff{0}{1}\u200b", "\t{0}\u2009{1} ", "{0}\n{1}",
    ],
)  # fmt: skip
def test_blanks_that_a_code_was_typed_or_copied_with_do_not_count(way: str) -> None:
    secret = new_secret()
    code = code_at(secret, step_of(NOW))
    assert matching_step(secret, way.format(code[:3], code[3:]), NOW, None) == step_of(NOW)
    full_width = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    assert matching_step(secret, full_width, NOW, None) == step_of(NOW)
