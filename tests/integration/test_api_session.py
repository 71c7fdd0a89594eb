"""Signing in through the API: the token, the cookie's flags, the answer to what is wrong."""

from http.cookies import SimpleCookie

import pytest

from tests.kit.staff_api import staff_api
from tests.kit.staff_people import PASSWORD, TOTP

RIGHT = {"login": "camille", "password": PASSWORD, "totp": TOTP}


@pytest.mark.parametrize(
    ("base_url", "name", "secure"),
    [
        ("http://127.0.0.1:8090", "cc_session", False),
        ("https://desk.example", "__Host-cc_session", True),
    ],
)
async def test_the_cookie_is_bound_to_the_host_and_hidden_from_scripts(
    base_url: str, name: str, secure: bool
) -> None:
    async with staff_api(base_url=base_url) as api:
        api.services.accounts.person("camille")
        answer = await api.ask("POST", "session", json=RIGHT)
        assert answer.status == 201
        body = await answer.json()
        assert set(body) == {"token", "expires_at", "staff"}
        assert set(body["staff"]) == {"staff_id", "display_name", "role"}
        cookie = SimpleCookie(answer.headers["Set-Cookie"])[name]
        assert cookie.value == body["token"]
        assert cookie["httponly"] is True
        assert bool(cookie["secure"]) is secure
        assert cookie["samesite"] == "Strict"
        assert cookie["path"] == "/"
        assert not cookie["domain"]
        assert cookie["expires"] == "Sun, 02 Mar 2036 00:00:00 GMT"
        me = await api.ask("GET", "me", cookies={name: body["token"]})
        assert (await me.json())["staff"] == body["staff"]


async def test_signing_out_ends_the_session_and_takes_the_cookie_back() -> None:
    async with staff_api(base_url="https://desk.example") as api:
        _, headers = api.signed_in()
        answer = await api.ask("DELETE", "session", headers=headers)
        assert answer.status == 204
        cookie = SimpleCookie(answer.headers["Set-Cookie"])["__Host-cc_session"]
        assert cookie.value == ""
        assert cookie["max-age"] == "0"
        assert cookie["secure"]
        assert (await api.ask("GET", "me", headers=headers)).status == 401


@pytest.mark.parametrize("wrong", ["login", "password", "totp"])
async def test_what_was_wrong_is_not_said(wrong: str) -> None:
    async with staff_api() as api:
        api.services.accounts.person("camille")
        answer = await api.ask("POST", "session", json={**RIGHT, wrong: "other"})
        assert answer.status == 401
        body = await answer.json(content_type=None)
        assert body["code"] == "wrong_credentials"
        assert "field" not in body
        assert "Set-Cookie" not in answer.headers


async def test_too_many_attempts_say_how_long_to_wait() -> None:
    async with staff_api() as api:
        api.services.accounts.attempts_left = 0
        answer = await api.ask("POST", "session", json=RIGHT)
        assert answer.status == 429
        assert answer.headers["Retry-After"] == "42"


async def test_the_address_that_asks_is_what_is_throttled() -> None:
    async with staff_api() as api:
        await api.ask("POST", "session", json=RIGHT, headers={"X-Forwarded-For": "10.9.8.7"})
        assert api.services.accounts.addresses == ["127.0.0.1"]


async def test_me_has_everything_to_draw_the_desk_again() -> None:
    async with staff_api() as api:
        principal, headers = api.signed_in()
        offer = api.services.offers.offer(principal)
        me = await (await api.ask("GET", "me", headers=headers)).json()
        assert set(me) == {
            *("staff", "presence", "offer", "engagements", "losses", "max_chats", "softphone"),
        }
        assert me["presence"] == {
            "state": "offline",
            "since": "2026-03-02T12:00:00Z",
            "version": 0,
            "reason": None,
            "until": None,
        }
        assert me["offer"]["offer_id"] == str(offer.offer_id)
        assert me["offer"]["urgency"] == 2
        assert me["offer"]["server_now"] == "2026-03-02T12:00:00Z"
        assert me["softphone"] == {"kind": "emulator", "url": "http://127.0.0.1:8070"}
        assert me["engagements"] == []


@pytest.mark.parametrize("state", ["asked", "gone", None])
async def test_only_what_a_listener_declares_is_taken(state: str | None) -> None:
    async with staff_api() as api:
        _, headers = api.signed_in()
        answer = await api.ask("PUT", "me/presence", json={"state": state}, headers=headers)
        assert answer.status == 422
        assert (await answer.json(content_type=None))["field"] == "state"
