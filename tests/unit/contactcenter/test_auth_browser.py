"""What follows from the staff port's address: the cookie's name, the origins that are ours."""

import pytest

from config.errors import Misconfigured
from contactcenter.auth.cookies import BrowserRules


def test_https_binds_the_cookie_to_the_host() -> None:
    rules = BrowserRules.of("https://desk.example")
    assert rules.cookie_name == "__Host-cc_session"
    assert rules.secure
    assert rules.origins == {"https://desk.example"}


def test_a_port_is_part_of_the_origin() -> None:
    assert BrowserRules.of("https://desk.example:8443").origins == {"https://desk.example:8443"}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.0.0.53"])
def test_loopback_over_http_has_a_plain_cookie_and_one_place_under_every_name(host: str) -> None:
    rules = BrowserRules.of(f"http://{host}:8090")
    assert rules.cookie_name == "cc_session"
    assert not rules.secure
    assert {"http://127.0.0.1:8090", "http://localhost:8090"} <= rules.origins


@pytest.mark.parametrize(
    "address", ["http://desk.example", "http://10.0.0.1:8090", "ftp://desk.example", "", "desk"]
)
def test_sessions_never_travel_in_clear(address: str) -> None:
    with pytest.raises(Misconfigured) as refusal:
        BrowserRules.of(address)
    assert "STAFF_BASE_URL" in refusal.value.mistakes[0]
