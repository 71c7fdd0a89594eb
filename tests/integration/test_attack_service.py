"""The whole service under hostile requests: refused by name, and never a failure of its own."""

from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import aiohttp
from twilio.request_validator import RequestValidator
from yarl import URL

from tests.kit.engines import DatabaseAddresses
from tests.kit.listener import listener
from tests.kit.site import Site, site
from tests.kit.telephony import ACCOUNT_SID, AUTH_TOKEN, NUMBER

Form = dict[str, str]
URL_ENCODED = "application/x-www-form-urlencoded"


def call() -> Form:
    sid = f"CA{uuid4().hex}"
    return {"AccountSid": ACCOUNT_SID, "CallSid": sid, "From": NUMBER, "CallStatus": "ringing"}


async def post(
    centre: Site, path: str, form: Form, *, body: str | None = None, kind: str = URL_ENCODED
) -> tuple[int, str]:
    """Post a webhook with the signature of `form`, whatever the body then is."""
    url = centre.ports.public_url + path
    headers = {
        "X-Twilio-Signature": RequestValidator(AUTH_TOKEN).compute_signature(url, form),
        "Content-Type": kind,
    }
    data = urlencode(form) if body is None else body
    async with (
        aiohttp.ClientSession() as client,
        client.post(URL(url, encoded=True), data=data, headers=headers) as answer,
    ):
        return answer.status, await answer.text()


async def test_hostile_requests_are_refused_and_nothing_crashes(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with site(tmp_path, database, redis_url, "ines") as centre, centre.serving():
        await _webhooks_are_one_signed_form(centre)
        await _held_calls_survive_a_strange_address(centre)
        await _the_public_port_says_little_of_itself(centre)
        async with listener(centre, "ines") as she:
            status, document = await she.ask("GET", "forms/%00/1")
            assert (status, document["code"]) == (404, "not_found")
        logged = centre.log.read_text()
        assert "request_crashed" not in logged
        assert "chat_request_failed" not in logged


async def _webhooks_are_one_signed_form(centre: Site) -> None:
    path, form = "/voice/incoming", call()
    twice = urlencode([("AccountSid", "AC" + "0" * 32), *form.items()])
    assert (await post(centre, path, form, body=twice))[0] == 403
    assert (await post(centre, path, form, kind=f"{URL_ENCODED}; charset=rot13"))[0] == 403
    parts = "multipart/form-data; boundary=x"
    assert (await post(centre, path, form, body="--x\r\nnonsense", kind=parts))[0] == 403
    assert (await post(centre, path, form, body="{}", kind="application/json"))[0] == 403
    assert (await post(centre, path, form, body="a=" + "b" * 200_000))[0] == 403
    for other in ("//voice/incoming", "/voice/incoming/", "/x/../voice/incoming"):
        assert (await post(centre, other, form))[0] == 404
    assert await centre.value("SELECT count(*) FROM contact") == 0
    assert (await post(centre, path, form))[0] == 200
    assert await centre.value("SELECT count(*) FROM contact") == 1


async def _held_calls_survive_a_strange_address(centre: Site) -> None:
    for first in ("9" * 40, "%C2%B2", "-1", ""):
        status, document = await post(centre, f"/voice/incoming?first={first}", call())
        assert status == 200
        assert "<Gather" in document


async def _the_public_port_says_little_of_itself(centre: Site) -> None:
    async with aiohttp.ClientSession() as client:
        for path in ("/healthz", "/nothing", "/chat/"):
            async with client.get(centre.ports.public_url + path) as answer:
                assert "Server" not in answer.headers
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Cache-Control"] == "no-store"
