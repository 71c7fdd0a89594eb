"""How the address of a webhook is written: every one, wherever it is put into a request or TwiML.

Twilio has been seen to ask with the query sorted by name while it signs the
address as it was written. So names are always written in alphabetical order,
and the two are one. Source: twilio-php 790, twilio-node 1079.
"""

from collections.abc import Mapping
from urllib.parse import urlencode
from uuid import UUID

# Twilio overrides by URL fragment, which the signature does not cover: European
# edges, 2 s to connect, 5 s to read, 12 s in all, two retries.
OVERRIDES = "#e=dublin,frankfurt&ct=2000&rt=5000&tt=12000&rc=2&rp=ct,rt,5xx"


def webhook_address(path: str, query: Mapping[str, str | int | UUID] | None = None) -> str:
    """Return `path`, relative or absolute, with its query sorted by name and the overrides."""
    pairs = sorted((name, str(value)) for name, value in (query or {}).items())
    return f"{path}?{urlencode(pairs)}{OVERRIDES}" if pairs else path + OVERRIDES
