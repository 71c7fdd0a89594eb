"""What fits beside what a listener already holds."""

import pytest

from config.vocabulary import Channel
from records.contacts.acceptance import has_place

CALL, CHAT = Channel.CALL, Channel.CHAT


@pytest.mark.parametrize(
    ("channel", "calls", "chats", "fits"),
    [
        (CALL, 0, 0, True),
        (CALL, 1, 0, False),
        (CALL, 0, 1, False),
        (CHAT, 0, 2, True),
        (CHAT, 0, 3, False),
        (CHAT, 1, 0, False),
    ],
)
def test_one_call_or_up_to_so_many_chats(channel, calls, chats, fits) -> None:
    assert has_place(channel, calls, chats, 3, 0) is fits


@pytest.mark.parametrize(
    ("channel", "calls", "chats", "fits"),
    [
        (CALL, 0, 2, True),
        (CALL, 0, 3, False),
        (CALL, 1, 0, False),
        (CHAT, 0, 2, True),
        (CHAT, 1, 1, True),
        (CHAT, 1, 2, False),
    ],
)
def test_a_mix_holds_a_call_and_so_many_chats_beside_it(channel, calls, chats, fits) -> None:
    assert has_place(channel, calls, chats, 3, 2) is fits


def test_a_mix_never_allows_more_chats_than_she_takes() -> None:
    assert not has_place(CHAT, 1, 1, 1, 5)
    assert not has_place(CALL, 0, 2, 1, 5)
