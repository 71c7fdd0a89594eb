"""Whose password is hashed next."""

import asyncio

from contactcenter.auth.turns import Lane, Turn


def turn(rank: float, number: int) -> Turn:
    loop = asyncio.get_running_loop()
    return Turn(rank, number, lambda: None, loop.create_future())


async def test_who_tried_least_is_next_and_equals_in_the_order_of_their_coming() -> None:
    lane = Lane(4)
    turns = [turn(3, 1), turn(0, 2), turn(0, 3), turn(1, 4)]
    assert [lane.join(each) for each in turns] == [None] * 4
    taken = [each.number for each in iter(lane.take, None)]
    assert taken == [2, 3, 4, 1]


async def test_a_full_lane_refuses_who_tried_most_though_it_came_first() -> None:
    lane = Lane(2)
    first = turn(9, 1)
    assert lane.join(first) is None
    assert lane.join(turn(0, 2)) is None
    assert lane.join(turn(0, 3)) is first
    last = turn(0, 4)
    assert lane.join(last) is last, "among equals, who came last"


async def test_who_has_left_holds_no_place() -> None:
    lane = Lane(1)
    left = turn(0, 1)
    assert lane.join(left) is None
    left.answer.cancel()
    staying = turn(5, 2)
    assert lane.join(staying) is None
    assert lane.take() is staying
    assert lane.take() is None
