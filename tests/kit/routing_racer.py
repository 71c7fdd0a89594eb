"""One process of the race: takes whatever offers it meets, and proves that it was alone.

`python -m tests.kit.routing_racer URL SEED CONTACTS SECONDS`; several run at
once on one index. While it holds an accepted offer it also holds a plain lock
on the contact and one on the listener: a lock that is already taken means that
two had it at once. Prints JSON: contacts confirmed, laws broken.
"""

import asyncio
import json
import random
import sys
from collections import Counter

from redis.asyncio import Redis

from config.clock import monotonic
from routing.connection import open_redis
from routing.model import Offer, Step
from routing.router import Router
from tests.kit.pools import CALL, CHAT, small_plan


class Racer:
    """Matches, accepts, declines, releases, confirms and finishes at random."""

    def __init__(self, redis: Redis, seed: int) -> None:
        self.redis, self.router = redis, Router(redis, small_plan(pool="race"))
        self.random = random.Random(seed)
        self.confirmed: list[str] = []
        self.broken: Counter[str] = Counter()
        self.steps: Counter[str] = Counter()

    async def run(self, contacts: int, seconds: float) -> None:
        deadline = monotonic() + seconds
        async with asyncio.TaskGroup() as tasks:
            for _ in range(4):
                tasks.create_task(self.work(contacts, deadline))

    async def work(self, contacts: int, deadline: float) -> None:
        while monotonic() < deadline:
            if await self.redis.scard("race:confirmed") >= contacts:
                return
            lane = self.random.choice([CALL, CHAT])
            offer = await self.router.match([lane])
            if offer:
                await self.handle(offer)
            elif self.random.random() < 0.2:
                for other in (await self.router.sweep(16)).offered:
                    await self.handle(other)
            else:
                await asyncio.sleep(0.002)

    async def handle(self, offer: Offer) -> None:
        me = (offer.offer_id, offer.listener_id, offer.session_id)
        chance = self.random.random()
        if chance < 0.1:
            self.steps[f"decline_{(await self.router.decline(*me)).name}"] += 1
            return
        answers = await asyncio.gather(*(self.router.accept(*me) for _ in range(2)))
        if [answer.step for answer in answers].count(Step.DONE) != 1:
            self.broken["accepted_twice_or_never"] += 1
        locks = [f"race:contact:{offer.contact_id}", f"race:listener:{offer.listener_id}"]
        for lock in locks:
            if not await self.redis.set(lock, "1", nx=True):
                self.broken["held_by_two"] += 1
        await asyncio.sleep(self.random.random() * 0.004)
        for lock in locks:
            await self.redis.delete(lock)
        if chance < 0.2:
            self.steps[f"release_{(await self.router.release(offer.offer_id, False)).name}"] += 1
            return
        if not await self.redis.sadd("race:confirmed", str(offer.contact_id)):
            self.broken["confirmed_twice"] += 1
        self.confirmed.append(str(offer.contact_id))
        await self.router.confirm(offer.offer_id, 2)
        loads = await self.router.load_of(offer.listener_id)
        calls = sum(load.channel == "call" for load in loads)
        if calls > 1 or (calls and len(loads) > 1) or len(loads) > 3:
            self.broken["above_capacity"] += 1
        await asyncio.sleep(self.random.random() * 0.004)
        await self.router.finish(offer.listener_id, offer.contact_id, offer.offer_id)


async def main(url: str, seed: int, contacts: int, seconds: float) -> None:
    async with open_redis(url) as redis:
        racer = Racer(redis, seed)
        await racer.run(contacts, seconds)
    found = {"confirmed": racer.confirmed, "broken": racer.broken, "steps": racer.steps}
    print(json.dumps(found))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
