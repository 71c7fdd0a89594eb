"""The process that holds a test run's engines: `python -m tests.kit.engine_host FOLDER`.

Apart from the test process because a session outlives the event loop of each
test. It prints one line of JSON once the template database is migrated, and
ends when its standard input closes or its parent dies. `--bare` migrates
nothing and `--durable` keeps fsync, for the tests of the engines themselves.
"""

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

from config.errors import CentreError
from config.log import configure_logging
from contactcenter.engines import embedded_engines


async def main(folder: Path, *, durable: bool, bare: bool) -> None:
    """Serve until standard input ends."""
    async with embedded_engines(folder, durable=durable) as engines:
        if not bare:
            from records.migrate import migrate

            await migrate(engines.migrate_database_url)
        print(json.dumps(asdict(engines)), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--durable", action="store_true")
    parser.add_argument("--bare", action="store_true")
    options = parser.parse_args()
    # Standard output carries the one line; the log goes to standard error.
    configure_logging("info", sys.stderr)
    try:
        asyncio.run(main(options.folder, durable=options.durable, bare=options.bare))
    except CentreError as error:
        sys.exit(f"{error.code}: {error}")
