"""A listener at her desk, without a browser: signed in once, back after every interruption."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pyotp

from config.ids import new_id
from contactcenter.cli.staff_records import NewCredentials
from tests.kit.site import Site
from tests.kit.softphone import Softphone
from tests.kit.until import until

ANSWER_SECONDS = 10.0
LOST = (aiohttp.ClientError, OSError, TimeoutError)
Document = dict[str, Any]


@dataclass
class Listener:
    """What she sees (`frames`, `offer`) and does. Her session outlives the service's processes."""

    http: aiohttp.ClientSession
    staff_url: str
    headers: dict[str, str]
    staff_id: str
    frames: list[Document] = field(default_factory=list)
    offer: Document | None = None
    is_live: bool = False
    is_away: bool = False  # her live socket stays down, as with a closed tab
    softphone: Softphone | None = None
    watches: bool = False  # as the supervision page: her socket keeps nobody's place
    _socket: aiohttp.ClientWebSocketResponse | None = None

    async def ask(self, method: str, path: str, **body: object) -> tuple[int, Document]:
        """Ask the API once; raises one of LOST when nobody answers."""
        async with self.http.request(
            method,
            f"{self.staff_url}/api/v1/{path}",
            headers=self.headers,
            json=body or None,
        ) as answer:
            document = await answer.json() if answer.status != 204 else {}
            return answer.status, document

    async def did(self, method: str, path: str, **body: object) -> Document:
        """Ask, and be answered well."""
        status, document = await self.ask(method, path, **body)
        assert status < 300, (status, document)
        return document

    async def declare(self, state: str) -> Document:
        """Say whether she takes contacts."""
        return await self.did("PUT", "me/presence", state=state)

    async def until_offered(self, seconds: float = 5.0, contact_id: str = "") -> Document:
        """Wait for an offer (of that contact) and return it."""
        return await until(
            lambda: (
                self.offer if self.offer and contact_id in ("", self.offer["contact_id"]) else None
            ),
            seconds,
            saying="an offer",
        )

    async def accept(self, offer: Document | None = None) -> Document:
        """Take the offer; return the contact."""
        offer = offer or await self.until_offered()
        document = await self.did("POST", f"offers/{offer['offer_id']}/accept")
        contact: Document = document["contact"]
        return contact

    async def say(self, contact_id: str, text: str) -> Document:
        """Write to the person; return what was stored."""
        cid = str(new_id())
        return await self.did("POST", f"contacts/{contact_id}/messages", cid=cid, text=text)

    async def finish(self, contact_id: str) -> Document:
        """End the contact, once the call is connected if it is one, and its write-up."""

        async def ended() -> bool:
            status, document = await self.ask("POST", f"contacts/{contact_id}/end")
            assert status == 200 or document["code"] == "call_connecting", document
            return status == 200

        await until(ended, saying="ended")
        return await self.did(
            "POST",
            f"contacts/{contact_id}/close",
            disposition="non_content",
            non_content_code="test",
        )

    async def leave(self) -> None:
        """Lose the live socket for good, as a closed lid does."""
        self.is_away = True
        if self._socket is not None:
            await self._socket.close()
        await until(lambda: not self.is_live)

    @property
    def _offer_id(self) -> str:
        return str(self.offer["offer_id"]) if self.offer else ""

    def of(self, kind: str) -> list[Document]:
        """Return the frames of one type, oldest first."""
        return [frame for frame in self.frames if frame["type"] == kind]

    async def live(self) -> None:
        """Keep a live socket open until cancelled."""
        while True:
            with suppress(*LOST, KeyError):
                await self._one_socket()
            self.is_live, self._socket = False, None
            await asyncio.sleep(0.05)

    async def _one_socket(self) -> None:
        if self.is_away:
            return
        ticket = (await self.ask("POST", "me/live-ticket"))[1]["ticket"]
        address = f"{self.staff_url}/api/v1/live"
        asked = {"ticket": ticket} | ({"watch": "true"} if self.watches else {})
        async with self.http.ws_connect(address, params=asked) as socket:
            self._socket, self.is_live, self.offer = socket, True, None
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await self._heard(socket, message.json())

    async def _heard(self, socket: aiohttp.ClientWebSocketResponse, frame: Document) -> None:
        self.frames.append(frame)
        if frame["type"] == "offer":
            self.offer = frame
            await socket.send_json({"type": "offer_seen", "offer_id": frame["offer_id"]})
        elif frame["type"] == "offer_withdrawn" and frame["offer_id"] == self._offer_id:
            self.offer = None


@asynccontextmanager
async def listener(
    site: Site,
    login: str,
    *,
    staff_url: str = "",
    ready: bool = True,
    telephone: bool | set[str] | None = True,
    kind: type[Listener] = Listener,
) -> AsyncIterator[Listener]:
    """Sign a listener in, with her live socket and telephone, ready unless told.

    `telephone`: see `Softphone.answers`; None is a desk without one.
    """
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(
            aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        )
        address = staff_url or site.ports.staff_url
        she = await signed_in(http, address, login, site.credentials[login], kind)
        if telephone is not None:
            token = await she.did("POST", "me/softphone-token")
            she.softphone = Softphone(site.emulator.url, token["token"], answers=telephone)
            await stack.enter_async_context(she.softphone)
            await she.softphone.register()
            assert she.softphone.is_registered
        living = asyncio.ensure_future(she.live())
        try:
            await until(lambda: she.is_live, saying="her live socket")
            if ready:
                await she.declare("ready")
            yield she
        finally:
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)


async def signed_in(
    http: aiohttp.ClientSession,
    staff_url: str,
    login: str,
    credentials: NewCredentials,
    kind: type[Listener] = Listener,
) -> Listener:
    """Open a session."""
    async with http.post(
        f"{staff_url}/api/v1/session",
        json={
            "login": login,
            "password": credentials.password,
            "totp": pyotp.TOTP(credentials.totp_secret).now(),
        },
    ) as answer:
        document = await answer.json()
        assert answer.status == 201, document
    headers = {"Authorization": f"Bearer {document['token']}"}
    return kind(http, staff_url, headers, document["staff"]["staff_id"])
