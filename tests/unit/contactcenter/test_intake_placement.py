"""Where a contact stands in the index: its lane, the lanes it was widened to, its target."""

from config.vocabulary import Channel, Level, Urgency, UrgencySource
from contactcenter.centre.queue.placement import Placements, plan_of
from tests.kit.intake import dlpm, waiting, with_queue

PLACES = Placements(dlpm())


def test_a_contact_stands_in_its_queues_lane_of_its_language_or_the_lines_first() -> None:
    assert PLACES.lanes(waiting()) == ("dlpm:mineur_pour_soi:call:fr",)
    assert PLACES.lanes(waiting(language="en")) == ("dlpm:mineur_pour_soi:call:en",)
    assert PLACES.lanes(waiting(language="pt")) == ("dlpm:mineur_pour_soi:call:fr",)


def test_a_need_has_a_lane_of_its_own_where_the_queue_knows_it() -> None:
    assert PLACES.lanes(waiting(needs=("lsf",))) == ("dlpm:mineur_pour_soi:call:fr+lsf",)
    assert PLACES.lanes(waiting(queue="temoin", needs=("lsf",))) == ("dlpm:temoin:call:fr",)


def test_widened_queues_add_their_lanes_behind_its_own_and_none_twice() -> None:
    contact = waiting(widened_to=("urgence_coordination", "mineur_pour_soi"))
    assert PLACES.lanes(contact) == (
        "dlpm:mineur_pour_soi:call:fr",
        "dlpm:urgence_coordination:call:fr",
    )


def test_a_need_is_not_widened_to_who_cannot_answer_it_until_it_is_dropped() -> None:
    widened = ("urgence_coordination", "parent_proche")
    assert PLACES.lanes(waiting(needs=("lsf",), widened_to=widened)) == (
        "dlpm:mineur_pour_soi:call:fr+lsf",
        "dlpm:parent_proche:call:fr+lsf",
    )
    assert len(PLACES.lanes(waiting(widened_to=widened))) == 3


def test_a_queue_that_is_gone_or_takes_another_channel_adds_nothing() -> None:
    gone = waiting(widened_to=("no_longer_there", "formulaires"))
    assert PLACES.lanes(gone) == ("dlpm:mineur_pour_soi:call:fr",)
    chat = waiting(channel=Channel.CHAT, widened_to=("ecoute_119",))
    assert PLACES.lanes(chat) == ("dlpm:mineur_pour_soi:chat:fr",)


def test_the_index_is_told_within_which_time_the_queue_wants_an_answer() -> None:
    assert PLACES.waiting(waiting()).target_ms == 300_000
    assert PLACES.waiting(waiting(channel=Channel.CHAT)).target_ms == 180_000
    none = Placements(with_queue("mineur_pour_soi", service_target={}))
    assert none.waiting(waiting()).target_ms == 0
    assert PLACES.waiting(waiting(queue="no_longer_there")).target_ms == 0


def test_moving_keeps_who_they_are_and_takes_the_queues_level() -> None:
    first = waiting(queue="pre_accueil", level=Level.PRE_ANSWER, needs=("lsf",))
    moved = PLACES.moved(first, "parent_proche", home_queue="pre_accueil")
    assert (moved.queue, moved.level, moved.needs) == ("parent_proche", Level.LISTENING, ("lsf",))
    assert (moved.urgency, moved.audience, moved.home_queue) == (
        Urgency.U3,
        first.audience,
        "pre_accueil",
    )
    raised = PLACES.moved(first, "temoin", urgency=Urgency.U1, needs=())
    assert (raised.urgency, raised.band, raised.needs) == (Urgency.U1, 0, ())
    assert raised.source is UrgencySource.SYSTEM


def test_the_plan_has_every_profile_that_skills_make_and_the_limits_of_the_rules() -> None:
    plan, limits = plan_of(dlpm()), dlpm().limits
    assert set(plan.profiles) == {each.id for each in dlpm().all_profiles()}
    assert plan.limits.flow_ms == limits.service_level_window_seconds * 1000
    assert plan.limits.early_ms == limits.early_abandon_seconds * 1000
    assert plan.chats_beside_call == limits.chats_beside_call
