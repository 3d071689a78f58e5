"""A process that owns an embedded server until its input ends, for tests to watch, stop and kill.

`python owner.py FOLDER BINARIES VERSION` prints the server's address once it answers.
"""

import asyncio
import sys
from pathlib import Path

from bot.database import embedded
from bot.database.binaries import Binaries


async def main(folder: Path, binaries: Binaries) -> None:
    server = await embedded.start(folder, binaries)
    print(server.dsn, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await embedded.stop(server)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Binaries(Path(sys.argv[2]), sys.argv[3])))
