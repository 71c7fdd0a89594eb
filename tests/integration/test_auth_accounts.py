"""Signing in against PostgreSQL: one code once, throttling, sessions, tickets."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from aiohttp import ClientSession, DummyCookieJar
from aiohttp.test_utils import TestServer

from config.clock import ManualClock, monotonic
from config.errors import CentreError, NotSignedIn, TooMuch
from config.vocabulary import Role
from contactcenter.api.routes import add_api_routes
from contactcenter.auth.accounts import SESSION_IDLE, SESSION_LASTS, TICKET_LASTS, StaffAccounts
from contactcenter.auth.cookies import BrowserRules
from contactcenter.auth.judging import REFUSED_AFTER_SECONDS
from contactcenter.auth.passwords import Passwords
from contactcenter.auth.throttle import SignInThrottle
from contactcenter.auth.totp import code_at, new_secret, step_of
from contactcenter.web.application import staff_application
from contactcenter.web.security_headers import ContentPolicy
from records.actor import SYSTEM
from records.database import Database
from records.staff import Sessions, Staff
from tests.kit.record_rows import LINE, a_vault, add_line, read
from tests.kit.staff_api import BASE_URL, dlpm
from tests.kit.staff_services import MemoryServices
from tests.kit.until import until

PASSWORD = "une phrase de passe fictive"
HERE = "10.0.0.1"
START = datetime(2026, 3, 2, 12, 0, 10, tzinfo=UTC)


STRANGERS = "wrong " * 3


class HeldPasswords(Passwords):
    """Hashes what strangers try only once it is `let_go`."""

    def __init__(self, **limits: int) -> None:
        super().__init__(**limits)
        self.let_go = threading.Event()

    def _verify(self, stored: str, ways: Sequence[str]) -> bool:
        if STRANGERS in ways:
            self.let_go.wait(60)
        return super()._verify(stored, ways)

    async def __aexit__(self, *ended: Any) -> None:
        self.let_go.set()
        await super().__aexit__(*ended)

    @property
    def is_full(self) -> bool:
        return len(self._common.lane._turns) == self._common.lane._most


@dataclass
class Door:
    """The accounts of one node, and what a person holds in hand."""

    accounts: StaffAccounts
    staff: Staff
    database: Database
    clock: ManualClock
    staff_id: UUID
    secret: str
    throttle: SignInThrottle

    def slow(self, *, waiting: int) -> "HeldPasswords":
        """Hash strangers' passwords for as long as the test takes, with few places to wait."""
        passwords = HeldPasswords(waiting=waiting, kept=4, memory_kib=64, passes=1)
        sessions = Sessions(self.database, a_vault(), idle=SESSION_IDLE)
        self.accounts = StaffAccounts(self.staff, sessions, passwords, self.throttle, self.clock)
        return passwords

    def code(self, steps: int = 0) -> str:
        return code_at(self.secret, step_of(self.clock.now()) + steps)

    async def sign_in(self, *, totp: str | None = None, password: str = PASSWORD):  # type: ignore[no-untyped-def]
        return await self.accounts.sign_in("camille", password, totp or self.code(), HERE)

    def next_code(self) -> None:
        self.clock.advance(timedelta(seconds=30))


@pytest.fixture
async def door(database_url: str) -> AsyncIterator[Door]:
    clock = ManualClock(START)
    vault = a_vault()
    async with (
        Database.open(database_url, pool_size=4) as database,
        Passwords(memory_kib=64, passes=1) as passwords,
    ):
        async with database.transaction() as tx:
            await add_line(tx)
        staff, secret = Staff(database, vault), new_secret()
        account = await staff.create(
            SYSTEM,
            login="camille",
            display_name="Camille Fictive",
            role=Role.LISTENER,
            password_hash=await passwords.hash(PASSWORD),
            totp_secret=secret,
            line_ids=[LINE],
            profile_id="all",
            max_chats=3,
            now=START,
        )
        sessions = Sessions(database, vault, idle=SESSION_IDLE)
        throttle = SignInThrottle(b"k" * 32, lambda: clock.now().timestamp())
        accounts = StaffAccounts(staff, sessions, passwords, throttle, clock)
        yield Door(accounts, staff, database, clock, account.staff_id, secret, throttle)


async def refused(door: Door, login: str, password: str, totp: str, address: str = HERE) -> str:
    with pytest.raises(NotSignedIn) as refusal:
        await door.accounts.sign_in(login, password, totp, address)
    return refusal.value.code


async def test_the_right_credentials_open_a_session(door: Door) -> None:
    opened = await door.accounts.sign_in("  Camille ", PASSWORD, door.code(), HERE)
    assert opened.expires_at == START + SESSION_LASTS
    principal = await door.accounts.principal(opened.token)
    assert principal == opened.principal
    assert principal.staff_id == door.staff_id
    assert principal.line_ids == {LINE}
    assert (principal.role, principal.profile_id, principal.max_chats) == (Role.LISTENER, "all", 3)


async def test_credentials_open_a_session_however_a_keyboard_or_a_copy_writes_them(
    door: Door,
) -> None:
    composed = PASSWORD.replace(" ", "\u00a0")
    for way in ("{0}\u202f{1}", "{0} {1}\r\n", "\ufeff{0}{1}"):
        code = way.format(door.code()[:3], door.code()[3:])
        opened = await door.accounts.sign_in("Ｃａｍｉｌｌｅ\r\n", composed, code, HERE)
        assert opened.principal.staff_id == door.staff_id
        assert await refused(door, "camille", PASSWORD, door.code()) == "wrong_credentials"
        door.next_code()


async def test_every_mistake_has_the_same_answer(door: Door) -> None:
    codes = {
        await refused(door, "camille", "wrong", door.code()),
        await refused(door, "camille", PASSWORD, "000000"),
        await refused(door, "nobody", PASSWORD, door.code()),
        await refused(door, "no\x00body", PASSWORD, door.code()),
    }
    assert codes == {"wrong_credentials"}
    rows = await read(door.database, "SELECT detail FROM audit WHERE action = 'sign_in_refused'")
    assert [row["detail"]["reason"] for row in rows].count("wrong_password") == 3


async def test_a_code_opens_one_session_even_when_two_race_for_it(door: Door) -> None:
    code = door.code()
    results = await asyncio.gather(
        *(door.sign_in(totp=code) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(one, NotSignedIn) for one in results) == 3
    door.next_code()
    await door.sign_in()


async def test_an_earlier_code_is_refused_once_a_later_one_served(door: Door) -> None:
    earlier = door.code(-1)
    await door.sign_in()
    assert await refused(door, "camille", PASSWORD, earlier) == "wrong_credentials"


async def test_a_wrong_password_does_not_spend_the_code(door: Door) -> None:
    assert await refused(door, "camille", "wrong", door.code()) == "wrong_credentials"
    await door.sign_in()


async def test_an_account_without_second_factor_does_not_get_in(door: Door) -> None:
    await door.staff.set_totp(SYSTEM, door.staff_id, None, START)
    assert await refused(door, "camille", PASSWORD, "") == "wrong_credentials"


async def test_a_closed_account_loses_its_sessions_and_gets_no_other(door: Door) -> None:
    opened = await door.sign_in()
    await door.staff.disable(SYSTEM, door.staff_id, START)
    with pytest.raises(NotSignedIn):
        await door.accounts.principal(opened.token)
    door.next_code()
    assert await refused(door, "camille", PASSWORD, door.code()) == "wrong_credentials"


async def test_guessing_is_stopped_even_for_the_right_password(door: Door) -> None:
    for _ in range(5):
        await refused(door, "camille", "wrong", "000000")
    with pytest.raises(TooMuch) as refusal:
        await door.sign_in()
    assert refusal.value.code == "too_many_attempts"
    await door.accounts.sign_in("camille", PASSWORD, door.code(), "10.0.0.2")


async def crowd(
    door: Door, passwords: HeldPasswords, logins: list[str]
) -> list["asyncio.Future[object]"]:
    """Let strangers try a password, each from a neighbourhood of its own, and wait for none."""
    tries = [
        asyncio.ensure_future(door.accounts.sign_in(login, STRANGERS, "000000", f"10.9.{n}.1"))
        for n, login in enumerate(logins)
    ]
    await until(lambda: passwords.is_full)
    return tries


async def told_off(tries: list["asyncio.Future[object]"]) -> None:
    for each in tries:
        each.cancel()
    await asyncio.gather(*tries, return_exceptions=True)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let who has no turn wait for as long as a slow machine needs for a kept place."""
    monkeypatch.setattr("contactcenter.auth.judging.REFUSED_AFTER_SECONDS", 60.0)


async def told(tries: list["asyncio.Future[object]"]) -> set[str]:
    answers = await asyncio.gather(*tries, return_exceptions=True)
    return {answer.code for answer in answers if isinstance(answer, CentreError)}


async def test_a_flood_of_strangers_keeps_nobody_out_who_was_here_within_a_month(
    door: Door, patient: None
) -> None:
    await door.sign_in()
    door.clock.advance(timedelta(days=29))
    async with door.slow(waiting=4) as passwords:
        tries = await crowd(door, passwords, [f"nobody{n}" for n in range(30)])
        opened = await door.sign_in()
        assert opened.principal.staff_id == door.staff_id
        assert not any(each.done() for each in tries), "nobody had a turn because of it"
        await told_off(tries)


async def test_a_kept_place_shows_itself_to_right_credentials_only(door: Door) -> None:
    await door.sign_in()
    door.next_code()
    async with door.slow(waiting=4) as passwords:
        tries = await crowd(door, passwords, [f"nobody{n}" for n in range(30)])
        began = monotonic()
        wrong = (
            ("camille", "wrong", door.code()),
            ("camille", PASSWORD, "000000"),
            ("nobody", PASSWORD, door.code()),
        )
        # A neighbour of one of the crowd: for all the common queue knows, one more of it.
        late = [asyncio.ensure_future(door.accounts.sign_in(*each, "10.9.1.2")) for each in wrong]
        assert await told(late) == {"busy"}
        assert monotonic() - began >= REFUSED_AFTER_SECONDS
        await told_off(tries)


async def test_strangers_who_fail_in_her_name_from_everywhere_do_not_keep_her_out(
    door: Door, patient: None
) -> None:
    await door.sign_in()
    door.next_code()
    for n in range(30):
        await refused(door, "camille", "wrong", "000000", f"10.9.{n}.1")
    answers = [
        asyncio.ensure_future(door.accounts.sign_in(login, "wrong", "0", f"10.8.{n}.1"))
        for n, login in enumerate(("camille", "camille"))
    ]
    opened = await door.accounts.sign_in("camille", PASSWORD, door.code(), "10.7.0.1")
    assert opened.principal.staff_id == door.staff_id
    assert not any(each.done() for each in answers), "told later that it was too many"
    await told_off(answers)


async def test_few_codes_are_looked_at_when_somebody_has_the_password(door: Door) -> None:
    for n in range(10):
        assert await refused(door, "camille", PASSWORD, "000000", f"10.9.{n}.1")
    assert await refused(door, "camille", PASSWORD, door.code()) == "wrong_credentials"
    door.clock.advance(timedelta(minutes=2))
    await door.sign_in()


async def test_honest_sign_ins_are_not_counted(door: Door) -> None:
    for _ in range(8):
        await door.sign_in()
        door.next_code()


async def test_a_session_is_over_when_signed_out_expired_or_idle(door: Door) -> None:
    first = await door.sign_in()
    await door.accounts.sign_out(first.principal)
    with pytest.raises(NotSignedIn):
        await door.accounts.principal(first.token)
    door.next_code()
    second = await door.sign_in()
    door.clock.advance(SESSION_IDLE + timedelta(seconds=1))
    with pytest.raises(NotSignedIn):
        await door.accounts.still_signed_in(second.principal)
    third = await door.sign_in()
    while door.clock.now() < third.expires_at - timedelta(minutes=31):
        door.clock.advance(timedelta(minutes=30))
        await door.accounts.principal(third.token)
    door.clock.advance(timedelta(minutes=31))
    with pytest.raises(NotSignedIn):
        await door.accounts.principal(third.token)


async def test_an_open_socket_keeps_its_session_alive(door: Door) -> None:
    opened = await door.sign_in()
    for _ in range(4):
        door.clock.advance(timedelta(minutes=40))
        await door.accounts.still_signed_in(opened.principal)
    await door.accounts.principal(opened.token)


async def test_neither_token_nor_ticket_is_stored(door: Door) -> None:
    opened = await door.sign_in()
    ticket = (await door.accounts.live_ticket(opened.principal)).ticket
    rows = await read(door.database, "SELECT token_hash FROM staff_session")
    rows += await read(door.database, "SELECT ticket_hash FROM live_ticket")
    stored = str(rows)
    assert opened.token not in stored
    assert ticket not in stored
    assert opened.token not in repr(opened)


async def test_a_ticket_lets_one_in_once_and_in_time(door: Door) -> None:
    opened = await door.sign_in()
    ticket = (await door.accounts.live_ticket(opened.principal)).ticket
    results = await asyncio.gather(
        *(door.accounts.redeem(ticket) for _ in range(4)), return_exceptions=True
    )
    assert [one for one in results if not isinstance(one, NotSignedIn)] == [opened.principal]
    assert {one.code for one in results if isinstance(one, NotSignedIn)} == {"ticket_refused"}
    late = (await door.accounts.live_ticket(opened.principal)).ticket
    door.clock.advance(TICKET_LASTS)
    with pytest.raises(NotSignedIn):
        await door.accounts.redeem(late)


async def test_a_ticket_of_a_session_that_ended_lets_nobody_in(door: Door) -> None:
    opened = await door.sign_in()
    ticket = (await door.accounts.live_ticket(opened.principal)).ticket
    await door.accounts.sign_out(opened.principal)
    with pytest.raises(NotSignedIn):
        await door.accounts.redeem(ticket)


@pytest.mark.parametrize("token", ["", "x", "x" * 4000, "\udcff\udcfe", "é"])
async def test_a_token_of_any_shape_is_only_unknown(door: Door, token: str) -> None:
    with pytest.raises(NotSignedIn):
        await door.accounts.principal(token)


async def test_the_whole_door_over_http(door: Door) -> None:
    services = MemoryServices()
    services.accounts = door.accounts  # type: ignore[assignment]
    browser = BrowserRules.of(BASE_URL)
    app = staff_application(door.accounts, browser, ContentPolicy())
    add_api_routes(app, services.bundle(), browser, dlpm())
    body = {"login": "camille", "password": PASSWORD, "totp": door.code()}
    async with TestServer(app) as server, ClientSession(cookie_jar=DummyCookieJar()) as client:
        url = server.make_url("/api/v1/session")
        async with client.post(url, json=body) as answer:
            assert answer.status == 201
            token = (await answer.json())["token"]
        async with client.post(url, json=body) as answer:
            assert answer.status == 401
        held = {"Authorization": f"Bearer {token}"}
        async with client.delete(url, headers=held) as answer:
            assert answer.status == 204
        async with client.get(server.make_url("/api/v1/me"), headers=held) as answer:
            assert answer.status == 401
