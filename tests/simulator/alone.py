"""A simulator in a process of its own, to be killed: `python alone.py product_url port journal`."""

import sys
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from bot.simulator.simulator import Simulator
from tests.simulator.product_side import settings


def main() -> None:
    product_url, port, journal = sys.argv[1:]
    public_url = f"http://127.0.0.1:{port}"
    config = replace(settings(product_url), public_url=public_url, journal=Path(journal))
    simulator = Simulator(config)
    app = web.Application()
    simulator.add_routes(app)

    async def start(_: web.Application) -> None:
        await simulator.start()

    app.on_startup.append(start)
    web.run_app(app, host="127.0.0.1", port=int(port), print=None)


if __name__ == "__main__":
    main()
