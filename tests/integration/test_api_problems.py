"""What a refused request is told: problem details with stable codes, and nothing it typed."""

import json
from uuid import uuid4

import pytest
from aiohttp import ClientResponse

from config.errors import (
    CentreError,
    Conflict,
    InvalidInput,
    NotFound,
    OutcomeUnknown,
    TooMuch,
    Unavailable,
)
from tests.kit.staff_api import StaffApi, staff_api

SECRET = "Léa habite 12 rue des Lilas"


async def problem(answer: ClientResponse, status: int, code: str) -> dict[str, object]:
    """Check the shape of a problem and return it."""
    assert answer.status == status, await answer.text()
    assert answer.content_type == "application/problem+json"
    found: dict[str, object] = await answer.json(content_type=None)
    assert found["code"] == code
    assert found["status"] == status
    assert found["type"] == f"urn:contactcenter:problem:{code}"
    assert found["title"]
    assert found["detail"]
    assert found["request_id"] == answer.headers["X-Request-Id"]
    return found


async def put_form(api: StaffApi, **options: object) -> ClientResponse:
    _, headers = api.signed_in()
    headers |= dict(options.pop("headers", {}))  # type: ignore[call-overload]
    return await api.ask("PUT", f"contacts/{uuid4()}/form", headers=headers, **options)


@pytest.mark.parametrize(
    ("raw", "status", "code", "field"),
    [
        (b"", 400, "invalid_json", None),
        (b"{", 400, "invalid_json", None),
        (b"[]", 400, "invalid_json", None),
        (b'"text"', 400, "invalid_json", None),
        (b"\xff\xfe", 400, "invalid_json", None),
        (b"[" * 5000, 400, "invalid_json", None),
        (b"{}", 422, "invalid_input", "values"),
        (b'{"values": {}, "revision": -1}', 422, "invalid_input", "revision"),
        (b'{"values": {}, "revision": "x"}', 422, "invalid_input", "revision"),
        (b'{"values": {"a": NaN}, "revision": 0}', 422, "invalid_input", "values"),
        (b'{"values": {"a": {"b": 1}}, "revision": 0}', 422, "invalid_input", "values"),
        (b'{"values": {"a": "\\u0000"}, "revision": 0}', 422, "invalid_input", "values"),
        (b'{"values": {"a": ["\\u0000"]}, "revision": 0}', 422, "invalid_input", "values"),
        (b'{"values": {"not an id": 1}, "revision": 0}', 422, "invalid_input", "values"),
        (b'{"values": {}, "revision": 0, "other": 1}', 422, "invalid_input", None),
    ],
)
async def test_a_wrong_body_is_named(raw: bytes, status: int, code: str, field: str | None) -> None:
    async with staff_api() as api:
        answer = await put_form(api, data=raw, headers={"Content-Type": "application/json"})
        assert (await problem(answer, status, code)).get("field") == field


async def test_nothing_typed_comes_back_in_a_problem() -> None:
    async with staff_api() as api:
        for body in (
            {"values": {SECRET: SECRET}, "revision": 0},
            {"values": {"a": {"b": SECRET}}, "revision": SECRET},
            {"values": {}, "revision": 0, SECRET: SECRET},
            SECRET,
        ):
            answer = await put_form(api, json=body)
            assert answer.status in {400, 422}
            assert "Lilas" not in await answer.text()


async def test_only_json_is_read() -> None:
    async with staff_api() as api:
        body = json.dumps({"values": {}, "revision": 0})
        for content_type in ("text/plain", "application/x-www-form-urlencoded"):
            answer = await put_form(api, data=body, headers={"Content-Type": content_type})
            await problem(answer, 415, "unsupported_media_type")


async def test_a_body_over_the_limit_is_refused_declared_or_streamed() -> None:
    async with staff_api() as api:
        principal, headers = api.signed_in()
        contact = api.services.contacts.waiting()
        api.services.contacts.engage(principal, contact.contact_id, uuid4())
        long = json.dumps({"cid": str(uuid4()), "text": "x" * 20_000}).encode()
        headers["Content-Type"] = "application/json"
        path = f"contacts/{contact.contact_id}/messages"
        answer = await api.ask("POST", path, data=long, headers=headers)
        await problem(answer, 413, "body_too_large")

        async def pieces():  # type: ignore[no-untyped-def]
            for _ in range(20):
                yield b" " * 1024

        answer = await api.ask("POST", path, data=pieces(), headers=headers)
        await problem(answer, 413, "body_too_large")
        assert api.services.contacts.lines[contact.contact_id] == []


async def test_unknown_paths_and_methods_are_problems_too() -> None:
    async with staff_api() as api:
        await problem(await api.ask("GET", "nowhere"), 404, "not_found")
        answer = await api.ask("PATCH", "me")
        await problem(answer, 405, "method_not_allowed")
        assert answer.headers["Allow"] == "GET,HEAD"


async def test_an_id_that_is_no_uuid_names_nothing() -> None:
    async with staff_api() as api:
        _, headers = api.signed_in()
        for path in ("contacts/1", "cases/x", "contacts/%00", "forms/fiche/x", "forms/other/1"):
            await problem(await api.ask("GET", path, headers=headers), 404, "not_found")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("state=lost", "state"),
        ("before=x", "before"),
        ("other=1", None),
    ],
)
async def test_a_wrong_query_is_named(query: str, field: str | None) -> None:
    async with staff_api() as api:
        _, headers = api.signed_in()
        answer = await api.ask("GET", f"contacts?{query}", headers=headers)
        assert (await problem(answer, 422, "invalid_input")).get("field") == field


@pytest.mark.parametrize(
    ("error", "status", "code", "wait"),
    [
        (Conflict(code="contact_taken"), 409, "contact_taken", None),
        (Conflict("x", code="a_code_of_tomorrow"), 409, "a_code_of_tomorrow", None),
        (NotFound(code="contact_unknown"), 404, "not_found", None),
        (NotFound(code="not_present"), 404, "not_found", None),
        (InvalidInput(SECRET, code="unknown_option", field="signes"), 422, "unknown_option", None),
        (TooMuch(retry_after=2.2), 429, "too_much", "3"),
        (Unavailable(code="database_unavailable"), 503, "database_unavailable", "1"),
        (OutcomeUnknown(), 503, "outcome_unknown", "1"),
        (CentreError(SECRET), 500, "internal_error", None),
        (RuntimeError(SECRET), 500, "internal_error", None),
    ],
)
async def test_each_error_has_its_status_and_its_wait(
    error: Exception, status: int, code: str, wait: str | None
) -> None:
    async with staff_api() as api:
        _, headers = api.signed_in()
        api.services.contacts.failing = error
        answer = await api.ask("GET", f"contacts/{uuid4()}", headers=headers)
        found = await problem(answer, status, code)
        assert answer.headers.get("Retry-After") == wait
        assert found.get("retry_after") == (None if wait is None else int(wait))
        assert "Lilas" not in await answer.text()


async def test_every_answer_carries_the_headers_that_bind_a_browser() -> None:
    async with staff_api(base_url="https://desk.example") as api:
        for path in ("me", "nowhere", "openapi.json"):
            headers = (await api.ask("GET", path)).headers
            assert headers["Cache-Control"] == "no-store"
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "no-referrer"
            assert headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert "max-age" in headers["Strict-Transport-Security"]
            assert "Server" not in headers
