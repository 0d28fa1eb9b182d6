"""The engine process: one model, one connector, one event loop."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from typing import TYPE_CHECKING

from bot import logs, settings, tensorflow_stub
from bot.logs import Log
from bot.settings import EngineSettings, WrongSetting

if TYPE_CHECKING:  # Rasa may be imported only after prepare_process()
    from sanic import Sanic

    from bot.agent import TurnAgent
    from bot.connector import TurnChannel

STOP_LIMIT_SECONDS = 10.0
EXIT_WRONG_SETTING = 2
EXIT_NOT_STARTED = 3
journal = Log("engine")


def main() -> int:
    """Run the engine until it is told to stop.

    Returns:
        The exit code: 0 after a clean stop, 2 for a wrong setting, 3 when the
        database or the model cannot be had.
    """
    started = time.monotonic()
    try:
        chosen = settings.from_environment()
    except WrongSetting as problem:
        sys.stderr.write(f"{problem}\n")
        return EXIT_WRONG_SETTING
    prepare_process(chosen.log_level)
    return _serve(chosen, started)


def prepare_process(log_level: str = "INFO") -> None:
    """Silence telemetry, TensorFlow and foreign logs; must run before Rasa is imported."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["SQLALCHEMY_SILENCE_UBER_WARNING"] = "1"
    os.environ.pop("SANIC_WORKERS", None)
    logs.configure(log_level)
    tensorflow_stub.install()


def _serve(chosen: EngineSettings, started: float) -> int:
    from bot import schema
    from bot.actions_client import ActionServer
    from bot.agent import TurnAgent
    from bot.connector import TurnChannel
    from bot.failures import ModelMissing
    from bot.tracker_store import DatabaseUnreachable, connect

    logs.quieten_foreign_loggers()
    try:
        store = connect(chosen.database_url, chosen.database_wait_seconds)
    except (DatabaseUnreachable, schema.SchemaTooNew) as problem:
        journal.error("database.unusable", problem)
        sys.stderr.write(f"{problem}\n")
        return EXIT_NOT_STARTED
    actions = ActionServer(chosen.actions_url, chosen.actions_token, chosen.action_timeout_seconds)
    agent = TurnAgent(store, actions)
    try:
        agent.load_model(chosen.model)
    except ModelMissing as problem:
        journal.error("model.missing", problem)
        sys.stderr.write(f"STADTDRAHT_MODEL: {problem}\n")
    channel = TurnChannel(chosen.token, agent)
    app = create_app(channel, agent)

    async def ready(_app: Sanic, _loop: asyncio.AbstractEventLoop) -> None:
        journal.info("engine.ready", seconds=round(time.monotonic() - started, 2))

    async def stop(_app: Sanic, _loop: asyncio.AbstractEventLoop) -> None:
        await channel.finish(STOP_LIMIT_SECONDS)
        await actions.close()
        store.close()
        journal.info("engine.stopped")

    app.register_listener(ready, "after_server_start")
    app.register_listener(stop, "after_server_stop")
    app.run(
        host=chosen.host, port=chosen.port, workers=1, access_log=False, debug=False, motd=False
    )
    return 0


def create_app(channel: TurnChannel, agent: TurnAgent) -> Sanic:
    """Return the Sanic application with the connector's routes and nothing else."""
    from sanic import Sanic

    app = Sanic("stadtdraht_engine", configure_logging=False)
    app.config.update(
        {
            "KEEP_ALIVE_TIMEOUT": 75,
            "REQUEST_MAX_SIZE": 65_536,
            "REQUEST_TIMEOUT": 30,
            "RESPONSE_TIMEOUT": 60,
            "GRACEFUL_SHUTDOWN_TIMEOUT": STOP_LIMIT_SECONDS,
            "FALLBACK_ERROR_FORMAT": "json",
        }
    )
    app.blueprint(channel.blueprint(agent.take_turn), url_prefix=f"/webhooks/{channel.name()}")
    return app
