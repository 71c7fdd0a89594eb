"""Webhooks: retries as the address asks, one token for all attempts, signed GETs."""

import asyncio
from itertools import count

import pytest

from contactcenter.telephony.emulator.hooks.faults import FaultPlan, Faults
from contactcenter.telephony.emulator.hooks.webhooks import Hook, WebhookFailed, webhooks
from tests.kit.telephony import AUTH_TOKEN, Asked, FakeService


async def ask(url: str, method: str = "POST", faults: Faults | None = None) -> bytes:
    async with webhooks(AUTH_TOKEN, faults or Faults()) as hooks:
        return await hooks.ask(Hook(url, method, {"CallSid": "CA1", "Blank": ""}))


def failing_first(times: int) -> object:
    numbers = count(1)
    return lambda _asked: 503 if next(numbers) <= times else "<Hangup/>"


async def test_retries_carry_one_idempotency_token() -> None:
    async with FakeService({"/a": failing_first(2)}).serving() as service:
        assert b"Hangup" in await ask(f"{service.url}/a?x=1#rc=2&rp=5xx")
        tokens = {asked.idempotency_token for asked in service.asked}
        assert len(service.asked) == 3
        assert len(tokens) == 1
        assert tokens != {""}
        assert all(asked.signed for asked in service.asked)


async def test_what_the_policy_does_not_name_is_not_retried() -> None:
    async with FakeService({"/a": failing_first(1)}).serving() as service:
        with pytest.raises(WebhookFailed) as failed:
            await ask(f"{service.url}/a#rc=2&rp=ct,rt")
        assert failed.value.code == 11200
        assert len(service.asked) == 1


async def test_retries_end() -> None:
    async with FakeService({"/a": 500}).serving() as service:
        with pytest.raises(WebhookFailed):
            await ask(f"{service.url}/a#rc=2&rp=all")
        assert len(service.asked) == 3


async def test_get_carries_its_fields_in_the_signed_query() -> None:
    async with FakeService({"/a": "<Hangup/>"}).serving() as service:
        await ask(f"{service.url}/a?x=1", "GET")
        [asked] = service.asked
        assert asked.signed
        assert asked.fields == {"x": "1", "CallSid": "CA1", "Blank": ""}


async def test_the_query_is_asked_in_order_and_signed_as_it_was_written() -> None:
    async with FakeService({"/a": "<Hangup/>"}).serving() as service:
        for written in ("/a?step=1&contact=7", "/a?contact=7&step=1"):
            await ask(service.url + written)
        unordered, ordered = service.asked
        assert list(unordered.query) == list(ordered.query) == ["contact", "step"]
        # Only an address that was written in order stays what its signature covers.
        assert (unordered.signed, ordered.signed) == (False, True)


async def test_a_dead_service_is_a_connection_failure() -> None:
    async with FakeService({}).serving() as service:
        url = service.url
    with pytest.raises(WebhookFailed) as failed:
        await ask(f"{url}/a#rc=2&rp=ct")
    assert failed.value.code == 11205


async def test_a_silent_service_is_given_up_in_the_time_the_address_allows() -> None:
    async with FakeService({}, is_hanging=True).serving() as service:
        with pytest.raises(WebhookFailed) as failed:
            async with asyncio.timeout(3):
                await ask(f"{service.url}/a#rt=200&tt=500&rc=5&rp=all")
        assert failed.value.code == 11200


async def test_a_service_that_comes_back_between_attempts_is_reached() -> None:
    async with FakeService({"/a": "<Hangup/>"}).serving() as first:
        port = int(first.url.rpartition(":")[2])
    service = FakeService({"/a": "<Hangup/>"})

    async def comes_back() -> bytes:
        asking = asyncio.get_running_loop().create_task(
            ask(f"http://127.0.0.1:{port}/a#rc=5&rp=ct")
        )
        async with service.serving(port):
            return await asking

    assert b"Hangup" in await comes_back()


@pytest.mark.parametrize(("act", "received"), [("repeat", 2), ("late", 1)])
async def test_requests_can_be_repeated_and_late(act: str, received: int) -> None:
    faults = Faults()
    rule = {"where": "webhook", "act": act, "match": "/a", "seconds": 0.1}
    faults.plan = FaultPlan.model_validate({"rules": [rule]})
    async with FakeService({"/a": "<Hangup/>"}).serving() as service:
        await ask(f"{service.url}/a", faults=faults)
        assert len(service.asked) == received


async def test_an_endless_answer_is_cut_off() -> None:
    def long(_asked: Asked) -> str:
        return "<Say>" + "a" * 100_000 + "</Say>"

    async with FakeService({"/a": long}).serving() as service:
        with pytest.raises(WebhookFailed):
            await ask(f"{service.url}/a")
