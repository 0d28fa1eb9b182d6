"""A process that takes and hands over reports, made to be killed.

``python -m tests.actions.services.reports.sender <database url> <server url> <reports>``
accepts the reports with the same keys in every life, as the engine repeats an action, and
works until all are delivered. It prints ``ready`` when it begins.
"""

from __future__ import annotations

import asyncio
import os
import sys

import httpx

from actions.services.reports.database import ReportDatabase
from actions.services.reports.desk import DeskReports
from actions.services.reports.open311 import Open311, Open311Table
from actions.services.reports.queue import Pace, ReportQueue
from actions.services.reports.report import Place, Report
from actions.services.reports.sealing import Seal
from actions.services.reports.tickets import idempotency_key
from actions.services.transport import Transport
from service.clock import system_clock
from tests.actions.services.reports.georeport_server import KEY

PACE = Pace(lease=0.4, settle=0.2, send_needs=0.05, first_pause=0.05, poll=0.02)


def numbered(number: int) -> Report:
    """Return one of the reports; its number stands in its words."""
    return Report("", "soest", "schlagloch", "Schlagloch", f"Loch {number}", Place(f"Weg {number}"))


async def main(database_url: str, server_url: str, count: int) -> None:
    """Accept and deliver until nothing is open."""
    os.environ["TEST_OPEN311_KEY"] = KEY
    database = ReportDatabase(database_url)
    seal = Seal("a secret of the installation")
    async with httpx.AsyncClient() as http:
        table = Open311Table(
            adapter="open311",
            url=server_url,
            format="json",
            codes={"schlagloch": "1"},
            secret_env="TEST_OPEN311_KEY",
        )
        town = Open311(Transport(http, "maengel"), table, "Soest", system_clock)
        desk = DeskReports(database, seal, system_clock)
        queue = ReportQueue(database, seal, {"soest": town}, desk, PACE)
        print("ready", flush=True)
        for number in range(count):
            key = idempotency_key("c_1", f"m_{number}", "mangel_melden", {})
            entry = await queue.accept(numbered(number), key, "c_1")
            await queue.deliver(entry.ticket)
        while await queue.waiting():
            if not await queue.deliver_due():
                await asyncio.sleep(PACE.poll)
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
