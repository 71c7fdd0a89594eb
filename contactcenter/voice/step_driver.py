"""Who drives the steps that calls are owed, and what becomes of one that fails.

A driver takes one step at a time and renews its claim while it works, so that
a claim is short, a slow carrier is not taken for a dead node, and one slow
call holds up no other. Whatever goes wrong with one call stays with it: it is
tried again until its time is over, and then given up.
"""

import asyncio
from datetime import timedelta

import structlog

from config.clock import Clock
from config.errors import CentreError, Unavailable
from config.vocabulary import EngagementStep
from contactcenter.centre.ledger import ASIDE
from contactcenter.centre.quarantine import OF_ONE_ITEM, About, Quarantine
from contactcenter.voice.call_steps import LOOK_AGAIN, CallSteps
from records.engagements.engagement import Engagement
from records.engagements.engagements import Engagements

log = structlog.get_logger()

STEPS_AT_ONCE = 32
# A dead node's step is driven again after so long; a living node renews long before.
CLAIM = timedelta(seconds=2)
RENEWED_EVERY_SECONDS = 0.5
# A leg that cannot be hung up is tried again ever more seldom.
LONGEST_WAIT = timedelta(seconds=60)


class StepDriver:
    """Drives what is due; any number may, here and on other nodes."""

    def __init__(
        self, steps: CallSteps, engagements: Engagements, quarantine: Quarantine, clock: Clock
    ) -> None:
        """Drive `steps`."""
        self._steps = steps
        self._engagements = engagements
        self._quarantine = quarantine
        self._clock = clock

    async def drive_due(self) -> None:
        """Drive the steps that are due, one after the other; one that fails is due again soon.

        Each is claimed only when it begins to be driven. Raises Unavailable
        when PostgreSQL does not answer, and nothing else for any one call.
        """
        for _ in range(STEPS_AT_ONCE):
            due = await self._engagements.due_steps(self._clock.now(), 1, claim=CLAIM)
            if not due:
                return
            renewing = asyncio.ensure_future(self._renew(due[0]))
            try:
                await self._drive(due[0])
            finally:
                renewing.cancel()
                await asyncio.gather(renewing, return_exceptions=True)

    async def _renew(self, engagement: Engagement) -> None:
        """Keep a claim until its step is driven, unless the step has moved on."""
        until = engagement.step_due_at
        while until is not None:
            await asyncio.sleep(RENEWED_EVERY_SECONDS)
            renewed = self._clock.now() + CLAIM
            try:
                held = await self._engagements.renew_claim(
                    engagement.engagement_id, engagement.step, until, renewed
                )
            except Unavailable:
                continue
            except CentreError as error:
                # The claim runs out, and whoever claims the step next meets what is wrong.
                log.warning("claim_not_renewed", code=error.code)
                return
            until = renewed if held else None

    async def _drive(self, engagement: Engagement) -> None:
        try:
            await self._steps.drive(engagement)
        except Unavailable as error:
            log.warning("call_step_failed", step=engagement.step.value, code=error.code)
            if error.code in OF_ONE_ITEM and engagement.step is EngagementStep.HANG_UP:
                await self._failed(engagement, error)
            elif self._steps.is_too_late(engagement):
                await self._steps.give_up(engagement, "telephony_failed")
            else:
                await self._again(engagement)
        except Exception as error:  # noqa: BLE001 - counted, and logged with its place
            await self._failed(engagement, error)
        else:
            await self._quarantine.worked(_about(engagement))

    async def _failed(self, engagement: Engagement, error: Exception) -> None:
        """Count what went wrong with this call alone; too often, and its caller is let go of."""
        is_aside = await self._quarantine.failed(_about(engagement), error)
        is_over = engagement.step is EngagementStep.HANG_UP
        if not is_over and (is_aside or self._steps.is_too_late(engagement)):
            is_aside = not await self._is_given_back(engagement)
            if not is_aside:
                return
        await self._again(engagement, ASIDE if is_aside else None)

    async def _is_given_back(self, engagement: Engagement) -> bool:
        try:
            return await self._steps.return_to_head(engagement)
        except Unavailable:
            raise
        except Exception:
            log.exception("call_not_given_back", contact_id=str(engagement.contact_id))
            return False

    async def _again(self, engagement: Engagement, wait: timedelta | None = None) -> None:
        """Have the step driven again in a moment; a leg that stays, ever later."""
        if wait is None:
            wait = LOOK_AGAIN
            if engagement.step is EngagementStep.HANG_UP:
                wait = min(LOOK_AGAIN * max(1, engagement.step_attempts), LONGEST_WAIT)
        await self._engagements.advance(
            engagement.engagement_id, engagement.step, engagement.step, self._clock.now() + wait
        )


def _about(engagement: Engagement) -> About:
    return About(engagement.step.value, engagement.contact_id, engagement.listener_id)
