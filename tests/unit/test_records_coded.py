"""What may stand in clear: codes, small numbers and ids, never words of a person."""

from uuid import UUID

import pytest

from config.errors import InvalidInput
from config.vocabulary import EndedBy, Urgency
from records.coded import code, coded

ID = UUID("01890000-0000-7000-8000-000000000001")


def test_codes_numbers_ids_and_nothing_pass() -> None:
    detail = {"reason": "no-answer", "by": EndedBy.AWAY, "to": Urgency.U1, "offer": ID, "x": None}
    stored = coded({**detail, "seen": True, "again": str(ID)})
    assert stored == {
        "reason": "no-answer",
        "by": "away",
        "to": 1,
        "offer": str(ID),
        "x": None,
        "seen": True,
        "again": str(ID),
    }
    assert type(stored["by"]) is str
    assert type(stored["to"]) is int
    assert coded(None) == {}


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Léa",
        "+33612345678",
        "0612345678",
        "il a une arme",
        "a" * 65,
        "2026-01-05",
        "x\n",
        612345678,
    ],
)
def test_anything_a_person_could_have_said_is_refused(value: str | int) -> None:
    with pytest.raises(InvalidInput) as refused:
        coded({"reason": value})
    assert refused.value.code == "not_coded"
    assert refused.value.field == "reason"
    assert not value or str(value) not in str(refused.value)


def test_a_code_names_its_field() -> None:
    assert code("u1.weapon:seen", "factor") == "u1.weapon:seen"
    with pytest.raises(InvalidInput) as refused:
        code("U1", "factor")
    assert refused.value.field == "factor"
