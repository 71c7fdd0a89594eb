"""The decision loops. Each returns how long every contact waited, in the order of arrival.

The rules were read in the sources named in the docstrings, as they stood in
August 2026. What is favourable to a peer is assumed where there is a choice:
every listener answers at once, nothing is lost, no server is slow.
"""

import heapq
import math
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice

from tests.bench.figures import percentile, significant
from tests.bench.peers.evening import Evening

IN_TARGET_SECONDS = 20.0

OURS_SECONDS = 0.025
ASTERISK_RECHECK_SECONDS = 1.0
FREESWITCH_PAUSE_SECONDS = 0.1
# Reading the agents of a queue for one member, for each agent: measured with its own statement
# on SQLite in memory, 55 to 5,000 agents; what the callback does with each row is left out.
FREESWITCH_ROW_SECONDS = 1.6e-6
ROCKET_CHAT_PAUSE_SECONDS = 5.0

Waits = list[float]
Loop = Callable[[Evening], Waits]


def ours(evening: Evening) -> Waits:
    """Decide at the event itself: an arrival or a listener set free makes the match at once.

    routing/lua/match.lua: the best head over all lanes, the longest-idle
    listener; no period and no scan. Each decision is charged the most that an
    offer may take to reach a desk at the 99th percentile (25 ms), so what is
    measured of the service can only be better.
    """
    free_at = [0.0] * evening.listeners
    waits = []
    for arrival in evening.arrivals:
        began = max(arrival.at, heapq.heappop(free_at)) + OURS_SECONDS
        heapq.heappush(free_at, began + arrival.talk)
        waits.append(began - arrival.at)
    return waits


def asterisk(evening: Evening) -> Waits:
    """Let each caller look every second whether it is their turn.

    apps/app_queue.c: `wait_our_turn` asks `is_our_turn`, then sleeps
    `RECHECK` (1 s) in `ast_waitfordigit`. It is a caller's turn when fewer
    callers of the same queue stand before them than members are free
    (`num_available_members`; `autofill` on, the better of its two settings).
    A member of several queues goes to whoever looks first: across queues, and
    in a queue while several members are free, there is no order.
    """
    waits = [0.0] * len(evening.arrivals)
    standing: list[list[int]] = [[] for _ in range(evening.queues)]
    busy: list[float] = []
    looks = [(arrival.at, number) for number, arrival in enumerate(evening.arrivals)]
    heapq.heapify(looks)
    while looks:
        now, caller = heapq.heappop(looks)
        while busy and busy[0] <= now:
            heapq.heappop(busy)
        arrival = evening.arrivals[caller]
        line = standing[arrival.queue]
        if now == arrival.at:
            line.append(caller)
        if caller in islice(line, evening.listeners - len(busy)):
            line.remove(caller)
            heapq.heappush(busy, now + arrival.talk)
            waits[caller] = now - arrival.at
        else:
            heapq.heappush(looks, (now + ASTERISK_RECHECK_SECONDS, caller))
    return waits


def freeswitch(evening: Evening) -> Waits:
    """Have one thread go through all members and, for each, through all agents; then pause 100 ms.

    mod_callcenter.c: `cc_agent_dispatch_thread_run` reads the waiting members
    by score, `members_callback` reads the agents of the queue for each of
    them, `agents_callback` takes the first that may be called, and
    `switch_yield(100000)` ends the tick. So a tick grows with members ×
    agents. An agent may be called only when `last_bridge_end < now -
    wrap_up_time`, in whole seconds: never in the second in which she hung up.
    """
    waits = [0.0] * len(evening.arrivals)
    waiting: list[int] = []
    ends = [-math.inf] * evening.listeners  # a heap: who hung up longest ago first
    now, coming = 0.0, 0
    while coming < len(evening.arrivals) or waiting:
        if not waiting:
            now = _next_tick(now, evening.arrivals[coming].at)
        while coming < len(evening.arrivals) and evening.arrivals[coming].at <= now:
            waiting.append(coming)
            coming += 1
        left = []
        for member in waiting:
            now += FREESWITCH_ROW_SECONDS * evening.listeners
            if ends[0] == -math.inf or math.floor(ends[0]) < math.floor(now):
                arrival = evening.arrivals[member]
                heapq.heapreplace(ends, now + arrival.talk)
                waits[member] = now - arrival.at
            else:
                left.append(member)
        waiting = left
        now += FREESWITCH_PAUSE_SECONDS
    return waits


def _next_tick(now: float, at: float) -> float:
    """Return the first tick at or after `at`: with nobody waiting a tick takes its pause only."""
    return now + FREESWITCH_PAUSE_SECONDS * math.ceil(max(0.0, at - now) / FREESWITCH_PAUSE_SECONDS)


def rocket_chat(evening: Evening) -> Waits:
    """Give one inquiry of each department away, then wait five seconds.

    apps/meteor/server/services/omnichannel/queue.ts: `execute` goes through
    the departments with somebody queued, `checkQueue` locks and delegates the
    next inquiry of each, and `scheduleExecution` waits
    `Omnichannel_queue_delay_timeout` (5 s as shipped). With the waiting queue
    on, which its capacity limits need, a new inquiry is always queued for
    that cycle (QueueManager.getInquiryStatus). Here each queue is a
    department; with one department for all it would be a third as fast.
    """
    waits = [0.0] * len(evening.arrivals)
    departments: list[deque[int]] = [deque() for _ in range(evening.queues)]
    busy: list[float] = []
    now, coming = 0.0, 0
    while coming < len(evening.arrivals) or any(departments):
        now += ROCKET_CHAT_PAUSE_SECONDS
        while coming < len(evening.arrivals) and evening.arrivals[coming].at <= now:
            departments[evening.arrivals[coming].queue].append(coming)
            coming += 1
        while busy and busy[0] <= now:
            heapq.heappop(busy)
        for department in departments:
            if department and len(busy) < evening.listeners:
                inquiry = department.popleft()
                heapq.heappush(busy, now + evening.arrivals[inquiry].talk)
                waits[inquiry] = now - evening.arrivals[inquiry].at
    return waits


LOOPS: dict[str, Loop] = {
    "ours": ours,
    "asterisk_app_queue": asterisk,
    "freeswitch_mod_callcenter": freeswitch,
    "rocket_chat_omnichannel": rocket_chat,
}


def compared(evening: Evening) -> dict[str, dict[str, float]]:
    """Return what each loop makes of the evening."""
    return {name: figures_of(evening, loop(evening)) for name, loop in LOOPS.items()}


def figures_of(evening: Evening, waits: Sequence[float]) -> dict[str, float]:
    """Return the seconds waited and the share served within 20 s.

    `beside_free_s` is the part of the mean wait that is the loop's own: the
    contact waited while a listener who could have taken it was free.
    """
    in_target = sum(wait <= IN_TARGET_SECONDS for wait in waits)
    return {
        "mean_wait_s": significant(sum(waits) / len(waits)),
        "p95_wait_s": significant(percentile(waits, 95)),
        "service_level": significant(in_target / len(waits)),
        "beside_free_s": significant(_beside_free(evening, waits) / len(waits)),
    }


def _beside_free(evening: Evening, waits: Sequence[float]) -> float:
    """Return the seconds, over all contacts, in which one waited and a listener was free."""
    changes = []
    for arrival, wait in zip(evening.arrivals, waits, strict=True):
        began = arrival.at + wait
        changes += [(arrival.at, 1, 0), (began, -1, -1), (began + arrival.talk, 0, 1)]
    waiting, free, before, beside = 0, evening.listeners, 0.0, 0.0
    for at, waits_more, free_more in sorted(changes):
        beside += min(waiting, free) * (at - before)
        waiting, free, before = waiting + waits_more, free + free_more, at
    return beside
