"""Whether Redis can do what it is for: proven by a write, not by an answer."""

from routing.steps.base import PoolSteps

PROOF_MS = 60_000
KEEPS_EVERYTHING = "noeviction"


class ProofSteps(PoolSteps):
    """A replica after a fail-over, or a server whose memory is full, answers reads as ever."""

    async def prove_writable(self) -> None:
        """Write a mark that goes by itself. Raises Unavailable when Redis takes no writes."""
        await self._scripts.guarded(
            self._redis.set(self._plan.key("proof"), "1", px=PROOF_MS), "proof"
        )

    async def may_evict(self) -> bool:
        """Say whether Redis may throw entries away when its memory is full. Raises Unavailable.

        Who is thrown out waits without being offered until a whole pass of the reconciler.
        """
        told = await self._scripts.guarded(self._redis.info("memory"), "memory")
        policy = str(told.get("maxmemory_policy", KEEPS_EVERYTHING))
        return int(told.get("maxmemory", 0)) > 0 and policy != KEEPS_EVERYTHING
