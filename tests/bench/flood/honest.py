"""Listeners who only want to sign in while strangers try passwords."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from config.clock import SystemClock, monotonic
from contactcenter.auth.totp import code_at, step_of
from tests.bench.load import BenchFailed

MOST_SECONDS = 20.0
ANSWER_SECONDS = 30.0


@dataclass(frozen=True)
class HonestStaff:
    """Accounts of the demo: some signed in just before the flood, one never did."""

    http: aiohttp.ClientSession
    staff_url: str
    recent: list[dict[str, Any]]
    never: dict[str, Any]

    @classmethod
    @asynccontextmanager
    async def of(cls, ready: dict[str, Any]) -> AsyncIterator["HonestStaff"]:
        """Sign the recent ones in, with codes that leave the next ones unused."""
        listeners = [each for each in ready["accounts"] if each["role"] == "listener"]
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS),
        ) as http:
            made = cls(http, ready["staff_url"], listeners[:3], listeners[3])
            for account in made.recent:
                await made._sign_in(account, later_steps=-1)
            yield made

    async def sign_in_each(self) -> dict[str, float]:
        """Return the milliseconds that the slowest of the recent ones took, and the other one."""
        newcomer = asyncio.ensure_future(self._sign_in(self.never))
        await asyncio.sleep(0.5)  # the flood has its places by then
        took = [await self._sign_in(account, later_steps=1) for account in self.recent]
        return {"recent": max(took) * 1000, "never_before": await newcomer * 1000}

    async def _sign_in(self, account: dict[str, Any], *, later_steps: int = 0) -> float:
        """Sign in, waiting as long as is asked; return the seconds from the first try."""
        began = monotonic()
        while monotonic() - began < MOST_SECONDS:
            step = step_of(SystemClock().now()) + later_steps
            body = {
                "login": account["login"],
                "password": account["password"],
                "totp": code_at(account["totp_secret"], step),
            }
            async with self.http.post(f"{self.staff_url}/api/v1/session", json=body) as answer:
                if answer.status == 201:
                    return monotonic() - began
                document = await answer.json()
                if answer.status != 429:
                    raise BenchFailed(f"a right password was answered {document['code']}")
            await asyncio.sleep(document["retry_after"])
        return monotonic() - began
