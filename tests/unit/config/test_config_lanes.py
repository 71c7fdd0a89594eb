"""Who serves which lane: teams, skills, needs, help-out, and the further lines of the pool."""

from datetime import UTC, datetime

import pytest

from config.helpline.helpline import Helpline
from config.helpline.lanes import MAX_LANES_PER_LINE, MAX_LANES_PER_PROFILE, lanes_of
from config.helpline.load import load_helpline
from config.helpline.profiles import MAX_PROFILES, Help, Profile, Team
from config.helpline.schema.lanes import ProfileRule, Queue
from config.helpline.schema.urgency import SystemFact
from config.vocabulary import Audience, Channel, EscalationOffer, Level, Urgency
from tests.unit.config.conftest import DLPM, Spoilt

NOON = datetime(2026, 6, 3, 10, 0, tzinfo=UTC)  # noon in Paris, a Wednesday
NIGHT = datetime(2026, 6, 3, 1, 0, tzinfo=UTC)
HALF_PAST_ELEVEN = datetime(2026, 6, 3, 21, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def dlpm() -> Helpline:
    return load_helpline(DLPM)


def _queues(profile: Profile) -> set[str]:
    return {lane.split(":")[1] for lane in profile.lanes}


def test_need_makes_lanes_of_its_own_beside_the_plain_ones(dlpm: Helpline) -> None:
    ids = {lane.id: lane for lane in dlpm.lanes()}
    assert ids["dlpm:mineur_pour_soi:chat:fr"].need is None
    assert ids["dlpm:mineur_pour_soi:chat:fr+lsf"].need == "lsf"
    assert dlpm.lane_id("mineur_pour_soi", Channel.CHAT, "fr", "lsf") in ids
    assert "dlpm:temoin:chat:fr+lsf" not in ids


def test_contact_with_a_need_the_queue_does_not_know_stands_among_everybody(
    dlpm: Helpline,
) -> None:
    chat = Channel.CHAT
    assert dlpm.lane_for("parent_proche", chat, "fr", ["lsf"]) == "dlpm:parent_proche:chat:fr+lsf"
    assert dlpm.lane_for("temoin", chat, "fr", ["lsf"]) == "dlpm:temoin:chat:fr"
    assert dlpm.lane_for("parent_proche", chat, "fr") == "dlpm:parent_proche:chat:fr"


def test_contact_with_two_needs_stands_in_the_lane_that_the_queue_names_first(
    dlpm: Helpline,
) -> None:
    lane = dlpm.lane_for("parent_proche", Channel.CALL, "fr", ["interpreter", "lsf"])
    assert lane == "dlpm:parent_proche:call:fr+lsf"


def test_listener_without_skills_has_her_teams_plain_profile(dlpm: Helpline) -> None:
    plain = dlpm.profile_for("ecoute", ())
    assert plain.id == "ecoute"
    assert plain == dlpm.profiles[0]
    assert not any("+" in lane for lane in plain.lanes)


def test_skill_that_changes_nothing_for_a_team_is_not_in_its_profiles_name(
    dlpm: Helpline,
) -> None:
    assert dlpm.profile_for("coordination", ["lsf", "dlpm_specialist"]).id == "coordination"
    assert dlpm.profile_for("ecoute", ["lsf", "of_another_helpline"]).id == "ecoute+lsf"
    both = dlpm.profile_for("ecoute", ["lsf", "dlpm_specialist"])
    assert both.id == "ecoute+dlpm_specialist+lsf"
    assert dlpm.profile(both.id) is both


def test_team_that_does_not_exist_is_a_key_error(dlpm: Helpline) -> None:
    with pytest.raises(KeyError):
        dlpm.profile_for("nobody", ["lsf"])
    with pytest.raises(KeyError):
        dlpm.skill("flying")
    assert dlpm.skill("lsf").label["fr"] == "Langue des signes (LSF)"


def test_only_specialists_serve_the_specialists_queue(dlpm: Helpline) -> None:
    assert "dlpm_specialiste" not in _queues(dlpm.profile_for("specialiste", ()))
    assert "dlpm_specialiste" in _queues(dlpm.profile_for("specialiste", ["dlpm_specialist"]))
    assert "dlpm_specialiste" not in _queues(dlpm.profile_for("coordination", ["dlpm_specialist"]))


def test_specialists_help_out_where_children_and_parents_have_waited_a_minute(
    dlpm: Helpline,
) -> None:
    profile = dlpm.profile_for("specialiste", ["professionals"])
    helped = profile.help
    assert Help("dlpm:mineur_pour_soi:call:fr", 60_000) in helped
    assert {help_.after_ms for help_ in helped} == {60_000}
    assert not {help_.lane for help_ in helped} & set(profile.lanes)


def test_helper_answers_a_need_only_with_the_skill_for_it(dlpm: Helpline) -> None:
    need = "dlpm:mineur_pour_soi:chat:fr+lsf"
    assert need not in {each.lane for each in dlpm.profile_for("specialiste", ()).help}
    assert need in {each.lane for each in dlpm.profile_for("specialiste", ["lsf"]).help}


def test_minor_who_calls_for_themselves_waits_for_nobodys_skill(dlpm: Helpline) -> None:
    for channel in Channel:
        entry = dlpm.entry_rule(channel, Audience.MINOR)
        assert dlpm.queue(entry.queue).prefers == dlpm.queue(entry.queue).requires == ()
    plain = dlpm.profile_for("ecoute", ())
    assert "dlpm:mineur_pour_soi:call:fr" in plain.lanes
    assert Help("dlpm:mineur_pour_autrui:call:fr", 30_000) in plain.help


def test_holders_of_a_preferred_skill_come_first_and_the_others_help_out(spoilt: Spoilt) -> None:
    spoilt.replace("queues.toml", 'id = "temoin"', 'id = "temoin"\nprefers = ["minors"]')
    helpline = load_helpline(spoilt.folder)
    lane = "dlpm:temoin:call:fr"
    holder, other = (helpline.profile_for("ecoute", each) for each in (["minors"], []))
    assert holder.id == "ecoute+minors"
    assert lane in holder.lanes
    assert lane not in other.lanes
    assert Help(lane, helpline.limits.help_out_seconds * 1000) in other.help
    # Nothing of it concerns who serves other queues only.
    assert helpline.profile_for("coordination", ["minors"]).id == "coordination"


def test_any_of_the_preferred_skills_makes_a_first_choice(spoilt: Spoilt) -> None:
    preferred = 'prefers = ["minors", "professionals"]'
    spoilt.replace("queues.toml", 'id = "temoin"', f'id = "temoin"\n{preferred}')
    helpline = load_helpline(spoilt.folder)
    for skill in ("minors", "professionals"):
        assert "dlpm:temoin:call:fr" in helpline.profile_for("ecoute_appels", [skill]).lanes


def test_every_required_skill_is_needed(spoilt: Spoilt) -> None:
    spoilt.replace(
        "queues.toml",
        'requires = ["dlpm_specialist"]',
        'requires = ["dlpm_specialist", "minors"]',
    )
    helpline = load_helpline(spoilt.folder)
    for skills, serves in (
        (["minors"], False),
        (["dlpm_specialist"], False),
        (["dlpm_specialist", "minors"], True),
    ):
        profile = helpline.profile_for("specialiste", skills)
        assert ("dlpm_specialiste" in _queues(profile)) is serves
    # One of the two alone changes nothing, so it is no profile of its own.
    assert helpline.profile_for("specialiste", ["minors"]).id == "specialiste"


def test_shortest_help_out_of_a_queue_wins(spoilt: Spoilt) -> None:
    spoilt.replace(
        "profiles.toml",
        "help_out = [",
        'help_out = [{ queues = ["temoin", "parent_proche"], after_seconds = 20 }, ',
    )
    helped = {each.lane: each.after_ms for each in load_helpline(spoilt.folder).profiles[4].help}
    assert helped["dlpm:temoin:call:fr"] == 20_000
    assert helped["dlpm:parent_proche:call:fr"] == 20_000
    assert helped["dlpm:mineur_pour_soi:call:fr"] == 60_000


def test_all_of_the_queues_means_those_of_listening(dlpm: Helpline) -> None:
    assert dlpm.queue("pre_accueil").level is Level.PRE_ANSWER
    for profile in dlpm.all_profiles():
        assert ("pre_accueil" in _queues(profile)) is profile.id.startswith("pre_accueil")


def test_profiles_are_distinct_and_within_the_routers_bounds(dlpm: Helpline) -> None:
    profiles = dlpm.all_profiles()
    assert len({each.id for each in profiles}) == len(profiles) <= MAX_PROFILES
    assert profiles[: len(dlpm.profiles)] == dlpm.profiles
    assert max(len(each.lanes) + len(each.help) for each in profiles) <= MAX_LANES_PER_PROFILE
    assert len(dlpm.lanes()) <= MAX_LANES_PER_LINE
    known = {lane.id for lane in dlpm.lanes()}
    for profile in profiles:
        assert known.issuperset(profile.lanes)
        assert known.issuperset(each.lane for each in profile.help)


def test_every_listener_serves_immediate_danger_whatever_her_skills(dlpm: Helpline) -> None:
    for profile in dlpm.all_profiles():
        # But for who works for another line alone: danger is answered on the main one.
        assert ("urgence_coordination" in _queues(profile)) is ("line.snated" not in profile.id)


def test_nobody_serves_a_line_that_her_account_lacks(dlpm: Helpline) -> None:
    whole = dlpm.profile_for("ecoute", ["lsf"])
    assert dlpm.profile_for("ecoute", ["lsf"], ["snated", "dlpm", "another"]) is whole
    part = dlpm.profile_for("ecoute", ["lsf"], ["dlpm"])
    assert part.id == "ecoute+lsf+line.dlpm"
    assert dlpm.profile(part.id) is part
    assert set(whole.lanes) - set(part.lanes) == {
        "snated:ecoute_119:call:fr",
        "snated:ecoute_119:call:en",
    }
    # What she can do for the lines she has, she goes on doing.
    assert part.help == whole.help
    assert _queues(dlpm.profile_for("ecoute", ["lsf"], ["snated"])) == {"ecoute_119"}
    # A team that serves no other line is the same without it, or is none.
    assert dlpm.profile_for("coordination", [], ["dlpm"]).id == "coordination"
    for lines in (["snated"], ["another"], []):
        with pytest.raises(KeyError):
            dlpm.profile_for("coordination", [], lines)


def test_lines_that_came_one_by_one_make_few_profiles_however_many_they_are() -> None:
    lines = ("one", "two", "three", "four")
    queues = [
        Queue.model_validate(
            {"id": f"of_{line}", "line": line, "label": {"fr": "x"}, "channels": ["call"]}
        )
        for line in lines
    ]
    rule = ProfileRule.model_validate(
        {
            "id": "team",
            "label": {"fr": "x"},
            "queues": ["*"],
            "channels": ["call"],
            "languages": ["*"],
        }
    )
    team = Team(rule, lanes_of("one", queues, ("fr",)), queues, 30)
    assert team.lines == lines
    parts = team.profiles_by_lines()
    # All, each alone, and what there was before each further one came.
    assert list(parts) == [
        frozenset(lines),
        *(frozenset({line}) for line in lines),
        frozenset(lines[:2]),
        frozenset(lines[:3]),
    ]
    for served, profiles in parts.items():
        for profile in profiles.values():
            assert {lane.split(":")[0] for lane in profile.lanes} == served
    assert team.profiles_count == len(parts)


def test_further_line_shares_pool_zone_and_languages_and_has_its_own_number(
    dlpm: Helpline,
) -> None:
    main, snated = dlpm.lines
    assert main is dlpm.line
    assert (snated.id, snated.pool, snated.timezone) == ("snated", main.pool, main.timezone)
    assert dlpm.line_of_number(snated.number) is snated
    assert dlpm.line_of_number(main.number) is main
    assert dlpm.line_of_number("+33100000000") is None


def test_lanes_of_a_further_line_carry_its_name(dlpm: Helpline) -> None:
    assert dlpm.lane_id("ecoute_119", Channel.CALL, "fr") == "snated:ecoute_119:call:fr"
    assert {lane.line for lane in dlpm.lanes()} == {"dlpm", "snated"}
    assert "snated:ecoute_119:call:fr" in dlpm.profile_for("ecoute", ()).lanes


def test_further_line_has_its_own_menu_and_entry_and_else_the_main_ones(dlpm: Helpline) -> None:
    assert dlpm.menu_of("snated")["2"].queue == "ecoute_119"
    assert dlpm.menu_of("dlpm") is dlpm.menu
    assert dlpm.menu_of("another") is dlpm.menu
    assert dlpm.menu_text("snated") == "voice.menu_snated"
    assert dlpm.menu_text("dlpm") == dlpm.menu_text("another") == "voice.menu"
    assert dlpm.entry_rule(Channel.CALL, Audience.MINOR, "snated").queue == "ecoute_119"
    assert dlpm.entry_rule(Channel.CHAT, Audience.MINOR, "snated").queue == "mineur_pour_soi"
    assert dlpm.entry_rule(Channel.CALL, Audience.MINOR, "dlpm").queue == "mineur_pour_soi"


def test_key_0_is_danger_on_every_line(dlpm: Helpline) -> None:
    for line in dlpm.lines:
        assert dlpm.menu_of(line.id)["0"].urgency is Urgency.U1
        assert dlpm.text(dlpm.menu_text(line.id), "fr").startswith("Danger immédiat")


def test_calls_are_answered_first_by_day_only(dlpm: Helpline) -> None:
    assert dlpm.pre_answers(Channel.CALL, NOON) == "pre_accueil"
    assert dlpm.pre_answers(Channel.CALL, NIGHT) is None
    assert dlpm.pre_answers(Channel.CALL, HALF_PAST_ELEVEN) is None
    assert dlpm.pre_answers(Channel.CHAT, NOON) is None


def test_own_week_of_pre_answering_narrows_the_queues_hours(spoilt: Spoilt) -> None:
    days = "\n".join(f'{day} = ["08:00-09:00"]' for day in ("mon", "tue", "wed", "thu", "fri"))
    spoilt.replace(
        "entry.toml",
        '[pre_answer]\nqueue = "pre_accueil"\nchannels = ["call"]\n',
        '[pre_answer]\nqueue = "pre_accueil"\nchannels = ["call"]\n'
        f"[pre_answer.week]\n{days}\nsat = []\nsun = []\n",
    )
    helpline = load_helpline(spoilt.folder)
    assert helpline.pre_answers(Channel.CALL, NOON) is None
    assert helpline.pre_answers(Channel.CALL, NOON.replace(hour=6, minute=30)) == "pre_accueil"


def test_helpline_without_pre_answering_answers_on_one_level(spoilt: Spoilt) -> None:
    text = (spoilt.folder / "entry.toml").read_text(encoding="utf-8")
    spoilt.replace("entry.toml", text[text.index("[pre_answer]") :], "")
    helpline = load_helpline(spoilt.folder)
    assert helpline.pre_answers(Channel.CALL, NOON) is None
    assert helpline.questions_for(Audience.MINOR) == ()


def test_questions_before_a_chat_are_few_and_raise_the_urgency(dlpm: Helpline) -> None:
    for audience in Audience:
        questions = dlpm.questions_for(audience)
        assert 1 <= len(questions) <= 3
        for question in questions:
            assert dlpm.urgency.floor({question.factor}) in {Urgency.U1, Urgency.U2}


def test_service_ticks_the_factors_it_notices_itself(dlpm: Helpline) -> None:
    found = {fact: dlpm.urgency.factor_of(fact) for fact in SystemFact}
    ids = {fact: factor.id for fact, factor in found.items() if factor is not None}
    assert ids == {
        SystemFact.RETURNING_AFTER_DROP: "rappel_apres_coupure",
        SystemFact.REPEAT_CONTACTS: "recidive_contact_3_en_30j",
        SystemFact.SHORT_CONTACTS: "contacts_courts_repetes",
    }


def test_minors_are_never_offered_to_be_called_back(dlpm: Helpline) -> None:
    steps = dlpm.urgency.escalation
    offers = [step for step in steps if step.offer is EscalationOffer.CALLBACK]
    assert offers
    for step in offers:
        for queue in step.queues:
            assert not {Audience.MINOR, Audience.UNKNOWN} & set(dlpm.queue(queue).audiences)


def test_step_concerns_its_urgencies_queues_and_channels(dlpm: Helpline) -> None:
    step = next(each for each in dlpm.urgency.escalation if each.id == "proposer_un_rappel")
    assert step.concerns("parent_proche", Channel.CALL, Urgency.U4)
    assert not step.concerns("parent_proche", Channel.CHAT, Urgency.U4)
    assert not step.concerns("parent_proche", Channel.CALL, Urgency.U1)
    assert not step.concerns("temoin", Channel.CALL, Urgency.U4)
    everywhere = next(each for each in dlpm.urgency.escalation if each.id == "danger_pour_tous")
    assert everywhere.concerns("temoin", Channel.CHAT, Urgency.U1)


def test_closed_specialists_are_stood_in_for_with_a_task_for_them(dlpm: Helpline) -> None:
    stand_in = dlpm.queue("dlpm_specialiste").when_closed
    assert stand_in is not None
    assert (stand_in.queue, stand_in.follow_up) == ("mineur_pour_soi", True)
    steps = [step for step in dlpm.urgency.escalation if "dlpm_specialiste" in step.queues]
    assert {step.when for step in steps} == {"closed", "unstaffed"}
    assert all(step.take_in == stand_in.queue and step.follow_up for step in steps)
