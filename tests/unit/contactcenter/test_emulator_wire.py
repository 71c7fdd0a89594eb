"""Our table of Twilio's wire, held to Twilio's own document where that is at hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from contactcenter.telephony.emulator import wire

REFERENCE = Path(__file__).parents[4] / "shared" / "reference" / "twilio_api_v2010.trimmed.json"
PATHS = {
    value for value in vars(wire).values() if isinstance(value, str) and value.startswith("/2010")
}


@pytest.fixture(scope="module")
def reference() -> dict[str, Any] | None:
    """Twilio's document; without it the tests below check our table against itself only."""
    return json.loads(REFERENCE.read_text()) if REFERENCE.exists() else None


def test_every_route_says_its_fields_and_its_success() -> None:
    assert set(wire.REQUEST_FIELDS) == set(wire.SUCCESS)
    assert {path for _, path in wire.REQUEST_FIELDS} == PATHS
    for route, required in wire.REQUIRED_FIELDS.items():
        assert set(required) <= wire.REQUEST_FIELDS[route]


def test_table_names_nothing_twice() -> None:
    for fields in wire.ANSWER_FIELDS.values():
        assert len(fields) == len(set(fields))
    for enumeration in wire.ENUMERATIONS.values():
        assert len(enumeration) == len({member.value for member in enumeration})


@pytest.mark.parametrize("route", sorted(wire.REQUEST_FIELDS))
def test_request_fields_and_successes_are_twilios(
    route: tuple[str, str], reference: dict[str, Any] | None
) -> None:
    method, path = route
    assert path in PATHS
    if reference is None:
        return
    operation = reference["paths"][path][method]
    assert str(wire.SUCCESS[route]) in operation["responses"]
    if method == "post":
        schema = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
        known, required = set(schema["properties"]), set(schema.get("required", ()))
    else:
        query = [each for each in operation.get("parameters", ()) if each["in"] == "query"]
        known, required = {each["name"] for each in query}, set()
    assert known >= wire.REQUEST_FIELDS[route]
    assert set(wire.REQUIRED_FIELDS.get(route, ())) == required


@pytest.mark.parametrize("schema", sorted(wire.ANSWER_FIELDS))
def test_answers_have_exactly_twilios_fields(schema: str, reference: dict[str, Any] | None) -> None:
    fields = wire.ANSWER_FIELDS[schema]
    assert fields
    if reference is not None:
        assert set(fields) == set(reference["components"]["schemas"][schema]["properties"])


@pytest.mark.parametrize("name", sorted(wire.ENUMERATIONS))
def test_enumerations_have_exactly_twilios_values(
    name: str, reference: dict[str, Any] | None
) -> None:
    values = {member.value for member in wire.ENUMERATIONS[name]}
    assert values
    if reference is not None:
        assert values == set(reference["components"]["schemas"][name]["enum"])
