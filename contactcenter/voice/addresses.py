"""The paths of our webhooks, as they stand in the TwiML we answer.

They are relative, so Twilio resolves them against the address it asked and the
signature check sees the configured public address. They carry opaque ids only.
"""

from uuid import UUID

from contactcenter.telephony.addresses import webhook_address

INCOMING = "/voice/incoming"
STATUS = "/voice/status"
MENU = "/voice/menu"
WAIT = "/voice/wait"
DANGER = "/voice/danger"
LEFT = "/voice/left"
JOIN = "/voice/join"
AFTER = "/voice/after"
CONFERENCE = "/voice/conference"
LEG = "/voice/leg"


def address(path: str, **query: str | int | UUID) -> str:
    """Return a webhook's path and query with Twilio's retry overrides."""
    return webhook_address(path, query)
