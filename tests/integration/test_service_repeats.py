"""What was taken away or done already, told truthfully: to a desk, to a repeat, to a carrier."""

import secrets
import xml.etree.ElementTree as ET
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urljoin

import aiohttp
import pytest
from twilio.request_validator import RequestValidator

from contactcenter.api.contact_routes import ENDPOINTS
from tests.kit.engines import DatabaseAddresses
from tests.kit.listener import Document, Listener, listener
from tests.kit.phone import Phone
from tests.kit.site import Site, site
from tests.kit.telephony import ACCOUNT_SID, AUTH_TOKEN, NUMBER
from tests.kit.until import until

SIGNER = RequestValidator(AUTH_TOKEN)
FORM_PROBLEMS = next(each.problems for each in ENDPOINTS if each.name == "contacts.form")


async def test_a_desk_whose_telephone_did_not_answer_is_told_that_the_contact_waits_again(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(site(tmp_path, database, redis_url, "ines"))
        await stack.enter_async_context(centre.serving())
        phone = await stack.enter_async_context(Phone(centre.emulator.url))
        she = await stack.enter_async_context(listener(centre, "ines", telephone=None))
        await phone.dial()
        await phone.press_when_asked("1")
        offer = await she.until_offered()
        taken = await she.accept(offer)
        await until(lambda: _last_told(she)["state"] == "waiting", 5, saying="that it waits again")
        told = _last_told(she)
        assert told["contact_id"] == taken["contact_id"]
        assert told["engagement"]["state"] == "not_connected"
        assert told["version"] > taken["version"]
        await until(lambda: she.of("presence")[-1]["state"] == "check_audio", 5)
        # It came to nothing: a replay is not told that she may not.
        status, problem = await she.ask("POST", f"offers/{offer['offer_id']}/accept")
        assert (status, problem["code"]) == (409, "offer_expired")


async def test_the_last_acts_of_a_contact_sent_again_are_told_what_they_did(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(site(tmp_path, database, redis_url, "ines"))
        await stack.enter_async_context(centre.serving())
        she = await stack.enter_async_context(listener(centre, "ines", telephone=None))
        await _written(centre, she.http)
        contact_id = (await she.accept())["contact_id"]
        close = {"disposition": "non_content", "non_content_code": "test"}
        status, problem = await she.ask("POST", f"contacts/{contact_id}/close", **close)
        assert (status, problem["code"]) == (409, "contact_open")
        closed = await she.finish(contact_id)
        for act, words in (("close", close), ("end", {})):
            again = await she.did("POST", f"contacts/{contact_id}/{act}", **words)
            assert (again["state"], again["version"]) == ("closed", closed["version"])
        otherwise = {**close, "non_content_code": "muet"}
        status, problem = await she.ask("POST", f"contacts/{contact_id}/close", **otherwise)
        assert (status, problem["code"]) == (409, "already_closed")


@pytest.mark.parametrize(
    ("field", "value"),
    [("gender", "nobody"), ("gender", 7), ("alias", 7), ("age", 10**6), ("callback_day", "soon")],
)
async def test_an_answer_that_a_form_refuses_has_a_documented_code(
    field: str, value: object, tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(site(tmp_path, database, redis_url, "ines"))
        await stack.enter_async_context(centre.serving())
        she = await stack.enter_async_context(listener(centre, "ines", telephone=None))
        await _written(centre, she.http)
        contact_id = (await she.accept())["contact_id"]
        status, problem = await she.ask(
            "PUT", f"contacts/{contact_id}/form", values={field: value}, revision=0
        )
        assert (status, problem["field"]) == (422, field)
        assert problem["code"] in FORM_PROBLEMS


async def test_only_a_hang_up_or_our_own_act_takes_a_caller_out_of_the_queue(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(site(tmp_path, database, redis_url))
        await stack.enter_async_context(centre.serving())
        http = await stack.enter_async_context(aiohttp.ClientSession())
        call = _call()
        menu = await _posted(centre, http, "/voice/incoming", call)
        gather = menu.find("Gather")
        assert gather is not None
        parked = await _posted(centre, http, gather.attrib["action"], call | {"Digits": "1"})
        left = parked[0].attrib["action"]
        for result in ("queue-full", "error", "system-error", "leave", "something new", ""):
            again = await _posted(centre, http, left, call | {"QueueResult": result})
            # In the end the caller is parked again; whom the queue did not take is told so first.
            assert [verb.tag for verb in again][-1] == "Enqueue", result
        moved = await _posted(centre, http, left, call | {"QueueResult": "redirected"})
        assert len(moved) == 0
        assert await centre.value("SELECT state FROM contact") == "waiting"
        await _posted(centre, http, left, call | {"QueueResult": "hangup"})
        assert await centre.value("SELECT disposition FROM contact") == "abandoned"


def _last_told(she: Listener) -> Document:
    told: list[Document] = [frame["contact"] for frame in she.of("contact")]
    return told[-1] if told else {"state": None}


async def _written(centre: Site, http: aiohttp.ClientSession) -> None:
    url = f"{centre.ports.public_url}/chat/conversations"
    async with http.post(url, json={}) as answer:
        assert answer.status == 201


def _call() -> dict[str, str]:
    return {
        "AccountSid": ACCOUNT_SID,
        "CallSid": f"CA{secrets.token_hex(16)}",
        "CallStatus": "in-progress",
        "From": "+33639980001",
        "To": NUMBER,
    }


async def _posted(
    centre: Site, http: aiohttp.ClientSession, address: str, form: dict[str, str]
) -> ET.Element:
    url = urljoin(centre.ports.public_url, address).split("#")[0]
    headers = {"X-Twilio-Signature": SIGNER.compute_signature(url, form)}
    async with http.post(url, data=form, headers=headers) as answer:
        assert answer.status == 200
        return ET.fromstring(await answer.text())
