"""check-config finds each mistake, says where it stands, and says all of them at once."""

from pathlib import Path

import pytest

from config.errors import Misconfigured
from config.helpline.load import load_helpline
from tests.unit.config.conftest import Spoilt

NB = "\u00a0"

# One line each: where, what is replaced by what, how the report begins.
# fmt: off
MISTAKES = [
    # one file's own shape
    ("line.toml", 'timezone = "Europe/Paris"', 'timezone = "Europe/Pariss"', "line.toml: line.timezone: is not a time zone of the IANA data base"),
    ("line.toml", 'number = "+33199000119"', 'number = "119"', "line.toml: line.number: must be a telephone number in E.164"),
    ("line.toml", 'id = "dlpm"', 'id = "DLPM"', "line.toml: line.id: String should match"),
    ("line.toml", 'pool = "fr"', 'pool = "fr"\ncolour = "red"', "line.toml: line.colour: Extra inputs are not permitted"),
    ("line.toml", "[line]", "[line", "line.toml: is not TOML: "),
    ("queues.toml", 'channels = ["call", "chat"]', 'channels = ["call", "fax"]', "queues.toml: queues[urgence_coordination].channels[1]: Input should be 'call' or 'chat'"),
    ("limits.toml", "offer_seconds = 20", "offer_seconds = 0", "limits.toml: limits.offer_seconds: Input should be greater than or equal to 1"),
    ("limits.toml", "max_chats = 3\n", "", "limits.toml: limits.max_chats: Field required"),
    ("urgency.toml", 'floor = "U1"', 'floor = "U0"', "urgency.toml: factors[agresseur_present].floor: must be one of U1, U2, U3, U4, U5"),
    ("hours.toml", '["00:00-24:00"]', '["08:00-07:00"]', "hours.toml: hours[0].week.mon[0]: must end after it starts"),
    ("hours.toml", '["00:00-24:00"]', '["8h-12h"]', 'hours.toml: hours[0].week.mon[0]: must be written like "09:00-18:30"'),
    # languages and lanes
    ("line.toml", '"https://fr.wikipedia.org/"', '"javascript:alert(1)"', "line.toml: page.exit_url"),
    ("line.toml", '["fr", "en"]', '["fr", "en", "en"]', "line.toml: line.languages: names en twice"),
    ("line.toml", '["fr", "en"]', '["fr", "en", "qq"]', "line.toml: line.languages: qq is no known language"),
    ("queues.toml", 'id = "temoin"', 'id = "parent_proche"', "queues.toml: queues[parent_proche].id: is used twice"),
    ("queues.toml", 'channels = ["call", "chat"]', 'channels = ["call", "call", "chat"]', "queues.toml: queues[urgence_coordination].channels: names call twice"),
    ("queues.toml", "channels = []\n", "channels = []\nservice_target = { call = { percent = 80, seconds = 30 } }\n", "queues.toml: queues[formulaires].service_target.call: is a channel the queue does not have"),
    ("profiles.toml", 'id = "ecoute_tchat"', 'id = "ecoute"', "profiles.toml: profiles[ecoute].id: is used twice"),
    ("profiles.toml", '"rappel_coupure"]', '"rappel"]', "profiles.toml: profiles[coordination].queues: no queue is called rappel"),
    ("profiles.toml", 'languages = ["fr"]', 'languages = ["fr", "es"]', "profiles.toml: profiles[ecoute_francais].languages: the line does not speak es"),
    ("profiles.toml", '["urgence_coordination", "rappel_coupure"]', '["formulaires"]', "profiles.toml: profiles[coordination]: serves no lane"),
    # menu and entry
    ("entry.toml", 'digit = "0"', 'digit = "8"', "entry.toml: menu: has no key 0: it is for immediate danger"),
    ("entry.toml", 'urgency = "U1"', 'urgency = "U2"', "entry.toml: menu[0].urgency: must be U1"),
    ("entry.toml", 'digit = "2"', 'digit = "1"', "entry.toml: menu[1].digit: is used twice"),
    ("entry.toml", 'digit = "2"', 'digit = "*"', "entry.toml: menu[*].digit: String should match"),
    ("entry.toml", 'queue = "temoin"', 'queue = "temoins"', "entry.toml: menu[5].queue: no queue is called temoins"),
    ("entry.toml", 'queue = "temoin"', 'queue = "formulaires"', "entry.toml: menu[5].queue: formulaires does not take call"),
    ("entry.toml", 'language = "en"', 'language = "es"', "entry.toml: menu[9].language: the line does not speak es"),
    ("entry.toml", 'audience = "professional"', 'audience = "adult"', "entry.toml: menu[3].audience: Input should be"),
    # urgency
    ("urgency.toml", 'id = "U4"', 'id = "U3"', "urgency.toml: levels[U3].id: is used twice"),
    ("urgency.toml", 'id = "U4"', 'id = "U3"', "urgency.toml: levels: U4 is missing"),
    ("urgency.toml", "head_start_ms = 600_000", "head_start_ms = 60_000", "urgency.toml: levels[U4].head_start_ms: is larger than that of U3, which is more urgent"),
    ("urgency.toml", 'id = "arme"', 'id = "sequestration"', "urgency.toml: factors[sequestration].id: is used twice"),
    ("urgency.toml", 'widen_to = ["urgence_coordination"]', 'widen_to = ["tous"]', "urgency.toml: escalation[tres_urgent_sans_reponse].widen_to: no queue is called tous"),
    ("urgency.toml", 'text = "wait_saturated"', 'text = "wait_more"', "urgency.toml: escalation[attente_longue].text: no text is called voice.wait_more"),
    ("urgency.toml", 'text = "wait_saturated"', "", "urgency.toml: escalation[attente_longue]: changes nothing"),
    # hours
    ("hours.toml", '"temoin", ', "", "hours.toml: hours: temoin has no hours for call"),
    ("hours.toml", '["dlpm_specialiste"]\nchannels = ["call", "chat"]\non', '["dlpm_specialiste", "temoin"]\nchannels = ["call"]\non', "hours.toml: hours: temoin has hours for call 2 times"),
    ("hours.toml", '["dlpm_specialiste"]\nchannels = ["call", "chat"]\non', '["specialiste"]\nchannels = ["call", "chat"]\non', "hours.toml: hours[2].queues: no queue is called specialiste"),
    ("hours.toml", '"13:30-18:00"', '"12:00-18:00"', "hours.toml: hours[2].week.mon: has intervals that overlap"),
    ("hours.toml", 'on_holidays = "closed"', 'on_holidays = ["09:00-12:00", "11:00-13:00"]', "hours.toml: hours[2].on_holidays: has intervals that overlap"),
    ("hours.toml", 'country = "FR"', 'country = "QQ"', "hours.toml: holidays.country: has no known calendar of holidays"),
    ("hours.toml", 'country = "FR"', 'country = "FR"\nsubdivision = "Alsace"', "hours.toml: holidays.subdivision: is not known for FR"),
    ("hours.toml", 'country = "FR"', 'country = "FR"\nsubdivision = "Zone A"', "hours.toml: holidays.subdivision: has no other public holidays than FR: leave it out"),
    ("line.toml", "+33199000190", "+330199000190", "line.toml: lines[snated].number: is no number that a call can carry; is +33199000190 meant?"),
    # texts and labels
    ("queues.toml", ', en = "Witness"', "", "queues.toml: queues[temoin].label.en: is missing"),
    ("queues.toml", 'en = "Witness"', 'en = "Witness", es = "Testigo"', "queues.toml: queues[temoin].label.es: the line does not speak es"),
    ("outcomes.toml", 'en = "Abandoned"', 'en = " "', "outcomes.toml: dispositions.abandoned.en: is missing"),
    ("forms/wrap_up.toml", 'en = "Age band"', 'en = ""', "forms/wrap_up.toml: fields[age_band].label.en: is missing"),
    ("departments.toml", 'code = "2A"', 'code = "20"', "departments.toml: departments[20].code: is not the code of a département"),
    ("departments.toml", 'code = "978"', 'code = "977"', "departments.toml: departments[977].code: is used twice"),
    ("departments.toml", 'code = "978"', 'code = "977"', "departments.toml: departments: 978 is missing"),
    ("departments.toml", 'name = "Ain"\nregion = "84"', 'name = "Ain"\nregion = "99"', "departments.toml: departments[01].region: no region has the code 99"),
    ("departments.toml", 'name = "Ain"\nregion = "84"', 'name = "Ain"', "departments.toml: departments[01].region: is missing"),
    ("departments.toml", '[[regions]]\ncode = "24"', '[[regions]]\ncode = "11"', "departments.toml: regions[11].code: is used twice"),
    ("texts/en.toml", "silence = ", "silent = ", "texts/en.toml: voice.silence: is missing"),
    ("texts/en.toml", "silence = ", "silent = ", "texts/fr.toml: voice.silent: is missing"),
    ("texts/en.toml", "silence = ", "silent = ", "texts/en.toml: voice.silent: is said by nothing: misspelt?"),
    ("texts/fr.toml", "joined_adult = ", 'cut = "Coupé."\njoined_adult = ', "texts/fr.toml: chat.cut: is said by nothing: misspelt?"),
    ("texts/fr.toml", "votre département. Elle", "{authority}. Elle", "texts/fr.toml: staff.ip_notice: is shown as written: nothing is filled in"),
    ("texts/en.toml", "about {minutes} minutes", "about {mintues} minutes", "texts/en.toml: voice.wait_minutes: must have {minutes}"),
    ("texts/fr.toml", "Je suis là :", "Je suis {là} :", "texts/fr.toml: voice.silence: has a brace that is not part of a {placeholder}"),
    ("texts/fr.toml", "Votre inquiétude", "{minutes} Votre inquiétude", "texts/fr.toml: chat.welcome_relative: must have no placeholder"),
    ("texts/en.toml", 'title = "Chat"', 'title = ""', "texts/en.toml: chat.title: must be a text that is not empty"),
    ("texts/en.toml", "[voice]", 'loose = "x"\n\n[voice]', "texts/en.toml: loose: must be a table of texts"),
    ("texts/fr.toml", f'menu = "Danger immédiat{NB}: tapez 0. ', 'menu = "', "texts/fr.toml: voice.menu: must begin with the danger key, 0, and a full stop"),
    ("texts/fr.toml", f"Témoin{NB}: tapez 5. ", "", "texts/fr.toml: voice.menu: does not announce key 5"),
    ("texts/fr.toml", "EEEE d", "EEEEEEEE d", "texts/fr.toml: time.pattern: is not a date pattern (UTS 35)"),
    # closed lists
    ("categories.toml", 'id = "ist"', 'id = "grossesse"', "categories.toml: categories[grossesse].id: is used twice"),
    ("categories.toml", 'group = "dlpm"', 'group = "autre"', "categories.toml: categories[prostitution_averee].group: no group is called autre"),
    ("categories.toml", 'group = "dlpm"\n', "", "categories.toml: categories[prostitution_averee].group: is missing"),
    ("categories.toml", 'id = "hygiene"', 'id = "tenue"', "categories.toml: signs[tenue].id: is used twice"),
    ("outcomes.toml", 'id = "muet"', 'id = "test"', "outcomes.toml: non_content[test].id: is used twice"),
    ("outcomes.toml", "[30, 60, 85, 91]", "[30, 90, 85, 91]", "outcomes.toml: crip_reminder_days: must be in rising order"),
    ("outcomes.toml", "deterred = ", "scared = ", "outcomes.toml: dispositions.scared"),
    ("people.toml", 'id = "trans"', 'id = "fille"', "people.toml: genders[fille].id: is used twice"),
    ("people.toml", 'group = "temoin"', 'group = "temoins"', "people.toml: correspondents[voisin_temoin].group: no group is called temoins"),
    ("partners.toml", 'id = "ase_astreinte"', 'id = "ase"', "partners.toml: partner_types[ase].id: is used twice"),
    ("emergency_numbers.toml", 'id = "samu"', 'id = "police"', "emergency_numbers.toml: numbers[police].id: is used twice"),
    ("emergency_numbers.toml", "text_message = true\n", "", "emergency_numbers.toml: numbers: no urgent one takes text messages, for who cannot speak"),
    ("limits.toml", "offer_seconds = 20", "offer_seconds = 40", "limits.toml: limits.offer_seconds: must be less than round_seconds"),
    ("limits.toml", "no_socket_offer_seconds = 15", "no_socket_offer_seconds = 120", "limits.toml: limits.no_socket_offer_seconds: must be less than away_seconds"),
    # forms and retention
    ("forms/wrap_up.toml", 'type = "number"', 'type = "numbers"', "forms/wrap_up.toml: fields[age].type: Input should be 'text', "),
    ("forms/wrap_up.toml", 'id = "wrap_up"', 'id = "other"', "forms/wrap_up.toml: id: is other: the file must have the form's name"),
    ("forms/wrap_up.toml", 'id = "wrap_up"', 'id = "other"', "forms/wrap_up.toml: is missing: every contact is written up"),
    ("forms/wrap_up.toml", 'id = "equipe"', 'id = "suite"', "forms/wrap_up.toml: sections[suite].id: is used twice"),
    ("forms/wrap_up.toml", 'id = "equipe"', 'id = "suite"', "forms/wrap_up.toml: fields[debrief].section: no section is called equipe"),
    ("forms/wrap_up.toml", 'id = "age"', 'id = "age_band"', "forms/wrap_up.toml: fields[age_band].id: is used twice"),
    ("forms/wrap_up.toml", 'options_from = "genders"', "", "forms/wrap_up.toml: fields[gender].options: are empty"),
    ("forms/wrap_up.toml", 'options_from = "genders"', 'options_from = "gender"', "forms/wrap_up.toml: fields[gender].options_from: no list is called gender"),
    ("forms/wrap_up.toml", 'options_from = "genders"', 'options_from = "genders"\noptions = [{ id = "x", label = { fr = "x", en = "x" } }]', "forms/wrap_up.toml: fields[gender].options: are given twice"),
    ("forms/wrap_up.toml", 'id = "en_partie"', 'id = "non"', "forms/wrap_up.toml: fields[parents_know].options[non].id: is used twice"),
    ("forms/wrap_up.toml", 'type = "boolean"', 'type = "boolean"\noptions_from = "genders"', "forms/wrap_up.toml: fields[interpreter].options: a boolean has no options"),
    ("forms/wrap_up.toml", 'type = "number"\nclass = "sealed"', 'type = "number"\nclass = "coded"', "forms/wrap_up.toml: fields[age].class: a number is always sealed"),
    ("forms/wrap_up.toml", 'type = "long_text"\nclass = "sealed"', 'type = "long_text"\nclass = "searchable"', "forms/wrap_up.toml: fields[facts_seen].class: only a text is searchable"),
    ("forms/wrap_up.toml", "max_chars = 100\n", "", "forms/wrap_up.toml: fields[alias].max_chars: is missing: every text has a limit"),
    ("forms/wrap_up.toml", 'type = "boolean"', 'type = "boolean"\nmax_chars = 5', "forms/wrap_up.toml: fields[interpreter].max_chars: a boolean has none"),
    ("forms/wrap_up.toml", "minimum = 0\n", "", "forms/wrap_up.toml: fields[age].minimum: and maximum are needed by a number"),
    ("forms/wrap_up.toml", "minimum = 0\n", "minimum = 30\n", "forms/wrap_up.toml: fields[age].minimum: is larger than maximum"),
    ("forms/wrap_up.toml", 'type = "boolean"', 'type = "boolean"\nmaximum = 5', "forms/wrap_up.toml: fields[interpreter].minimum: and maximum: a boolean has none"),
    ("forms/wrap_up.toml", '["treated"]', '["treated", "treated"]', "forms/wrap_up.toml: fields[categories].required_for_close: names treated twice"),
    ("retention.toml", 'id = "journal"', 'id = "numero"', "retention.toml: classes[numero].id: is used twice"),
    ("retention.toml", 'case = "situation"', 'case = "dossier"', "retention.toml: defaults.case: no class is called dossier"),
    ("retention.toml", "shred_days = 30", "shred_days = 31", "retention.toml: shred_days: Input should be less than or equal to 30"),
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


def test_every_mistake_is_reported_at_once(spoilt: Spoilt) -> None:
    for file, old, new, _ in (MISTAKES[1], MISTAKES[6], MISTAKES[8]):
        spoilt.replace(file, old, new)
    spoilt.replace("retention.toml", 'case = "situation"', 'case = "dossier"')
    (spoilt.folder / "people.toml").unlink()
    found = spoilt.mistakes()
    assert [line.split(":")[0] for line in found] == [
        "limits.toml",
        "line.toml",
        "people.toml",
        "retention.toml",
        "urgency.toml",
    ]


def test_missing_folder_is_one_mistake(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as refused:
        load_helpline(tmp_path / "nowhere")
    assert refused.value.mistakes == (f"{tmp_path / 'nowhere'}: is not a folder",)


def test_empty_folder_names_every_file(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as refused:
        load_helpline(tmp_path)
    assert "queues.toml: is missing" in refused.value.mistakes
    assert "forms/wrap_up.toml: is missing: every contact is written up" in refused.value.mistakes
    assert len(refused.value.mistakes) >= 15


def test_misspelt_file_is_refused_not_ignored(spoilt: Spoilt) -> None:
    spoilt.append("horaires.toml", "x = 1\n").append("forms/deep/x.toml", "x = 1\n")
    assert spoilt.mistakes() == (
        "forms/deep/x.toml: is not a file of a helpline: misspelt?",
        "horaires.toml: is not a file of a helpline: misspelt?",
    )


def test_text_of_a_language_the_line_does_not_speak_is_refused(spoilt: Spoilt) -> None:
    spoilt.append("texts/es.toml", '[voice]\nmenu = "0."\n')
    assert "texts/es.toml: the line does not speak es" in spoilt.mistakes()


def test_missing_language_is_one_mistake_for_its_texts(spoilt: Spoilt) -> None:
    (spoilt.folder / "texts/en.toml").unlink()
    assert spoilt.mistakes() == ("texts/en.toml: is missing: the line speaks en",)


def test_unreadable_texts_do_not_make_the_others_look_wrong(spoilt: Spoilt) -> None:
    spoilt.replace("texts/en.toml", "[voice]", "[voice")
    (found,) = spoilt.mistakes()
    assert found.startswith("texts/en.toml: is not TOML: ")


def test_file_that_is_not_utf8_or_too_large_is_named(spoilt: Spoilt) -> None:
    (spoilt.folder / "people.toml").write_bytes(b"\xff\xfe")
    (spoilt.folder / "partners.toml").write_text("#" * 1_000_001)
    assert "people.toml: is not text in UTF-8" in spoilt.mistakes()
    assert "partners.toml: is larger than 1 MB" in spoilt.mistakes()


def test_file_saved_with_a_byte_order_mark_and_carriage_returns_is_read(spoilt: Spoilt) -> None:
    before = load_helpline(spoilt.folder).config_version
    for path in spoilt.folder.rglob("*.toml"):
        lines = path.read_bytes().replace(b"\n", b"\r\n")
        path.write_bytes(b"\xef\xbb\xbf" + lines)
    assert load_helpline(spoilt.folder).config_version == before


def test_lane_that_no_profile_serves_is_named(spoilt: Spoilt) -> None:
    path = spoilt.folder / "profiles.toml"
    only_french = path.read_text().partition("[[profiles]]")[0] + (
        '[[profiles]]\nid = "x"\nlabel = { fr = "x", en = "x" }\n'
        'queues = ["*"]\nchannels = ["call"]\nlanguages = ["fr"]\n'
    )
    path.write_text(only_french)
    found = spoilt.mistakes()
    assert "queues.toml: queues[temoin]: no profile serves it by chat in fr" in found
    assert "queues.toml: queues[temoin]: no profile serves it by call in en" in found
    assert "queues.toml: queues[temoin]: no profile serves it by call in fr" not in found


def test_more_than_256_lanes_a_line_and_64_a_profile_are_refused(spoilt: Spoilt) -> None:
    names = [f"q{number}" for number in range(60)]
    for name in names:
        spoilt.append(
            "queues.toml",
            f'[[queues]]\nid = "{name}"\nlabel = {{ fr = "x", en = "x" }}\nchannels = ["call", "chat"]\n',
        )
    spoilt.replace(
        "hours.toml",
        '"dlpm_specialiste"',
        ", ".join(f'"{name}"' for name in ["dlpm_specialiste", *names]),
        2,
    )
    found = spoilt.mistakes()
    assert "queues.toml: queues: make 290 lanes, more than 256" in found
    assert "profiles.toml: profiles[ecoute]: serves 290 lanes, more than 64" in found


def test_every_channel_and_audience_has_one_entry_rule(spoilt: Spoilt) -> None:
    spoilt.replace(
        "entry.toml",
        '[[entry]]\nchannels = ["call", "chat"]\naudience = "minor"',
        '[[entry]]\nchannels = ["call"]\naudience = "relative"',
    )
    found = spoilt.mistakes()
    assert "entry.toml: entry: no rule for chat and minor" in found
    assert "entry.toml: entry: no rule for call and minor" in found
    assert "entry.toml: entry[2]: call and relative have a rule already" in found


def test_entry_rule_leads_to_a_queue_that_takes_the_channel(spoilt: Spoilt) -> None:
    spoilt.replace(
        "entry.toml",
        'audience = "relative"\nqueue = "parent_proche"\nurgency = "U4"\n\n[[entry]]',
        'audience = "relative"\nqueue = "formulaires"\nurgency = "U4"\n\n[[entry]]',
    )
    assert "entry.toml: entry[2].queue: formulaires does not take call" in spoilt.mistakes()
    spoilt.replace("entry.toml", 'queue = "formulaires"', 'queue = "nulle_part"')
    assert "entry.toml: entry[2].queue: no queue is called nulle_part" in spoilt.mistakes()


def test_who_is_unknown_is_ranked_as_a_minor(spoilt: Spoilt) -> None:
    spoilt.replace(
        "entry.toml",
        'audience = "unknown"\nqueue = "mineur_pour_soi"\nurgency = "U3"\n\n[[entry]]',
        'audience = "unknown"\nqueue = "mineur_pour_soi"\nurgency = "U5"\n\n[[entry]]',
    )
    assert spoilt.mistakes() == (
        "entry.toml: entry: by call, unknown must be ranked as a minor is",
        "entry.toml: entry: by chat, unknown must be ranked as a minor is",
    )


def test_exceptional_days_are_checked_like_the_week(spoilt: Spoilt) -> None:
    day = '[[exceptions]]\nday = 2026-12-24\nqueues = ["{}"]\nchannels = ["call"]\nintervals = {}\n'
    spoilt.append("hours.toml", day.format("temoin", '["09:00-12:00", "11:00-13:00"]'))
    spoilt.append("hours.toml", day.format("*", "[]"))
    spoilt.append("hours.toml", day.format("nulle_part", "[]"))
    assert spoilt.mistakes() == (
        "hours.toml: exceptions: temoin has 2026-12-24 twice for call",
        "hours.toml: exceptions[0].intervals: has intervals that overlap",
        "hours.toml: exceptions[2].queues: no queue is called nulle_part",
    )


def test_label_missing_from_the_vocabulary_is_named(spoilt: Spoilt) -> None:
    path = spoilt.folder / "outcomes.toml"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("carrier")]
    path.write_text("\n".join(lines))
    assert spoilt.mistakes() == ("outcomes.toml: ended_by.carrier: is missing",)


def test_code_that_is_no_departement_is_refused(spoilt: Spoilt) -> None:
    spoilt.append("departments.toml", '\n[[departments]]\ncode = "979"\nname = "x"\n')
    expected = "departments.toml: departments[979].code: is not the code of a département"
    assert spoilt.mistakes() == (expected,)


def test_numbers_without_an_urgent_one_are_refused(spoilt: Spoilt) -> None:
    spoilt.replace("emergency_numbers.toml", "urgent = true\n", "", 99)
    assert (
        "emergency_numbers.toml: numbers: none is urgent: nothing to show when we cannot answer"
        in spoilt.mistakes()
    )


def test_text_of_ones_own_has_the_first_languages_placeholders(spoilt: Spoilt) -> None:
    spoilt.replace("texts/fr.toml", "[chat]", '[chat]\nhelp_day = "Le {day}"')
    spoilt.replace("texts/en.toml", "[chat]", '[chat]\nhelp_day = "At {hour}"')
    assert spoilt.mistakes() == ("texts/en.toml: chat.help_day: must have {day}",)
