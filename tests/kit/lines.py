"""What the public is told, asked over the wire: signed webhooks, the page as it is served, a status."""

import html
import re
import secrets
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

import aiohttp
from twilio.request_validator import RequestValidator

from tests.kit.chat_client import ChatClient
from tests.kit.site import Site
from tests.kit.telephony import ACCOUNT_SID, AUTH_TOKEN, NUMBER

SIGNER = RequestValidator(AUTH_TOKEN)


@dataclass
class Call:
    """A call whose network does as each document says, and keeps no time."""

    lines: "Lines"
    sid: str = field(default_factory=lambda: f"CA{secrets.token_hex(16)}")
    document: str = ""
    _wait: str = ""
    _is_heard: bool = False

    async def ask(self, path: str, **more: str) -> None:
        """Post a webhook and go where its document leads."""
        form = {
            "AccountSid": ACCOUNT_SID,
            "CallSid": self.sid,
            "CallStatus": "in-progress",
            "From": "+33612345678",
            "To": NUMBER,
            **more,
        }
        self.document = await self.lines.signed(path, form)
        self._is_heard = False

    async def heard(self) -> str:
        """Everything said now; who is parked hears the wait, and again what follows its end."""
        said = ""
        if "<Enqueue" in self.document:
            said = self._said()
            await self.ask(self._address("wait"))
        elif self._is_heard and self._wait:
            await self.ask(self._wait)
        self._is_heard = True
        return f"{said} {self._said()}".strip()

    async def press(self, key: str) -> None:
        """Press a key where the document listens for one."""
        gather = next(ET.fromstring(self.document).iter("Gather"))
        await self.ask(gather.get("action", "").partition("#")[0], Digits=key)

    async def hang_up(self) -> None:
        """Let the network say that the call is over."""
        form = {"AccountSid": ACCOUNT_SID, "CallSid": self.sid, "CallStatus": "completed"}
        await self.lines.signed("/voice/status", form)

    def _said(self) -> str:
        said = [each.text or "" for each in ET.fromstring(self.document).iter("Say")]
        return " ".join(said).replace("\u202f", " ").replace("\u00a0", " ")

    def _address(self, name: str) -> str:
        found = re.search(rf"/voice/{name}\?[^\"#]*", self.document)
        assert found is not None, self.document
        address = html.unescape(found[0])
        if name == "wait":
            self._wait = address
        return address


@dataclass
class Lines:
    """The public side of a site."""

    site: Site
    http: aiohttp.ClientSession

    async def call(self, key: str) -> Call:
        """Return a call that has pressed a key of the menu, or none."""
        call = Call(self)
        await call.ask("/voice/incoming")
        await (call.press(key) if key else call.ask(call._address("menu")))
        return call

    async def signed(self, path: str, form: dict[str, str]) -> str:
        """Post a webhook as the carrier signs it."""
        url = self.site.ports.public_url + path
        headers = {"X-Twilio-Signature": SIGNER.compute_signature(url, form)}
        async with self.http.post(url, data=form, headers=headers) as answer:
            assert answer.status in (200, 204), answer.status
            return await answer.text()

    async def page(self, language: str = "fr") -> str:
        """Return what a browser without scripts shows of the page."""
        url = f"{self.site.ports.public_url}/chat/?lang={language}"
        async with self.http.get(url) as answer:
            body = (await answer.text()).partition("<body>")[2]
        # What the page hides is not shown; hidden elements of its start are leaves or whole blocks.
        shown = re.sub(r"<main class=\"talk\".*?</main>", "", body, flags=re.DOTALL)
        shown = re.sub(r"<(p|form|div)[^>]*\shidden[ >].*?</\1>", "", shown, flags=re.DOTALL)
        words = re.sub(r"<[^>]+>", " ", shown)
        return html.unescape(re.sub(r"[ \n]+", " ", words)).replace("\u202f", " ")

    async def openings(self) -> dict[str, Any]:
        """Return what the page reads before anything is written."""
        async with self.http.get(f"{self.site.ports.public_url}/chat/openings") as answer:
            document: dict[str, Any] = await answer.json()
            return document

    async def says(self, child: ChatClient) -> list[str]:
        """Return the names of what a conversation is told of its state."""
        path = f"{self.site.ports.public_url}/chat/conversations/{child.conversation_id}/messages"
        bearer = {"Authorization": f"Bearer {child.token}"}
        async with self.http.get(path, headers=bearer) as answer:
            says: list[str] = (await answer.json())["says"]
            return says
