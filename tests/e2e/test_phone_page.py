"""The phone page and the softphone in a real browser: keyboard only, sound both ways."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import pytest
from playwright.async_api import BrowserContext, Page

from tests.kit.browser import chromium, page_errors
from tests.kit.softphone_page import OFFER, softphone_page
from tests.kit.telephony import TOKENS, Network, network
from tests.kit.until import until

SILENCE = 0.02
ANSWERS = {
    "/voice/incoming": (
        '<Gather numDigits="1" timeout="6" action="/voice/menu" actionOnEmptyResult="true">'
        '<Say language="fr-FR">Danger immédiat : tapez 0.</Say><Pause length="60"/></Gather>'
    ),
    "/voice/menu": '<Enqueue waitUrl="/voice/wait">contacts</Enqueue>',
    "/voice/wait": '<Say language="fr-FR">Tu es dans la file.</Say><Pause length="120"/>',
    "/voice/join": (
        '<Dial action="/voice/after"><Conference beep="false" waitUrl=""'
        ' endConferenceOnExit="true">room-1</Conference></Dial>'
    ),
    "/voice/after": '<Say language="fr-FR">Au revoir.</Say><Hangup/>',
}


async def call_listener(net: Network) -> None:
    """Call the listener's leg as the service does once she has accepted."""
    status, _ = await net.rest.post(
        "/Conferences/room-1/Participants.json",
        From="+33180000119",
        To=f"client:listener_1?offer_id={OFFER}",
        Beep="false",
        WaitUrl="",
        EndConferenceOnExit="true",
    )
    assert status == 201


@asynccontextmanager
async def ready_desk(context: BrowserContext, net: Network, page_url: str) -> AsyncIterator[Page]:
    """Open a page with a softphone and press « ready »."""
    query = {"kind": "emulator", "url": net.url, "token": TOKENS.token("listener_1")}
    page = await context.new_page()
    await page.goto(f"{page_url}?{urlencode(query)}")
    await until(lambda: page.evaluate("window.loaded"))
    await page.click("#ready")
    await until(lambda: page.evaluate("window.softphone?.state ?? ''"))
    yield page
    await page.close()


async def open_phone(context: BrowserContext, net: Network) -> Page:
    page = await context.new_page()
    await page.goto(f"{net.url}/?lang=fr")
    await page.wait_for_selector("#phone[data-state=idle]")
    return page


async def state_is(page: Page, state: str) -> bool:
    return await page.evaluate("window.softphone.state") == state


async def hears(page: Page) -> bool:
    """Return whether a page has heard anything in the last seconds."""
    attribute = "Number(document.getElementById('phone')?.dataset.heard ?? 0)"
    softphone = "(window.softphone ? (window.softphone.level, window.softphone.heard) : 0)"
    return float(await page.evaluate(f"Math.max({attribute}, {softphone})")) > SILENCE


@pytest.mark.timeout(90)
async def test_both_directions_carry_sound_and_the_keyboard_is_enough() -> None:
    async with (
        network(ANSWERS, tempo=1.0) as net,
        softphone_page() as page_url,
        chromium() as browser,
    ):
        context = await browser.new_context()
        phone = await open_phone(context, net)
        phone_errors = page_errors(phone)
        async with ready_desk(context, net, page_url) as desk:
            desk_errors = page_errors(desk)
            await until(lambda: state_is(desk, "ready"), 10)
            await phone.focus("#call")
            await phone.keyboard.press("Enter")
            await phone.wait_for_selector("#captions >> text=Danger immédiat")
            await phone.wait_for_selector("#phone[data-keys=open]")
            await phone.keyboard.press("0")
            await phone.wait_for_selector("#captions >> text=Tu es dans la file")
            assert net.service.of("/voice/menu")[0]["Digits"] == "0"

            await call_listener(net)
            await until(lambda: state_is(desk, "ringing"), 5)
            # It answers by itself only the leg of an offer that was accepted.
            await desk.evaluate(f"window.softphone.expect('{OFFER}')")
            await until(lambda: state_is(desk, "talking"), 5)
            sid = net.service.of("/voice/incoming")[0]["CallSid"]
            await net.rest.post(f"/Calls/{sid}.json", Url=f"{net.service.url}/voice/join")
            await phone.wait_for_selector("#phone[data-state=talking]")
            await until(lambda: hears(phone), 15, saying="the caller hears the listener")
            await until(lambda: hears(desk), 15, saying="the listener hears the caller")

            await desk.evaluate("window.softphone.mute(true)")
            await until(lambda: is_silent(phone), 10, saying="muted is silent")
            await desk.evaluate("window.softphone.mute(false)")
            await until(lambda: hears(phone), 10, saying="unmuted is heard again")

            await phone.keyboard.press("Escape")
            await phone.wait_for_selector("#phone[data-state=completed]")
            await until(lambda: state_is(desk, "ready"), 5)
            assert await desk.evaluate("window.troubles") == []
        assert phone_errors == []
        assert desk_errors == []


async def is_silent(page: Page) -> bool:
    return not await hears(page)


@pytest.mark.timeout(60)
async def test_one_tab_of_a_session_leads_and_the_next_takes_over() -> None:
    async with (
        network(ANSWERS) as net,
        softphone_page() as page_url,
        chromium() as browser,
    ):
        context = await browser.new_context()
        async with ready_desk(context, net, page_url) as first:
            await until(lambda: state_is(first, "ready"), 10)
            async with ready_desk(context, net, page_url) as second:
                await until(lambda: state_is(second, "elsewhere"), 5)
                await first.evaluate("window.softphone.stop()")
                await until(lambda: state_is(second, "ready"), 10)
                assert await state_is(first, "off")


@pytest.mark.timeout(60)
async def test_softphone_comes_back_after_the_network_was_lost() -> None:
    async with (
        network(ANSWERS) as net,
        softphone_page() as page_url,
        chromium() as browser,
    ):
        context = await browser.new_context()
        async with ready_desk(context, net, page_url) as desk:
            await until(lambda: state_is(desk, "ready"), 10)
            for socket in net.emulator.exchange.softphones.of("listener_1"):
                socket.overflowed.set()  # type: ignore[attr-defined] # the socket is then closed
                socket.send({"type": "pong"})
            await until(lambda: state_is(desk, "connecting"), 5)
            await until(lambda: state_is(desk, "ready"), 10)


FAKE_DEVICE = """
globalThis.Twilio = { Device: class extends EventTarget {
  constructor(token, options) {
    super(); globalThis.device = this; this.token = token; this.options = options;
    this.handlers = {}; this.registrations = 0; this.open = null;
  }
  on(name, act) { this.handlers[name] = act; }
  async register() { this.registrations += 1; this.handlers.registered(); }
  updateToken(token) { this.token = token; }
  destroy() { this.destroyed = true; }
  ring(offerId) {
    if (this.open) return null;  // busy: dropped in silence
    const device = this;
    const call = { acts: [], handlers: {}, customParameters: new Map([['offer_id', offerId]]),
      on(name, act) { this.handlers[name] = act; },
      accept() { device.open = this; this.acts.push('accept'); this.handlers.accept(); },
      disconnect() {
        device.open = null; this.acts.push('disconnect'); this.handlers.disconnect();
      },
      mute(muted) { this.acts.push(`mute ${muted}`); } };
    this.handlers.incoming(call);
    return call;
  }
} };
"""


@pytest.mark.timeout(60)
async def test_twilios_softphone_follows_the_same_rules() -> None:
    async with softphone_page() as page_url, chromium() as browser:
        page = await browser.new_page()
        errors = page_errors(page)
        await page.add_init_script(FAKE_DEVICE)
        await page.goto(f"{page_url}?kind=twilio&url=dublin&token=t1")
        await until(lambda: page.evaluate("window.loaded"))
        await page.click("#ready")
        await until(lambda: page.evaluate("window.softphone?.state === 'ready'"))
        await page.evaluate("window.call = device.ring('offer-1')")
        assert await state_is(page, "ringing")
        assert await page.evaluate("call.acts") == []
        await page.evaluate("softphone.expect('offer-1')")
        assert await page.evaluate("call.acts") == ["accept"]
        assert await state_is(page, "talking")
        await page.evaluate("call.handlers.volume(0.1, 0.6)")
        assert await page.evaluate("softphone.level") == 0.6
        await page.evaluate("softphone.mute(true); softphone.hangUp()")
        assert await page.evaluate("call.acts") == ["accept", "mute true", "disconnect"]
        assert await state_is(page, "ready")
        # An offer accepted before its leg rings is answered as soon as it does.
        await page.evaluate("softphone.expect('offer-2'); window.call = device.ring('offer-2')")
        assert await page.evaluate("call.acts") == ["accept"]
        assert errors == []


@pytest.mark.timeout(90)
async def test_twilios_softphone_is_ready_only_while_it_can_be_rung_and_heard() -> None:
    async with softphone_page() as page_url, chromium() as browser:
        page = await browser.new_page()
        errors = page_errors(page)
        await page.clock.install()
        await page.add_init_script(FAKE_DEVICE)
        await page.goto(f"{page_url}?kind=twilio&url=dublin&token=t1&seconds=3600")
        await until(lambda: page.evaluate("window.loaded"))
        await page.click("#ready")
        await until(lambda: page.evaluate("window.softphone?.state === 'ready'"))
        assert await page.evaluate("device.options.enableImprovedSignalingErrorPrecision") is True
        await _a_call_left_over_does_not_drop_the_next(page)
        await _a_token_is_renewed_at_half_of_its_life_until_it_is_good(page)
        await _a_call_without_sound_is_told_and_given_back(page)
        assert errors == []


async def _a_call_left_over_does_not_drop_the_next(page: Page) -> None:
    await page.evaluate("softphone.expect('offer-1'); window.old = device.ring('offer-1')")
    assert await state_is(page, "talking")
    # Its end was never heard of: for the device it is still open when the next is accepted.
    await page.evaluate("softphone.expect('offer-2')")
    assert await page.evaluate("old.acts") == ["accept", "disconnect"]
    await page.evaluate("window.call = device.ring('offer-2')")
    assert await page.evaluate("call.acts") == ["accept"]
    assert await page.evaluate("softphone.offerId") == "offer-2"
    await page.evaluate("softphone.hangUp()")
    assert await state_is(page, "ready")


async def _a_token_is_renewed_at_half_of_its_life_until_it_is_good(page: Page) -> None:
    await page.clock.fast_forward(1_790_000)
    assert await page.evaluate("window.renewals ?? 0") == 0
    await page.evaluate("window.refusing = true")
    await page.clock.run_for(20_000)
    await until(lambda: page.evaluate("window.renewals > 0"))
    await until(lambda: state_is(page, "connecting"))
    assert await page.evaluate("window.troubles") == ["token"]
    # Registered or not: without a good token nobody stands there as ready.
    await page.evaluate("device.handlers.registered()")
    assert await state_is(page, "connecting")
    await page.evaluate("device.handlers.unregistered()")

    async def renewed() -> bool:
        await page.clock.run_for(5_000)
        return await state_is(page, "ready")

    await page.clock.run_for(20_000)
    assert await page.evaluate("window.renewals") > 1
    before = await page.evaluate("window.renewals")
    await page.evaluate("window.refusing = false")
    await until(renewed, 20)
    assert await page.evaluate("window.renewals") == before + 1
    # Lost with the old token, the registration is made again with the good one.
    assert await page.evaluate("device.registrations") == 2
    assert await page.evaluate("window.troubles") == ["token"]


async def _a_call_without_sound_is_told_and_given_back(page: Page) -> None:
    await page.evaluate("softphone.expect('offer-3'); window.call = device.ring('offer-3')")
    silence = "call.handlers.sample({packetsReceived: 0, packetsSent: 12})"
    sound = "call.handlers.sample({packetsReceived: 50, packetsSent: 50})"
    await page.evaluate(sound)
    await page.clock.run_for(7_000)
    assert await page.evaluate("softphone.warning") == ""
    await page.clock.run_for(3_000)
    assert await page.evaluate("softphone.warning") == "no_audio"
    # There was sound: the listener is told and goes on, as it may come back.
    assert await state_is(page, "talking")
    await page.evaluate(sound)
    await page.clock.run_for(1_000)
    assert await page.evaluate("softphone.warning") == ""
    await page.evaluate("call.handlers.reconnecting()")
    assert await page.evaluate("softphone.warning") == "reconnecting"
    await page.evaluate("call.handlers.reconnected(); softphone.hangUp()")
    # UDP blocked: measured, and no sound ever. The leg ends, so the person is not left alone.
    await page.evaluate("softphone.expect('offer-4'); window.call = device.ring('offer-4')")
    await page.evaluate(f"call.handlers.volume(0.2, 0); {silence}")
    await page.clock.run_for(10_000)
    assert await page.evaluate("call.acts") == ["accept", "disconnect"]
    assert await page.evaluate("window.troubles") == ["token", "no_audio"]
    # Nothing was measured: that proves nothing, and nobody is hung up for it.
    await page.evaluate("softphone.expect('offer-5'); window.call = device.ring('offer-5')")
    await page.clock.run_for(12_000)
    assert await page.evaluate("softphone.warning") == "no_audio"
    assert await page.evaluate("call.acts") == ["accept"]


@pytest.mark.timeout(60)
async def test_vendored_voice_sdk_loads_under_a_strict_policy() -> None:
    async with softphone_page() as page_url, chromium() as browser:
        page = await browser.new_page()
        errors = page_errors(page)
        await page.goto(page_url)
        kind = await page.evaluate(
            "import('/static/vendor/twilio-voice-sdk/twilio.min.js').then(() => typeof Twilio.Device)"
        )
        assert kind == "function"
        assert errors == []


@pytest.mark.timeout(60)
async def test_page_is_french_first_and_english_on_demand() -> None:
    async with network(ANSWERS) as net, chromium() as browser:
        context = await browser.new_context(locale="de-DE")
        page = await context.new_page()
        await page.goto(f"{net.url}/")
        assert await page.get_attribute("html", "lang") == "fr"
        assert await page.inner_text("#call") == "Appeler"
        await page.click("nav a[hreflang=en]")
        assert await page.inner_text("#call") == "Call"


@pytest.mark.timeout(60)
async def test_every_control_of_the_page_has_a_name_and_is_reached_by_tab() -> None:
    async with network(ANSWERS) as net, chromium() as browser:
        page = await open_phone(await browser.new_context(), net)
        reached = set()
        for _ in range(15):
            await page.keyboard.press("Tab")
            reached.add(await page.evaluate("document.activeElement.id"))
        assert {"from", "withheld", "call", "captions", "speak"} <= reached
        unnamed = await page.evaluate(
            """[...document.querySelectorAll('button, input, meter, a')]
            .filter((e) => !(e.ariaLabel || e.labels?.length || e.textContent.trim())).length"""
        )
        assert unnamed == 0


@pytest.mark.timeout(60)
async def test_wrong_number_shown_is_refused_with_words() -> None:
    async with network(ANSWERS) as net, chromium() as browser:
        page = await open_phone(await browser.new_context(), net)
        await page.fill("#from", "abc")
        await page.press("#from", "Enter")
        await page.wait_for_selector("#trouble >> text=n’est pas valable")
        assert await page.is_enabled("#call")


@pytest.mark.timeout(60)
async def test_closing_the_tab_while_waiting_ends_the_call() -> None:
    async with network(ANSWERS) as net, chromium() as browser:
        page = await open_phone(await browser.new_context(), net)
        await page.click("#call")
        await page.wait_for_selector("#captions >> text=Danger immédiat")
        await page.close()
        await until(lambda: net.service.of("/voice/status"))
        assert net.service.of("/voice/status")[0]["CallStatus"] == "completed"
