"""Who may speak to our webhooks: requests signed with one of our account's tokens.

The signature covers the CONFIGURED public address plus the raw path and query,
never Host or X-Forwarded-* headers, which anyone can send.
Source: Twilio, « Webhooks Security », and `twilio.request_validator`.
"""

from collections.abc import Mapping, Sequence

from twilio.request_validator import RequestValidator

HEADER = "X-Twilio-Signature"


class WebhookSignature:
    """Checks requests against every current token: two during a rotation."""

    def __init__(self, public_base_url: str, auth_tokens: Sequence[str]) -> None:
        """Check against `auth_tokens`; without any, every request is refused."""
        self._base = public_base_url.rstrip("/")
        self._validators = tuple(RequestValidator(token) for token in auth_tokens if token)

    def is_valid(self, raw_path: str, form: Mapping[str, str], signature: str | None) -> bool:
        """Return whether one of our tokens signed this form for this very address."""
        if not signature:
            return False
        address = self._base + raw_path
        return any(v.validate(address, form, signature) for v in self._validators)

    def sign(self, raw_path: str, form: Mapping[str, str]) -> str:
        """Return the signature Twilio would send: for the loop-back proof of the configuration."""
        signature: str = self._validators[0].compute_signature(self._base + raw_path, form)
        return signature
