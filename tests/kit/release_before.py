"""The router of the release before, in a process of its own, over the same index as ours.

Run as a program it answers one line of JSON for each line it is given:
`[method of a router, or of OF_POOL, arguments, now_ms]`.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

ROOT = Path(__file__).parents[2]
BEFORE = Path(__file__).with_name("releases") / "routing_before.zip"
ANSWER_SECONDS = 10.0
OF_POOL = frozenset({"arrive", "sign_in"})


class ReleaseBefore:
    """Asks the other process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def do(self, name: str, *args: Any, now_ms: int) -> Any:
        """Let the release before do something; its answer as JSON has it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        words = json.dumps([name, args, now_ms], default=str)
        self._process.stdin.write(words.encode() + b"\n")
        async with asyncio.timeout(ANSWER_SECONDS):
            line = await self._process.stdout.readline()
        answer = json.loads(line)
        assert "error" not in answer, answer
        return answer["answer"]


@asynccontextmanager
async def release_before(redis_url: str) -> AsyncIterator[ReleaseBefore]:
    """Run it until the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__)),
        redis_url,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield ReleaseBefore(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


def as_words(answer: Any) -> Any:
    """Return an answer of a step as JSON has it."""
    if is_dataclass(answer) and not isinstance(answer, type):
        return as_words(asdict(answer))
    if isinstance(answer, dict):
        return {str(name): as_words(value) for name, value in answer.items()}
    if isinstance(answer, list | tuple):
        return [as_words(each) for each in answer]
    return str(answer) if isinstance(answer, UUID) else answer


async def _serve(redis_url: str) -> None:
    from routing.connection import open_redis
    from routing.router import Router
    from tests.kit.pools import Pool, small_plan

    async with open_redis(redis_url) as redis:
        pool = Pool(Router(redis, small_plan(), lambda: pool.now_ms))
        while line := await asyncio.to_thread(sys.stdin.readline):
            name, args, pool.now_ms = json.loads(line)
            act = getattr(pool if name in OF_POOL else pool.router, name)
            try:
                answer = {"answer": as_words(await act(*map(_argument, args)))}
            except Exception as error:  # noqa: BLE001 - the test is told of any
                answer = {"error": f"{type(error).__name__}: {error} {error.__cause__}"}
            print(json.dumps(answer), flush=True)


def _argument(value: Any) -> Any:
    try:
        return UUID(value) if isinstance(value, str) else value
    except ValueError:
        return value


if __name__ == "__main__":
    # Ahead of this checkout: `routing` and `config` are the other release's, `tests` ours.
    sys.path[0:1] = [str(BEFORE), str(ROOT)]
    asyncio.run(_serve(sys.argv[1]))
