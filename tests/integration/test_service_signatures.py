"""Signatures as carriers really make them: another order of the query, a lone mark, a shared key."""

import asyncio
import re
import secrets
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from twilio.request_validator import HMAC_SHA256, RequestValidator

from tests.kit.engines import DatabaseAddresses
from tests.kit.site import Site, site
from tests.kit.telephony import ACCOUNT_SID, AUTH_TOKEN, NUMBER

KEYS = ("shared-key-of-today", "shared-key-of-tomorrow")
SIGNATURE, SETTINGS = "X-Twilio-Signature", "X-Twilio-Webhooks-Signature-Settings"
WRITTEN = re.compile(r'(?:action|waitUrl|statusCallback)="([^"]+)"|<Redirect>([^<]+)<')


async def test_an_address_is_believed_in_whatever_order_and_with_a_shared_key_if_one_is_configured(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(site(tmp_path, database, redis_url))
        configured = {"TWILIO_SHARED_KEYS": ",".join(KEYS)}
        await stack.enter_async_context(centre.serving(settings=configured))
        await _addresses_are_written_in_order_and_asked_in_any(centre)
        await _a_lone_question_mark_is_nothing(centre)
        await _shared_keys_are_believed_with_their_own_algorithm_only(centre)


async def _addresses_are_written_in_order_and_asked_in_any(centre: Site) -> None:
    """Follow a caller from the greeting to the wait, each address asked back to front."""
    form = _form()
    unseen, seen = {"/voice/incoming"}, set()
    while unseen:
        written = unseen.pop()
        seen.add(written)
        path, _, query = written.partition("?")
        pairs = parse_qsl(query)
        assert pairs == sorted(pairs), written
        reversed_ = f"{path}?{urlencode(pairs[::-1])}" if pairs else path
        signed = _signed(centre, written, form | {"Digits": "2"})
        status, document = await _post(centre, reversed_, form | {"Digits": "2"}, signed)
        assert status == 200, written
        found = {
            (a or b).replace("&amp;", "&").partition("#")[0] for a, b in WRITTEN.findall(document)
        }
        unseen |= found - seen
    assert {each.partition("?")[0] for each in seen} >= {
        "/voice/incoming",
        "/voice/menu",
        "/voice/wait",
        "/voice/left",
        "/voice/danger",
    }


async def _a_lone_question_mark_is_nothing(centre: Site) -> None:
    form = _form() | {"CallStatus": "completed"}
    for written in ("/voice/status", "/voice/status?"):
        for asked in ("/voice/status", "/voice/status?"):
            signed = _signed(centre, written, form)
            assert (await _post(centre, asked, form, signed))[0] == 204, (written, asked)
    assert (await _post(centre, "/voice/status?x=1", form, signed))[0] == 403


async def _shared_keys_are_believed_with_their_own_algorithm_only(centre: Site) -> None:
    form = _form() | {"CallStatus": "completed"}
    url = f"{centre.ports.public_url}/voice/status"
    sha256 = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"

    async def answered(secret: str, algorithm: str | None, *settings: str) -> int:
        signature = RequestValidator(secret).compute_signature(url, form, algorithm)
        headers = [(SIGNATURE, signature), *((SETTINGS, each) for each in settings)]
        return (await _post(centre, "/voice/status", form, headers))[0]

    for key in KEYS:
        assert await answered(key, HMAC_SHA256, sha256) == 204
        assert await answered(key, HMAC_SHA256) == 403
        assert await answered(key, None) == 403
        assert await answered(key, None, "key=k,algorithm=HMAC_SHA1") == 403
        assert await answered(key, HMAC_SHA256, "key=k,algorithm=HMAC_SHA512") == 403
        assert await answered(key, HMAC_SHA256, "key=k") == 403
        assert await answered(key, HMAC_SHA256, f"{sha256},algorithm=HMAC_SHA1") == 403
        assert await answered(key, HMAC_SHA256, sha256, sha256) == 403
    # The account's token goes on being believed, as a Rule may cover a part of our addresses.
    assert await answered(AUTH_TOKEN, None) == 204
    assert await answered(AUTH_TOKEN, HMAC_SHA256, sha256) == 403
    assert await answered("another key", HMAC_SHA256, sha256) == 403


def _form() -> dict[str, str]:
    return {
        "AccountSid": ACCOUNT_SID,
        "CallSid": f"CA{secrets.token_hex(16)}",
        "CallStatus": "in-progress",
        "From": "+33639980001",
        "To": NUMBER,
    }


def _signed(centre: Site, path: str, form: dict[str, str]) -> list[tuple[str, str]]:
    url = centre.ports.public_url + path
    return [(SIGNATURE, RequestValidator(AUTH_TOKEN).compute_signature(url, form))]


async def _post(
    centre: Site, target: str, form: dict[str, str], headers: list[tuple[str, str]]
) -> tuple[int, str]:
    """Post to a target written to the letter: clients of HTTP would tidy it up."""
    body = urlencode(form)
    lines = [
        f"POST {target} HTTP/1.1",
        f"Host: 127.0.0.1:{centre.ports.public}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *(f"{name}: {value}" for name, value in headers),
    ]
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", centre.ports.public)
        writer.write("\r\n".join([*lines, "", body]).encode())
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    head, _, content = answer.decode().partition("\r\n\r\n")
    return int(head.split()[1]), content
