"""Listeners' telephones: tokens, and signals relayed between connected pages only."""

import asyncio
from datetime import UTC, datetime

import jwt
import pytest

from contactcenter.telephony.emulator.sockets.softphone import read_token
from tests.kit.accept_order import ANSWERS, bring_caller, call_listener
from tests.kit.phone import Phone
from tests.kit.softphone import Softphone, TokenMaker
from tests.kit.telephony import (
    ACCOUNT_SID,
    API_KEY_SECRET,
    API_KEY_SID,
    TOKENS,
    emulator_config,
    network,
)
from tests.kit.until import until

KEYS = emulator_config("http://127.0.0.1:1").api_keys


def test_token_of_the_twilio_package_is_understood() -> None:
    grant = read_token(TOKENS.token("listener_1"), ACCOUNT_SID, KEYS)
    assert grant is not None
    assert grant.identity == "listener_1"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "not a token",
        TOKENS.token("listener_1", seconds=-5),
        TOKENS.token("listener_1", incoming=False),
        TOKENS.token(""),
        TOKENS.token("x" * 122),
        TokenMaker(ACCOUNT_SID, API_KEY_SID, "x" * 40).token("listener_1"),
        TokenMaker(ACCOUNT_SID, "SK" + "9" * 32, API_KEY_SECRET).token("listener_1"),
        TokenMaker("AC" + "9" * 32, API_KEY_SID, API_KEY_SECRET).token("listener_1"),
        jwt.encode({"iss": API_KEY_SID, "sub": ACCOUNT_SID}, API_KEY_SECRET, "HS256"),
    ],
)
def test_token_that_does_not_hold_is_refused(token: str) -> None:
    assert read_token(token, ACCOUNT_SID, KEYS) is None


async def test_telephone_with_a_wrong_token_is_told_and_closed() -> None:
    async with network(ANSWERS) as net, Softphone(net.url, "wrong") as desk:
        await desk.register()
        assert desk.of("error") == [{"type": "error", "code": "wrong_token"}]
        await until(desk.closed.is_set)


async def test_token_about_to_expire_is_asked_for_and_renewed() -> None:
    async with network(ANSWERS) as net:
        async with Softphone(net.url, TOKENS.token("listener_1", seconds=30)) as desk:
            await desk.register()
            await desk.frame("token_will_expire")
            await desk.send({"type": "register", "token": TOKENS.token("someone_else")})
            await desk.frame("error")
            await desk.send({"type": "register", "token": TOKENS.token("listener_1")})
            await until(lambda: len(desk.of("registered")) == 2)
            assert net.emulator.exchange.softphones.identities() == ("listener_1",)
        await until(lambda: net.emulator.exchange.softphones.identities() == ())


async def test_signals_pass_between_connected_pages_only() -> None:
    async with (
        network(ANSWERS) as net,
        Phone(net.url) as phone,
        Phone(net.url) as stranger,
        Softphone(net.url, TOKENS.token("listener_1")) as desk,
    ):
        await desk.send({"type": "register", "token": TOKENS.token("listener_1"), "audio": True})
        await desk.frame("registered")
        await phone.send({"type": "dial", "audio": True})
        await phone.until_caption("Attends")
        other = await stranger.dial()
        await call_listener(net)
        await desk.until_status("in-progress")
        await bring_caller(net, phone.call_sid)
        peer = await phone.frame("peer")
        assert (peer["peer"], peer["offer"], peer["send"]) == (desk.call_sid, True, True)
        mirror = await desk.frame("peer")
        assert (mirror["peer"], mirror["offer"]) == (phone.call_sid, False)
        await phone.send({"type": "signal", "peer": other, "data": {"a": 1}})
        await stranger.send({"type": "signal", "peer": phone.call_sid, "data": {"a": 2}})
        await phone.send({"type": "signal", "peer": desk.call_sid, "data": {"a": 3}})
        signal = await desk.frame("signal")
        assert signal == {
            "call": desk.call_sid,
            "type": "signal",
            "peer": phone.call_sid,
            "data": {"a": 3},
        }
        assert not stranger.of("signal")
        assert not phone.of("signal")
        await phone.hang_up()
        gone = await desk.frame("peer_gone")
        assert gone["peer"] == phone.call_sid


async def test_telephone_that_never_registers_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contactcenter.telephony.emulator.sockets.softphone.REGISTER_SECONDS", 0.05)
    async with network(ANSWERS) as net, Softphone(net.url, "") as desk:
        await asyncio.wait_for(desk.closed.wait(), 5)


def test_expiry_is_the_tokens_own() -> None:
    grant = read_token(TOKENS.token("listener_1", seconds=600), ACCOUNT_SID, KEYS)
    assert grant is not None
    left = grant.expires_at - datetime.now(UTC).timestamp()  # noqa: TID251 - the token's maker reads the clock
    assert 590 < left <= 600
