"""check-config on who serves whom and what waiting changes: each mistake, with file and key."""

import pytest

from tests.unit.config.conftest import Spoilt

SKILL = '[[skills]]\nid = "{}"\nlabel = {{ fr = "x", en = "x" }}\nkind = "{}"\n'
QUEUE = '[[queues]]\nid = "{}"\nlabel = {{ fr = "x", en = "x" }}\nchannels = ["call", "chat"]\n'
STEP = (
    '[[escalation]]\nid = "{}"\nafter_seconds = 9\nurgencies = ["U5"]\nalert_coordinator = true\n'
)

# One line each: where, what is replaced by what, how the report begins.
# fmt: off
MISTAKES = [
    # skills
    ("skills.toml", 'id = "lsf"', 'id = "minors"', "skills.toml: skills[minors].id: is used twice"),
    ("skills.toml", 'kind = "need"', 'kind = "wish"', "skills.toml: skills[lsf].kind: Input should be 'expertise' or 'need'"),
    ("skills.toml", ', en = "With an interpreter"', "", "skills.toml: skills[interpreter].label.en: is missing"),
    ("queues.toml", 'requires = ["dlpm_specialist"]', 'requires = ["specialist"]', "queues.toml: queues[dlpm_specialiste].requires: no skill is called specialist"),
    ("queues.toml", 'requires = ["dlpm_specialist"]', 'requires = ["lsf"]', "queues.toml: queues[dlpm_specialiste].requires: lsf is of the kind need, not expertise"),
    ("queues.toml", 'needs = ["lsf", "interpreter"]', 'needs = ["minors"]', "queues.toml: queues[mineur_pour_soi].needs: minors is of the kind expertise, not need"),
    ("queues.toml", 'needs = ["lsf", "interpreter"]', 'needs = ["lsf", "lsf"]', "queues.toml: queues[mineur_pour_soi].needs: names lsf twice"),
    ("queues.toml", 'id = "temoin"', 'id = "temoin"\nprefers = ["minor"]', "queues.toml: queues[temoin].prefers: no skill is called minor"),
    # lines
    ("line.toml", 'id = "snated"', 'id = "dlpm"', "line.toml: lines[dlpm].id: is used twice"),
    ("line.toml", 'id = "snated"', 'id = "minor"', "line.toml: lines[minor].id: is the name of an audience"),
    ("line.toml", '"+33199000190"', '"+33199000119"', "line.toml: lines[snated].number: is another line's"),
    ("line.toml", '"+33199000190"', '"119"', "line.toml: lines[snated].number: must be a telephone number in E.164"),
    ("queues.toml", 'line = "snated"', 'line = "le119"', "queues.toml: queues[ecoute_119].line: no line is called le119"),
    ("entry.toml", '[[menu]]\nline = "snated"', '[[menu]]\nline = "le119"', "entry.toml: menu[0].line: no line is called le119"),
    ("entry.toml", '[[entry]]\nline = "snated"', '[[entry]]\nline = "le119"', "entry.toml: entry[4].line: no line is called le119"),
    ("entry.toml", 'line = "snated"\ndigit = "0"', 'line = "snated"\ndigit = "8"', "entry.toml: menu: has no key 0 on snated: it is for immediate danger"),
    ("entry.toml", 'line = "snated"\ndigit = "2"', 'line = "snated"\ndigit = "1"', "entry.toml: menu[1].digit: is used twice on snated"),
    ("texts/fr.toml", "menu_snated = ", "menu_le119 = ", "texts/fr.toml: voice.menu_snated: is missing: snated has its own keys"),
    ("texts/en.toml", 'menu_snated = "Immediate danger: press 0. ', 'menu_snated = "', "texts/en.toml: voice.menu_snated: must begin with the danger key, 0, and a full stop"),
    ("texts/en.toml", 'Professional: press 3. Or stay on the line."\nlanguage_key', 'Or stay on the line."\nlanguage_key', "texts/en.toml: voice.menu_snated: does not announce key 3"),
    # queues that stand in, and teams
    ("queues.toml", 'when_closed = { queue = "mineur_pour_soi" }', 'when_closed = { queue = "jour" }', "queues.toml: queues[pre_accueil].when_closed.queue: no queue is called jour"),
    ("queues.toml", 'when_closed = { queue = "mineur_pour_soi" }', 'when_closed = { queue = "pre_accueil" }', "queues.toml: queues[pre_accueil].when_closed.queue: leads back to the queue itself"),
    ("queues.toml", 'when_closed = { queue = "mineur_pour_soi", follow', 'when_closed = { queue = "ecoute_119", follow', "queues.toml: queues[dlpm_specialiste].when_closed.queue: ecoute_119 does not take chat"),
    ("queues.toml", "full_at = 40", "full_at = 0", "queues.toml: queues[professionnel].full_at: Input should be greater than or equal to 1"),
    ("queues.toml", 'level = "pre_accueil"', 'level = "accueil"', "queues.toml: queues[pre_accueil].level: Input should be 'pre_accueil' or 'ecoute'"),
    ("profiles.toml", '"parent_proche"], after', '"parents"], after', "profiles.toml: profiles[specialiste].help_out: no queue is called parents"),
    ("profiles.toml", '"parent_proche"], after', '"professionnel"], after', "profiles.toml: profiles[specialiste].help_out: professionnel is the team's own"),
    ("profiles.toml", "after_seconds = 60", "after_seconds = 0", "profiles.toml: profiles[specialiste].help_out[0].after_seconds: Input should be greater than or equal to 1"),
    # calls that come back, first answers and questions
    ("queues.toml", 'channels = ["call", "chat"]\nservice_target = { call = { percent = 95, seconds = 20 }, chat', 'channels = ["call"]\nservice_target = { call = { percent = 95, seconds = 20 }, chat', "entry.toml: menu[0].queue: urgence_coordination does not take chat, and a chat may say danger too"),
    ("entry.toml", 'returning_queue = "rappel_coupure"', 'returning_queue = "rappel"', "entry.toml: returning_queue: no queue is called rappel"),
    ("entry.toml", 'returning_queue = "rappel_coupure"', 'returning_queue = "formulaires"', "entry.toml: returning_queue: formulaires does not take call"),
    ("entry.toml", 'returning_queue = "rappel_coupure"', 'returning_queue = "pre_accueil"', "entry.toml: returning_queue: pre_accueil is for first answers: see pre_answer"),
    ("entry.toml", 'queue = "pre_accueil"', 'queue = "accueil"', "entry.toml: pre_answer.queue: no queue is called accueil"),
    ("entry.toml", 'queue = "pre_accueil"', 'queue = "temoin"', "entry.toml: pre_answer.queue: temoin is not of the level pre_accueil"),
    ("entry.toml", 'queue = "pre_accueil"\nchannels = ["call"]', 'queue = "pre_accueil"\nchannels = ["call", "chat"]', "entry.toml: pre_answer.channels: pre_accueil does not take chat"),
    ("entry.toml", 'queue = "temoin"', 'queue = "pre_accueil"', "entry.toml: menu[5].queue: pre_accueil is for first answers: see pre_answer"),
    ("entry.toml", 'factor = "fugue_lt_48h"', 'factor = "fugue"', "entry.toml: opening_questions[en_fugue].factor: no factor is called fugue"),
    ("entry.toml", 'id = "en_fugue"', 'id = "danger_maintenant"', "entry.toml: opening_questions[danger_maintenant].id: is used twice"),
    ("entry.toml", 'label_adult = { fr = "Un enfant est-il en danger, là, maintenant ?", en = "Is a child in danger right now?" }\n', "", "entry.toml: opening_questions[danger_maintenant].label_adult: is missing: adults are asked too"),
    ("entry.toml", 'numbers = ["disparus"]', 'numbers = ["fugueurs"]', "entry.toml: opening_questions[en_fugue].yes.numbers: no number is called fugueurs"),
    ("entry.toml", 'numbers = ["disparus"]', "numbers = []", "entry.toml: opening_questions[en_fugue].yes.numbers: Tuple should have at least 1 item"),
    ("entry.toml", 'text = "help_runaway"', 'text = "help_flight"', "entry.toml: opening_questions[en_fugue].yes.text: no text is called chat.help_flight_adult in texts/en.toml"),
    ("texts/fr.toml", "Le 116 000 répond", "Le 116 001 répond", "texts/fr.toml: chat.help_runaway: must say 116 000: en_fugue names it"),
    ("texts/en.toml", "3114 answers you at once, day and night, free of charge. If you cannot", "If you cannot", "texts/en.toml: chat.help_suicide: must say 3114: idees_suicidaires names it"),
    ("texts/en.toml", 'send a text message to 114."\nhelp_runaway =', 'write."\nhelp_runaway =', "texts/en.toml: chat.help_suicide_adult: must say 114: idees_suicidaires names it"),
    # factors and steps
    ("urgency.toml", 'system = "short_contacts"', 'system = "silence"', "urgency.toml: factors[contacts_courts_repetes].system: Input should be"),
    ("urgency.toml", 'system = "short_contacts"', 'system = "repeat_contacts"', "urgency.toml: factors[contacts_courts_repetes].system: repeat_contacts ticks another factor too"),
    ("urgency.toml", 'id = "attente_longue"', 'id = "danger_pour_tous"', "urgency.toml: escalation[danger_pour_tous].id: is used twice"),
    ("urgency.toml", 'id = "attente_longue"\n', "", "urgency.toml: escalation[2].id: Field required"),
    ("urgency.toml", 'when = "closed"', 'when = "full"', "urgency.toml: escalation[specialistes_fermes].when: Input should be"),
    ("urgency.toml", 'take_in = "mineur_pour_soi"', 'take_in = "mineurs"', "urgency.toml: escalation[specialistes_fermes].take_in: no queue is called mineurs"),
    ("urgency.toml", 'take_in = "mineur_pour_soi"', 'take_in = "ecoute_119"', "urgency.toml: escalation[specialistes_fermes].take_in: ecoute_119 does not take chat"),
    ("urgency.toml", 'take_in = "mineur_pour_soi"', 'take_in = "dlpm_specialiste"', "urgency.toml: escalation: take_in leads from dlpm_specialiste back to it"),
    ("urgency.toml", 'queues = ["dlpm_specialiste"]\nwhen', "when", "urgency.toml: escalation[specialistes_fermes].queues: is missing: who is taken in comes from a queue"),
    ("urgency.toml", 'queues = ["parent_proche", "professionnel"]', 'queues = ["parent_proche", "temoin"]', "urgency.toml: escalation[proposer_un_rappel].queues: temoin is not for adults only"),
    ("urgency.toml", 'queues = ["parent_proche", "professionnel"]\n', "", "urgency.toml: escalation[proposer_un_rappel].queues: is missing: callbacks are for adults only"),
    ("urgency.toml", 'channels = ["call"]\noffer = "callback"', 'channels = ["call", "chat"]\noffer = "callback"', 'urgency.toml: escalation[proposer_un_rappel].channels: must be ["call"] where callback is offered'),
    ("urgency.toml", 'channels = ["chat"]\noffer = "call"', 'offer = "call"', 'urgency.toml: escalation[proposer_l_appel].channels: must be ["chat"] where call is offered'),
    ("urgency.toml", 'text = "taken_in"', 'text = "goodbye"', "urgency.toml: escalation[specialistes_fermes].text: no text is called chat.goodbye"),
    # limits
    ("limits.toml", "chats_beside_call = 0", "chats_beside_call = 4", "limits.toml: limits.chats_beside_call: must be at most max_chats"),
    ("limits.toml", "early_abandon_seconds = 5", "early_abandon_seconds = 60", "limits.toml: limits.early_abandon_seconds: must be less than short_contact_seconds"),
    ("limits.toml", "help_out_seconds = 30\n", "", "limits.toml: limits.help_out_seconds: Field required"),
]
# fmt: on


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"), MISTAKES, ids=[expected for *_, expected in MISTAKES]
)
def test_mistake_is_found_with_its_file_and_key(
    spoilt: Spoilt, file: str, old: str, new: str, expected: str
) -> None:
    found = spoilt.replace(file, old, new).mistakes()
    assert any(line.startswith(expected) for line in found), found


def test_queue_whose_skills_no_team_could_hold_is_refused(spoilt: Spoilt) -> None:
    spoilt.replace("queues.toml", 'level = "pre_accueil"', 'requires = ["minors"]')
    spoilt.replace("profiles.toml", 'queues = ["*"]', 'queues = ["temoin"]', 4)
    spoilt.replace("profiles.toml", '"pre_accueil"]', '"temoin"]')
    assert (
        "queues.toml: queues[pre_accueil]: no profile serves it by call in fr" in spoilt.mistakes()
    )


def test_help_alone_serves_nobody_as_first_choice(spoilt: Spoilt) -> None:
    spoilt.replace("profiles.toml", 'queues = ["*"]', 'queues = ["urgence_coordination"]', 4)
    found = spoilt.mistakes()
    assert "queues.toml: queues[parent_proche]: no profile serves it by call in fr" in found
    reason = "no profile serves it by chat in en for who needs lsf"
    assert f"queues.toml: queues[parent_proche]: {reason}" in found


def test_circle_of_stand_ins_is_named_at_each_of_its_queues(spoilt: Spoilt) -> None:
    spoilt.replace(
        "queues.toml",
        'needs = ["lsf", "interpreter"]',
        'when_closed = { queue = "dlpm_specialiste" }',
    )
    assert spoilt.mistakes() == tuple(
        f"queues.toml: queues[{queue}].when_closed.queue: leads back to the queue itself"
        for queue in ("dlpm_specialiste", "mineur_pour_soi")
    )


def test_profiles_that_skills_make_are_counted(spoilt: Spoilt) -> None:
    skills = [f"s{number}" for number in range(6)]
    for skill in skills:
        spoilt.append("skills.toml", SKILL.format(skill, "expertise"))
    listed = ", ".join(f'"{skill}"' for skill in skills)
    spoilt.replace("queues.toml", 'id = "temoin"', f'id = "temoin"\nprefers = [{listed}]')
    (found,) = spoilt.mistakes()
    assert found.startswith("profiles.toml: profiles: make ")
    assert found.endswith(" with their skills and lines, more than 512")


def test_lanes_of_each_line_are_counted_apart(spoilt: Spoilt) -> None:
    names = [f"q{number}" for number in range(65)]
    for name in names:
        spoilt.append("queues.toml", QUEUE.format(name) + 'line = "snated"\n')
    found = spoilt.mistakes()
    assert "queues.toml: queues: make 262 lanes of snated, more than 256" in found


def test_needs_count_among_the_lanes_of_a_profile(spoilt: Spoilt) -> None:
    # 50 lanes with every skill; each need on a queue of both channels and languages adds four.
    for queue in ("temoin", "professionnel", "rappel_coupure", "mineur_pour_autrui"):
        spoilt.replace("queues.toml", f'id = "{queue}"', f'id = "{queue}"\nneeds = ["lsf"]')
    found = spoilt.mistakes()
    assert found == ("profiles.toml: profiles[ecoute]: serves 66 lanes, more than 64",)


def test_more_steps_than_a_contact_can_remember_are_refused(spoilt: Spoilt) -> None:
    for number in range(60):
        spoilt.append("urgency.toml", "\n" + STEP.format(f"s{number}"))
    (found,) = spoilt.mistakes()
    assert found.startswith("urgency.toml: escalation: Tuple should have at most 62 items")


def test_more_than_three_questions_before_a_chat_are_refused(spoilt: Spoilt) -> None:
    spoilt.append(
        "entry.toml",
        '\n[[opening_questions]]\nid = "four"\nlabel = { fr = "x", en = "x" }\n'
        'audiences = ["minor"]\nfactor = "arme"\n',
    )
    (found,) = spoilt.mistakes()
    assert found.startswith("entry.toml: opening_questions: Tuple should have at most 3 items")


def test_lines_own_rules_rank_who_is_unknown_as_a_minor_too(spoilt: Spoilt) -> None:
    spoilt.replace(
        "entry.toml",
        'audience = "minor"\nqueue = "ecoute_119"\nurgency = "U3"\n\n[[entry]]',
        'audience = "minor"\nqueue = "ecoute_119"\nurgency = "U2"\n\n[[entry]]',
    )
    expected = "entry.toml: entry: by call on snated, unknown must be ranked as a minor is"
    assert spoilt.mistakes() == (expected,)


def test_file_nested_beyond_reading_is_a_mistake_like_any_other(spoilt: Spoilt) -> None:
    (spoilt.folder / "skills.toml").write_text("a = " + "[" * 20_000 + "]" * 20_000)
    assert "skills.toml: is nested too deeply" in spoilt.mistakes()
