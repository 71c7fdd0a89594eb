"""What the edge logs: the route's name and how it went, and nothing of what was said."""

import io
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import structlog

from config.log import configure_logging
from tests.kit.staff_api import staff_api

SECRETS = ("Léa", "0612345678", "rue des Lilas", "camille", "hunter22", "secret-token")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    written = io.StringIO()
    before = structlog.get_config()
    configure_logging("debug", written)
    yield written
    structlog.configure(**before)


def lines(stream: io.StringIO, event: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in stream.getvalue().splitlines()]
    return [one for one in found if one["event"] == event]


async def test_a_request_is_logged_by_its_routes_name_alone(stream: io.StringIO) -> None:
    async with staff_api() as api:
        _, headers = api.signed_in()
        contact = uuid4()
        answer = await api.ask("GET", f"contacts/{contact}", headers=headers)
        (line,) = lines(stream, "http_request")
        assert line["route"] == "api.contacts.read"
        assert line["status"] == 404
        assert line["request_id"] == answer.headers["X-Request-Id"]
        assert str(contact) not in stream.getvalue()
        assert "dropped_fields" not in line


async def test_no_log_repeats_what_a_request_held(stream: io.StringIO) -> None:
    async with staff_api() as api:
        principal, headers = api.signed_in()
        contact = api.services.contacts.waiting()
        api.services.contacts.engage(principal, contact.contact_id, uuid4())
        path = f"contacts/{contact.contact_id}"
        text = "Léa, 0612345678, rue des Lilas"
        await api.ask(
            "POST", "session", json={"login": "camille", "password": "hunter22", "totp": "123456"}
        )
        await api.ask("GET", "me", headers={"Authorization": "Bearer secret-token"})
        await api.ask("GET", f"cases?reference={text}", headers=headers)
        await api.ask("GET", f"cases?{text}=1", headers=headers)
        await api.ask("POST", "live?ticket=secret-token")
        body = {"cid": str(uuid4()), "text": text}
        assert (await api.ask("POST", f"{path}/messages", json=body, headers=headers)).status == 201
        await api.ask("PUT", f"{path}/form", json={text: text}, headers=headers)
        api.services.contacts.failing = RuntimeError(text)
        assert (await api.ask("GET", path, headers=headers)).status == 500
        socket = await api.live(principal)
        await socket.send_str(text)
        async for _ in socket:
            pass
    assert lines(stream, "request_crashed")[0]["error"] == "RuntimeError"
    logged = stream.getvalue()
    assert [secret for secret in SECRETS if secret in logged] == []
