"""The DLPM's own rules, as the rest of the service reads them."""

import json
import re
from datetime import UTC, datetime

import pytest

from config.helpline.assembly import version_of
from config.helpline.helpline import Helpline
from config.helpline.hours import Closed, Open
from config.helpline.load import load_helpline
from config.helpline.schema.records import FieldClass, FieldType
from config.vocabulary import Audience, Channel, Disposition, Urgency
from tests.unit.config.conftest import DLPM, Spoilt

WEDNESDAY_NIGHT = datetime(2026, 6, 3, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def dlpm() -> Helpline:
    return load_helpline(DLPM)


def test_queues_are_those_of_the_domain_in_order(dlpm: Helpline) -> None:
    assert [queue.id for queue in dlpm.queues] == [
        "urgence_coordination",
        "mineur_pour_soi",
        "mineur_pour_autrui",
        "rappel_coupure",
        "parent_proche",
        "temoin",
        "professionnel",
        "formulaires",
        "dlpm_specialiste",
        "rappels_programmes",
        "ecoute_119",
        "pre_accueil",
    ]


def test_lanes_are_queue_by_channel_by_language(dlpm: Helpline) -> None:
    ids = [lane.id for lane in dlpm.lanes() if lane.need is None]
    assert len(ids) == len(set(ids)) == 8 * 2 * 2 + 2 * 1 * 2
    assert "dlpm:mineur_pour_soi:call:fr" in ids
    assert dlpm.lane_id("temoin", Channel.CHAT, "en") in ids


def test_first_words_of_the_menu_are_the_danger_key(dlpm: Helpline) -> None:
    assert dlpm.text("voice.menu", "fr").startswith("Danger immédiat\u00a0: tapez 0.")
    assert dlpm.menu["0"].urgency is Urgency.U1


def test_what_is_said_of_secrecy_is_the_agreed_wording(dlpm: Helpline) -> None:
    assert dlpm.text("chat.trust", "fr", audience=Audience.MINOR) == (
        "Ce que tu dis reste dans notre équipe. Si tu es en danger, nous devons prévenir des adultes "
        "dont c’est le métier de te protéger. Nous t’en parlons avant, dès que c’est possible."
    )


def test_every_profile_serves_immediate_danger(dlpm: Helpline) -> None:
    danger = dlpm.menu["0"].queue
    for profile in dlpm.profiles:
        assert any(f":{danger}:" in lane for lane in profile.lanes), profile.id


def test_profile_without_calls_has_chat_lanes_only(dlpm: Helpline) -> None:
    profile = dlpm.profile("ecoute_tchat")
    lanes = [*profile.lanes, *(each.lane for each in profile.help)]
    assert len(lanes) == 14
    assert all(":chat:" in lane for lane in lanes)


def test_unknown_caller_enters_as_a_minor_does(dlpm: Helpline) -> None:
    for channel in Channel:
        minor = dlpm.entry_rule(channel, Audience.MINOR)
        unknown = dlpm.entry_rule(channel, Audience.UNKNOWN)
        assert (unknown.queue, unknown.urgency) == (minor.queue, minor.urgency)


def test_names_that_do_not_exist_are_key_errors(dlpm: Helpline) -> None:
    for ask in (dlpm.queue, dlpm.profile):
        with pytest.raises(KeyError):
            ask("nowhere")
    with pytest.raises(KeyError):
        dlpm.entry_rule("fax", Audience.MINOR)  # type: ignore[arg-type]


def test_names_that_exist_are_found(dlpm: Helpline) -> None:
    assert dlpm.queue("temoin").label["fr"] == "Témoin"
    assert dlpm.profile("ecoute").label["en"] == "Listening, calls and chats"


def test_minors_hear_tu_and_adults_vous(dlpm: Helpline) -> None:
    assert "Tu gardes" in dlpm.text("voice.wait", "fr", audience=Audience.MINOR)
    assert "Tu gardes" in dlpm.text("voice.wait", "fr", audience=Audience.UNKNOWN)
    assert "Tu gardes" in dlpm.text("voice.wait", "fr")
    assert "Vous gardez" in dlpm.text("voice.wait", "fr", audience=Audience.RELATIVE)


def test_text_of_one_audience_wins_over_the_adults(dlpm: Helpline) -> None:
    greeting = dlpm.text("chat.welcome", "fr", audience=Audience.PROFESSIONAL)
    assert greeting.startswith("Bonjour. Nous pouvons échanger entre professionnels")


def test_text_is_filled_in_and_a_missing_value_is_an_error(dlpm: Helpline) -> None:
    assert "environ 5" in dlpm.text("voice.wait_minutes", "fr", minutes=5)
    with pytest.raises(KeyError):
        dlpm.text("voice.wait_minutes", "fr")


def test_value_with_braces_is_not_read_as_a_placeholder(dlpm: Helpline) -> None:
    assert "{x.__class__}" in dlpm.text("chat.closed", "fr", opening="{x.__class__}")


def test_language_not_spoken_becomes_the_first_one(dlpm: Helpline) -> None:
    assert dlpm.language("en") == "en"
    assert dlpm.language("pt") == dlpm.language(None) == "fr"


def test_children_are_answered_day_and_night_specialists_on_working_days(dlpm: Helpline) -> None:
    assert dlpm.opening(Channel.CALL, "mineur_pour_soi", WEDNESDAY_NIGHT) == Open(closes_at=None)
    assert dlpm.opening(Channel.CALL, "dlpm_specialiste", WEDNESDAY_NIGHT) == Closed(
        reopens_at=datetime(2026, 6, 3, 7, 0, tzinfo=UTC)
    )


def test_opening_is_said_in_the_lines_own_zone(dlpm: Helpline) -> None:
    instant = datetime(2026, 5, 11, 7, 0, tzinfo=UTC)
    assert dlpm.when(instant, "fr") == "lundi 11 mai à 9\u00a0h\u00a000"
    assert dlpm.when(instant, "en") == "on Monday 11 May at 9:00 AM"
    assert dlpm.when(None, "fr") == "plus tard"


def test_urgency_is_the_most_severe_floor_never_a_sum(dlpm: Helpline) -> None:
    assert dlpm.urgency.floor({"grossesse", "dette", "addiction"}) is Urgency.U3
    assert dlpm.urgency.floor({"grossesse", "arme"}) is Urgency.U1
    assert dlpm.urgency.floor(set()) is None
    assert len(dlpm.urgency.factors) == 44


def test_head_to_the_queue_is_one_hour(dlpm: Helpline) -> None:
    assert dlpm.urgency.returned_head_start_ms == 3_600_000
    assert dlpm.urgency.head_starts_ms[Urgency.U5] == 0


def test_geography_is_complete(dlpm: Helpline) -> None:
    codes = [each.code for each in dlpm.departments]
    assert len(codes) == 104
    assert {"2A", "2B", "69", "971", "975", "976", "977", "978"} <= set(codes)
    assert len(dlpm.geography.regions) == 18


def test_lists_hold_the_domains_words(dlpm: Helpline) -> None:
    assert len(dlpm.categories) == 26
    assert [code.id for code in dlpm.non_content_codes][:3] == [
        "muet",
        "raccroche",
        "erreur_numero",
    ]
    assert set(dlpm.dispositions) == set(Disposition)
    assert len(dlpm.age_bands) == 9
    assert len(dlpm.genders) == 4
    assert len(dlpm.people.correspondents) == 21
    assert len(dlpm.case_states) == 7
    assert dlpm.ended_by
    assert len(dlpm.partner_types) == 31


def test_wrap_up_form_has_its_options_resolved(dlpm: Helpline) -> None:
    form = dlpm.wrap_up_form
    departments = form.field("department_home")
    assert departments is not None
    assert (departments.options[0].id, departments.options[0].label["fr"]) == ("01", "01 Ain")
    gender = form.field("gender")
    assert gender is not None
    assert len(gender.options) == 4
    assert form.field("nowhere") is None


def test_nothing_written_freely_is_kept_in_clear(dlpm: Helpline) -> None:
    free = {FieldType.TEXT, FieldType.LONG_TEXT, FieldType.NUMBER, FieldType.DATE}
    for field in dlpm.wrap_up_form.fields:
        if field.type in free:
            assert field.field_class is not FieldClass.CODED, field.id


def test_treated_contact_needs_a_qualification(dlpm: Helpline) -> None:
    field = dlpm.wrap_up_form.field("qualification")
    assert field is not None
    assert Disposition.TREATED in field.required_for_close


def test_number_that_takes_text_messages_is_among_the_urgent(dlpm: Helpline) -> None:
    urgent = [each for each in dlpm.emergency_numbers if each.urgent]
    assert {"15", "17", "18", "112", "114", "119"} == {each.number for each in urgent}
    assert [each.number for each in urgent if each.text_message] == ["114"]


def test_french_texts_and_labels_follow_french_typography(dlpm: Helpline) -> None:
    wrong = re.compile(r" [;:!?»]|« |'")
    for key, by_language in dlpm.texts.items():
        assert key == "time.pattern" or not wrong.search(by_language["fr"]), key
    for field in dlpm.wrap_up_form.fields:
        labels = [field.label, *(option.label for option in field.options)]
        assert not any(wrong.search(label["fr"]) for label in labels), field.id
    for factor in dlpm.urgency.factors:
        assert not wrong.search(factor.label["fr"]), factor.id


def test_content_can_be_stored_and_its_hash_ignores_spelling(
    dlpm: Helpline, spoilt: Spoilt
) -> None:
    assert version_of(json.loads(json.dumps(dlpm.content))) == dlpm.config_version
    spoilt.replace("line.toml", 'pool = "fr"', 'pool    = "fr"  # a comment')
    assert load_helpline(spoilt.folder).config_version == dlpm.config_version


def test_any_change_of_the_rules_is_another_version(dlpm: Helpline, spoilt: Spoilt) -> None:
    spoilt.replace(
        "emergency_numbers.toml", 'number = "17"\n', 'number = "17"\nverified_at = 2026-06-01\n'
    )
    changed = load_helpline(spoilt.folder)
    assert changed.config_version != dlpm.config_version
    assert json.dumps(changed.content)


def test_helpline_cannot_be_changed(dlpm: Helpline) -> None:
    with pytest.raises(AttributeError):
        dlpm.limits = dlpm.limits  # type: ignore[misc]
    with pytest.raises(ValueError, match="frozen"):
        dlpm.limits.max_chats = 9  # type: ignore[misc]
    with pytest.raises(TypeError):
        dlpm.texts["voice.menu"]["fr"] = ""  # type: ignore[index]
