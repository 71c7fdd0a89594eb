"""Whatever the teams, queues and skills: a profile's name says all that its listener serves."""

from hypothesis import given, settings
from hypothesis import strategies as st

from config.helpline.lanes import Lane, lanes_of
from config.helpline.profiles import Team
from config.helpline.schema.lanes import ProfileRule, Queue

SKILLS = ("a", "b", "c", "d")
QUEUES = ("one", "two", "three")
LABEL = {"fr": "x"}
HELP_OUT_SECONDS = 30

some_skills = st.lists(st.sampled_from(SKILLS), unique=True, max_size=2)
some_queues = st.lists(st.sampled_from(QUEUES), unique=True, min_size=1, max_size=3)
channels = st.sampled_from([["call"], ["chat"], ["call", "chat"]])


@st.composite
def queue_lists(draw: st.DrawFn) -> tuple[Queue, ...]:
    return tuple(
        Queue.model_validate(
            {
                "id": name,
                "label": LABEL,
                "channels": draw(channels),
                "requires": draw(some_skills),
                "prefers": draw(some_skills),
                "needs": draw(some_skills),
                "level": draw(st.sampled_from(["ecoute", "pre_accueil"])),
            }
        )
        for name in QUEUES
    )


@st.composite
def rules(draw: st.DrawFn) -> ProfileRule:
    return ProfileRule.model_validate(
        {
            "id": "team",
            "label": LABEL,
            "queues": draw(st.one_of(st.just(["*"]), some_queues)),
            "channels": draw(channels),
            "languages": draw(st.sampled_from([["*"], ["fr"]])),
            "help_out": draw(
                st.lists(
                    st.fixed_dictionaries(
                        {"queues": some_queues, "after_seconds": st.integers(1, 300)}
                    ),
                    max_size=2,
                )
            ),
        }
    )


@st.composite
def teams(draw: st.DrawFn) -> tuple[Team, tuple[Lane, ...], dict[str, Queue]]:
    queues = draw(queue_lists())
    lanes = lanes_of("line", queues, ("fr", "en"))
    team = Team(draw(rules()), lanes, queues, HELP_OUT_SECONDS)
    return team, lanes, {queue.id: queue for queue in queues}


held = st.sets(st.sampled_from(SKILLS))


@settings(max_examples=200, deadline=None)
@given(teams(), held)
def test_skills_left_out_of_a_profiles_name_change_nothing(
    made: tuple[Team, tuple[Lane, ...], dict[str, Queue]], skills: set[str]
) -> None:
    team, *_ = made
    profile = team.profile(skills)
    named = profile.id.split("+")[1:]
    assert named == sorted(named)
    assert skills.issuperset(named)
    assert team.profile(named) == profile
    # None of those named could be left out.
    for skill in named:
        fewer = team.profile(set(named) - {skill})
        assert (fewer.lanes, fewer.help) != (profile.lanes, profile.help)


@settings(max_examples=200, deadline=None)
@given(teams(), held)
def test_every_set_of_skills_has_its_profile_among_those_counted(
    made: tuple[Team, tuple[Lane, ...], dict[str, Queue]], skills: set[str]
) -> None:
    team, *_ = made
    profiles = team.profiles()
    assert len(profiles) == team.profiles_count
    assert profiles[frozenset(skills).intersection(team.skills)] == team.profile(skills)


@settings(max_examples=200, deadline=None)
@given(teams(), held, held)
def test_more_skills_never_take_a_lane_away_nor_make_it_wait_longer(
    made: tuple[Team, tuple[Lane, ...], dict[str, Queue]], skills: set[str], more: set[str]
) -> None:
    team, *_ = made
    fewer, wider = team.profile(skills), team.profile(skills | more)
    after = dict.fromkeys(wider.lanes, 0) | {each.lane: each.after_ms for each in wider.help}
    assert all(after[lane] == 0 for lane in fewer.lanes)
    assert all(after[each.lane] <= each.after_ms for each in fewer.help)


@settings(max_examples=200, deadline=None)
@given(teams(), held)
def test_nobody_serves_a_lane_without_the_skills_it_asks_for(
    made: tuple[Team, tuple[Lane, ...], dict[str, Queue]], skills: set[str]
) -> None:
    team, lanes, queues = made
    by_id = {lane.id: lane for lane in lanes}
    profile = team.profile(skills)
    helped = [each.lane for each in profile.help]
    assert len({*profile.lanes, *helped}) == len(profile.lanes) + len(helped)
    for lane in (by_id[each] for each in (*profile.lanes, *helped)):
        assert skills.issuperset(queues[lane.queue].requires)
        assert lane.need is None or lane.need in skills
    for lane in (by_id[each] for each in profile.lanes):
        prefers = queues[lane.queue].prefers
        assert not prefers or skills.intersection(prefers)
