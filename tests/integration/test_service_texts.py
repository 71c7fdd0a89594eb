"""What people type, over the wire: one limit for both sides, nothing blank, nothing unreadable."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp

from tests.kit.engines import DatabaseAddresses
from tests.kit.listener import Listener, listener
from tests.kit.site import Site, site

LIMIT = 150
# Zero-width, word joiner, blank Braille, filler, soft hyphen, byte order mark; marks of
# direction; tags; a selector alone; all of it among spaces.
BLANK = (
    "   ", "\u200b", "\u2060", "\u2800", "\u3164", "\u00ad", "\ufeff", "\u202e\u2066\u2069",
    "\U000e0041\U000e007f", "\ufe0f", " \u200b\n\u2060\u115f ",
)  # fmt: skip


class Visitor:
    """Somebody who writes, by HTTP and by socket."""

    def __init__(self, http: aiohttp.ClientSession, site: Site) -> None:
        self.http, self.site = http, site
        self.opened: dict[str, Any] = {}

    async def open(self) -> str:
        url = f"{self.site.ports.public_url}/chat/conversations"
        async with self.http.post(url, json={"audience": "minor"}) as answer:
            assert answer.status == 201, await answer.text()
            self.opened = await answer.json()
        return str(self.opened["conversation_id"])

    async def posts(self, text: str) -> tuple[int, str | None]:
        """Send a line by HTTP; return the status and the code of a refusal."""
        url = f"{self.site.ports.public_url}/chat/conversations/{self.opened['conversation_id']}"
        headers = {"Authorization": f"Bearer {self.opened['token']}"}
        body = {"cid": str(uuid4()), "text": text}
        async with self.http.post(f"{url}/messages", json=body, headers=headers) as answer:
            return answer.status, (await answer.json()).get("code")

    async def says(self, socket: aiohttp.ClientWebSocketResponse, text: str) -> str:
        """Send a line by the socket; return `ack` or the code of a refusal of this very line."""
        cid = str(uuid4())
        await socket.send_json({"type": "send", "cid": cid, "text": text})
        while True:
            frame = await socket.receive_json(timeout=10)
            if frame.get("cid") == cid and frame["type"] in ("ack", "error"):
                return str(frame.get("code", "ack"))


async def test_a_line_has_the_helplines_one_limit_and_says_something_on_both_sides(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        place = await enter(site(tmp_path, database, redis_url, "ines", message_max_chars=LIMIT))
        await enter(place.serving())
        ines = await enter(listener(place, "ines", telephone=None))
        visitor = Visitor(await enter(aiohttp.ClientSession()), place)
        contact_id = await visitor.open()
        await ines.accept()

        path = f"contacts/{contact_id}/messages"
        for size, status in ((LIMIT, 201), (LIMIT + 1, 422), (4000, 422), (4001, 422)):
            answer = await ines.ask("POST", path, cid=str(uuid4()), text="x" * size)
            assert answer[0] == status, (size, answer)
        for text in (*BLANK, "a\x00b"):
            assert (await ines.ask("POST", path, cid=str(uuid4()), text=text))[0] == 422, text
        # A half of a surrogate pair is no JSON for the staff's API.
        assert (await ines.ask("POST", path, cid=str(uuid4()), text="a\ud83d"))[0] in (400, 422)

        assert await visitor.posts("x" * LIMIT) == (201, None)
        assert await visitor.posts("x" * (LIMIT + 1)) == (422, "text_too_long")
        for text in ("\u200b\u3164", "a\x00b", "a\udc00"):
            assert await visitor.posts(text) == (422, "bad_field"), text
        url = str(visitor.opened["socket_url"])
        async with visitor.http.ws_connect(url) as socket:
            await socket.send_json({"type": "hello", "token": visitor.opened["token"]})
            assert await visitor.says(socket, "x" * (LIMIT + 1)) == "text_too_long"
            for text in (*BLANK[:6], "a\x00b", "a\ud83d"):
                assert await visitor.says(socket, text) == "bad_field", text
            # The same socket, after all of it.
            assert await visitor.says(socket, "\u2764\ufe0f") == "ack"

        await _writes_up(ines, contact_id)
        await _opens_cases(ines)


async def _writes_up(ines: Listener, contact_id: str) -> None:
    """Hold what a write-up takes: days that make sense, a revision that is a number."""
    path, revision = f"contacts/{contact_id}/form", 0
    for day in ("0020-12-24", "9999-12-31", "2062-12-24", "2026-W05-1", "20261224", "2025-02-29"):
        refused = await ines.ask("PUT", path, values={"callback_day": day}, revision=0)
        assert (refused[0], refused[1]["code"]) == (422, "wrong_date"), day
    for wrong in (False, True, "0", 0.0, None):
        status, document = await ines.ask("PUT", path, values={}, revision=wrong)
        assert (status, document["field"]) == (422, "revision"), wrong
    values: dict[str, object] = {"alias": "\u2060\u00ad", "next_step": "\u3164 "}
    saved = await ines.did("PUT", path, values=values, revision=revision)
    shown = await ines.did("GET", f"contacts/{contact_id}")
    assert (saved["revision"], shown["form"]["values"]) == (1, {})
    status, document = await ines.ask("POST", f"contacts/{contact_id}/urgency", urgency=True)
    assert (status, document["field"]) == (422, "urgency")
    for limit in ("1.0", "true", "1_0", "+5", " 5"):
        status, document = await ines.ask("GET", f"contacts?limit={limit}")
        assert (status, document["field"]) == (422, "limit"), limit


async def _opens_cases(ines: Listener) -> None:
    """Hold that a case's label is of signs that are seen, or is not there."""
    for blank in BLANK:
        assert (await ines.did("POST", "cases", label=blank))["label"] is None, blank
    assert (await ines.did("POST", "cases", label="\u200bLila \ufeff"))["label"] == "Lila"
