"""Plans: what is refused, and which load leads to which standing."""

import pytest

from config.errors import InvalidInput, Misconfigured
from routing.plan import Limits, Plan, PlanLane, PlanProfile
from tests.kit.pools import ADULT, CALL, CHAT, small_plan


def refused(lanes: list[PlanLane], profiles: list[PlanProfile], **more: object) -> tuple[str, ...]:
    with pytest.raises(Misconfigured) as error:
        Plan(str(more.get("pool", "p")), lanes, profiles, more.get("limits"))  # type: ignore[arg-type]
    return error.value.mistakes


def many(count: int, line: str = "l") -> list[PlanLane]:
    return [PlanLane(f"{line}:q{i}:call:fr", line, "call") for i in range(count)]


def test_more_than_256_lanes_a_line_are_refused() -> None:
    lanes = many(257) + many(256, "m")
    parts = [lanes[i : i + 64] for i in range(0, len(lanes), 64)]
    profiles = [PlanProfile(f"p{i}", tuple(x.id for x in part)) for i, part in enumerate(parts)]
    assert refused(lanes, profiles) == ("line 'l': 257 lanes, at most 256",)


def test_more_than_64_lanes_a_profile_are_refused() -> None:
    lanes = many(65)
    mistakes = refused(lanes, [PlanProfile("p", tuple(lane.id for lane in lanes))])
    assert mistakes == ("profile 'p': 65 lanes, at most 64",)


def test_every_mistake_is_told_at_once() -> None:
    lanes = [PlanLane("a", "l", "call"), PlanLane("a", "l", "call"), PlanLane("b c", "l", "chat")]
    profiles = [PlanProfile("p~chat", ("a", "nowhere")), PlanProfile("q", ())]
    mistakes = refused(lanes, profiles, pool="{x}", limits=Limits(offer_ms=0))
    assert mistakes == (
        "pool: '{x}' is not a plain word",
        "lane 'b c': not a plain word",
        "lane 'a': declared twice",
        "profile 'p~chat': not a plain word",
        "profile 'p~chat': unknown lane 'nowhere'",
        "profile 'q': no lane",
        "lane 'b c': served by no profile",
        "limits: every one is above zero",
    )


def test_standings_are_profiles_and_their_parts_by_channel() -> None:
    assert small_plan().standings == {
        "both": (CALL, CHAT, ADULT),
        "both~call": (CALL, ADULT),
        "both~chat": (CHAT,),
        "calls": (CALL,),
        "calls~call": (CALL,),
        "adults": (ADULT,),
        "adults~call": (ADULT,),
    }


def test_lanes_are_served_by_standings_and_profiles() -> None:
    plan = small_plan()
    assert plan.standings_serving([CHAT]) == ("both", "both~chat")
    assert plan.profiles_serving([CALL]) == ("both", "calls")


@pytest.mark.parametrize(
    ("profile", "max_chats", "capacity"),
    [
        ("both", 3, "0/0=both=call+chat 0/1=both~chat=chat 0/2=both~chat=chat"),
        ("both", 1, "0/0=both=call+chat"),
        ("both", 0, "0/0=both~call=call"),
        ("calls", 3, "0/0=calls=call+chat"),
    ],
)
def test_one_call_or_up_to_so_many_chats(profile: str, max_chats: int, capacity: str) -> None:
    assert small_plan().capacity(profile, max_chats) == capacity


def test_chat_listener_who_takes_no_chats_is_never_free() -> None:
    plan = Plan("p", [PlanLane("c", "l", "chat")], [PlanProfile("chats", ("c",))])
    assert plan.capacity("chats", 0) == ""


def test_unknown_profile_or_lane_is_a_named_error() -> None:
    with pytest.raises(InvalidInput) as profile:
        small_plan().capacity("nobody", 1)
    with pytest.raises(InvalidInput) as lane:
        small_plan().check_lanes([CALL, "nowhere"])
    assert (profile.value.code, lane.value.code) == ("profile_unknown", "lane_unknown")


def test_keys_carry_the_pool_in_braces_for_the_cluster() -> None:
    assert small_plan(pool="fr").key("meta") == "{fr}:meta"


def test_limits_are_told_in_the_order_the_scripts_read() -> None:
    text = Limits().argument()
    assert text == "20000 2000 10000 2000 30000 2000 2 16 3600000 10000 10000 30000"
