"""Connection overrides in an address's fragment."""

import pytest

from contactcenter.telephony.emulator.hooks.overrides import Overrides, split


def test_fragment_is_taken_off_and_read() -> None:
    address = (
        "https://a.example/voice?x=1#e=dublin,frankfurt&ct=2000&rt=5000&tt=12000&rc=2&rp=ct,5xx"
    )
    assert split(address) == (
        "https://a.example/voice?x=1",
        Overrides(2.0, 5.0, 12.0, 2, frozenset({"ct", "5xx"})),
    )


def test_without_a_fragment_twilios_defaults_hold() -> None:
    bare, limits = split("https://a.example/voice")
    assert bare == "https://a.example/voice"
    assert limits == Overrides(5.0, 15.0, 15.0, 1, frozenset({"ct"}))


@pytest.mark.parametrize(
    ("fragment", "retries", "connect"),
    [("rc=9&ct=1", 5, 0.1), ("rc=-1&ct=99999", 1, 10.0), ("rc=&ct", 1, 5.0)],
)
def test_values_out_of_bounds_are_brought_back(fragment: str, retries: int, connect: float) -> None:
    _, limits = split(f"https://a.example/#{fragment}")
    assert (limits.retries, limits.connect_seconds) == (retries, connect)


def test_all_means_every_failure_and_unknown_policies_none() -> None:
    assert split("https://a.example/#rp=all")[1].retries_after("4xx")
    limits = split("https://a.example/#rp=whatever")[1]
    assert limits.retries_after("ct")
    assert not limits.retries_after("rt")
