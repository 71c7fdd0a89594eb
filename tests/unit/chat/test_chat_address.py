"""Where a request comes from: every form that kernels and proxies write of one client."""

import pytest

from chat.address import UNREADABLE, area_of, client_of, origin_of

CLIENT = "198.51.100.7"
HOME = "2001:db8:1:2::/64"

FORMS_OF_THE_CLIENT = (
    CLIENT,
    f"  {CLIENT}\t",
    f"{CLIENT}:51234",
    f'"{CLIENT}"',
    f'"{CLIENT}:51234"',
    f"[{CLIENT}]:51234",
    f"::ffff:{CLIENT}",
    f"::FFFF:{CLIENT}",
    "::ffff:c633:6407",
    "0:0:0:0:0:ffff:c633:6407",
    f"[::ffff:{CLIENT}]",
    f'"[::ffff:{CLIENT}]:443"',
    f"::ffff:{CLIENT}%eth0",
    f"::ffff:0:{CLIENT}",
    f"::{CLIENT}",
    f"64:ff9b::{CLIENT}",
    "64:FF9B::c633:6407",
    f"64:ff9b:1::{CLIENT}",
    "2002:c633:6407::1",
    "2002:c633:6407:9:8:7:6:5",
    "2001:0:4136:e378:8000:63bf:39cc:9bf8",  # Teredo: the outside of the NAT, inverted
)
FORMS_OF_THE_HOME = (
    "2001:db8:1:2::1",
    "2001:DB8:1:2:FFFF::9",
    "2001:0db8:0001:0002:0000:0000:0000:0009",
    "[2001:db8:1:2::1]",
    "[2001:db8:1:2::1]:443",
    '"[2001:db8:1:2::1]:443"',
    "2001:db8:1:2::1%3",
    "[2001:db8:1:2::1%25eth0]:443",
)
NO_ADDRESSES = (
    "unknown",
    "_hidden",
    '"_SEVKISEK"',
    "",
    '"',
    '""',
    "unix:",
    "localhost",
    "0x7f.1",
    "198.51.100",
    "198.051.100.007",
    "198.51.100.7.9",
    "198.51.100.7:port",
    "[198.51.100.7",
    "2001:db8:::1",
    "[]",
    "[]:443",
    "1" * 5000,
    "\ud800\udcff",
    "198.51.100.7 or so",
    "¹98.51.100.7",
)


@pytest.mark.parametrize("written", FORMS_OF_THE_CLIENT)
def test_one_ipv4_client_is_one_however_a_proxy_writes_it(written: str) -> None:
    assert client_of("10.0.0.1", written, 1) == CLIENT
    assert client_of(written, None, 0) == CLIENT


@pytest.mark.parametrize("written", FORMS_OF_THE_HOME)
def test_one_household_of_ipv6_is_one_however_a_proxy_writes_it(written: str) -> None:
    assert client_of("10.0.0.1", written, 1) == HOME


@pytest.mark.parametrize("written", NO_ADDRESSES)
def test_whatever_cannot_be_read_is_one_client(written: str) -> None:
    assert client_of("10.0.0.1", f"203.0.113.9,{written}", 1) == UNREADABLE
    assert client_of(written, None, 0) == UNREADABLE
    assert len(origin_of("10.0.0.1", f"203.0.113.9,{written}", 1)) == 16


def test_two_ipv4_clients_behind_a_dual_stack_proxy_are_two() -> None:
    assert client_of(None, "::ffff:198.51.100.7", 1) != client_of(None, "::ffff:203.0.113.9", 1)
    assert client_of(None, "64:ff9b::1.2.3.4", 1) != client_of(None, "64:ff9b::1.2.3.5", 1)


def test_loopback_and_nothing_are_no_ipv4_addresses() -> None:
    assert client_of("::1", None, 0) == "::/64"
    assert client_of(None, None, 0) == UNREADABLE


def test_a_client_cannot_choose_its_address_when_no_proxy_is_ours() -> None:
    assert client_of("10.0.0.1", "1.2.3.4", 0) == "10.0.0.1"


@pytest.mark.parametrize(
    ("forwarded", "hops"),
    [
        ("203.0.113.9", 1),
        ("6.6.6.6, 203.0.113.9", 1),
        ("6.6.6.6,7.7.7.7,, 203.0.113.9", 1),
        ("6.6.6.6, 203.0.113.9, 10.0.0.9", 2),
        ("203.0.113.9, 10.0.0.9", 2),
        ("203.0.113.9", 2),  # asked from between the proxies
    ],
)
def test_only_what_our_own_proxies_added_is_believed(forwarded: str, hops: int) -> None:
    assert client_of("10.0.0.1", forwarded, hops) == "203.0.113.9"


def test_an_entry_left_empty_is_not_filled_by_the_clients_own_words() -> None:
    assert client_of("10.0.0.1", "6.6.6.6,", 1) == UNREADABLE
    assert client_of("10.0.0.1", "6.6.6.6, , 10.0.0.9", 2) == UNREADABLE


@pytest.mark.parametrize("forwarded", [None, "", "  "])
def test_without_a_word_of_a_proxy_whoever_connected_is_the_client(forwarded: str | None) -> None:
    assert client_of("192.0.2.1", forwarded, 1) == "192.0.2.1"


@pytest.mark.parametrize(
    ("client", "area"),
    [
        (CLIENT, "198.51.100.0/24"),
        (HOME, "2001:db8:1::/48"),
        ("2001:db8:1:ffff::/64", "2001:db8:1::/48"),
        (UNREADABLE, UNREADABLE),
    ],
)
def test_a_clients_area_is_what_it_can_move_in(client: str, area: str) -> None:
    assert area_of(client) == area


def test_the_address_itself_is_not_kept() -> None:
    assert b"10.0.0.1" not in origin_of("10.0.0.1", None, 0)
    assert origin_of("10.0.0.1", None, 0) == origin_of("::ffff:10.0.0.1", None, 0)
