"""The connector as a process that can be killed: ``python -m ... PORT FOLDER HUB_URL TOKEN``."""

import asyncio
import sys
from pathlib import Path

from channels.matrix.connector import run
from contracts.hub import HubClient
from tests.channels.matrix.stand_in import KEY, an_account


async def main(port: str, folder: str, hub_url: str, token: str) -> None:
    hub = HubClient(hub_url, token)
    await run([an_account(int(port))], Path(folder), KEY, hub, asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
