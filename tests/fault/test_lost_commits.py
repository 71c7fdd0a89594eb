"""A fail-over that lost commits: who vanished is told, who waits again is offered again."""

from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

from tests.kit.chat_client import visitor
from tests.kit.engines import DatabaseAddresses
from tests.kit.listener import listener
from tests.kit.lost_commits import promoted, remembered
from tests.kit.site import site
from tests.kit.until import until

NOT_SIGNED_IN = 4401
# A page that keeps its socket for as long as it is answered: nothing is learned by coming back.
PACE = {"ping_seconds": 1.0, "dead_seconds": 60.0, "ack_seconds": 60.0}


async def test_after_commits_were_lost_visitors_are_told_and_the_index_is_filled_anew(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(
            site(tmp_path, database, redis_url, "ines", "malik", tempo=10)
        )
        service = await stack.enter_async_context(centre.serving())
        ines = await stack.enter_async_context(listener(centre, "ines"))
        malik = await stack.enter_async_context(listener(centre, "malik", ready=False))
        waits = await stack.enter_async_context(visitor(centre.ports.public_url, **PACE))
        offer = await ines.until_offered(10)
        assert offer["contact_id"] == str(waits.conversation_id)
        await remembered(database.admin)

        # What follows is acknowledged, and lost.
        await ines.accept(offer)
        lost = await stack.enter_async_context(visitor(centre.ports.public_url, **PACE))
        await until(lambda: lost.is_live)
        written = lost.write("personne ne le lira")
        await until(lambda: written in lost.ticked, 10)
        await promoted(database.admin)

        # Hers is no more: told at once, by the close and over HTTP, without writing a word.
        await until(lambda: NOT_SIGNED_IN in lost.closes, 20)
        assert lost.sockets <= 2, "the first one was closed"
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {lost.token}"}) as http,
            http.get(
                f"{centre.ports.public_url}/chat/conversations/{lost.conversation_id}/messages"
            ) as answer,
        ):
            assert answer.status == 401
        # The other waits again, by the truth; the index knew better and is emptied for it.
        await until(lambda: '"event": "truth_went_back"' in centre.log.read_text(), 30)
        await ines.declare("break")
        await malik.declare("ready")
        again = await malik.accept(
            await malik.until_offered(15, contact_id=str(waits.conversation_id))
        )
        await until(lambda: waits.state == "active", 10)
        await malik.say(again["contact_id"], "Bonjour")
        await until(lambda: "Bonjour" in waits.texts, 10)
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"{centre.ports.metrics_url}/metrics") as answer,
        ):
            assert "contactcenter_truth_went_back_total 1.0" in await answer.text()
        assert service.process.returncode is None
