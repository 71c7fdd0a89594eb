"""Whatever the week, an opening begins where a closing was announced to end, and back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from config.helpline.hours import Closed, Open, opening
from config.helpline.schema.calendar import HoursFile
from config.vocabulary import Channel

PARIS = ZoneInfo("Europe/Paris")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@st.composite
def days(draw: st.DrawFn) -> list[str]:
    """Return intervals of one day that do not overlap, in order."""
    bounds = sorted(draw(st.sets(st.integers(0, 96), max_size=6)))
    pairs = zip(bounds[::2], bounds[1::2], strict=False)
    return [f"{_clock(start)}-{_clock(end)}" for start, end in pairs]


def _clock(quarter: int) -> str:
    return f"{quarter // 4:02}:{quarter % 4 * 15:02}"


weeks = st.fixed_dictionaries({day: days() for day in DAYS})
# Two years, so both changes of clocks and many holidays are met.
instants = st.integers(0, 2 * 366 * 96).map(
    lambda quarter: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * quarter)
)


@settings(max_examples=150, deadline=None)
@given(weeks, st.sampled_from(["as_usual", "closed"]), instants)
def test_announced_change_is_the_next_change(
    week: dict[str, list[str]], on_holidays: str, now: datetime
) -> None:
    rules = HoursFile.model_validate(
        {
            "holidays": {"country": "FR"},
            "hours": [
                {"queues": ["*"], "channels": ["call"], "week": week, "on_holidays": on_holidays}
            ],
        }
    )

    def at(instant: datetime) -> Open | Closed:
        return opening(rules, PARIS, Channel.CALL, "q", instant)

    found = at(now)
    change = found.closes_at if isinstance(found, Open) else found.reopens_at
    if change is None:
        return
    assert change > now
    assert type(at(change)) is not type(found)
    between = now + (change - now) * 0.5
    assert at(between) == found
