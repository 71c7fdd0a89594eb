"""Who may speak to our webhooks: requests signed with one of our account's tokens, or a shared key.

The signature covers the CONFIGURED public address plus the raw path and query,
never Host or X-Forwarded-* headers, which anyone can send.

A Webhook Rule of the account may have requests signed with a shared key of its
own instead of the Auth Token; a header then names the algorithm. It is believed
only where such a key was configured, and only with SHA-256: that header is not
signed, so what it says may never weaken what is asked.
Source: Twilio, « Webhooks Security », « Sign webhooks with shared keys », and
`twilio.request_validator`.
"""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from multidict import CIMultiDict, MultiMapping
from twilio.request_validator import (
    HMAC_SHA1,
    HMAC_SHA256,
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    add_port,
    remove_port,
)

from config.settings import Settings

HEADER = SIGNATURE_HEADER
SETTINGS_HEADER = SIGNATURE_SETTINGS_HEADER


@dataclass(frozen=True, slots=True)
class WebhookSecrets:
    """What requests may be signed with: Auth Tokens, and shared keys of Webhook Rules."""

    auth_tokens: tuple[str, ...] = field(default=(), repr=False)
    shared_keys: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, settings: Settings) -> "WebhookSecrets":
        """Return the secrets that the settings name."""
        return cls(
            tuple(each.get_secret_value() for each in settings.twilio_auth_tokens),
            tuple(each.get_secret_value() for each in settings.twilio_shared_keys),
        )

    def each(self) -> Iterator[tuple[str, "WebhookSecrets"]]:
        """Return every secret alone, under the name by which an operator knows it."""
        for number, token in enumerate(self.auth_tokens, 1):
            yield f"TWILIO_AUTH_TOKENS (token {number})", WebhookSecrets((token,))
        for number, key in enumerate(self.shared_keys, 1):
            yield f"TWILIO_SHARED_KEYS (key {number})", WebhookSecrets((), (key,))


class WebhookSignature:
    """Checks requests against every current token and key: two of a kind during a rotation."""

    def __init__(self, public_base_url: str, secrets: WebhookSecrets) -> None:
        """Check against `secrets`; without any, every request is refused."""
        base = public_base_url.rstrip("/")
        parsed = urlsplit(base)
        self._base = base
        # Twilio signs the address with and without its port, and does not say when.
        self._bases = (remove_port(parsed), add_port(parsed))
        self._tokens = _validators(secrets.auth_tokens)
        self._keys = _validators(secrets.shared_keys)

    def is_valid(self, raw_path: str, form: Mapping[str, str], headers: MultiMapping[str]) -> bool:
        """Return whether one of our secrets signed this form for this very address."""
        signatures = headers.getall(HEADER, [])
        settings = headers.getall(SETTINGS_HEADER, [])
        if len(signatures) != 1 or len(settings) > 1:
            return False
        if not raw_path.startswith("/") or not (raw_path + signatures[0]).isascii():
            return False  # a whole address, or bytes of no address: never what Twilio asks
        validators, algorithm = self._tokens, HMAC_SHA1
        if settings:
            validators, algorithm = self._keys, HMAC_SHA256
            if _algorithm(settings[0]) != HMAC_SHA256:
                return False
        given = signatures[0].encode()
        addresses = [base + path for path in as_written(raw_path) for base in self._bases]
        return any(
            hmac.compare_digest(
                validator.compute_signature(address, form, algorithm).encode(), given
            )
            for validator in validators
            for address in addresses
        )

    def sign(self, raw_path: str, form: Mapping[str, str]) -> CIMultiDict[str]:
        """Return the headers Twilio would send: for the loop-back proof of the configuration.

        With the first token, or with the first shared key where there is no token.
        """
        address = self._base + raw_path
        if self._tokens:
            return CIMultiDict({HEADER: self._tokens[0].compute_signature(address, form)})
        return CIMultiDict(
            {
                HEADER: self._keys[0].compute_signature(address, form, HMAC_SHA256),
                SETTINGS_HEADER: f"key=loopback,algorithm={HMAC_SHA256}",
            }
        )


def as_written(raw_path: str) -> tuple[str, ...]:
    """Return the ways in which an address may have been written that arrived as `raw_path`.

    As it came; sorted by name, as we write ours; and with or without a `?`
    that nothing follows, which clients drop or keep as they like.
    """
    path, _, query = raw_path.partition("?")
    if not query:
        return path, f"{path}?"
    ordered = "&".join(sorted(query.split("&"), key=lambda pair: pair.partition("=")[0]))
    return tuple(dict.fromkeys((raw_path, f"{path}?{ordered}")))


def _validators(secrets: Sequence[str]) -> tuple[RequestValidator, ...]:
    return tuple(RequestValidator(secret) for secret in secrets if secret)


def _algorithm(settings: str) -> str:
    """Return the algorithm that the header `key=…,algorithm=…` names; empty when it names none."""
    pairs = (part.partition("=") for part in settings.split(","))
    named = [value.strip() for name, _, value in pairs if name.strip() == "algorithm"]
    return named[0] if len(named) == 1 else ""
