"""The Lua steps by name: put together, run by EVALSHA, their failures translated once."""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Mapping
from dataclasses import asdict
from functools import cache
from importlib import resources
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError, ResponseError

from config.errors import Unavailable
from routing.limits import Limits
from routing.steps.linking import linked

log = structlog.get_logger()

# A step takes well under a millisecond: what takes this long does not answer.
COMMAND_SECONDS = 2.0
LIMIT = re.compile(r"\bLIMIT\.([a-z_]+)")


def _source(folder: resources.abc.Traversable, name: str) -> str:
    """Return a step's whole text: the parts it uses, in order, then its own."""
    own = folder.joinpath(f"{name}.lua").read_text("utf-8")
    first = own.split("\n", 1)[0]
    prefix, _, parts = first.partition("-- uses:")
    if prefix or not parts:
        raise ValueError(f"{name}.lua has no `-- uses:` line")
    texts = [folder.joinpath("parts", f"{part}.lua").read_text("utf-8") for part in parts.split()]
    return linked("\n".join(texts), own)


@cache
def load_sources() -> Mapping[str, str]:
    """Return every step of lua/ by name, its limits still by name."""
    folder = resources.files("routing").joinpath("lua")
    names = sorted(f.name.removesuffix(".lua") for f in folder.iterdir() if f.name.endswith(".lua"))
    return {name: _source(folder, name) for name in names}


@cache
def sources_within(limits: Limits) -> Mapping[str, tuple[str, str]]:
    """Return every step as (name for EVALSHA, text), with a plan's limits written into it.

    Constants of the text cost nothing to read, and each set of limits is a
    set of scripts of its own: nodes of two releases do not disturb each
    other. Raises KeyError for a limit that a step invents.
    """
    numbers = {name: str(value) for name, value in asdict(limits).items()}
    found = {}
    for name, source in load_sources().items():
        text = LIMIT.sub(lambda match: numbers[match[1]], source)
        # SHA-1 is what EVALSHA names scripts by; nothing is protected by it.
        found[name] = (hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(), text)
    return found


class Scripts:
    """Runs the steps on one Redis; every failure of it becomes Unavailable `index_unavailable`."""

    def __init__(
        self,
        redis: Redis,
        limits: Limits | None = None,
        *,
        command_seconds: float = COMMAND_SECONDS,
    ) -> None:
        """Take the scripts of these limits; `command_seconds` bounds each command.

        The wait for a free connection is part of it.
        """
        self.redis = redis
        self._command_seconds = command_seconds
        self._sources = sources_within(limits or Limits())

    async def run(self, name: str, key: str, *args: str | int) -> Any:
        """Run a step. Raises Unavailable; a retry is safe, every step is idempotent."""
        return await self.guarded(self._evaluate(name, key, args), name)

    async def _evaluate(self, name: str, key: str, args: tuple[str | int, ...]) -> Any:
        digest, text = self._sources[name]
        try:
            return await self.redis.execute_command("EVALSHA", digest, 1, key, *args)  # type: ignore[no-untyped-call]
        except NoScriptError:
            # A restarted or failed-over server forgot it; EVAL teaches it again on the way.
            return await self.redis.execute_command("EVAL", text, 1, key, *args)  # type: ignore[no-untyped-call]

    async def guarded(self, command: Awaitable[Any], name: str) -> Any:
        """Await a command within its time; raises Unavailable when Redis does not carry it out."""
        try:
            async with asyncio.timeout(self._command_seconds):
                return await command
        except ResponseError as error:
            # A refusal (read-only, loading, out of memory) or a mistake of ours: both must be seen.
            log.warning("index_refused", code=type(error).__name__, script=name)
            raise Unavailable("the index refused", code="index_unavailable") from error
        except (RedisError, OSError, TimeoutError) as error:
            raise Unavailable("the index does not answer", code="index_unavailable") from error
