"""The action server as a process of its own, made to be killed.

``python -m tests.actions.server_process <content> <home> <port>``; its queue waits shorter
than in operation, so that a test need not wait for a lease of a minute.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

import uvicorn

import actions.app
from actions.services.defects import ReportStore
from service.settings import Settings
from tests.actions.conftest import TOKEN
from tests.actions.services.reports.georeport_server import KEY
from tests.actions.services.reports.sender import PACE

if __name__ == "__main__":
    os.environ["TEST_OPEN311_KEY"] = KEY
    actions.app.ReportStore = partial(ReportStore, pace=PACE)  # type: ignore[misc,assignment]
    settings = Settings(content=Path(sys.argv[1]), home=Path(sys.argv[2]), actions_token=TOKEN)
    app = actions.app.create_app(settings)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[3]), log_level="error")
