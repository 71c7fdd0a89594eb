"""Connection overrides in the fragment of a webhook's address: `#ct=2000&rc=2&rp=ct,5xx`.

Source: Twilio, « Webhook connection overrides ». The fragment is never sent
and is no part of what is signed.
"""

from dataclasses import dataclass
from urllib.parse import urldefrag

DEFAULT_CONNECT_MS = 5000
DEFAULT_READ_MS = 15_000
LONGEST_MS = 15_000
POLICIES = frozenset({"ct", "rt", "4xx", "5xx", "all"})


@dataclass(frozen=True, slots=True)
class Overrides:
    """Seconds to connect, to read and in all; how many retries, and of which failures."""

    connect_seconds: float = DEFAULT_CONNECT_MS / 1000
    read_seconds: float = DEFAULT_READ_MS / 1000
    total_seconds: float = LONGEST_MS / 1000
    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct"})

    def retries_after(self, failure: str) -> bool:
        """Return whether a failure (`ct`, `rt`, `4xx`, `5xx`) is one to try again."""
        return failure in self.retry_on or "all" in self.retry_on


def split(address: str) -> tuple[str, Overrides]:
    """Return the address without its fragment, and what the fragment asks.

    Values out of Twilio's bounds are brought back to them; unknown names
    (`e`, `sni` …) concern Twilio's own network and are passed over.
    """
    bare, fragment = urldefrag(address)
    asked = dict(pair.split("=", 1) for pair in fragment.split("&") if "=" in pair)
    policies = frozenset(asked.get("rp", "ct").split(",")) & POLICIES
    return bare, Overrides(
        connect_seconds=_milliseconds(asked.get("ct"), DEFAULT_CONNECT_MS, 10_000),
        read_seconds=_milliseconds(asked.get("rt"), DEFAULT_READ_MS, LONGEST_MS),
        total_seconds=_milliseconds(asked.get("tt"), LONGEST_MS, LONGEST_MS),
        retries=_bounded(asked.get("rc"), 1, 0, 5),
        retry_on=policies or frozenset({"ct"}),
    )


def _milliseconds(value: str | None, default: int, most: int) -> float:
    return _bounded(value, default, 100, most) / 1000


def _bounded(value: str | None, default: int, least: int, most: int) -> int:
    if value is None or not value.isdecimal():
        return default
    return min(max(int(value), least), most)
