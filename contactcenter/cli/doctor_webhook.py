"""The doctor's proof that the telephone network's webhooks reach us and are believed.

It posts to our own public address what Twilio would post, signed with our own
token: a status callback of a call that nobody knows, which is absorbed. Then
the same without a valid signature, which must be refused.
"""

import aiohttp

from config.errors import Misconfigured, Unavailable
from config.settings import Settings
from contactcenter.telephony.signature import HEADER, WebhookSignature

PATH = "/voice/status"
TIMEOUT_SECONDS = 10.0
NO_CALL = "CA" + "0" * 32


async def webhooks(settings: Settings) -> str:
    """Return where the webhooks were reached; raise Misconfigured with what to set otherwise."""
    settings.require("public_base_url", "twilio_auth_tokens")
    tokens = [token.get_secret_value() for token in settings.twilio_auth_tokens]
    form = {
        "AccountSid": settings.twilio_account_sid,
        "CallSid": NO_CALL,
        "CallStatus": "completed",
    }
    mistakes = []
    for number, token in enumerate(tokens, 1):
        signature = WebhookSignature(settings.public_base_url, [token]).sign(PATH, form)
        status = await _post(settings.public_base_url, form, signature)
        if status >= 300:
            mistakes.append(
                f"PUBLIC_BASE_URL, TWILIO_AUTH_TOKENS (token {number}): our own signed request"
                f" was answered {status}; is this the address that the service was given?"
            )
    if await _post(settings.public_base_url, form, "forged") != 403:
        mistakes.append("PUBLIC_BASE_URL: a forged request was not refused; is this our service?")
    if mistakes:
        raise Misconfigured(mistakes)
    return f"{settings.public_base_url}{PATH} believes {len(tokens)} token(s) and refuses forgeries"


async def _post(base: str, form: dict[str, str], signature: str) -> int:
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(f"{base}{PATH}", data=form, headers={HEADER: signature}) as response,
        ):
            return response.status
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise Unavailable(
            f"PUBLIC_BASE_URL: not reached ({type(error).__name__}); is the service running?",
            code="webhook_unreachable",
        ) from None
