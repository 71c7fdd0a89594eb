"""Several processes on the same engines, one killed each second: every contact is served once."""

from pathlib import Path

import pytest

from config.helpline.load import load_helpline
from config.settings import PACKAGED_HELPLINES
from tests.kit.engines import DatabaseAddresses
from tests.kit.race import Course, Race

SHORT = Course(
    nodes=3, contacts=90, listeners=10, kill_every_seconds=1.0, most_seconds=75, most_kills=3
)
FULL = Course(
    nodes=4, contacts=280, listeners=30, kill_every_seconds=1.0, most_seconds=75, most_kills=12
)


@pytest.mark.timeout(90)
@pytest.mark.parametrize(
    "course",
    [
        pytest.param(SHORT, id="short"),
        pytest.param(FULL, id="full", marks=pytest.mark.campaign),
    ],
)
async def test_peers_10_no_listener_is_picked_twice_nor_beyond_her_capacity_in_a_race_of_processes(
    course: Course, tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    finish = await Race(course, database, redis_url, tmp_path).run()
    assert finish.broken == {}
    # It was a race: processes died in it, and listeners were filled to the last place.
    assert finish.kills >= 2
    assert finish.fullest == load_helpline(PACKAGED_HELPLINES / "dlpm").limits.max_chats
    # Nobody was left stuck: in the end each of them took one call while all the others had one.
    assert finish.talking_together == course.listeners
