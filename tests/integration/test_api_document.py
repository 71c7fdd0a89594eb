"""The generated documents are valid, whole and fresh."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from config.ids import new_id
from config.vocabulary import Role
from contactcenter.api.__main__ import documents
from contactcenter.api.document import live_schemas
from contactcenter.api.endpoints import PREFIX
from contactcenter.centre.live_events import OfferMade, QueuesChanged, SupervisionChanged
from tests.kit.staff_api import staff_api
from tests.kit.staff_people import NOON, somebody
from tests.kit.staff_services import MemoryServices
from tests.kit.staff_supervision import figures

DOCS = Path(__file__).parents[2] / "docs"


def schema_of(side: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(live_schemas()[f"{side}.schema.json"])
    return found


@pytest.mark.parametrize("name", sorted(documents()))
def test_the_written_documents_are_what_the_code_declares(name: str) -> None:
    written = (DOCS / name).read_bytes()
    assert written == documents()[name], "run: python -m contactcenter.api"


def test_the_openapi_document_is_valid() -> None:
    OpenAPIV31SpecValidator(json.loads(documents()["openapi.json"])).validate()


async def test_every_route_of_the_api_is_in_the_document() -> None:
    async with staff_api() as api:
        document = await (await api.ask("GET", "openapi.json")).json()
        documented = {
            (method.upper(), PREFIX + path)
            for path, operations in document["paths"].items()
            for method in operations
        }
        routes = {
            (route.method, route.resource.canonical)
            for route in api.app.router.routes()
            if route.resource is not None and route.method != "HEAD"  # that of GET
        }
        assert documented == routes


async def test_answers_have_the_documented_shape() -> None:
    async with staff_api() as api:
        document = await (await api.ask("GET", "openapi.json")).json()
        principal, headers = api.signed_in(Role.COORDINATOR)
        offer = api.services.offers.offer(principal)
        await api.services.offers.accept(principal, offer.offer_id)
        contact = f"contacts/{offer.contact_id}"
        asked = {
            "/me": "me",
            "/contacts": "contacts",
            "/contacts/{contact_id}": contact,
            "/contacts/{contact_id}/messages": f"{contact}/messages",
            "/cases": "cases",
            "/supervision": "supervision",
            "/follow-ups": "follow-ups",
            "/helpline": "helpline",
            "/forms/{form_id}/{form_version}": "forms/fiche/1",
        }
        for path, real in asked.items():
            answer = await api.ask("GET", real, headers=headers)
            response = document["paths"][path]["get"]["responses"]["200"]
            schema = response["content"]["application/json"]["schema"]
            whole = {**schema, "components": document["components"]}
            jsonschema.validate(await answer.json(), whole)


def test_live_events_match_their_schema() -> None:
    services = MemoryServices()
    offer = services.offers.offer(somebody())
    events = (
        OfferMade(**offer.model_dump()),
        QueuesChanged(queues=[], free_listeners=0),
        SupervisionChanged(
            at=NOON, revision=1, queues=[figures()], free_listeners=0, present_listeners=1
        ),
    )
    validator = jsonschema.Draft202012Validator(schema_of("server"))
    for event in events:
        validator.validate(json.loads(event.model_dump_json()))


@pytest.mark.parametrize(
    ("frame", "valid"),
    [
        ({"type": "ping"}, True),
        ({"type": "offer_seen", "offer_id": str(new_id())}, True),
        ({"type": "offer_seen"}, False),
        ({"type": "shout"}, False),
        ({"type": "read", "contact_id": str(new_id()), "seq": -1}, False),
    ],
)
def test_client_frames_match_their_schema(frame: dict[str, Any], valid: bool) -> None:
    assert jsonschema.Draft202012Validator(schema_of("client")).is_valid(frame) is valid
