"""What earlier contacts of a number tell of a new one."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from config.vocabulary import Audience, Disposition, EndedBy, Urgency
from contactcenter.centre.queue.facts import NOTHING, facts_of
from records.contacts.recognition import LastContact, Recognised
from tests.kit.intake import DAY, dlpm

LISTENER, FOLLOWER = UUID(int=3), UUID(int=4)
CUT = LastContact(
    contact_id=UUID(int=2),
    arrived_at=DAY - timedelta(minutes=20),
    ended_at=DAY - timedelta(minutes=2),
    ended_by=EndedBy.CARRIER,
    end_reason="call_failed",
    disposition=None,
    audience=Audience.MINOR,
    urgency=Urgency.U3,
    listener_id=LISTENER,
    talked_seconds=600,
)


def test_a_number_without_a_past_tells_nothing() -> None:
    assert facts_of(Recognised(), Audience.MINOR, dlpm()) == NOTHING


@pytest.mark.parametrize(
    "last",
    [
        CUT,
        replace(CUT, ended_by=EndedBy.CORRESPONDENT),
        replace(CUT, audience=Audience.UNKNOWN),
        # Back before the hang-up was reported.
        replace(CUT, ended_by=None, ended_at=None, end_reason=None),
    ],
)
def test_a_childs_talk_that_broke_off_is_returning_to_its_listener(last: LastContact) -> None:
    facts = facts_of(Recognised(last, follower_id=FOLLOWER), Audience.UNKNOWN, dlpm())
    assert facts.is_returning
    assert (facts.factors, facts.preferred) == (frozenset({"rappel_apres_coupure"}), LISTENER)


@pytest.mark.parametrize(
    ("last", "audience"),
    [
        (replace(CUT, ended_by=EndedBy.LISTENER), Audience.MINOR),
        (replace(CUT, ended_by=EndedBy.COORDINATOR), Audience.MINOR),
        (replace(CUT, listener_id=None, talked_seconds=0), Audience.MINOR),
        (replace(CUT, disposition=Disposition.NON_CONTENT), Audience.MINOR),
        (CUT, Audience.PROFESSIONAL),
        (replace(CUT, audience=Audience.RELATIVE), Audience.MINOR),
    ],
)
def test_a_finished_talk_or_an_adults_is_not_and_the_follower_is_asked_first(
    last: LastContact, audience: Audience
) -> None:
    facts = facts_of(Recognised(last, follower_id=FOLLOWER), audience, dlpm())
    assert (facts.is_returning, facts.factors, facts.preferred) == (False, frozenset(), FOLLOWER)


def test_repeated_and_short_contacts_tick_their_factors_from_the_limits_on() -> None:
    limits = dlpm().limits
    before = Recognised(
        repeat_count=limits.repeat_contacts - 2, short_count=limits.short_contacts - 1
    )
    assert facts_of(before, Audience.MINOR, dlpm()).factors == frozenset()
    at = Recognised(repeat_count=limits.repeat_contacts - 1, short_count=limits.short_contacts)
    assert facts_of(at, Audience.MINOR, dlpm()).factors == {
        "recidive_contact_3_en_30j",
        "contacts_courts_repetes",
    }
