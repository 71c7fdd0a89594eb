"""Running a coroutine as a command: signals, and errors that come out in groups."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

from config.errors import CentreError

STOPPED_BY_SIGNAL = 130

Result = TypeVar("Result")


def run_async(work: Coroutine[Any, Any, Result]) -> Result:
    """Run `work` to its end; SIGTERM cancels it as Ctrl-C does, and its blocks are left in order.

    Raises CentreError for the operator, also when a task group wrapped it, and
    SystemExit 130 when a signal stopped it.
    """
    try:
        return asyncio.run(_stoppable(work))
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise SystemExit(STOPPED_BY_SIGNAL) from None
    except BaseExceptionGroup as several:
        first = _first_of_ours(several)
        if first is None:
            raise
        raise first from several


async def _stoppable(work: Coroutine[Any, Any, Result]) -> Result:
    task = asyncio.current_task()
    assert task is not None
    # While the service itself runs it replaces this: it then drains first.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await work


def _first_of_ours(several: BaseExceptionGroup[BaseException]) -> CentreError | None:
    for error in several.exceptions:
        if isinstance(error, CentreError):
            return error
        if isinstance(error, BaseExceptionGroup):
            deeper = _first_of_ours(error)
            if deeper is not None:
                return deeper
    return None
