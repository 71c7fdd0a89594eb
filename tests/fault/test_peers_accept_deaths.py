"""`kill -9` between any two steps of accept: the call is connected, or back in the queue, in 5 s.

Others leave a listener reserved or a caller answered for ever (FreeSWITCH 2540 and 1973,
Asterisk's `pending_members`).
"""

from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path

import pytest

from config.clock import monotonic
from tests.kit.dying_service import ACTS
from tests.kit.engines import DatabaseAddresses
from tests.kit.listener import LOST, Listener, listener
from tests.kit.phone import Phone
from tests.kit.site import Site, site
from tests.kit.until import until

WITHIN_SECONDS = 5.0
POINTS = ["reserve:before", *(f"{act}:after" for act in ACTS)]
# One between truth and index, one with a leg in the air; the whole table is the campaign's.
ALWAYS = {"commit:after", "ring:after"}


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(point, marks=[] if point in ALWAYS else pytest.mark.campaign)
        for point in POINTS
    ],
)
async def test_peers_04_a_death_while_accepting_leaves_neither_listener_nor_caller_reserved(
    point: str, tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with (
        site(tmp_path, database, redis_url, "ines") as centre,
        Phone(centre.emulator.url) as phone,
        centre.serving(dies_at=point) as doomed,
        await _arrived(centre, phone) as she,
    ):
        offer = await she.until_offered()
        with suppress(*LOST):  # the answer may die with the service
            await she.ask("POST", f"offers/{offer['offer_id']}/accept")
        await until(lambda: doomed.process.returncode is not None, 10)
        async with centre.serving():
            ready = monotonic()
            how = await _connected_or_offered(phone, she)
            assert monotonic() - ready < WITHIN_SECONDS, how
            await _nothing_lost_doubled_or_stuck(centre, phone, she)


async def _arrived(centre: Site, phone: Phone) -> AbstractAsyncContextManager[Listener]:
    """Let a caller wait; return the listener who is to be offered the call."""
    await phone.dial()
    await phone.press_when_asked("1")
    await phone.until_caption("Tu gardes ta place")
    return listener(centre, "ines")


async def _connected_or_offered(phone: Phone, she: Listener) -> str:
    """Wait for either; an offer on her desk is accepted, so that both end talking."""

    def outcome() -> str:
        if phone.sound == "talking":
            return "connected"
        return "offered" if she.is_live and she.offer else ""

    how = await until(outcome, WITHIN_SECONDS, saying="connected, or offered again")
    if how == "offered":
        await she.accept()
        await phone.until_talking()
    return how


async def _nothing_lost_doubled_or_stuck(centre: Site, phone: Phone, she: Listener) -> None:
    assert phone.status == "in-progress"
    contact_id = str(await centre.value("SELECT contact_id FROM contact"))
    assert await centre.value("SELECT count(*) FROM contact") == 1
    await until(lambda: _talks(centre), saying="the engagement is talking")
    live = await centre.rows(
        "SELECT state FROM engagement WHERE state IN ('connecting', 'talking', 'wrap_up')"
    )
    assert [row["state"] for row in live] == ["talking"]
    legs = [
        call
        for call in centre.emulator.exchange.calls.values()
        if call.direction != "inbound" and call.is_live
    ]
    assert len(legs) == 1
    assert len(she.softphone.of("incoming")) <= len(await centre.rows("SELECT FROM engagement")), (
        "a leg rang twice"
    )
    await she.finish(contact_id)
    await phone.until_status("completed")
    await until(lambda: she.softphone.status == "completed", saying="her leg is over")
    state = await centre.rows("SELECT state, disposition FROM contact")
    assert tuple(state[0]) == ("closed", "non_content")
    async with Phone(centre.emulator.url) as second:
        await second.dial("+33639980002")
        await second.press_when_asked("1")
        await she.until_offered()
        await second.hang_up()


async def _talks(centre: Site) -> bool:
    return await centre.value("SELECT count(*) FROM engagement WHERE state = 'talking'") == 1
