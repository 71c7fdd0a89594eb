"""The OpenAPI 3.1 document and the live frames' JSON Schemas, made from the declarations."""

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from contactcenter.api.endpoints import PREFIX, Endpoint
from contactcenter.api.live.frames import ClientFrame, ServerFrame
from contactcenter.auth.access import Access, Credential
from contactcenter.auth.cookies import SAFE_METHODS
from contactcenter.auth.gates import roles_with
from contactcenter.web.problem_codes import MEANINGS
from contactcenter.web.problems import PROBLEM_JSON, Problem

DOCUMENT = web.AppKey("openapi_document", bytes)

_REF = "#/components/schemas/{model}"
_PATH_SCHEMAS: Mapping[str, dict[str, Any]] = {
    "contact_id": {"type": "string", "format": "uuid"},
    "offer_id": {"type": "string", "format": "uuid"},
    "case_id": {"type": "string", "format": "uuid"},
    "listener_id": {"type": "string", "format": "uuid"},
    "follow_up_id": {"type": "string", "format": "uuid"},
    "queue": {"type": "string", "description": "a queue's id, or `*` for every queue"},
    "form_id": {"type": "string"},
    "form_version": {"type": "integer", "minimum": 1},
}
_ABOUT = """\
The staff side of the contact centre. Sign in with `POST session`; send the token as
`Authorization: Bearer`, or let a browser keep it as a cookie. Instants are RFC 3339 in UTC,
durations whole seconds, urgency 1 (immediate danger) to 5 (advice). Errors are RFC 9457
problem details: decide by `code`. Any route may answer 500 `internal_error`, and 503 when an
engine is away; both carry no effect unless the code is `outcome_unknown`, and then the same
request may be sent again."""

Schemas = Mapping[tuple[str, JsonSchemaMode], dict[str, Any]]


def openapi_document(endpoints: Iterable[Endpoint]) -> bytes:
    """Return the document of these routes, indented, keys in the order of the declarations."""
    listed = tuple(endpoints)
    schemas, definitions = _schemas(listed)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in listed:
        operations = paths.setdefault(endpoint.path, {})
        operations[endpoint.method.lower()] = _operation(endpoint, schemas)
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Contact centre: staff API", "version": "1.0.0", "description": _ABOUT},
        "servers": [{"url": PREFIX}],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "__Host-cc_session",
                    "description": "On http, which only loopback may use: `cc_session`. An unsafe "
                    "request by cookie needs our own `Origin`.",
                },
            },
        },
    }
    return _written(document)


def live_schemas() -> dict[str, bytes]:
    """Return the JSON Schemas of the live socket's frames, by file name."""
    written = {}
    frames: tuple[tuple[str, JsonSchemaMode, TypeAdapter[Any]], ...] = (
        ("server", "serialization", TypeAdapter(ServerFrame)),
        ("client", "validation", TypeAdapter(ClientFrame)),
    )
    for side, mode, adapter in frames:
        schema = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": f"A frame that the {side} sends on the live socket",
            **adapter.json_schema(mode=mode),
        }
        written[f"{side}.schema.json"] = _written(schema)
    return written


def _schemas(endpoints: tuple[Endpoint, ...]) -> tuple[Schemas, dict[str, Any]]:
    """Return the schema of each model used, and every definition they share."""
    wanted: dict[tuple[str, JsonSchemaMode], TypeAdapter[Any]] = {
        ("Problem", "serialization"): TypeAdapter(Problem),
        ("LiveServerFrame", "serialization"): TypeAdapter(ServerFrame),
        ("LiveClientFrame", "validation"): TypeAdapter(ClientFrame),
    }
    for endpoint in endpoints:
        if endpoint.body is not None:
            wanted[endpoint.body.__name__, "validation"] = TypeAdapter(endpoint.body)
        if endpoint.answer is not None:
            wanted[endpoint.answer.__name__, "serialization"] = TypeAdapter(endpoint.answer)
    schemas, rest = TypeAdapter.json_schemas(
        [(name, mode, adapter) for (name, mode), adapter in wanted.items()], ref_template=_REF
    )
    definitions = dict(rest.get("$defs", {}))
    for name, mode in (("LiveServerFrame", "serialization"), ("LiveClientFrame", "validation")):
        definitions[name] = schemas[name, mode]  # type: ignore[index]  # literals, as asked above
    return schemas, dict(sorted(definitions.items()))


def _operation(endpoint: Endpoint, schemas: Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name.replace(".", "_"),
        "summary": endpoint.summary,
        "tags": [endpoint.path.split("/")[1]],
    }
    parameters = [*_path_parameters(endpoint), *_query_parameters(endpoint.query)]
    if parameters:
        operation["parameters"] = parameters
    if endpoint.body is not None:
        schema = schemas[endpoint.body.__name__, "validation"]
        operation["requestBody"] = {
            "required": not endpoint.body_optional,
            "content": {"application/json": {"schema": schema}},
        }
    operation["responses"] = {**_success(endpoint, schemas), **_refusals(endpoint)}
    operation["security"] = _security(endpoint.access)
    if endpoint.access.right is not None:
        operation["x-roles"] = sorted(roles_with(endpoint.access.right))
    return operation


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in endpoint.path.split("/") if part.startswith("{")]
    return [
        {"name": name, "in": "path", "required": True, "schema": _PATH_SCHEMAS[name]}
        for name in names
    ]


def _query_parameters(model: type[BaseModel] | None) -> list[dict[str, Any]]:
    if model is None:
        return []
    schema = model.model_json_schema(ref_template=_REF)
    inlined = schema.get("$defs", {})
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": _inline(field, inlined),
        }
        for name, field in schema["properties"].items()
    ]


def _inline(schema: dict[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Return a parameter's schema without references: an absent one is absent, never null."""
    options = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    only = dict(options[0])
    reference = only.pop("$ref", None)
    if reference is not None:
        only = {**definitions[str(reference).rpartition("/")[2]], **only}
    if schema.get("default") is not None:
        only["default"] = schema["default"]
    return only


def _success(endpoint: Endpoint, schemas: Schemas) -> dict[str, Any]:
    response: dict[str, Any] = {"description": HTTPStatus(endpoint.status).phrase}
    if endpoint.answer is not None:
        schema = schemas[endpoint.answer.__name__, "serialization"]
        response["content"] = {"application/json": {"schema": schema}}
    elif endpoint.status == 200:
        response["content"] = {"application/json": {"schema": {"type": "object"}}}
    elif endpoint.status == 101:
        response["description"] = (
            "The socket is open: text frames, `LiveServerFrame` to the desk and `LiveClientFrame` "
            "from it. Answer protocol pings: each pong keeps the listener's place."
        )
    return {str(endpoint.status): response}


def _refusals(endpoint: Endpoint) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for code in (*_common_codes(endpoint), *endpoint.problems):
        by_status.setdefault(MEANINGS[code].status, []).append(code)
    return {
        str(status): {
            "description": "; ".join(f"`{code}`: {MEANINGS[code].detail}" for code in codes),
            "content": {
                PROBLEM_JSON: {"schema": {"$ref": _REF.format(model="Problem")}},
            },
        }
        for status, codes in sorted(by_status.items())
    }


def _common_codes(endpoint: Endpoint) -> tuple[str, ...]:
    codes: list[str] = []
    if endpoint.body is not None:
        codes += ["invalid_json", "body_too_large", "unsupported_media_type"]
    if endpoint.body is not None or endpoint.query is not None:
        codes.append("invalid_input")
    if endpoint.access.credential is Credential.SESSION:
        codes.append("not_signed_in")
    if endpoint.access.right is not None:
        codes.append("not_allowed")
    if endpoint.method not in SAFE_METHODS or endpoint.access.credential is Credential.TICKET:
        codes.append("foreign_origin")
    if endpoint.name != "openapi":
        codes.append("unavailable")
    return tuple(codes)


def _security(access: Access) -> list[dict[str, list[str]]]:
    if access.credential is Credential.SESSION:
        return [{"bearer": []}, {"cookie": []}]
    return []


def _written(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
