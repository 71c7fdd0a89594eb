"""The real index at the far end: a Valkey, its virtual clock, its losses, and what it tells.

Each command that may change something is followed, in the same round trip, by
a read of the stream of routing events: so every offer is seen the instant it
is made or ended, at the cost of a few microseconds.
"""

import re
from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any

from routing.model import Step
from routing.plan import Plan
from routing.steps.scripts import sources_within
from tests.simulate.valkey import Valkey, Word
from tests.simulate.virtual_time import VirtualClock

# What a node gives as the present instant; replaced on arrival, as Redis reads its own clock then.
NOW = -1_000_000_007
READS = frozenset({"HGET", "HGETALL", "HMGET", "XREVRANGE", "PUBLISH"})
EVENTS_AT_ONCE = 1_000

Told = Callable[[dict[str, str]], None]
Snapshot = list[tuple[bytes, bytes, int]]

# The earliest instant at which a sweep has something to do, of all that sweep.lua asks.
DUE = """
local earliest = ''
for i = 2, #ARGV do
  local first = redis.call('ZRANGE', ARGV[1] .. ARGV[i], 0, 0, 'WITHSCORES')[2]
  if first and (earliest == '' or tonumber(first) < tonumber(earliest)) then
    earliest = first
  end
end
return earliest
"""


def due_sets() -> tuple[str, ...]:
    """Return the sorted sets in which a sweep looks for what is due, as its script names them."""
    text = resources.files("routing").joinpath("lua", "sweep.lua").read_text("utf-8")
    found = tuple(dict.fromkeys(re.findall(r"due\('(\w+)'\)", text)))
    assert len(found) >= 5, "sweep.lua asks `due('…')` for each kind of thing that is due"
    return found


def changed_nothing(script: str, reply: Any) -> bool:
    """Say whether a step left the index as it was: told again, or nothing found.

    What is not known to leave it so counts as a change: then a sweep is run in vain.
    """
    if script == "heartbeat":
        return True
    if script in ("enqueue", "cancel"):
        return all(code in (Step.ALREADY, Step.STALE) for code in reply)
    if script == "match":
        return bool(reply[0] == Step.UNKNOWN)
    return script == "sweep" and not any(reply)


class Index:
    """One Valkey, as all nodes reach it."""

    def __init__(self, valkey: Valkey, plan: Plan, clock: VirtualClock, told: Told) -> None:
        """Work on an empty `valkey`; `told` hears every routing event at once."""
        self._valkey = valkey
        self._clock = clock
        self._told = told
        self._pool = plan.key("")
        self._events = plan.key("events")
        self._last = "0-0"
        self._due_sets = due_sets()
        steps = sources_within(plan.limits)
        self._names = {digest: name for name, (digest, _) in steps.items()}
        self._touches = 0  # commands that changed something
        self._quiet_at = -1  # `_touches` when a sweep found nothing to do
        self._due_at_ms = 0.0

    def carry_out(self, words: Sequence[Any]) -> Any:
        """Carry out one command of a node, now. Raises what the real client raises."""
        told = self._dated(words)
        if words[0] in READS:
            return self._valkey.call(*told)
        read = ("XREAD", "COUNT", EVENTS_AT_ONCE, "STREAMS", self._events, self._last)
        reply, events = self._valkey.both(told, read)
        if not changed_nothing(self._names.get(words[1], ""), reply):
            self._touches += 1
        if events:
            self._tell(events[0][1])
        return reply

    def carry_out_all(self, commands: Sequence[Sequence[Any]]) -> list[Any]:
        """Carry out many heartbeats in one round trip; errors are among the answers."""
        return self._valkey.pipeline([self._dated(words) for words in commands])

    def _dated(self, words: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(self._clock.ms() if word == NOW else word for word in words)

    def _tell(self, entries: Sequence[Any]) -> None:
        self._last = entries[-1][0]
        for _, flat in entries:
            self._told(dict(zip(flat[::2], flat[1::2], strict=True)))

    # A sweep that would find nothing need not be run.

    @property
    def touches(self) -> int:
        """Count the commands that changed something."""
        return self._touches

    def is_idle(self) -> bool:
        """Say whether a sweep now would find nothing: none did since, and nothing is due yet."""
        return self._touches == self._quiet_at and self._clock.ms() < self._due_at_ms

    def note_nothing_found(self, touches: int) -> None:
        """Note that a sweep begun at so many touches found nothing to do."""
        if touches == self._touches:
            due = self._valkey.call("EVAL", DUE, 0, self._pool, *self._due_sets)
            self._due_at_ms = float(due) if due else float("inf")
            self._quiet_at = touches

    # Losses.

    def wipe(self) -> None:
        """Lose everything, the scripts too, as a restarted server does."""
        self._valkey.call("FLUSHALL")
        self._valkey.call("SCRIPT", "FLUSH")
        self._start_again()

    def snapshot(self) -> Snapshot:
        """Copy everything, for `roll_back`."""
        keys = self._valkey.pipeline([("KEYS", "*")], raw=True)[0]
        dumps = self._valkey.pipeline([("DUMP", key) for key in keys], raw=True)
        lives = self._valkey.pipeline([("PTTL", key) for key in keys], raw=True)
        return list(zip(keys, dumps, lives, strict=True))

    def roll_back(self, snapshot: Snapshot) -> None:
        """Be as one was: a fail-over to a copy that was behind."""
        self._valkey.call("FLUSHALL")
        commands = [("RESTORE", key, max(0, life), dump) for key, dump, life in snapshot]
        assert set(self._valkey.pipeline(commands)) <= {"OK"}, "a copy is restored whole"
        self._start_again()

    def _start_again(self) -> None:
        newest = self._valkey.call("XREVRANGE", self._events, "+", "-", "COUNT", 1)
        self._last = newest[0][0] if newest else "0-0"
        self._touches += 1

    def look(self, commands: Sequence[Sequence[Word]]) -> list[Any]:
        """Read something for the laws: no node's commands, and nothing changes by them."""
        return self._valkey.pipeline(commands)
