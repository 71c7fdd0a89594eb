"""The laws of routing see each break of them, and nothing where there is none."""

from tests.kit.routing_laws import (
    Arrived,
    Bounds,
    Calm,
    Fact,
    Freed,
    Held,
    Indexed,
    Left,
    Offered,
    OfferOver,
    Present,
    RoundOver,
    Shaken,
    Taken,
    Verdict,
    Waits,
    judge,
)

CALLS, CHATS = ("minors:call",), ("minors:chat",)
BOUNDS = Bounds(largest_head_start_ms=1_000, side_by_side_ms=600)


def anne(at_ms: int = 0, **changes: object) -> Present:
    values: dict[str, object] = {"ready": True, "lanes": CALLS + CHATS, "max_chats": 2}
    return Present(at_ms, "anne", **{**values, **changes})  # type: ignore[arg-type]


def calls(at_ms: int, contact: str, turn: int = 1, **changes: object) -> Waits:
    values: dict[str, object] = {
        "lanes": CALLS,
        "channel": "call",
        "band": 1,
        "queued_ms": at_ms,
    }
    return Waits(at_ms, contact, turn, **{**values, **changes})  # type: ignore[arg-type]


def chats(at_ms: int, contact: str) -> Waits:
    return calls(at_ms, contact, lanes=CHATS, channel="chat")


def broken(verdict: Verdict) -> dict[str, int]:
    return {law: count for law, count in verdict.counts().items() if count}


def test_a_plain_evening_breaks_nothing_and_proves_each_law() -> None:
    trace = [
        anne(),
        Arrived(1, "c1"),
        calls(5, "c1"),
        Offered(6, "o1", "c1", "anne"),
        calls(10, "c2"),
        Taken(900, "o1", "c1", "anne", turn=1),
        OfferOver(900, "o1"),
        Indexed(1_000, frozenset({"c2"})),
        Freed(60_000, "o1"),
        Offered(60_100, "o2", "c2", "anne"),
        Left(60_200, "c2"),
        OfferOver(60_200, "o2"),
        Indexed(99_000_000, frozenset()),
    ]
    verdict = judge(trace, BOUNDS)
    assert broken(verdict) == {}
    assert set(verdict.counts()) == {
        "one_owner",
        "one_offer",
        "capacity",
        "none_lost",
        "order",
        "danger_first",
        "not_back",
        "side_by_side",
    }


def test_two_owners_are_seen() -> None:
    trace = [
        anne(),
        Present(0, "bea", ready=True, lanes=CALLS),
        calls(1, "c1"),
        Taken(2, "o1", "c1", "anne", turn=1),
        Taken(3, "o2", "c1", "bea", turn=1),
    ]
    assert broken(judge(trace, BOUNDS)) == {"one_owner": 1}


def test_an_accept_of_an_earlier_turn_is_seen() -> None:
    trace = [anne(), calls(1, "c1", turn=2), Taken(2, "o1", "c1", "anne", turn=1)]
    assert broken(judge(trace, BOUNDS)) == {"one_owner": 1}


def test_waiting_while_somebody_has_it_is_seen() -> None:
    trace = [anne(), calls(1, "c1"), Taken(2, "o1", "c1", "anne", turn=1), calls(3, "c1", turn=2)]
    assert broken(judge(trace, BOUNDS)) == {"one_owner": 1}


def test_a_returned_contact_may_be_taken_again() -> None:
    trace = [
        anne(),
        calls(1, "c1"),
        Taken(2, "o1", "c1", "anne", turn=1),
        Freed(3, "o1"),
        calls(3, "c1", turn=2),
        Taken(4, "o2", "c1", "anne", turn=2),
    ]
    assert broken(judge(trace, BOUNDS)) == {}


def test_two_offers_of_one_contact_and_two_to_one_listener_are_seen() -> None:
    bea = Present(0, "bea", ready=True, lanes=CALLS)
    one = [anne(), bea, calls(1, "c1"), Offered(2, "o1", "c1", "anne")]
    assert broken(judge([*one, Offered(3, "o2", "c1", "bea")], BOUNDS)) == {"one_offer": 1}
    two = [*one, calls(3, "c2"), Offered(3, "o2", "c2", "anne")]
    assert broken(judge(two, BOUNDS)) == {"one_offer": 1}


def test_a_call_beside_a_call_and_a_chat_too_many_are_seen() -> None:
    trace = [anne(), calls(1, "c1"), calls(1, "c2"), chats(1, "c3"), chats(1, "c4"), chats(1, "c5")]
    took = [Taken(2, f"o{c}", f"c{c}", "anne", turn=1) for c in (1, 2)]
    assert broken(judge([*trace, *took], BOUNDS)) == {"capacity": 1}
    chatting = [Taken(2, f"o{c}", f"c{c}", "anne", turn=1) for c in (3, 4)]
    assert broken(judge([*trace, *chatting], BOUNDS)) == {}
    fifth = Taken(2, "o5", "c5", "anne", turn=1)
    assert broken(judge([*trace, *chatting, fifth], BOUNDS)) == {"capacity": 1}


def test_chats_beside_a_call_fit_only_where_the_mix_allows() -> None:
    trace = [calls(1, "c1"), chats(1, "c2"), chats(1, "c3")]
    took = [Taken(2, f"o{c}", f"c{c}", "anne", turn=1) for c in (1, 2, 3)]
    assert broken(judge([anne(), *trace, *took[:2]], BOUNDS)) == {"capacity": 1}
    mixed = [anne(chats_beside_call=1), *trace]
    assert broken(judge([*mixed, *took[:2]], BOUNDS)) == {}
    assert broken(judge([*mixed, *took], BOUNDS)) == {"capacity": 1}
    assert broken(judge([*mixed, took[1], took[0]], BOUNDS)) == {}


def test_who_waits_but_is_not_in_the_index_is_seen_after_a_whole_pass() -> None:
    trace = [calls(1, "c1"), Indexed(1_000, frozenset())]
    assert broken(judge(trace, BOUNDS)) == {}
    later = Indexed(2 + BOUNDS.found_ms, frozenset())
    assert broken(judge([*trace, later], BOUNDS)) == {"none_lost": 1}


def test_who_left_but_is_still_in_the_index_is_seen_after_a_whole_pass() -> None:
    trace = [calls(1, "c1"), Left(2, "c1"), Indexed(3, frozenset({"c1"}))]
    assert broken(judge(trace, BOUNDS)) == {}
    later = Indexed(3 + BOUNDS.found_ms, frozenset({"c1"}))
    assert broken(judge([*trace, later], BOUNDS)) == {"none_lost": 1}


def test_an_arrival_that_never_came_to_wait_is_seen() -> None:
    assert broken(judge([Arrived(1, "c1")], BOUNDS, at_ms=1_000)) == {}
    late = judge([Arrived(1, "c1")], BOUNDS, at_ms=2 + BOUNDS.found_ms)
    assert broken(late) == {"none_lost": 1}


def overtaking(**changes: object) -> list[object]:
    older = calls(1, "c1")
    return [older, calls(2_000, "c2", **changes), anne(2_000), Offered(2_001, "o", "c2", "anne")]


def test_being_overtaken_by_a_much_later_contact_is_seen() -> None:
    assert broken(judge(overtaking(), BOUNDS)) == {"order": 1}  # type: ignore[arg-type]


def test_danger_the_returned_the_preferred_and_a_head_start_may_overtake() -> None:
    for lawful in (
        {"band": 0},
        {"excepted": True},
        {"preferred": "anne", "preferred_until_ms": 5_000},
        {"queued_ms": 1_001},
    ):
        assert broken(judge(overtaking(**lawful), BOUNDS)) == {}, lawful  # type: ignore[arg-type]


def test_danger_is_overtaken_by_nobody() -> None:
    trace = [
        calls(1, "c1", band=0),
        calls(1, "c2"),
        anne(2),
        Offered(3, "o", "c2", "anne"),
    ]
    assert broken(judge(trace, BOUNDS)) == {"order": 1, "danger_first": 1}


def test_who_was_refused_is_held_or_stands_elsewhere_is_not_overtaken() -> None:
    refused = [
        anne(),
        calls(1, "c1"),
        Offered(2, "o1", "c1", "anne"),
        OfferOver(3, "o1", refused=True),
    ]
    later = [calls(5_000, "c2"), Offered(5_001, "o2", "c2", "anne")]
    assert broken(judge([*refused, *later], BOUNDS)) == {}
    again = [*refused, RoundOver(4_900, "c1"), *later]
    assert broken(judge(again, BOUNDS)) == {"order": 1}
    held = [anne(), calls(1, "c1"), Held(2, "c1", held=True), *later]
    assert broken(judge(held, BOUNDS)) == {}
    elsewhere = [chats(1, "c1"), anne(4_990), calls(5_000, "c2"), later[1]]
    assert broken(judge(elsewhere, BOUNDS)) == {}


def missed_danger(again_ms: int | None) -> list[Fact]:
    return [
        anne(),
        calls(1, "u1", band=0),
        Offered(2, "o1", "u1", "anne"),
        calls(3, "c2"),
        OfferOver(20_002, "o1", refused=True, again_ms=again_ms),
    ]


def test_nothing_lesser_is_offered_while_danger_waits_though_she_refused_it() -> None:
    lesser = Offered(20_010, "o2", "c2", "anne")
    for again_ms in (20_002, None):
        verdict = judge([*missed_danger(again_ms), lesser], BOUNDS)
        assert broken(verdict) == {"danger_first": 1}
    for free in (
        Held(20_005, "u1", held=True),
        Left(20_005, "u1"),
        calls(20_005, "u1", band=0, turn=2, lanes=("others:call",)),
        calls(20_005, "u1", band=0, turn=2, given_up_by=("anne",)),
        calls(20_005, "u1", band=0, turn=2, preferred="bea", preferred_until_ms=90_000),
    ):
        assert broken(judge([*missed_danger(None), free, lesser], BOUNDS)) == {}


def test_danger_that_was_missed_is_owed_to_her_at_once_and_what_she_refused_is_not() -> None:
    waits = judge(missed_danger(20_002), BOUNDS, at_ms=90_000)
    assert broken(waits) == {"side_by_side": 1}  # the U1: the other one is kept from her by it
    assert waits.broken[0].contact == "u1"
    assert broken(judge(missed_danger(None), BOUNDS, at_ms=90_000)) == {}
    later = [*missed_danger(None), Left(50_000, "u1")]
    assert broken(judge(later, BOUNDS, at_ms=50_600)) == {}
    after = judge(later, BOUNDS, at_ms=90_000)
    assert [(one.contact, one.at_ms) for one in after.broken] == [("c2", 50_600)]


def test_who_handed_it_over_is_offered_it_only_when_nobody_else_present_serves_it() -> None:
    back = Offered(60_000, "o", "c1", "anne")
    waits = calls(50_000, "c1", given_up_by=("anne",))
    bea = Present(1, "bea", ready=True, lanes=CALLS)
    assert broken(judge([anne(), waits, back], BOUNDS)) == {}
    assert broken(judge([anne(), bea, waits, back], BOUNDS, at_ms=60_000)) == {
        "not_back": 1,
        "side_by_side": 1,  # it is bea's
    }
    on_break = Present(2, "bea", ready=False, lanes=CALLS)
    assert broken(judge([anne(), bea, on_break, waits, back], BOUNDS)) == {}
    danger = calls(50_000, "c1", band=0, given_up_by=("anne",))
    busy = [calls(2, "c0"), Offered(3, "o0", "c0", "bea"), Taken(4, "o0", "c0", "bea", turn=1)]
    early = [anne(), bea, *busy, OfferOver(4, "o0"), danger, back]
    assert broken(judge(early, BOUNDS, at_ms=60_000)) == {"not_back": 1}
    late = Offered(80_000, "o", "c1", "anne")
    assert broken(judge([*early[:-1], late], BOUNDS, at_ms=80_000)) == {}


def test_waiting_beside_a_free_listener_is_seen_once() -> None:
    trace = [anne(), calls(1_000, "c1")]
    assert broken(judge(trace, BOUNDS, at_ms=1_600)) == {}
    assert broken(judge(trace, BOUNDS, at_ms=90_000)) == {"side_by_side": 1}


def test_only_who_serves_is_ready_and_has_room_counts_as_beside() -> None:
    waits = calls(1_000, "c1")
    for present in (
        anne(ready=False),
        anne(lanes=CHATS),
        anne(lanes=(), help=((CALLS[0], 30_000),)),
    ):
        assert broken(judge([present, waits], BOUNDS, at_ms=30_000)) == {}
    busy = [anne(), calls(1, "c0"), Taken(2, "o", "c0", "anne", turn=1), waits]
    assert broken(judge(busy, BOUNDS, at_ms=30_000)) == {}


def test_help_lanes_widenings_and_a_preference_count_when_their_time_comes() -> None:
    helps = [anne(lanes=(), help=((CALLS[0], 30_000),)), calls(1_000, "c1")]
    assert broken(judge(helps, BOUNDS, at_ms=31_600)) == {}
    assert broken(judge(helps, BOUNDS, at_ms=31_601)) == {"side_by_side": 1}
    widens = [anne(lanes=CHATS), calls(1_000, "c1", widenings=((9_000, CHATS),))]
    assert broken(judge(widens, BOUNDS, at_ms=9_600)) == {}
    assert broken(judge(widens, BOUNDS, at_ms=9_601)) == {"side_by_side": 1}
    prefers = [anne(), calls(1_000, "c1", preferred="bea", preferred_until_ms=9_000)]
    assert broken(judge(prefers, BOUNDS, at_ms=9_600)) == {}
    assert broken(judge(prefers, BOUNDS, at_ms=9_601)) == {"side_by_side": 1}


def test_while_the_index_is_shaken_order_and_side_by_side_are_not_judged() -> None:
    shaken = [Shaken(0, 2_500, forgets=True), *overtaking()]
    assert broken(judge(shaken, BOUNDS)) == {}  # type: ignore[arg-type]
    beside = [anne(), calls(1, "c1"), Shaken(2, 50_000)]
    assert broken(judge(beside, BOUNDS, at_ms=50_600)) == {}
    assert broken(judge(beside, BOUNDS, at_ms=50_601)) == {"side_by_side": 1}
    for_ever = [*beside[:2], Shaken(2)]
    assert broken(judge(for_ever, BOUNDS, at_ms=99_000)) == {}
    assert broken(judge([*for_ever, Calm(90_000)], BOUNDS, at_ms=99_000)) == {"side_by_side": 1}


def test_an_index_that_forgot_its_offers_may_offer_again() -> None:
    trace = [anne(), calls(1, "c1"), Offered(2, "o1", "c1", "anne")]
    again = Offered(5, "o2", "c1", "anne")
    assert broken(judge([*trace, Shaken(4, 4, forgets=True), again], BOUNDS)) == {}
    assert broken(judge([*trace, Shaken(4, 4), again], BOUNDS)) == {"one_offer": 1}
