"""The service dies, the calls go on."""

import pytest

from contactcenter.telephony.emulator.server import emulator_server
from tests.kit.accept_order import ANSWERS, softphone, talking
from tests.kit.phone import Phone
from tests.kit.telephony import FakeService, emulator_config, network
from tests.kit.until import until


async def test_calls_outlive_a_dead_service_and_wait_documents_are_asked_again() -> None:
    service = FakeService(dict(ANSWERS) | {"/voice/wait": "<Say>Attends</Say><Pause length='5'/>"})
    async with service.serving():
        port = int(service.url.rpartition(":")[2])
        config = emulator_config(service.url)
        server = emulator_server(config)
        emulator = await server.__aenter__()
        phone = await Phone(emulator.url).__aenter__()
        await phone.dial()
        await phone.until_caption("Attends")
    try:
        await until(lambda: phone.of("music"), saying="the service was asked in vain")
        assert phone.status == "in-progress"
        said = len(phone.captions)
        async with service.serving(port):
            await until(lambda: len(phone.captions) > said, 8, saying="waiting words again")
            assert phone.status == "in-progress"
    finally:
        await phone.close()
        await server.__aexit__(None, None, None)


async def test_parked_caller_waits_through_documents_that_cannot_be_had() -> None:
    async with network(ANSWERS) as net, Phone(net.url) as phone:
        await net.rest.misbehave(
            rules=[{"where": "webhook", "act": "lose", "match": "/voice/wait", "times": 2}]
        )
        await phone.dial()
        await phone.until_caption("Attends", seconds=8)
        assert phone.of("music")


async def test_talking_goes_on_without_the_service() -> None:
    async with network(ANSWERS) as net, Phone(net.url) as phone, softphone(net) as desk:
        await talking(net, phone, desk)
        everything = [
            {"where": where, "act": "lose", "times": 1000} for where in ("webhook", "callback")
        ]
        await net.rest.misbehave(rules=everything)
        await net.rest.get("/Calls.json")
        assert (phone.status, desk.status) == ("in-progress", "in-progress")
        await desk.hang_up()
        # The dial's action cannot be had and there is no fallback: the call ends.
        await phone.until_status("completed")


@pytest.mark.parametrize(("policy", "heard"), [("fallback", "Appelle le 119"), ("hang_up", None)])
async def test_what_becomes_of_a_parked_caller_without_a_document_is_switchable(
    policy: str, heard: str | None
) -> None:
    answers = ANSWERS | {"/voice/wait": 500, "/static.xml": "<Say>Appelle le 119</Say>"}
    async with network(answers) as net, Phone(net.url) as phone:
        net.emulator.exchange.fallback_url = f"{net.service.url}/static.xml"
        await net.rest.misbehave(wait_failure=policy)
        await phone.dial()
        await phone.until_status("completed")
        assert phone.captions == ([heard] if heard else [])
