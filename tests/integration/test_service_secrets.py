"""Planted secrets go in by every edge and come out of none: logs, Redis, PostgreSQL, figures."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest
import websockets
from twilio.request_validator import RequestValidator
from websockets.asyncio.client import connect
from yarl import URL

from tests.kit.chat_client import ChatClient, visitor
from tests.kit.engines import engine_host, fresh_database
from tests.kit.listener import Listener, listener
from tests.kit.phone import Phone
from tests.kit.planted import (
    Planted,
    found_in,
    found_in_database,
    found_in_files,
    found_in_index,
    index_overheard,
)
from tests.kit.site import Site, site
from tests.kit.telephony import ACCOUNT_SID, AUTH_TOKEN
from tests.kit.until import until

PLANTED = Planted()
MIXED = f"{PLANTED.name} {PLANTED.number} {PLANTED.sentence}"
SEALED_FIELDS = ("alias", "place", "facts_seen", "facts_reported", "analysis", "callback_safely")
LOUD = {"LOG_LEVEL": "debug"}


@pytest.fixture
async def centre(tmp_path: Path) -> AsyncIterator[Site]:
    """A site on engines of its own, whose logs and files are at hand."""
    with engine_host(tmp_path / "engines") as (engines, _pid):
        async with (
            fresh_database(engines) as database,
            site(tmp_path, database, engines.redis_url, "ines") as made,
        ):
            yield made


async def test_planted_secrets_come_out_nowhere(
    centre: Site, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with index_overheard(centre.redis_url) as overheard, AsyncExitStack() as stack:
        await stack.enter_async_context(centre.serving(settings=LOUD))
        await _a_call_from_the_number(centre)
        await _a_chat_with_all_of_it(centre)
        await _bad_webhooks(centre)
        await _bad_chat_requests(centre)
        await _bad_chat_frames(centre)
        await _bad_staff_requests(centre)
        await _words_sent_while_postgresql_is_cut_off(centre)
        figures = await _read(f"{centre.ports.metrics_url}/metrics")
        assert found_in(figures, PLANTED.all) == []
        assert await found_in_index(centre.redis_url, PLANTED.all) == []
    assert len(overheard) > 10_000
    assert found_in(bytes(overheard), PLANTED.all) == []
    assert await found_in_database(centre.database.admin, PLANTED.all) == []
    assert centre.log.stat().st_size > 10_000
    written = capfd.readouterr()
    assert found_in((written.out + written.err).encode(), PLANTED.all) == []
    # Logs of the service and of both engines, and the files that the engines keep.
    assert found_in_files([tmp_path], PLANTED.all) == []


async def _a_call_from_the_number(centre: Site) -> None:
    """The number is taken in sealed, from the first webhook to the write-up."""
    async with Phone(centre.emulator.url) as phone, listener(centre, "ines") as she:
        await phone.dial(PLANTED.number)
        await phone.press_when_asked("0")
        contact = await she.accept()
        await phone.until_talking()
        await _write_up(she, contact["contact_id"])
    assert await centre.value("SELECT count(*) FROM contact WHERE number_sealed IS NOT NULL") == 1


async def _write_up(she: Listener, contact_id: str) -> None:
    values = dict.fromkeys(SEALED_FIELDS, MIXED)
    await until(lambda: _talks(she, contact_id))
    saved = await she.did("PUT", f"contacts/{contact_id}/form", values=values, revision=0)
    assert saved["revision"] == 1
    case = await she.did("POST", "cases", label=PLANTED.name)
    await she.did("PUT", f"cases/{case['case_id']}/contacts/{contact_id}")
    # Those who may read them do: what follows would prove nothing had they never come in.
    read = await she.did("GET", f"contacts/{contact_id}")
    assert {read["form"]["values"][name] for name in SEALED_FIELDS} == {MIXED}
    assert (await she.did("GET", f"cases/{case['case_id']}"))["label"] == PLANTED.name
    await she.finish(contact_id)


async def _talks(she: Listener, contact_id: str) -> bool:
    contact = await she.did("GET", f"contacts/{contact_id}")
    return bool(contact["engagement"]["state"] == "talking")


async def _a_chat_with_all_of_it(centre: Site) -> None:
    async with visitor(centre.ports.public_url) as child, _again(centre) as she:
        await _ticked(child, PLANTED.sentence)
        await _ticked(child, MIXED)
        contact = await she.accept()
        await she.say(contact["contact_id"], f"{PLANTED.name}, je vous écoute.")
        lines = await she.did("GET", f"contacts/{contact['contact_id']}/messages?after=0")
        assert PLANTED.sentence in [line["text"] for line in lines["messages"]]
        await _write_up(she, contact["contact_id"])


@asynccontextmanager
async def _again(centre: Site) -> AsyncIterator[Listener]:
    """A second session of hers: a code is good for one sign-in only, so it is not asked for."""
    await centre.run("UPDATE staff SET totp_last_step = NULL")
    async with listener(centre, "ines", telephone=None) as she:
        yield she


async def _ticked(child: ChatClient, text: str) -> None:
    cid = child.write(text)
    await until(lambda: cid in child.ticked)


async def _bad_webhooks(centre: Site) -> None:
    """Forged, unsigned, wrongly addressed; then signed, with nonsense where ids belong."""
    form = {
        "AccountSid": ACCOUNT_SID,
        "CallSid": MIXED,
        "From": PLANTED.number,
        "CallerName": PLANTED.name,
        "SpeechResult": PLANTED.sentence,
        "CallStatus": "completed",
        "Digits": PLANTED.number,
    }
    signer = RequestValidator(AUTH_TOKEN)
    base = centre.ports.public_url
    paths = (
        "/voice/incoming",
        "/voice/status",
        f"/voice/menu?contact={uuid4()}",
        f"/voice/left?contact={uuid4()}",
        f"/voice/join?engagement={uuid4()}",
        f"/voice/leg?engagement={uuid4()}",
        f"/voice/conference?engagement={uuid4()}",
        f"/voice/menu?contact={_quoted(MIXED)}",
        f"/voice/wait?contact={uuid4()}&language={_quoted(PLANTED.name)}",
        f"/voice/{_quoted(PLANTED.name)}",
    )
    async with aiohttp.ClientSession() as http:
        for path in paths:
            signature = signer.compute_signature(base + path, form)
            for headers in (
                {},
                {"X-Twilio-Signature": MIXED.encode().hex()},
                {"X-Twilio-Signature": signature, "User-Agent": PLANTED.name.encode().hex()},
            ):
                await _asked(http, "POST", base + path, data=form, headers=headers)
            await _asked(http, "GET", base + path)


async def _bad_chat_requests(centre: Site) -> None:
    base = f"{centre.ports.public_url}/chat"
    secret = {"Authorization": f"Bearer {_quoted(PLANTED.sentence)}"}
    async with aiohttp.ClientSession() as http:
        for body in (
            MIXED.encode(),
            b'{"language": "' + MIXED.encode(),
            json.dumps({"department": PLANTED.name}).encode(),
            json.dumps({"audience": PLANTED.sentence, PLANTED.name: PLANTED.number}).encode(),
            json.dumps([MIXED] * 1000).encode(),
        ):
            for path in ("/conversations", f"/conversations/{uuid4()}/messages"):
                await _asked(http, "POST", base + path, data=body, headers=secret | _JSON)
                await _asked(http, "POST", base + path, data=body, headers=_JSON)
        for path in (
            f"/conversations/{_quoted(PLANTED.name)}/messages",
            f"/conversations/{uuid4()}/messages?after={_quoted(PLANTED.sentence)}",
            f"/{_quoted(MIXED)}",
            f"/static/{_quoted(PLANTED.name)}",
            f"/openings?language={_quoted(PLANTED.name)}",
        ):
            await _asked(http, "GET", base + path, headers=secret)
            await _asked(http, "GET", base + path, headers={"Origin": "http://" + "x" * 9})
    async with visitor(centre.ports.public_url, join=False) as child:
        url = f"{base}/conversations/{child.conversation_id}/messages"
        bearer = {"Authorization": f"Bearer {child.token}"}
        cid = str(uuid4())
        for body in (
            {"cid": cid, "text": PLANTED.sentence},
            {"cid": cid, "text": MIXED},  # cid_reused
            {"cid": MIXED, "text": MIXED},
            {"cid": str(uuid4()), "text": MIXED * 100},
            {"cid": str(uuid4()), "text": PLANTED.name + "\0"},
            {"text": MIXED},
        ):
            await _asked(child.http, "POST", url, json=body, headers=bearer)
        await _asked(child.http, "POST", f"{url[:-9]}/leave", json={"quick": MIXED}, headers=bearer)


async def _bad_chat_frames(centre: Site) -> None:
    async with visitor(centre.ports.public_url, join=False) as child:
        hello = json.dumps({"type": "hello", "token": child.token, "last_seq": 0})
        for frames in (
            [MIXED],
            [json.dumps({"type": "hello", "token": MIXED, "last_seq": 0})],
            [hello, MIXED],
            [hello, json.dumps({"type": PLANTED.name, "text": PLANTED.sentence})],
            [hello, json.dumps({"type": "send", "cid": MIXED, "text": MIXED})],
            [hello, json.dumps({"type": "send", "cid": str(uuid4()), "text": MIXED * 100})],
            [hello, json.dumps({"type": "read", "seq": MIXED})],
            [hello, MIXED * 1000],
            [hello, MIXED.encode()],
            [hello, *([json.dumps({"type": "typing", "text": MIXED})] * 300)],
        ):
            await _say_and_hear_out(child.socket_url, frames)
    with contextlib.suppress(websockets.InvalidStatus, OSError):
        await connect(child.socket_url + "/" + _quoted(MIXED), open_timeout=5)


async def _say_and_hear_out(url: str, frames: list[str | bytes]) -> None:
    async with connect(url, close_timeout=1, compression=None) as socket:
        with contextlib.suppress(websockets.ConnectionClosed, TimeoutError):
            for frame in frames:
                await socket.send(frame)
            async with asyncio.timeout(0.3):
                while True:
                    answer = await socket.recv()
                    assert PLANTED.name not in str(answer)


async def _bad_staff_requests(centre: Site) -> None:
    base = f"{centre.ports.staff_url}/api/v1"
    async with _again(centre) as she:
        for login in (PLANTED.name, "ines"):
            credentials = {"login": login, "password": PLANTED.sentence, "totp": PLANTED.number}
            await _asked(she.http, "POST", f"{base}/session", json=credentials)
        contact_id = str(await centre.value("SELECT contact_id FROM contact LIMIT 1"))
        for method, path in (
            ("GET", f"contacts?state={_quoted(PLANTED.name)}"),
            ("GET", f"contacts/{_quoted(MIXED)}"),
            ("GET", f"cases?reference={_quoted(PLANTED.name)}"),
            ("GET", f"live?ticket={_quoted(PLANTED.sentence)}"),
            ("GET", f"{_quoted(PLANTED.sentence)}"),
            ("POST", f"offers/{_quoted(PLANTED.name)}/accept"),
            ("PUT", "me/presence"),
            ("PUT", f"contacts/{contact_id}/form"),
            ("POST", f"contacts/{contact_id}/messages"),
            ("POST", f"contacts/{contact_id}/urgency"),
            ("POST", f"contacts/{contact_id}/close"),
            ("POST", "cases"),
        ):
            for body in (MIXED.encode(), json.dumps(_nonsense()).encode()):
                await _asked(
                    she.http, method, f"{base}/{path}", data=body, headers=she.headers | _JSON
                )
        for frame in (MIXED, json.dumps({"type": "read", "seq": MIXED})):
            ticket = (await she.did("POST", "me/live-ticket"))["ticket"]
            async with she.http.ws_connect(f"{base}/live", params={"ticket": ticket}) as socket:
                await socket.send_str(frame)
                async with asyncio.timeout(5):
                    async for _ in socket:
                        pass
    async with aiohttp.ClientSession() as http:
        await _asked(http, "GET", f"{centre.ports.staff_url}/{_quoted(MIXED)}")


def _nonsense() -> dict[str, object]:
    return {
        "state": PLANTED.name,
        "values": {"alias": MIXED, "unknown": PLANTED.sentence},
        "revision": 7,
        "cid": MIXED,
        "text": PLANTED.sentence,
        "urgency": PLANTED.number,
        "reason": PLANTED.sentence,
        "disposition": PLANTED.name,
        "label": MIXED * 9,
        "department": PLANTED.name,
        PLANTED.name: PLANTED.sentence,
    }


async def _words_sent_while_postgresql_is_cut_off(centre: Site) -> None:
    """What fails while it holds personal data says nothing of it."""
    async with (
        visitor(centre.ports.public_url, join=False) as child,
        Phone(centre.emulator.url) as phone,
    ):
        url = f"{centre.ports.public_url}/chat/conversations/{child.conversation_id}/messages"
        bearer = {"Authorization": f"Bearer {child.token}"}
        killing = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        for _ in range(5):
            body = {"cid": str(uuid4()), "text": MIXED}
            await asyncio.gather(
                centre.rows(killing),
                *(_asked(child.http, "POST", url, json=body, headers=bearer) for _ in range(4)),
                return_exceptions=True,
            )
        await phone.dial(PLANTED.number)
        await phone.until_caption("Danger immédiat")


_JSON = {"Content-Type": "application/json"}


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


async def _read(url: str) -> bytes:
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return await answer.read()


async def _asked(http: aiohttp.ClientSession, method: str, url: str, **more: object) -> int:
    """Ask, and be refused without an echo of what was asked."""
    async with http.request(method, URL(url, encoded=True), **more) as answer:
        said = await answer.read()
        if answer.status >= 400:
            assert found_in(said, PLANTED.all) == [], url
        assert answer.status < 500 or answer.status == 503, (url, answer.status)
        return answer.status
