"""Whatever the hours, check-config complains of a way in exactly when it leads nowhere some time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from config.helpline.checks.paths import closed_ways
from config.helpline.hours import Open, opening
from config.helpline.schema.calendar import HoursFile
from config.helpline.schema.lanes import EntryFile, QueuesFile
from config.helpline.schema.line import LineFile
from config.vocabulary import Channel

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LABEL = {"fr": "x"}
QUARTERS = 7 * 96
# A week without a holiday: no clock changes in UTC, and none of the fixed days of France.
MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
LINE = LineFile.model_validate(
    {
        "line": {
            "id": "l",
            "pool": "p",
            "name": LABEL,
            "timezone": "UTC",
            "number": "+33199000119",
            "languages": ["fr"],
        }
    }
)
ENTRY = EntryFile.model_validate(
    {
        "menu": [
            {"digit": "0", "label": LABEL, "queue": "first", "audience": "unknown", "urgency": "U1"}
        ],
        "entry": [{"channels": ["call"], "audience": "minor", "queue": "first", "urgency": "U3"}],
    }
)


def _clock(quarter: int) -> str:
    return f"{quarter // 4:02}:{quarter % 4 * 15:02}"


# Mostly day and night, so that weeks without any gap are met too.
night_and_day = st.just(["00:00-24:00"])
cut_day = st.integers(1, 95).map(lambda at: [f"00:00-{_clock(at)}", f"{_clock(at)}-24:00"])
short_day = st.tuples(st.integers(0, 47), st.integers(48, 96)).map(
    lambda bounds: [f"{_clock(bounds[0])}-{_clock(bounds[1])}"]
)
day: st.SearchStrategy[list[str]] = st.one_of(
    night_and_day, night_and_day, cut_day, short_day, st.just([])
)
weeks = st.fixed_dictionaries(dict.fromkeys(DAYS, day))


@settings(max_examples=150, deadline=None)
@given(weeks, weeks, st.booleans())
def test_a_way_is_refused_exactly_when_some_quarter_of_an_hour_has_no_answer(
    first: dict[str, list[str]], second: dict[str, list[str]], stands_in: bool
) -> None:
    hours = HoursFile.model_validate(
        {
            "holidays": {"country": "FR"},
            "hours": [
                {"queues": [name], "channels": ["call"], "on_holidays": "as_usual", "week": week}
                for name, week in (("first", first), ("second", second))
            ],
        }
    )
    when_closed = {"when_closed": {"queue": "second"}} if stands_in else {}
    queues = QueuesFile.model_validate(
        {
            "queues": [
                {"id": "first", "label": LABEL, "channels": ["call"], **when_closed},
                {"id": "second", "label": LABEL, "channels": ["call"]},
            ]
        }
    )
    asked = ("first", "second") if stands_in else ("first",)
    answered = all(
        any(
            isinstance(opening(hours, ZoneInfo("UTC"), Channel.CALL, queue, instant), Open)
            for queue in asked
        )
        for instant in (MONDAY + timedelta(minutes=15 * each) for each in range(QUARTERS))
    )
    found = list(closed_ways(LINE, queues, hours, ENTRY))
    assert [mistake.key for mistake in found] == ([] if answered else ["menu[0]", "entry[0]"])
