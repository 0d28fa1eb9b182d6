"""One part of the hub as a process that can be killed: ``part_process hub|dispatcher PORT``.

The settings come as JSON in ``STADTDRAHT_TEST_SETTINGS``.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import uvicorn

from conversations import dispatcher
from conversations.app import create_app
from service.logs import configure_logs
from tests.conversations.house import hub_settings


async def dispatch(settings) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await dispatcher.run(settings, stop)


def main() -> None:
    configure_logs("WARNING")
    values = json.loads(os.environ["STADTDRAHT_TEST_SETTINGS"])
    settings = hub_settings(Path(values.pop("home")), **values)
    role, port = sys.argv[1], int(sys.argv[2])
    if role == "dispatcher":
        asyncio.run(dispatch(settings))
        return
    alone = settings.hub_database_url.startswith("sqlite")
    app = create_app(settings, dispatch=alone)
    uvicorn.run(app, host="127.0.0.1", port=port, log_config=None, timeout_graceful_shutdown=3)


if __name__ == "__main__":
    main()
