"""The figures of the supervisor's screen: what each is made of, and when it is not known."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

from config.vocabulary import Channel, OverrideKind, QueueStateKind
from contactcenter.centre.queue.states import QueueState, QueueStates
from contactcenter.centre.staff.alerts import of_lines
from contactcenter.centre.staff.outlook import Outlook
from contactcenter.centre.staff.queue_figures import (
    Sight,
    covering,
    figures_of_lines,
    override_views,
)
from contactcenter.centre.supervision_views import Alert
from records.overrides import QueueOverride
from routing.flow import Flow
from routing.model import LaneLoad, Overview
from tests.kit.staff_api import dlpm

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NOW_MS = 1_000_000_000
QUEUE = "mineur_pour_soi"


def lane(language: str = "fr", queue: str = QUEUE) -> str:
    return dlpm().lane_id(queue, Channel.CHAT, language)


def overview(now_ms: int = NOW_MS, **lanes: LaneLoad) -> Overview:
    return Overview(
        now_ms=now_ms,
        lanes={lane(language): load for language, load in lanes.items()},
        free={},
        present={},
        window_ms=1_800_000,
    )


def sight(seen: Overview, outlook: Outlook | None = None) -> Sight:
    states = SimpleNamespace(of=lambda _queue, _channel: QueueState(QueueStateKind.OPEN))
    return Sight(dlpm(), seen, cast("QueueStates", states), outlook or Outlook())


def override(kind: OverrideKind, **given: Any) -> QueueOverride:
    values: dict[str, Any] = {
        "override_id": uuid4(),
        "line_id": "dlpm",
        "queue": QUEUE,
        "channel": None,
        "kind": kind,
        "texts": None,
        "until": None,
        "set_by": uuid4(),
        "set_at": NOW,
    }
    return QueueOverride(**{**values, **given})


def test_a_queue_adds_its_lanes_up_and_names_the_longest_wait() -> None:
    seen = overview(
        fr=LaneLoad(3, NOW_MS - 40_000, Flow(answered=6, in_target=5, abandoned=2)),
        en=LaneLoad(1, NOW_MS - 90_000, Flow(answered=2, in_target=1, abandoned_early=4)),
    )
    (figures,) = sight(seen).figures([])
    assert (figures.waiting, figures.longest_wait_seconds) == (4, 90)
    assert (figures.answered, figures.abandoned, figures.abandoned_early) == (8, 2, 4)
    # 6 answered in time of 8 answered and 2 abandoned; the four who left at once count nowhere.
    assert figures.service_level == 60
    assert figures.target is not None
    assert figures.target.seconds == 180


def test_the_service_level_of_an_empty_window_is_not_known() -> None:
    (figures,) = sight(overview(fr=LaneLoad(0, None))).figures([])
    assert figures.service_level is None
    assert figures.longest_wait_seconds is None
    assert figures.estimated_wait_seconds is None


def test_a_wait_is_told_only_once_an_answer_was_seen() -> None:
    outlook = Outlook()
    before = overview(fr=LaneLoad(4, NOW_MS, Flow(answered=10), present=3))
    outlook.see(before)
    assert outlook.wait_seconds(before, [lane()]) is None
    after = overview(NOW_MS + 1_000, fr=LaneLoad(4, NOW_MS, Flow(answered=11), present=3))
    outlook.see(after)
    told = outlook.wait_seconds(after, [lane(), lane("en")])
    assert told is not None
    assert told > 4 * 1_800 / 11  # never shorter than the lane's own pace
    later = overview(NOW_MS + 700_000, fr=LaneLoad(4, NOW_MS, Flow(answered=11), present=3))
    outlook.see(later)
    assert outlook.wait_seconds(later, [lane()]) is None  # nobody answered for ten minutes


def test_a_closing_and_a_message_are_one_entry() -> None:
    (view,) = override_views(
        [
            override(OverrideKind.CLOSED, until=NOW + timedelta(hours=1)),
            override(OverrideKind.MESSAGE, texts={"fr": "Panne"}),
        ]
    )
    assert view.closed
    assert view.message == {"fr": "Panne"}
    assert view.until == NOW + timedelta(hours=1)


def test_a_queue_s_own_override_comes_before_everybody_s() -> None:
    everywhere = override(OverrideKind.MESSAGE, queue="*", texts={"fr": "Partout"})
    here = override(OverrideKind.MESSAGE, channel=Channel.CHAT, texts={"fr": "Ici"})
    found = covering([everywhere, here], QUEUE, Channel.CHAT)
    assert found is not None
    assert found.message == {"fr": "Ici"}
    other = covering([everywhere, here], QUEUE, Channel.CALL)
    assert other is not None
    assert other.message == {"fr": "Partout"}
    assert covering([here], QUEUE, Channel.CALL) is None


def test_nobody_is_shown_another_line() -> None:
    figures = sight(overview(fr=LaneLoad(1, NOW_MS))).figures([])
    assert figures_of_lines(dlpm(), figures, {"dlpm"}) == figures
    assert figures_of_lines(dlpm(), figures, {"elsewhere"}) == []
    contact, her = uuid4(), uuid4()
    alerts = [
        Alert(code="u1_waiting", severity="critical", line="dlpm", contact_id=contact),
        Alert(code="nobody_signed_in", severity="critical"),
        Alert(code="hard_contacts", severity="warning", line="dlpm", listener_id=her),
        Alert(code="hard_contacts", severity="warning", line="snated", listener_id=her),
    ]
    assert [each.code for each in of_lines(alerts, {"elsewhere"})] == ["nobody_signed_in"]
    codes = [each.code for each in of_lines(alerts, {"dlpm", "snated"})]
    assert codes == ["u1_waiting", "nobody_signed_in", "hard_contacts"]
