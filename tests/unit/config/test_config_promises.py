"""What a write-up's answers promise is checked with the rest: each name must mean something."""

import pytest

from config.helpline.load import load_helpline
from tests.unit.config.conftest import Spoilt

FORM = "forms/wrap_up.toml"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('when = ["echange"]', 'when = ["echanges"]', "when: debrief has no answer echanges"),
        ('when = ["rappel_programme"]', 'when = ["rappel"]', "when: suites has no answer rappel"),
        ('{ when = ["echange"], ', "{ ", "when: is missing: which answers promise?"),
        ('{ kind = "callback"', '{ when = ["oui"], kind = "callback"', "when: is for choices"),
        ('queue = "urgence_coordination"', 'queue = "nulle"', "queue: no queue is called nulle"),
        ('due_on = "callback_day", due_hours = 24, shows = ["callback_safely", "next_step"] },\n]',
         'due_on = "alias", due_hours = 24 },\n]', "due_on: alias is no date"),
        ('due_on = "callback_day"', 'due_on = "jamais"', "due_on: no question is called jamais"),
        ('shows = ["next_step"]', 'shows = ["rien"]', "shows: no question is called rien"),
        ('owner = "queue", due_hours = 24 }', 'owner = "writer", due_hours = 24 }',
         "owner: a talk with the coordination is not the writer's"),
        ('kind = "debrief"', 'kind = "chat"', "kind: Input should be"),
        ("due_hours = 72", "due_hours = true", "due_hours: Input should be a valid integer"),
        ("due_hours = 72", 'due_hours = "72"', "due_hours: Input should be a valid integer"),
    ],
)  # fmt: skip
def test_a_promise_that_means_nothing_is_named(
    spoilt: Spoilt, old: str, new: str, expected: str
) -> None:
    found = spoilt.replace(FORM, old, new).mistakes()
    assert any(line.startswith(f"{FORM}: fields[") and f"].{expected}" in line for line in found), (
        found
    )


def test_a_qualification_spares_only_questions_that_there_are(spoilt: Spoilt) -> None:
    found = spoilt.replace("outcomes.toml", '["case", "categories"]', '["cas"]').mistakes()
    (mistake,) = found
    assert mistake.startswith("outcomes.toml: qualifications[conseil].closes_without: no question ")


def test_a_promise_changes_without_a_new_version_of_the_form(spoilt: Spoilt) -> None:
    before = load_helpline(spoilt.folder)
    spoilt.replace(FORM, "due_hours = 72", "due_hours = 48")
    after = load_helpline(spoilt.folder)
    assert after.promises != before.promises
    assert after.wrap_up_form == before.wrap_up_form
