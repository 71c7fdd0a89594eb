"""Chats whose visitor or listener goes away: counted, kept, and taken up again."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.kit.chat_client import ChatClient, visitor
from tests.kit.engines import DatabaseAddresses
from tests.kit.listener import listener
from tests.kit.site import Site, site
from tests.kit.until import until

AWAY_SECONDS = 3
LEASE_SECONDS = 6  # the live socket renews it each 5 s
PACE = {"ping_seconds": 0.5, "dead_seconds": 5.0, "ack_seconds": 2.0}


async def test_a_closed_tab_is_held_back_then_abandoned_with_seconds_and_may_come_back(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    limits = {"away_seconds": AWAY_SECONDS, "no_socket_offer_seconds": 1}
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(
            site(tmp_path, database, redis_url, "ines", **limits)
        )
        await stack.enter_async_context(centre.serving())
        async with visitor(centre.ports.public_url, **PACE) as child:
            await _ticked(child, "tu es là ?")
            first = (await centre.rows("SELECT * FROM contact"))[0]
        she = await stack.enter_async_context(listener(centre, "ines", ready=False))
        await until(lambda: _state(centre, "closed"), AWAY_SECONDS + 10)
        gone = (await centre.rows("SELECT * FROM contact"))[0]
        assert (gone["disposition"], gone["ended_by"]) == ("abandoned", "away")
        seen_for = (gone["visitor_seen_at"] - gone["queued_at"]).total_seconds() * 1000
        assert gone["waited_ms"] == pytest.approx(seen_for, abs=2), "counted to the last sign"
        assert gone["ended_at"] == gone["visitor_seen_at"]

        # The same tab, restored: it still holds the token.
        async with visitor(centre.ports.public_url, join=False) as other:
            other.token, other.conversation_id = child.token, child.conversation_id
            url = f"{centre.ports.public_url}/chat/conversations/{child.conversation_id}/messages"
            bearer = {"Authorization": f"Bearer {child.token}"}
            async with other.http.get(url, headers=bearer) as answer:
                document = await answer.json()
                assert (answer.status, document["state"]) == (200, "waiting")
                texts = [line["text"] for line in document["messages"]]
                assert "tu es là ?" in texts
                assert any("la conversation s’était arrêtée" in text for text in texts)
            back = await centre.rows(
                "SELECT * FROM contact WHERE contact_id = $1", child.conversation_id
            )
            assert back[0]["turn"] == 2
            assert back[0]["queued_at"] == first["queued_at"]
            assert back[0]["rank"] == first["rank"]
            await she.declare("ready")
            contact = await she.accept(await she.until_offered(5, str(child.conversation_id)))
            await she.say(contact["contact_id"], "Oui, je suis là.")
            await she.finish(contact["contact_id"])


async def test_a_visitor_who_leaves_is_abandoned_at_once_and_the_offer_withdrawn(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(site(tmp_path, database, redis_url, "ines"))
        await stack.enter_async_context(centre.serving())
        she = await stack.enter_async_context(listener(centre, "ines", telephone=None))
        async with visitor(centre.ports.public_url, join=False) as child:
            await she.until_offered()
            url = f"{centre.ports.public_url}/chat/conversations/{child.conversation_id}/leave"
            bearer = {"Authorization": f"Bearer {child.token}"}
            for _ in range(2):
                async with child.http.post(url, headers=bearer, json={"quick": True}) as answer:
                    assert answer.status == 204
        await until(lambda: she.of("offer_withdrawn"))
        row = (await centre.rows("SELECT * FROM contact"))[0]
        assert (row["disposition"], row["ended_by"]) == ("abandoned", "correspondent")
        assert row["waited_ms"] > 0
        assert she.offer is None


async def test_a_lost_listener_loses_her_chat_after_the_grace_and_it_goes_on_with_its_history(
    tmp_path: Path, database: DatabaseAddresses, redis_url: str
) -> None:
    limits = {"lease_seconds": LEASE_SECONDS, "chat_grace_seconds": 1}
    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(
            site(tmp_path, database, redis_url, "ines", "malik", **limits)
        )
        await stack.enter_async_context(centre.serving())
        child = await stack.enter_async_context(visitor(centre.ports.public_url, **PACE))
        await _ticked(child, "je voudrais parler")
        ines = await stack.enter_async_context(listener(centre, "ines", telephone=None))
        contact = await ines.accept()
        await ines.say(contact["contact_id"], "Bonjour, je t’écoute.")
        await until(lambda: "Bonjour, je t’écoute." in child.texts)
        rank = int(str(await centre.value("SELECT rank FROM contact")))
        await ines.leave()
        await until(lambda: _state(centre, "waiting"), LEASE_SECONDS + 10)
        after = (await centre.rows("SELECT * FROM contact"))[0]
        assert after["turn"] == 2
        assert after["rank"] == rank - centre.helpline.urgency.returned_head_start_ms
        assert await centre.value("SELECT state FROM listener") == "offline"
        await until(lambda: child.state == "waiting")
        await until(lambda: any("a été coupée" in text for text in child.texts))
        await _ticked(child, "il y a quelqu’un ?")
        malik = await stack.enter_async_context(listener(centre, "malik", telephone=None))
        again = await malik.accept()
        lines = await malik.did("GET", f"contacts/{again['contact_id']}/messages?after=0")
        texts = [line["text"] for line in lines["messages"]]
        assert texts[-4:-2] == ["je voudrais parler", "Bonjour, je t’écoute."]
        assert "a été coupée" in texts[-2], "the child was told why she is no longer answered"
        assert texts[-1] == "il y a quelqu’un ?"
        # She may not write into what is another's now.
        status, problem = await ines.ask(
            "POST",
            f"contacts/{again['contact_id']}/messages",
            cid="01890a5d-ac96-774b-bcce-b302099a8057",
            text="encore moi",
        )
        assert status in (403, 404), problem
        await malik.finish(again["contact_id"])
        states = await centre.rows("SELECT state FROM engagement ORDER BY accepted_at")
        assert [row["state"] for row in states] == ["handed_over", "done"]


async def _ticked(child: ChatClient, text: str) -> None:
    cid = child.write(text)
    await until(lambda: cid in child.ticked)


async def _state(centre: Site, state: str) -> bool:
    """Tell whether the first contact is in that state."""
    return await centre.value("SELECT state FROM contact ORDER BY contact_id LIMIT 1") == state
