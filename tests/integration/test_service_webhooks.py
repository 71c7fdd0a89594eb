"""Webhooks that are forged, wrong, repeated, late, lost or out of order."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import asyncpg
import pytest
from asyncpg.transaction import Transaction
from redis.asyncio import Redis
from twilio.request_validator import HMAC_SHA256, RequestValidator

from tests.kit.engines import DatabaseAddresses
from tests.kit.listener import listener
from tests.kit.phone import Phone
from tests.kit.site import Site, site
from tests.kit.telephony import ACCOUNT_SID, AUTH_TOKEN, NUMBER, RestClient
from tests.kit.until import until

SIGNER = RequestValidator(AUTH_TOKEN)
PATHS = (
    "incoming",
    "status",
    "menu",
    "wait",
    "danger",
    "left",
    "join",
    "after",
    "leg",
    "conference",
)


async def test_forged_unsigned_and_misaddressed_webhooks_are_refused_counted_and_change_nothing(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(site(tmp_path, database, redis_url))
        await stack.enter_async_context(centre.serving())
        http = await stack.enter_async_context(aiohttp.ClientSession())
        before = await _tables(centre), await _keys(redis_url)
        refused = 0
        for path in PATHS:
            url = f"{centre.ports.public_url}/voice/{path}?contact={'0' * 32}&engagement={'0' * 32}"
            form = _form()
            shared = form | {"CallStatus": "completed"}
            elsewhere = form | {"AccountSid": "AC" + "9" * 32}
            for sent, signature in (
                (form, None),
                (form, "forged"),
                (form, RequestValidator("another token").compute_signature(url, form)),
                # As seen by a proxy that tells its own name: only the configured address counts.
                (form, SIGNER.compute_signature(url.replace("127.0.0.1", "localhost"), form)),
                (form | {"Digits": "0"}, SIGNER.compute_signature(url, form)),
                (elsewhere, SIGNER.compute_signature(url, elsewhere)),
                # By a shared key: none is configured here, and an empty one is none.
                (shared, RequestValidator("").compute_signature(url, shared, HMAC_SHA256)),
                (shared, SIGNER.compute_signature(url, shared, HMAC_SHA256)),
            ):
                headers = {"X-Forwarded-Host": "localhost"}
                if signature is not None:
                    headers["X-Twilio-Signature"] = signature
                if sent is shared:
                    headers["X-Twilio-Webhooks-Signature-Settings"] = "key=k,algorithm=HMAC_SHA256"
                async with http.post(url, data=sent, headers=headers) as answer:
                    assert answer.status == 403, (path, signature)
                    assert await answer.read() == b""
                refused += 1
        assert await _counted(centre, http) == refused
        assert (await _tables(centre), await _keys(redis_url)) == before


async def test_a_signed_call_without_its_identity_is_refused_rather_than_merged_with_another(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(site(tmp_path, database, redis_url))
        await stack.enter_async_context(centre.serving())
        http = await stack.enter_async_context(aiohttp.ClientSession())
        for sid in ("", "CA123", "x" * 34):
            status, _ = await _signed(centre, http, "/voice/incoming", _form() | {"CallSid": sid})
            assert status == 400
        assert await centre.value("SELECT count(*) FROM contact") == 0


async def test_a_repeated_webhook_gets_the_present_step_again_and_makes_one_contact(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(site(tmp_path, database, redis_url))
        await stack.enter_async_context(centre.serving())
        http = await stack.enter_async_context(aiohttp.ClientSession())
        form = _form()
        greeted = await asyncio.gather(
            *(_signed(centre, http, "/voice/incoming", form) for _ in range(20))
        )
        assert {status for status, _ in greeted} == {200}
        assert len({document for _, document in greeted}) == 1
        found = re.search(r"/voice/menu\?contact=[0-9a-f-]{36}", greeted[0][1])
        assert found is not None
        keyed = form | {"Digits": "1"}
        parked = await asyncio.gather(
            *(_signed(centre, http, found[0], keyed) for _ in range(20)),
            _signed(centre, http, found[0], form | {"Digits": "2"}),
        )
        assert {status for status, _ in parked} == {200}
        # Late, the first webhook again: never an earlier step.
        assert "<Enqueue" in (await _signed(centre, http, "/voice/incoming", form))[1]
        rows = await centre.rows("SELECT state, turn FROM contact")
        assert [tuple(row) for row in rows] == [("waiting", 1)]
        over = form | {"CallStatus": "completed"}
        for _ in range(3):
            assert (await _signed(centre, http, "/voice/status", over))[0] == 204
        kinds = await centre.rows("SELECT kind FROM contact_event ORDER BY at")
        assert sorted(row["kind"] for row in kinds) == ["arrived", "closed", "ended", "queued"]


async def test_unknown_lost_repeated_and_disordered_callbacks_are_absorbed(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(site(tmp_path, database, redis_url, "ines"))
        await stack.enter_async_context(centre.serving())
        http = await stack.enter_async_context(aiohttp.ClientSession())
        unknown = _form() | {"CallStatus": "completed"}
        assert (await _signed(centre, http, "/voice/status", unknown))[0] == 204
        stranger = "01890a5d-ac96-774b-bcce-b302099a8057"
        nobody = f"?contact={stranger}&engagement={stranger}"
        for path in ("menu", "left", "after"):
            status, document = await _signed(centre, http, f"/voice/{path}{nobody}", unknown)
            assert (status, "<Response" in document) == (200, True), path
        for path in ("leg", "conference"):
            assert (await _signed(centre, http, f"/voice/{path}{nobody}", unknown))[0] == 204
        assert await centre.value("SELECT count(*) FROM contact") == 0

        rest = RestClient(http, centre.emulator.url)
        rules = [
            {"where": "callback", "act": "lose", "match": "in-progress"},
            {"where": "callback", "act": "late", "match": "participant-join", "seconds": 1.0},
            {"where": "callback", "act": "repeat", "match": "participant-join"},
            {"where": "webhook", "act": "repeat", "match": "/voice/join"},
        ]
        await rest.misbehave(rules=rules)
        she = await stack.enter_async_context(listener(centre, "ines"))
        async with Phone(centre.emulator.url) as phone:
            await phone.dial()
            await phone.press_when_asked("1")
            contact = await she.accept()
            await phone.until_talking(8)
            await until(lambda: _talking(centre), 8)
            await she.finish(contact["contact_id"])
        counted = await centre.rows("SELECT kind, count(*) FROM contact_event GROUP BY kind")
        kinds = {row["kind"]: row["count"] for row in counted}
        assert kinds["connected"] == kinds["accepted"] == kinds["ended"] == kinds["closed"] == 1


async def _talking(centre: Site) -> bool:
    return await centre.value("SELECT state FROM engagement") == "talking"


def _form() -> dict[str, str]:
    return {
        "AccountSid": ACCOUNT_SID,
        "CallSid": f"CA{secrets.token_hex(16)}",
        "CallStatus": "ringing",
        "From": "+33639980001",
        "To": NUMBER,
    }


async def _signed(
    centre: Site, http: aiohttp.ClientSession, path: str, form: dict[str, str]
) -> tuple[int, str]:
    url = centre.ports.public_url + path
    headers = {"X-Twilio-Signature": SIGNER.compute_signature(url, form)}
    async with http.post(url, data=form, headers=headers) as answer:
        return answer.status, await answer.text()


async def _counted(centre: Site, http: aiohttp.ClientSession) -> float:
    return await _metric(centre, http, "voice_webhooks_refused_total")


async def _metric(centre: Site, http: aiohttp.ClientSession, name: str) -> float:
    async with http.get(f"{centre.ports.metrics_url}/metrics") as answer:
        found = re.search(rf"^{name} (\S+)", await answer.text(), re.MULTILINE)
        assert found is not None
        return float(found[1])


async def _tables(centre: Site) -> dict[str, int]:
    return {
        table: int(str(await centre.value(f"SELECT count(*) FROM {table}")))
        for table in ("contact", "contact_event", "engagement", "audit")
    }


async def _keys(redis_url: str) -> list[bytes]:
    async with Redis.from_url(redis_url) as redis:
        return sorted([key async for key in redis.scan_iter() if b"contact" in key])


@pytest.mark.parametrize("path", ["danger", "menu"])
async def test_a_key_that_races_with_the_end_of_the_call_is_no_outage(
    path: str, tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(site(tmp_path, database, redis_url))
        await stack.enter_async_context(centre.serving())
        http = await stack.enter_async_context(aiohttp.ClientSession())
        form = _form()
        _, greeted = await _signed(centre, http, "/voice/incoming", form)
        contact = re.search(r"contact=[0-9a-f-]{36}", greeted)
        assert contact is not None
        await _signed(centre, http, f"/voice/menu?{contact[0]}", form | {"Digits": "1"})
        held = await _metric(centre, http, "voice_calls_held_total")
        # Both acts want the same row: they have it in the order in which they asked, the end first.
        hold = await stack.enter_async_context(_held_contact(centre))
        over = form | {"QueueResult": "hangup", "CallStatus": "completed"}
        left = asyncio.ensure_future(_signed(centre, http, f"/voice/left?{contact[0]}", over))
        await until(lambda: _waiting_for_a_lock(centre, 1), saying="the end waits")
        key = form | {"Digits": "0"}
        pressed = asyncio.ensure_future(_signed(centre, http, f"/voice/{path}?{contact[0]}", key))
        await until(lambda: _waiting_for_a_lock(centre, 2), saying="the key waits")
        await hold.commit()
        assert (await left)[0] == 200
        status, document = await pressed
        assert status == 200
        assert "<Redirect" not in document
        assert "<Hangup" in document
        assert await centre.value("SELECT disposition FROM contact") == "abandoned"
        assert await _metric(centre, http, "voice_calls_held_total") == held


@asynccontextmanager
async def _held_contact(centre: Site) -> AsyncIterator[Transaction]:
    """Hold every contact's row until the transaction yielded is committed."""
    connection = await asyncpg.connect(centre.database.admin, timeout=5)
    try:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SELECT FROM contact FOR UPDATE")
        yield transaction
    finally:
        await connection.close(timeout=5)


async def _waiting_for_a_lock(centre: Site, many: int) -> bool:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    waiting += " AND datname = current_database()"
    return await centre.value(waiting) == many
