"""The proof that the telephone network's webhooks reach us and are believed.

It posts to our own public address what Twilio would post, signed with our own
token: a status callback of a call that nobody knows, which is absorbed. The
doctor posts the same without a valid signature too, which must be refused.
"""

from collections.abc import Mapping

import aiohttp
import structlog
from prometheus_client import Gauge

from config.clock import monotonic
from config.errors import Misconfigured, Unavailable
from config.settings import Settings
from contactcenter.telephony.signature import (
    HEADER,
    SETTINGS_HEADER,
    WebhookSecrets,
    WebhookSignature,
)

log = structlog.get_logger()

PATH = "/voice/status"
TIMEOUT_SECONDS = 10.0
NO_CALL = "CA" + "0" * 32
RENEWED_EVERY_SECONDS = 30.0

PROVEN = Gauge("voice_webhooks_proven", "1 while our own signed request reaches us and is believed")


class WebhookProof:
    """Whether our public address leads to us and our tokens are believed, asked again and again.

    A doubt, and not a reason to be taken out of service: before the first
    instance is ready its public address may lead nowhere yet.
    """

    def __init__(self, base: str, account_sid: str, secrets: WebhookSecrets) -> None:
        """Start unproven."""
        self._base = base
        self._account_sid = account_sid
        self._secrets = secrets
        self._proven_at: float | None = None
        self.is_proven = False

    async def renew(self) -> None:
        """Prove it again, every half minute once it has been; every time until then."""
        if self._proven_at is not None and monotonic() - self._proven_at < RENEWED_EVERY_SECONDS:
            return
        try:
            mistakes = await _unbelieved(self._base, self._account_sid, self._secrets)
        except Unavailable:
            mistakes = ["not reached"]
        if self.is_proven and mistakes:
            log.error("webhooks_not_proven")
        self.is_proven = not mistakes
        self._proven_at = monotonic() if self.is_proven else None
        PROVEN.set(self.is_proven)


async def webhooks(settings: Settings) -> str:
    """Return where the webhooks were reached; raise Misconfigured with what to set otherwise."""
    settings.require("public_base_url", "twilio_auth_tokens")
    base, account = settings.public_base_url, settings.twilio_account_sid
    secrets = WebhookSecrets.of(settings)
    mistakes = await _unbelieved(base, account, secrets)
    for forged in _forgeries(base, account, secrets):
        if await _post(base, _form(account), forged) != 403:
            mistakes.append(
                "PUBLIC_BASE_URL: a forged request was not refused; is this our service?"
            )
    if mistakes:
        raise Misconfigured(mistakes)
    return f"{base}{PATH} believes {_told(secrets)} and refuses forgeries"


def _told(secrets: WebhookSecrets) -> str:
    tokens = f"{len(secrets.auth_tokens)} token(s)"
    if not secrets.shared_keys:
        return f"{tokens}, no shared key (TWILIO_SHARED_KEYS: none)"
    # With a Rule that matches, the overrides that we write into addresses count for nothing.
    return (
        f"{tokens} and {len(secrets.shared_keys)} shared key(s) with HMAC_SHA256"
        " (time-outs and retries are then those of the account's Webhook Setting)"
    )


def _forgeries(base: str, account: str, secrets: WebhookSecrets) -> list[Mapping[str, str]]:
    """Return headers that nothing may believe: no signature of ours, or a weaker algorithm."""
    token = WebhookSecrets(secrets.auth_tokens[:1])
    signed = WebhookSignature(base, token).sign(PATH, _form(account))
    return [
        {HEADER: "forged"},
        {HEADER: "forged", SETTINGS_HEADER: "key=forged,algorithm=HMAC_SHA256"},
        {**signed, SETTINGS_HEADER: "key=forged,algorithm=HMAC_SHA1"},
    ]


async def _unbelieved(base: str, account_sid: str, secrets: WebhookSecrets) -> list[str]:
    """Return one mistake for each secret whose signature our own address does not believe."""
    form = _form(account_sid)
    mistakes = []
    for name, secret in secrets.each():
        status = await _post(base, form, WebhookSignature(base, secret).sign(PATH, form))
        if status >= 300:
            mistakes.append(
                f"PUBLIC_BASE_URL, {name}: our own signed request"
                f" was answered {status}; is this the address that the service was given?"
            )
    return mistakes


def _form(account_sid: str) -> dict[str, str]:
    return {"AccountSid": account_sid, "CallSid": NO_CALL, "CallStatus": "completed"}


async def _post(base: str, form: dict[str, str], headers: Mapping[str, str]) -> int:
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(f"{base}{PATH}", data=form, headers=headers) as response,
        ):
            return response.status
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise Unavailable(
            f"PUBLIC_BASE_URL: not reached ({type(error).__name__}); is the service running?",
            code="webhook_unreachable",
        ) from None
