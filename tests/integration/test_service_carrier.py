"""What a telephone network really does to calls: its queue is full, its answers are lost or late."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from twilio.request_validator import RequestValidator

from contactcenter.telephony.addresses import webhook_address
from tests.kit.engines import DatabaseAddresses
from tests.kit.listener import Listener, listener
from tests.kit.phone import Phone
from tests.kit.site import Site, site
from tests.kit.softphone import Softphone
from tests.kit.telephony import ACCOUNT_SID, AUTH_TOKEN, RestClient
from tests.kit.until import until

ALWAYS = 10_000
LAST = "FROM engagement ORDER BY accepted_at DESC LIMIT 1"
WAITS = "dès que quelqu’un peut te répondre"


async def test_whom_the_networks_queue_does_not_take_hears_where_they_stand_and_keeps_their_place(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with _served(tmp_path, database, redis_url, "ines") as (centre, phone, rest):
        attempts = 0
        for result in ("queue-full", "error", "system-error"):
            await rest.misbehave(enqueue_result=result, enqueue_times=ALWAYS)
            if result == "queue-full":
                await phone.dial()
                await phone.press_when_asked("1")
                rank = await until(lambda: centre.value("SELECT rank FROM contact"))
            plan = centre.emulator.exchange.faults.plan
            await until(lambda plan=plan: plan.enqueue_times < ALWAYS, 10)
            heard = _times(phone, WAITS)
            await until(lambda heard=heard: _times(phone, WAITS) > heard, 10)
            attempts += ALWAYS - plan.enqueue_times
        # Never asked again without a word before: no tight loop, whatever the result.
        assert attempts <= _times(phone, WAITS) + 1
        state = "SELECT state, turn, rank, urgency FROM contact"
        assert [tuple(row) for row in await centre.rows(state)] == [("waiting", 1, rank, 3)]
        await phone.press_when_asked("0")
        await until(lambda: _is_u1(centre), saying="danger is heard outside the queue as well")
        # She is brought the caller although the queue is full still.
        async with listener(centre, "ines") as she:
            contact = await she.accept()
            await phone.until_talking()
            await she.finish(contact["contact_id"])
        await phone.until_status("completed")


async def test_a_leg_whose_answer_was_lost_rings_once_and_ends_with_its_caller(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with _staffed(tmp_path, database, redis_url, telephone=False) as (
        centre,
        phone,
        rest,
        she,
    ):
        lost = {"where": "rest", "act": "refuse_after", "match": "Participants", "status": 500}
        untold = {"where": "callback", "act": "lose", "match": "/voice/leg", "times": ALWAYS}
        # By the list of conferences whose first participant still rings; nothing else tells.
        await rest.misbehave(rules=[lost, untold], list_lag_seconds=0)
        await _answered_once(centre, phone, she, dialled=1)
        # No list shows it and no callback tells of it: the network itself refuses a second one.
        rings = {**untold, "match": "queued"}
        await rest.misbehave(rules=[lost, rings], list_lag_seconds=60)
        await _answered_once(centre, phone, she, dialled=2, looked_for=True)
        # The lists are silent still, yet a callback told of it.
        await rest.misbehave(rules=[lost], list_lag_seconds=60)
        await _answered_once(centre, phone, she, dialled=3)
        # Nothing tells of it until the caller has gone. She answers: her leg is not left open.
        await rest.misbehave(rules=[lost, rings], list_lag_seconds=60)
        await _accepted(centre, phone, she)
        await until(lambda: len(_softphone(she).of("incoming")) == 4)
        await phone.hang_up()
        await until(lambda: _step(centre, "none"), 10, saying="given up looking for it")
        ringing = _softphone(she).of("incoming")[-1]["call"]
        await _softphone(she).answer(ringing)
        await until(lambda: _ended(she, ringing))


async def test_a_caller_who_is_in_or_on_the_way_to_a_conference_is_not_called_out_of_it(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with _staffed(tmp_path, database, redis_url) as (centre, phone, rest, she):
        lost = {"where": "rest", "act": "refuse_after", "match": f"{ACCOUNT_SID}/Calls/"}
        untold = {"where": "callback", "act": "lose", "match": "join", "times": ALWAYS}
        await rest.misbehave(rules=[lost | {"status": 500}, untold], list_lag_seconds=60)
        contact_id = await _accepted(centre, phone, she)
        # Nobody confirmed the redirect, no callback tells of it: they are seen in the conference.
        await until(lambda: _step(centre, "none"), 10, saying="seen in the conference")
        await _talk_in_their_first_turn(centre, phone)
        assert len(_softphone(she).of("incoming")) == 1
        await she.finish(contact_id)
        await phone.until_status("completed")

        late = {"where": "webhook", "act": "late", "match": "/voice/join", "seconds": 60}
        await rest.misbehave(rules=[late])
        contact_id = await _accepted(centre, phone, she)
        await until(lambda: _step(centre, "caller_joining"), 10)
        # What Twilio asks of a Dial that our own redirect interrupts.
        engagement = await centre.value(f"SELECT engagement_id {LAST}")
        asked = webhook_address("/voice/after", {"contact": contact_id, "engagement": engagement})
        document = await _posted(centre, asked, phone, DialCallStatus="completed")
        assert f"/voice/join?engagement={engagement}" in document
        assert await _step(centre, "caller_joining")
        join = f"{centre.ports.public_url}/voice/join"
        url = webhook_address(join, {"engagement": engagement})
        await rest.post(f"/Calls/{phone.call_sid}.json", Url=url)
        await until(lambda: _step(centre, "none"))
        await _talk_in_their_first_turn(centre, phone)
        await she.finish(contact_id)


async def test_a_leg_that_waits_for_the_accounts_calls_a_second_has_that_time_as_well(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    rate = {"calls_per_second": 0.02}
    async with (
        _served(tmp_path, database, redis_url, "ines", "colette", network=rate) as served,
        listener(served[0], "ines") as she,
    ):
        centre, phone, _ = served
        await centre.run("UPDATE staff SET role = 'coordinator' WHERE login = 'colette'")
        first = await _accepted(centre, phone, she)
        await phone.until_talking()
        await she.finish(first)
        await phone.until_status("completed")
        # The second waits for fifty seconds less what has passed: no ringing time allows that.
        second = await _accepted(centre, phone, she)
        await until(lambda: _step(centre, "listener_ringing"))
        queued = int(str(await centre.value(f"SELECT leg_queue_ms {LAST}")))
        assert 20_000 < queued <= 50_000
        await centre.run("UPDATE engagement SET accepted_at = accepted_at - interval '19 s'")
        looks = int(str(await centre.value(f"SELECT step_attempts {LAST}")))
        await until(lambda: _looks(centre, looks + 2), 10, saying="looked at again, and waited for")
        async with listener(centre, "colette", ready=False, telephone=None) as colette:
            floor = await colette.did("GET", "supervision")
        [shown] = [each for each in floor["contacts"] if each["contact_id"] == second]
        assert shown["leg_queue_seconds"] == -(-queued // 1000)
        # That time over too, the caller waits again, at their rank.
        await centre.run("UPDATE engagement SET accepted_at = accepted_at - interval '60 s'")
        await until(lambda: centre.value("SELECT 1 FROM contact WHERE turn = 2"), 10)


async def _looks(centre: Site, number: int) -> bool:
    attempts = f"SELECT step_attempts {LAST}"
    return (
        await _step(centre, "listener_ringing") and int(str(await centre.value(attempts))) >= number
    )


async def _talk_in_their_first_turn(centre: Site, phone: Phone) -> None:
    rows = await centre.rows("SELECT state, turn FROM contact ORDER BY arrived_at DESC LIMIT 1")
    assert [tuple(row) for row in rows] == [("active", 1)]
    await phone.until_talking()
    assert not _times(phone, "Un instant")


async def _accepted(centre: Site, phone: Phone, she: Listener) -> str:
    await phone.dial()
    await phone.press_when_asked("1")
    newest = "SELECT contact_id FROM contact WHERE state = 'waiting'"
    contact_id = str(await until(lambda: centre.value(newest)))
    await she.accept(await she.until_offered(contact_id=contact_id))
    return contact_id


async def _answered_once(
    centre: Site, phone: Phone, she: Listener, *, dialled: int, looked_for: bool = False
) -> None:
    """Answer a call whose leg was placed by a request without an answer; it rings once."""
    contact_id = await _accepted(centre, phone, she)
    await until(lambda: len(_softphone(she).of("incoming")) == dialled)
    if looked_for:
        await until(lambda: _looked_again(centre), 10)
    ringing = _softphone(she).of("incoming")[-1]["call"]
    await _softphone(she).answer(ringing)
    await phone.until_talking(10)
    await until(lambda: _step(centre, "none"))
    assert len(_softphone(she).of("incoming")) == dialled
    states = [frame["state"] for frame in she.of("presence")]
    assert "check_audio" not in states
    await she.finish(contact_id)
    await phone.until_status("completed")


async def _looked_again(centre: Site) -> bool:
    attempts = "SELECT max(step_attempts) FROM engagement WHERE step = 'call_listener'"
    return int(str(await centre.value(attempts) or 0)) >= 3


async def _step(centre: Site, step: str) -> bool:
    """Tell whether the last accepted engagement is at this step."""
    return await centre.value(f"SELECT step {LAST}") == step


def _ended(she: Listener, call_sid: str) -> bool:
    calls = [frame for frame in _softphone(she).of("call") if frame["call"] == call_sid]
    return bool(calls) and calls[-1]["status"] == "completed"


def _softphone(she: Listener) -> Softphone:
    assert she.softphone is not None
    return she.softphone


async def _posted(centre: Site, address: str, phone: Phone, **fields: str) -> str:
    url = centre.ports.public_url + address.partition("#")[0]
    form = {"AccountSid": ACCOUNT_SID, "CallSid": phone.call_sid, "CallStatus": "in-progress"}
    form |= fields
    signature = RequestValidator(AUTH_TOKEN).compute_signature(url, form)
    async with (
        aiohttp.ClientSession() as http,
        http.post(url, data=form, headers={"X-Twilio-Signature": signature}) as answer,
    ):
        assert answer.status == 200
        return await answer.text()


@asynccontextmanager
async def _served(
    tmp_path: Path,
    database: DatabaseAddresses,
    redis_url: str,
    *logins: str,
    tempo: float = 20.0,
    network: dict[str, object] | None = None,
    **limits: int,
) -> AsyncIterator[tuple[Site, Phone, RestClient]]:
    async with (
        site(
            tmp_path, database, redis_url, *logins, tempo=tempo, network=network, **limits
        ) as centre,
        centre.serving(),
        Phone(centre.emulator.url) as phone,
        aiohttp.ClientSession() as http,
    ):
        yield centre, phone, RestClient(http, centre.emulator.url)


@asynccontextmanager
async def _staffed(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str, *, telephone: bool = True
) -> AsyncIterator[tuple[Site, Phone, RestClient, Listener]]:
    async with (
        # Rings for 10 s at this tempo: longer than it takes to look for a leg again.
        _served(tmp_path, database, redis_url, "ines", tempo=6.0, listener_ring_seconds=60) as (
            centre,
            phone,
            rest,
        ),
        listener(centre, "ines", telephone=telephone) as she,
    ):
        yield centre, phone, rest, she


def _times(phone: Phone, words: str) -> int:
    return sum(words in caption for caption in phone.captions)


async def _is_u1(centre: Site) -> bool:
    return await centre.value("SELECT urgency FROM contact") == 1
