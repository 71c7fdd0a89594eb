"""Supervision and follow-ups at the edge: closed lists, shapes, what is refused before any act."""

from typing import Any
from uuid import uuid4

import pytest

from config.vocabulary import (
    Channel,
    ContactActReason,
    Disposition,
    ListenerActReason,
    PresenceState,
    Role,
)
from tests.kit.staff_api import StaffApi, staff_api


async def asked(
    api: StaffApi, method: str, path: str, body: Any = None, role: Role = Role.COORDINATOR
) -> tuple[int, Any]:
    _, headers = api.signed_in(role)
    answer = await api.ask(method, path, json=body, headers=headers)
    return answer.status, await answer.json() if answer.status != 204 else None


@pytest.mark.parametrize("act", ["assign", "move", "take", "close"])
@pytest.mark.parametrize("reason", [None, "because", ""])
async def test_no_act_on_a_contact_without_a_reason_of_the_list(
    act: str, reason: str | None
) -> None:
    async with staff_api() as api:
        contact = api.services.contacts.waiting()
        body: dict[str, Any] = {
            "assign": {"listener_id": str(uuid4())},
            "move": {"queue": "mineur"},
            "take": {},
            "close": {"disposition": "abandoned"},
        }[act]
        if reason is not None:
            body["reason"] = reason
        path = f"supervision/contacts/{contact.contact_id}/{act}"
        status, document = await asked(api, "POST", path, body)
        assert (status, document["code"], document["field"]) == (422, "invalid_input", "reason")
        assert api.services.supervised.acts == []


async def test_the_acts_on_a_contact_reach_it() -> None:
    async with staff_api() as api:
        contact, her = api.services.contacts.waiting(), uuid4()
        path = f"supervision/contacts/{contact.contact_id}"
        await asked(api, "POST", f"{path}/assign", {"listener_id": str(her), "reason": "skill"})
        await asked(api, "POST", f"{path}/move", {"queue": "temoin", "reason": "misrouted"})
        status, closed = await asked(
            api, "POST", f"{path}/close", {"disposition": "abandoned", "reason": "stuck"}
        )
        assert (status, closed["state"]) == (200, "closed")
        assert api.services.supervised.acts == [
            ("assign", contact.contact_id, her, ContactActReason.SKILL),
            ("move", contact.contact_id, "temoin", ContactActReason.MISROUTED),
            (
                "close",
                contact.contact_id,
                Disposition.ABANDONED,
                None,
                ContactActReason.STUCK,
            ),
        ]


async def test_nobody_is_made_ready_but_by_her_own_word() -> None:
    async with staff_api() as api:
        path, her = f"supervision/listeners/{uuid4()}/state", []
        for state in ("ready", "asked", "check_audio"):
            status, document = await asked(api, "POST", path, {"state": state, "reason": "rest"})
            assert (status, document["field"]) == (422, "state")
        status, view = await asked(api, "POST", path, {"state": "break", "reason": "rest"})
        assert (status, view["reason"]) == (200, "forced_rest")
        her = [(state, reason) for _, state, reason in api.services.supervision.forced]
        assert her == [(PresenceState.BREAK, ListenerActReason.REST)]


async def test_a_queue_is_closed_given_a_message_and_opened_again() -> None:
    async with staff_api() as api:
        body = {
            "closed": True,
            "channel": "call",
            "message": {"fr": "Panne : appelez le 112."},
            "reason": "technical",
        }
        status, view = await asked(api, "PUT", "supervision/queues/*", body)
        assert (status, view["queue"], view["closed"]) == (200, "*", True)
        assert ("*", Channel.CALL) in api.services.supervision.overrides
        status, _ = await asked(api, "DELETE", "supervision/queues/*?channel=call")
        assert status == 204
        assert api.services.supervision.overrides == {}


@pytest.mark.parametrize("queue", ["nowhere", "a%00b", "x" * 65, "%22", "**"])
async def test_a_queue_that_is_none_is_not_found(queue: str) -> None:
    async with staff_api() as api:
        status, document = await asked(
            api, "PUT", f"supervision/queues/{queue}", {"closed": True, "reason": "other"}
        )
        assert (status, document["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "message", [{}, {"français": "x"}, {"fr": ""}, {"fr": "x" * 401}, {"fr": "a\x00b"}, "text"]
)
async def test_a_message_is_bounded_words_by_language(message: Any) -> None:
    async with staff_api() as api:
        body = {"closed": False, "message": message, "reason": "event"}
        status, document = await asked(api, "PUT", "supervision/queues/mineur", body)
        assert (status, document["field"]) == (422, "message")


async def test_a_follow_up_is_claimed_by_one_and_settled() -> None:
    async with staff_api() as api:
        owed = api.services.follow_ups.owed(uuid4())
        path = f"follow-ups/{owed.follow_up_id}"
        status, view = await asked(api, "POST", f"{path}/claim", role=Role.LISTENER)
        assert (status, view["state"]) == (200, "claimed")
        status, document = await asked(api, "POST", f"{path}/claim", role=Role.LISTENER)
        assert (status, document["code"]) == (409, "follow_up_claimed")
        status, document = await asked(api, "POST", f"{path}/number", {"reason": "curious"})
        assert (status, document["field"]) == (422, "reason")
        _, headers = api.signed_in()
        read = await api.ask(
            "POST", f"{path}/number", json={"reason": "call_back"}, headers=headers
        )
        assert (read.status, read.headers["Cache-Control"]) == (200, "no-store")
        assert await read.json() == {"number": "+33199000123"}
        status, document = await asked(api, "POST", f"{path}/done", {"outcome": "whatever"})
        assert (status, document["field"]) == (422, "outcome")
        status, view = await asked(api, "POST", f"{path}/done", {"outcome": "reached"})
        assert (status, view["state"], view["outcome"]) == (200, "done", "reached")
        listed = (await asked(api, "GET", "follow-ups"))[1]["follow_ups"]
        assert [each["follow_up_id"] for each in listed] == [str(owed.follow_up_id)]


async def test_colleagues_are_asked_for_by_queue_and_channel() -> None:
    async with staff_api() as api:
        for query, field in (("", "queue"), ("?queue=mineur&channel=fax", "channel")):
            status, document = await asked(api, "GET", f"colleagues{query}", role=Role.LISTENER)
            assert (status, document["field"]) == (422, field)
        status, document = await asked(api, "GET", "colleagues?queue=nowhere", role=Role.LISTENER)
        assert (status, document["code"]) == (422, "queue_unknown")
        status, document = await asked(
            api, "GET", "colleagues?queue=mineur&channel=chat", role=Role.LISTENER
        )
        (malik,) = document["colleagues"]
        assert (status, malik["display_name"], malik["state"]) == (200, "Malik", "ready")
        assert set(malik) == {"staff_id", "display_name", "state"}
