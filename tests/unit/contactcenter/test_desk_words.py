"""Every state, reason and refusal that a screen may be told has its words, in every language."""

from enum import StrEnum

import pytest

from config.helpline.load import load_helpline
from config.settings import PACKAGED_HELPLINES
from config.text import LANGUAGES, Catalog
from config.vocabulary import (
    Audience,
    Channel,
    ContactActReason,
    ContactState,
    EngagementState,
    FollowUpKind,
    FollowUpOutcome,
    ListenerActReason,
    NumberReason,
    PresenceState,
    QueueActReason,
    QueueStateKind,
    Role,
    UrgencySource,
)
from contactcenter.api.routes import ENDPOINTS
from contactcenter.desk.page_content import floor_content, page_content
from contactcenter.desk.rendering import Pages

CATALOG = Catalog.load()
PAGES = Pages(load_helpline(PACKAGED_HELPLINES / "dlpm"), CATALOG)
WORDS: dict[str, type[StrEnum]] = {
    "audience": Audience,
    "because": StrEnum(
        "because",
        "hard_contact missed_offers lease_lost leg_lost leg_failed shift_over signed_out elsewhere",
    ),
    "cause": QueueActReason,
    "channel": Channel,
    "channels": Channel,
    "follow_up": FollowUpKind,
    "number_reason": NumberReason,
    "outcome": FollowUpOutcome,
    "presence": PresenceState,
    "queue": QueueStateKind,
    "quiet": PresenceState,
    "quiet_title": PresenceState,
    "reason": ContactActReason,
    "role": Role,
    "state": ContactState,
    "urgency_by": UrgencySource,
    "why": ListenerActReason,
    "work": EngagementState,
}
# Told to programs and to other pages, or met only by a page that asks for what there is not.
NOT_ON_A_SCREEN = {
    "cid_reused",
    "conversation_queue_full",
    "draining",
    "messages_queue_full",
    "no_softphone",
    "not_a_text",
    "number_out_of_range",
    "other_line",
    "ticket_refused",
    "too_many_sockets",
    "unknown_field",
    "unknown_option",
    "upgrade_required",
    "wrong_date",
    "wrong_reference",
    "wrong_type",
}


@pytest.mark.parametrize("prefix", sorted(WORDS))
def test_every_value_of_a_closed_set_has_words(prefix: str) -> None:
    texts = floor_content(PAGES, LANGUAGES[0])["texts"]
    missing = {f"{prefix}_{value}" for value in WORDS[prefix]} - texts.keys()
    assert missing == set()


def test_every_refusal_of_an_act_has_words() -> None:
    texts = floor_content(PAGES, LANGUAGES[0])["texts"]
    codes = {code for endpoint in ENDPOINTS for code in endpoint.problems}
    assert {code for code in codes if f"problem_{code}" not in texts} <= NOT_ON_A_SCREEN


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_lists_of_a_page_are_in_its_language_and_name_nobody(language: str) -> None:
    desk, floor = page_content(PAGES, language), floor_content(PAGES, language)
    assert desk["lists"].items() <= floor["lists"].items()
    factor = next(each for each in desk["lists"]["factors"] if each["value"] == "arme")
    assert factor == {
        "value": "arme",
        "label": {"fr": "Arme", "en": "Weapon"}[language],
        "floor": 1,
    }
    assert "listeners" not in floor["lists"]
