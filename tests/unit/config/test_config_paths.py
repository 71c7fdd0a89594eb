"""Nobody may come at an hour when nothing answers: check-config says who, how and when."""

from tests.unit.config.conftest import Spoilt

DAY_AND_NIGHT = "\n".join(
    f'{day} = ["00:00-24:00"]' for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
)
OFFICE = DAY_AND_NIGHT.replace("00:00-24:00", "09:00-18:00")
STANDS_IN = 'when_closed = { queue = "mineur_pour_soi" }'


def _own_hours(
    spoilt: Spoilt, queue: str, channels: str, week: str, on_holidays: str = '"as_usual"'
) -> Spoilt:
    """Give a queue that answered day and night hours of its own."""
    spoilt.replace("hours.toml", f'"{queue}",', "")
    return spoilt.append("hours.toml", _rule(queue, channels, week, on_holidays))


def _rule(queue: str, channels: str, week: str, on_holidays: str = '"as_usual"') -> str:
    return (
        f'\n[[hours]]\nqueues = ["{queue}"]\nchannels = {channels}\non_holidays = {on_holidays}\n'
        f"[hours.week]\n{week}\n"
    )


def test_hours_without_an_answer_are_named_with_who_comes_then(spoilt: Spoilt) -> None:
    week = DAY_AND_NIGHT.replace('sun = ["00:00-24:00"]', "sun = []")
    found = _own_hours(spoilt, "parent_proche", '["call", "chat"]', week).mistakes()
    why = "parent_proche is closed, and so is what stands in for it"
    assert found == (
        f"entry.toml: entry[2]: leads relative by call in fr or en to nobody on sun: {why}",
        f"entry.toml: entry[2]: leads relative by chat in fr or en to nobody on sun: {why}",
        f"entry.toml: menu[2]: leads relative by call in fr or en to nobody on sun: {why}",
    )


def test_gap_of_some_minutes_is_told_to_the_minute(spoilt: Spoilt) -> None:
    week = DAY_AND_NIGHT.replace(
        'wed = ["00:00-24:00"]', 'wed = ["00:00-12:00", "12:05-20:00", "20:00-24:00"]'
    )
    found = _own_hours(spoilt, "professionnel", '["call", "chat"]', week).mistakes()
    assert all(" to nobody on wed 12:00-12:05: " in line for line in found)
    assert len(found) == 3


def test_calls_that_come_back_are_answered_at_every_hour_too(spoilt: Spoilt) -> None:
    (found,) = _own_hours(spoilt, "rappel_coupure", '["call", "chat"]', OFFICE).mistakes()
    assert found.startswith("entry.toml: returning_queue: leads unknown by call in fr or en ")


def test_many_gaps_are_summed_up(spoilt: Spoilt) -> None:
    (first, *_) = _own_hours(spoilt, "temoin", '["call", "chat"]', OFFICE).mistakes()
    assert "mon 00:00-09:00, mon 18:00-24:00, tue 00:00-09:00 and 11 more: " in first
    assert first.startswith("entry.toml: menu[5]: leads relative by call")


def test_public_holidays_are_hours_too(spoilt: Spoilt) -> None:
    found = _own_hours(
        spoilt, "parent_proche", '["call", "chat"]', DAY_AND_NIGHT, '"closed"'
    ).mistakes()
    assert len(found) == 3
    assert all(" to nobody on holidays: " in line for line in found)


def test_shorter_holidays_are_told_apart_from_the_week(spoilt: Spoilt) -> None:
    found = _own_hours(
        spoilt, "parent_proche", '["call", "chat"]', DAY_AND_NIGHT, '["00:00-20:00"]'
    ).mistakes()
    assert all(" to nobody on holidays 20:00-24:00: " in line for line in found)


def test_open_queue_that_stands_in_is_a_way(spoilt: Spoilt) -> None:
    spoilt.replace("queues.toml", 'id = "parent_proche"', f'id = "parent_proche"\n{STANDS_IN}')
    assert _own_hours(spoilt, "parent_proche", '["call", "chat"]', OFFICE).mistakes() == ()


def test_queue_that_stands_in_for_one_that_stands_in_is_a_way_too(spoilt: Spoilt) -> None:
    chained = 'when_closed = { queue = "dlpm_specialiste" }'
    spoilt.replace("queues.toml", 'id = "parent_proche"', f'id = "parent_proche"\n{chained}')
    assert _own_hours(spoilt, "parent_proche", '["call", "chat"]', OFFICE).mistakes() == ()


def test_queue_that_stands_in_but_is_closed_too_is_no_way(spoilt: Spoilt) -> None:
    _own_hours(spoilt, "temoin", '["call", "chat"]', OFFICE)
    stands_in = 'when_closed = { queue = "temoin" }'
    spoilt.replace("queues.toml", 'id = "parent_proche"', f'id = "parent_proche"\n{stands_in}')
    _own_hours(spoilt, "parent_proche", '["call", "chat"]', OFFICE)
    found = spoilt.mistakes()
    assert any(line.startswith("entry.toml: entry[2]: leads relative by call") for line in found)


def test_channel_meant_to_close_needs_another_that_answers(spoilt: Spoilt) -> None:
    office = f"may_close = true\n[hours.week]\n{OFFICE}"
    _own_hours(spoilt, "parent_proche", '["call"]', DAY_AND_NIGHT)
    spoilt.append(
        "hours.toml", _rule("parent_proche", '["chat"]', "").replace("[hours.week]\n", office)
    )
    assert spoilt.mistakes() == ()
    spoilt.replace("hours.toml", "may_close = true\n", "")
    (found,) = spoilt.mistakes()
    assert found.startswith("entry.toml: entry[2]: leads relative by chat in fr or en to nobody")


def test_two_channels_meant_to_close_together_answer_nobody(spoilt: Spoilt) -> None:
    week = f"may_close = true\n[hours.week]\n{OFFICE}"
    spoilt.replace("hours.toml", '"parent_proche", ', "")
    spoilt.append(
        "hours.toml",
        _rule("parent_proche", '["call", "chat"]', "").replace("[hours.week]\n", week),
    )
    assert len(spoilt.mistakes()) == 3


def test_key_of_one_language_names_that_language_only(spoilt: Spoilt) -> None:
    spoilt.replace("entry.toml", 'queue = "mineur_pour_soi"\naudience = "unknown"\nurgency = "U3"\nlanguage', 'queue = "temoin"\naudience = "unknown"\nurgency = "U3"\nlanguage')  # fmt: skip
    found = _own_hours(spoilt, "temoin", '["call", "chat"]', OFFICE).mistakes()
    assert any(
        line.startswith("entry.toml: menu[9]: leads unknown by call in en ") for line in found
    )


def test_closing_on_an_exceptional_day_is_the_operators_decision(spoilt: Spoilt) -> None:
    spoilt.append(
        "hours.toml",
        '\n[[exceptions]]\nday = 2026-12-24\nqueues = ["*"]\nchannels = ["call", "chat"]\n'
        "intervals = []\n",
    )
    assert spoilt.mistakes() == ()
