"""Plans: what is refused, and which load leads to which standing."""

import pytest

from config.errors import InvalidInput, Misconfigured
from routing.lanes import own_lane
from routing.model import SweepReport, WaitingContact, Widening
from routing.plan import Limits, Plan, PlanHelp, PlanLane, PlanProfile, help_lane
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


@pytest.mark.parametrize(
    ("max_chats", "beside", "capacity"),
    [
        (
            3,
            1,
            "0/0=both=call+chat 1/0=both~chat=chat 0/1=both=call+chat 0/2=both~chat=chat",
        ),
        (
            2,
            2,
            (
                "0/0=both=call+chat 1/0=both~chat=chat "
                "0/1=both=call+chat 1/1=both~chat=chat 0/2=both~call=call"
            ),
        ),
        (1, 5, "0/0=both=call+chat 1/0=both~chat=chat 0/1=both~call=call"),
        (0, 5, "0/0=both~call=call"),
    ],
)
def test_a_call_beside_so_many_chats(max_chats: int, beside: int, capacity: str) -> None:
    assert small_plan().capacity("both", max_chats, beside) == capacity


def test_the_mix_of_the_plan_holds_for_who_has_none_of_her_own() -> None:
    lanes = [PlanLane(CALL, "dlpm", "call"), PlanLane(CHAT, "dlpm", "chat")]
    plan = Plan("p", lanes, [PlanProfile("both", (CALL, CHAT))], chats_beside_call=1)
    assert plan.capacity("both", 2) == plan.capacity("both", 2, 1)
    assert plan.capacity("both", 2, 0) == "0/0=both=call+chat 0/1=both~chat=chat"


def helping() -> Plan:
    """`first` has the calls, `late` and `later` help out; `later` in both lanes."""
    return Plan(
        "p",
        [PlanLane(CALL, "dlpm", "call"), PlanLane(ADULT, "dlpm", "call")],
        [
            PlanProfile("first", (CALL,), (PlanHelp(ADULT, 9_000),)),
            PlanProfile("late", (ADULT,), (PlanHelp(CALL, 5_000),)),
            PlanProfile("later", (ADULT,), (PlanHelp(CALL, 7_000),)),
        ],
    )


def waiting(**changes: object) -> WaitingContact:
    given: dict[str, object] = {
        "contact_id": None,
        "version": 1,
        "turn": 1,
        "lanes": (CALL,),
        "channel": "call",
        "rank": 1,
        "waiting_since_ms": 1_000,
    }
    return WaitingContact(**{**given, **changes})  # type: ignore[arg-type]


def test_help_lanes_are_lanes_of_the_helpers_and_come_with_time() -> None:
    plan = helping()
    assert plan.profiles["late"] == (ADULT, f"{CALL}!5000")
    assert plan.standings["late~call"] == (ADULT, f"{CALL}!5000")
    assert plan.widenings(waiting()) == (
        Widening(6_000, (f"{CALL}!5000",)),
        Widening(8_000, (f"{CALL}!7000",)),
    )
    assert plan.with_help_lanes([CALL]) == (CALL, f"{CALL}!5000", f"{CALL}!7000")


def test_a_help_lane_tells_whose_it_is() -> None:
    assert own_lane(help_lane(CALL, 5_000)) == (CALL, 5_000)
    assert own_lane(CALL) == (CALL, 0)


def test_a_contact_in_lanes_of_its_channel_is_taken() -> None:
    helping().check_contact(waiting(widenings=(Widening(1, (ADULT,)),)))


def test_helpers_of_a_lane_that_comes_later_never_come_before_it() -> None:
    widened = waiting(widenings=(Widening(20_000, (ADULT,)),))
    assert helping().widenings(widened)[2:] == (
        Widening(20_000, (ADULT,)),
        Widening(20_000, (f"{ADULT}!9000",)),
    )


def test_mistakes_of_help_out_are_told() -> None:
    lanes = [PlanLane(CALL, "dlpm", "call"), PlanLane(ADULT, "dlpm", "call")]
    profile = PlanProfile(
        "p",
        (CALL,),
        (PlanHelp(CALL, 5), PlanHelp(ADULT, 0), PlanHelp(ADULT, 9), PlanHelp("nowhere", 5)),
    )
    assert refused(lanes, [profile]) == (
        "profile 'p': unknown lane 'nowhere'",
        f"profile 'p': lane {ADULT!r}: helped out in twice",
        f"profile 'p': lane {CALL!r}: first choice and help-out",
        "profile 'p': help-out: after some time, above zero",
    )


def test_nobody_need_be_early() -> None:
    assert small_plan(Limits(early_ms=0)).limits.early_ms == 0
    with pytest.raises(Misconfigured):
        small_plan(Limits(early_ms=-1))


def test_too_many_profiles_or_a_mix_below_zero_are_refused() -> None:
    lanes = [PlanLane(CALL, "dlpm", "call")]
    many_profiles = [PlanProfile(f"p{i}", (CALL,)) for i in range(513)]
    assert refused(lanes, many_profiles) == ("profiles: 513, at most 512",)
    with pytest.raises(Misconfigured):
        Plan("p", lanes, [PlanProfile("p", (CALL,))], chats_beside_call=-1)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"lanes": ()}, "lane_unknown"),
        ({"lanes": ("nowhere",)}, "lane_unknown"),
        ({"lanes": (f"{CALL}!5000",)}, "lane_unknown"),
        ({"widenings": (Widening(1, ("nowhere",)),)}, "lane_unknown"),
        ({"channel": "chat"}, "lane_of_another_channel"),
        ({"widenings": (Widening(1, (CALL,)),) * 65}, "too_many_lanes"),
        ({"lanes": (CALL,) * 65}, "too_many_lanes"),
    ],
)
def test_a_contact_that_could_never_be_offered_is_refused_by_name(
    changes: dict[str, object], code: str
) -> None:
    with pytest.raises(InvalidInput) as error:
        helping().check_contact(waiting(**changes))
    assert error.value.code == code


def test_the_same_lanes_have_the_same_stamp_and_others_another() -> None:
    plan = helping()
    assert plan.registration("late") == helping().registration("late")
    assert plan.registration("late")[0] != plan.registration("later")[0]
    assert plan.registration("late")[1] == f"{ADULT}=call {CALL}!5000=call"


def test_a_report_with_anything_in_it_is_not_empty() -> None:
    assert SweepReport().is_empty
    assert not SweepReport(widened=[None]).is_empty  # type: ignore[list-item]
