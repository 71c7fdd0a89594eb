"""The door: danger passes always, others wait where the rules send them or are told why not."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from config.helpline.schema.lanes import WhenClosed
from config.vocabulary import (
    Audience,
    Channel,
    FollowUpKind,
    Level,
    OverrideKind,
    QueueStateKind,
    Urgency,
    UrgencySource,
)
from contactcenter.centre.queue.entrance import Coming, Entrance
from contactcenter.centre.queue.facts import Facts
from contactcenter.centre.queue.placement import Placements
from contactcenter.centre.queue.states import Picture
from tests.kit.intake import DAY, NIGHT, dlpm, override, picture, waiting, with_queue

CALL, CHAT = Channel.CALL, Channel.CHAT
DOOR = Entrance(Placements(dlpm()))
LISTENER = UUID(int=7)
# Listening is staffed, pre-answering is not: one level.
LISTENING = tuple(each.id for each in dlpm().queues if each.level is Level.LISTENING)
ONE_LEVEL = picture(staffed=LISTENING)


def calls(digit: str, *, line: str = "dlpm", facts: Facts | None = None) -> Coming:
    coming = DOOR.by_key(line, digit, "fr")
    return coming if facts is None else replace(coming, facts=facts)


def writes(audience: Audience = Audience.MINOR, *answered: str, need: str = "") -> Coming:
    return DOOR.by_rule(
        CHAT, "dlpm", "fr", audience, answered=answered, needs=[need] if need else []
    )


@pytest.mark.parametrize(
    ("digit", "queue", "urgency", "source"),
    [
        ("0", "urgence_coordination", Urgency.U1, UrgencySource.DECLARED),
        ("1", "mineur_pour_soi", Urgency.U3, UrgencySource.SYSTEM),
        ("3", "professionnel", Urgency.U5, UrgencySource.SYSTEM),
        ("", "mineur_pour_soi", Urgency.U3, UrgencySource.SYSTEM),
        ("8", "mineur_pour_soi", Urgency.U3, UrgencySource.SYSTEM),
    ],
)
def test_each_key_leads_to_its_queue_and_none_to_a_minors_rank(
    digit: str, queue: str, urgency: Urgency, source: UrgencySource
) -> None:
    placed = DOOR.let_in(calls(digit), ONE_LEVEL, DAY).placement
    assert (placed.queue, placed.urgency, placed.source) == (queue, urgency, source)
    assert placed.level is Level.LISTENING


def test_another_line_has_keys_and_rules_of_its_own() -> None:
    for digit in ("1", "3", ""):
        assert (
            DOOR.let_in(calls(digit, line="snated"), ONE_LEVEL, DAY).placement.queue == "ecoute_119"
        )


def test_by_day_a_call_is_answered_first_while_somebody_is_there_for_it() -> None:
    there = picture(staffed=(*LISTENING, "pre_accueil"))
    placed = DOOR.let_in(calls("2"), there, DAY).placement
    assert (placed.queue, placed.level) == ("pre_accueil", Level.PRE_ANSWER)
    assert (placed.audience, placed.urgency) == (Audience.RELATIVE, Urgency.U4)
    assert placed.home_queue is None


@pytest.mark.parametrize("case", ["night", "nobody", "unknown", "danger", "chat", "returning"])
def test_otherwise_they_wait_for_listening_at_once(case: str) -> None:
    there, now, coming = picture(staffed=(*LISTENING, "pre_accueil")), DAY, calls("1")
    if case == "night":
        now = NIGHT
    elif case == "nobody":
        there = ONE_LEVEL
    elif case == "unknown":
        there = picture(staffed=None)
    elif case == "danger":
        coming = calls("0")
    elif case == "chat":
        coming = writes()
    else:
        coming = calls("1", facts=Facts(is_returning=True))
    assert DOOR.let_in(coming, there, now).placement.level is Level.LISTENING


def test_who_comes_to_a_closed_queue_is_taken_in_by_another_that_leaves_it_a_task() -> None:
    coming = replace(calls("3"), queue="dlpm_specialiste")
    entry = DOOR.let_in(coming, ONE_LEVEL, NIGHT)
    assert entry.refused is None
    assert (entry.placement.queue, entry.placement.home_queue) == (
        "mineur_pour_soi",
        "dlpm_specialiste",
    )
    taken_in = waiting(queue="mineur_pour_soi", home_queue="dlpm_specialiste")
    task = DOOR.task_of(taken_in, NIGHT)
    assert task is not None
    assert (task.kind, task.queue) == (FollowUpKind.SPECIALIST, "dlpm_specialiste")
    assert task.due_at == DAY.replace(day=5, hour=7, minute=0)
    assert DOOR.task_of(waiting(), NIGHT) is None


def test_specialists_who_are_out_hand_over_like_closed_ones_unless_nobody_else_is_open() -> None:
    coming = replace(calls("3"), queue="dlpm_specialiste")
    out = picture(staffed=["mineur_pour_soi"])
    assert DOOR.let_in(coming, out, DAY).placement.home_queue == "dlpm_specialiste"
    closed = replace(out, overrides=(override("mineur_pour_soi"),))
    entry = DOOR.let_in(coming, closed, DAY)
    assert (entry.refused, entry.placement.queue) == (None, "dlpm_specialiste")


def test_a_queue_unstaffed_without_anybody_to_hand_over_to_keeps_who_comes() -> None:
    entry = DOOR.let_in(calls("1"), picture(staffed=()), DAY)
    assert (entry.refused, entry.placement.queue) == (None, "mineur_pour_soi")


def test_closed_and_full_queues_turn_away_and_keep_where_they_were_meant_for() -> None:
    closed = replace(ONE_LEVEL, overrides=(override("professionnel"),))
    entry = DOOR.let_in(calls("3"), closed, DAY)
    assert entry.refused is not None
    assert entry.refused.kind is QueueStateKind.CLOSED
    assert (entry.placement.queue, entry.placement.audience) == (
        "professionnel",
        Audience.PROFESSIONAL,
    )
    full = picture(staffed=LISTENING, waiting={"professionnel": 40})
    refused = DOOR.let_in(calls("3"), full, DAY).refused
    assert refused is not None
    assert refused.kind is QueueStateKind.FULL


def test_who_is_closed_all_along_is_told_of_their_own_queue() -> None:
    until = DAY + timedelta(hours=2)
    rules = with_queue("professionnel", when_closed=WhenClosed(queue="parent_proche"))
    seen = Picture(
        rules, (override("professionnel", until=until), override("parent_proche")), ONE_LEVEL.counts
    )
    entry = Entrance(Placements(rules)).let_in(calls("3"), seen, DAY)
    assert entry.refused is not None
    assert (entry.refused.reopens_at, entry.placement.queue) == (until, "professionnel")


@pytest.mark.parametrize("state", ["closed", "full", "unstaffed", "unknown"])
@pytest.mark.parametrize("way", ["key", "answer"])
def test_danger_is_refused_by_nothing(state: str, way: str) -> None:
    seen = {
        "closed": replace(ONE_LEVEL, overrides=(override(), override(kind=OverrideKind.CLOSED))),
        "full": picture(waiting=dict.fromkeys(LISTENING, 100_000)),
        "unstaffed": picture(staffed=()),
        "unknown": picture(staffed=None),
    }[state]
    coming = calls("0") if way == "key" else writes(Audience.MINOR, "agresseur_present")
    entry = DOOR.let_in(coming, seen, NIGHT)
    assert entry.refused is None
    placed = entry.placement
    assert (placed.queue, placed.urgency, placed.band) == ("urgence_coordination", Urgency.U1, 0)
    assert placed.source is UrgencySource.DECLARED


def test_answers_rank_by_the_most_severe_floor_and_never_lower() -> None:
    one = DOOR.let_in(writes(Audience.RELATIVE, "fugue_lt_48h"), ONE_LEVEL, DAY).placement
    assert (one.urgency, one.source, one.factors) == (
        Urgency.U2,
        UrgencySource.DECLARED,
        ("fugue_lt_48h",),
    )
    both = writes(Audience.MINOR, "fugue_lt_48h", "demande_documentation")
    assert DOOR.let_in(both, ONE_LEVEL, DAY).placement.urgency is Urgency.U2
    mild = DOOR.let_in(writes(Audience.MINOR, "demande_documentation"), ONE_LEVEL, DAY).placement
    assert (mild.urgency, mild.source) == (Urgency.U3, UrgencySource.SYSTEM)


def test_a_cut_call_comes_back_to_the_head_of_its_queue_and_to_its_listener_first() -> None:
    facts = Facts(frozenset({"rappel_apres_coupure"}), True, LISTENER)
    placed = DOOR.let_in(calls("", facts=facts), ONE_LEVEL, DAY).placement
    assert (placed.queue, placed.urgency, placed.source) == (
        "rappel_coupure",
        Urgency.U2,
        UrgencySource.SYSTEM,
    )
    assert placed.factors == ("rappel_apres_coupure",)
    head = dlpm().urgency.returned_head_start_ms
    assert placed.returned_ms == head
    assert placed.rank(DAY) == replace(placed, returned_ms=0).rank(DAY) - head
    seconds = dlpm().limits.preferred_listener_seconds
    assert (placed.preferred_listener_id, placed.preferred_until) == (
        LISTENER,
        DAY + timedelta(seconds=seconds),
    )


def test_the_follower_of_a_case_is_asked_first_but_not_before_a_first_answer() -> None:
    facts = Facts(preferred=LISTENER)
    one = DOOR.let_in(calls("2", facts=facts), ONE_LEVEL, DAY).placement
    assert (one.preferred_listener_id, one.returned_ms) == (LISTENER, 0)
    there = picture(staffed=(*LISTENING, "pre_accueil"))
    first = DOOR.let_in(calls("2", facts=facts), there, DAY).placement
    assert (first.preferred_listener_id, first.preferred_until) == (None, None)


def test_danger_moves_who_waits_where_only_some_answer() -> None:
    assert DOOR.is_for_some(waiting(queue="pre_accueil", level=Level.PRE_ANSWER))
    assert DOOR.is_for_some(waiting(queue="dlpm_specialiste"))
    assert DOOR.is_for_some(waiting(queue="no_longer_there"))
    assert not DOOR.is_for_some(waiting())
    placed = DOOR.in_danger(waiting(queue="pre_accueil", level=Level.PRE_ANSWER))
    assert (placed.queue, placed.urgency, placed.level) == (
        "urgence_coordination",
        Urgency.U1,
        Level.LISTENING,
    )


def test_what_the_public_is_told_is_the_state_of_the_queue_that_answers_for_theirs() -> None:
    coming = replace(writes(Audience.PROFESSIONAL), queue="dlpm_specialiste")
    assert DOOR.answering(coming, ONE_LEVEL, NIGHT).kind is QueueStateKind.OPEN
    assert DOOR.answering(writes(), picture(staffed=()), DAY).kind is QueueStateKind.UNSTAFFED
