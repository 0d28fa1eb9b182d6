"""An engine that keeps the turn contract, with faults on demand.

As an application it answers in this process; ``python -m tests.conversations.stub_engine
PORT FOLDER`` is a process that can be killed: it writes each finished turn into
FOLDER before it answers and replays it, as the real engine does.
"""

import asyncio
import json
import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

ENGINE_TOKEN = "engine-token"
ACTIONS_TOKEN = "actions-token"
ROOT = "/webhooks/stadtdraht"


def echo(body: dict[str, Any]) -> dict[str, Any]:
    said = body.get("text") or body.get("payload")
    return {
        "message_id": body["message_id"],
        "duplicate": False,
        "intent": {"name": "oeffnungszeiten", "confidence": 0.93},
        "entities": [{"entity": "stadt", "value": "soest", "start": 0, "end": 5}],
        "answers": [
            {
                "text": f"Antwort auf {said}",
                "source": {"title": "Stadt Soest", "url": "https://www.soest.de"},
                "as_of": "2026-11-20",
                "demo": True,
                "buttons": [{"title": "Mehr", "payload": '/mehr{"a": "b"}'}],
                "links": [{"title": "Soest", "url": "https://www.soest.de"}],
                "expects": "town",
            }
        ],
        "handoff": None,
    }


@dataclass
class StubEngine:
    """``faults`` is used up call by call: a status, "hang", "garbage", "empty" or "gone"."""

    faults: list[Any] = field(default_factory=list)
    script: Any = echo
    delay: float = 0.0
    turns: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[dict[str, Any]] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    down: bool = False
    refused: int = 0
    fallback_down: bool = False
    journal: Path | None = None
    gate: asyncio.Event | None = None
    concurrent: Counter[str] = field(default_factory=Counter)
    overlaps: int = 0

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route(f"{ROOT}/turn", self._turn, methods=["POST"]),
                Route(f"{ROOT}/conversations/{{id}}", self._erase, methods=["DELETE"]),
                Route(f"{ROOT}/health/ready", self._ready),
                Route("/actions/fallback", self._fallback, methods=["POST"]),
            ]
        )

    async def called(self, times: int = 1) -> None:
        """Wait until the engine was asked so often."""
        while len(self.calls) < times:
            await asyncio.sleep(0.02)

    async def forgot(self, times: int = 1) -> None:
        """Wait until it was told so often to erase a conversation."""
        while len(self.erased) < times:
            await asyncio.sleep(0.02)

    @property
    def texts(self) -> list[str]:
        return [call.get("text") or call.get("payload") for call in self.calls]

    async def _turn(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {ENGINE_TOKEN}":
            return JSONResponse({"error": "unauthorized"}, 401)
        body = await request.json()
        self.calls.append(body)
        if self.down:
            raise OSError("down")
        if self.faults:
            answer = await self._faulty(self.faults.pop(0))
            if answer is not None:
                return answer
        conversation = body["conversation"]
        self.concurrent[conversation] += 1
        self.overlaps += self.concurrent[conversation] > 1
        try:
            if self.gate is not None:
                await self.gate.wait()
            await asyncio.sleep(self.delay)
            return JSONResponse(self._replayed(body))
        finally:
            self.concurrent[conversation] -= 1

    def _replayed(self, body: dict[str, Any]) -> dict[str, Any]:
        key = body["message_id"]
        if key in self.turns:
            return self.turns[key] | {"duplicate": True}
        self.turns[key] = self.script(body)
        if self.journal is not None:
            with self.journal.open("a") as lines:
                lines.write(json.dumps([body["conversation"], key, self.turns[key]]) + "\n")
        return self.turns[key]

    async def _faulty(self, fault: Any) -> Response | None:
        match fault:
            case int():
                return JSONResponse({"error": "internal"}, fault)
            case "hang":
                await asyncio.sleep(60)
            case "garbage":
                return Response(b"<html>{", media_type="text/html")
            case "empty":
                return JSONResponse(echo({"message_id": "m"}) | {"answers": []})
            case "gone":
                raise OSError("gone")
            case dict():
                return JSONResponse(fault, fault.get("status", 503))
        return None

    async def _erase(self, request: Request) -> Response:
        if self.down:
            return JSONResponse({"error": "storage"}, 503)
        self.erased.append(request.path_params["id"])
        return Response(status_code=204)

    async def _ready(self, _request: Request) -> Response:
        return JSONResponse({}, 503 if self.down else 200)

    async def _fallback(self, request: Request) -> Response:
        if self.fallback_down:
            return JSONResponse({"error": "down"}, 500)
        town = (await request.json())["municipality"]
        answer = {
            "text": f"Bürgerbüro {town}: heute 8 bis 16 Uhr",
            "buttons": [{"title": "Mit einem Menschen sprechen", "payload": "/mensch_sprechen"}],
        }
        return JSONResponse({"answers": [answer]})


def serve(port: int, folder: Path) -> None:
    """Be an engine that remembers its turns in ``folder``."""
    import uvicorn

    journal = folder / "turns.jsonl"
    engine = StubEngine(journal=journal)
    if journal.exists():
        for line in journal.read_text().splitlines():
            try:
                _, key, answer = json.loads(line)
            except ValueError:
                continue  # the line on which we were killed
            engine.turns[key] = answer

    def slow(body: dict[str, Any]) -> dict[str, Any]:
        engine.delay = random.choice((0.0, 0.01, 0.05, 0.2))  # noqa: S311 - a delay
        return echo(body)

    engine.script = slow
    uvicorn.run(engine.app, host="127.0.0.1", port=port, log_config=None)


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]))
