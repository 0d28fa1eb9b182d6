"""Our engine against a stock Rasa set-up: latency along a conversation, throughput, memory.

Both servers run at the same time on the same machine with the same content and
the same action server; they are asked in alternation, so that noise of the
machine hits both alike. The figures are milliseconds from request to answer.
How a turn grows with its conversation is measured in pairs for the same reason:
the same sentence goes to the old conversation and to one in its tenth turn.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
from ruamel.yaml import YAML
from ulid import ULID

import actions.app
from cli.bench import stock
from cli.engine_process import EngineProcess, is_ready
from cli.environments import SetupProblem, home, say
from cli.house import engine_variables, house_settings
from cli.model import model_path
from cli.ports import LOOPBACK, bound_listener, free_port
from cli.serving import serving
from service.settings import Settings

FRESH = 200
CONCURRENCY = 8
WINDOW = 10
"""Turns around a mark of the long conversation whose median is taken."""
PAIRS = 30
"""Sentences that go to the long conversation and to a young one in alternation."""
YOUNG_TURNS = 10

Ask = Callable[[str, str], Awaitable[float]]


@dataclass
class Figures:
    """Milliseconds of one server."""

    fresh: list[float] = field(default_factory=list)
    long: list[float] = field(default_factory=list)
    growth: float = 0.0
    """Median at the end of the long conversation divided by that of tenth turns."""
    per_second: float = 0.0
    megabytes: float = 0.0

    def at_turn(self, turn: int) -> float:
        """Return the median of the turns around ``turn`` (counted from 1)."""
        first = max(0, min(turn - 1 - WINDOW // 2, len(self.long) - WINDOW))
        return statistics.median(self.long[first : first + WINDOW])

    def summary(self, turns: int) -> dict[str, float]:
        """Return the figures by name."""
        marks = [mark for mark in (10, 100, turns) if mark <= turns]
        return {
            "fresh_p50_ms": statistics.median(self.fresh),
            "fresh_p95_ms": statistics.quantiles(self.fresh, n=20)[-1],
            "turn_1_ms": self.long[0],
            **{f"turn_{mark}_ms": self.at_turn(mark) for mark in marks},
            f"turn_{turns}_to_turn_{YOUNG_TURNS}": self.growth,
            "turns_per_second": self.per_second,
            "memory_mb": self.megabytes,
        }


def main(*, turns: int) -> int:
    """Measure and print; returns 0."""
    result = asyncio.run(measure(turns))
    print(to_table(result, turns))
    print(json.dumps(result, indent=2))
    return 0


async def measure(turns: int) -> dict[str, dict[str, float]]:
    """Run both servers side by side and return their figures by name."""
    settings = house_settings()
    ours_model = await asyncio.to_thread(model_path, settings.content)
    stock_model = await asyncio.to_thread(stock.train, settings.content)
    with bound_listener(LOOPBACK, 0) as listener:
        actions_url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        settings = settings.model_copy(
            update={
                "actions_url": actions_url,
                "engine_url": f"http://{LOOPBACK}:{free_port()}",
                "home": home() / "bench",
            }
        )
        async with serving(actions.app.create_app(settings), listener):
            return await _side_by_side(settings, ours_model, stock_model, turns)


async def _side_by_side(
    settings: Settings, ours_model: Path, stock_model: Path, turns: int
) -> dict[str, dict[str, float]]:
    for leftover in settings.home.glob("engine.sqlite*"):
        leftover.unlink()
    ours = EngineProcess(
        settings.engine_url,
        engine_variables(settings, ours_model, own_database=True),
        settings.home / "engine.log",
    )
    port = free_port()
    theirs = stock.start(stock_model, port, settings.actions_url, settings.actions_token)
    try:
        await ours.start()
        say("Warte auf beide Server …")
        await ours.wait_until_ready()
        await _wait_for_stock(f"http://{LOOPBACK}:{port}/")
        async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
            askers = {
                "stadtdraht": _ask_ours(http, settings),
                "stock": _ask_stock(http, f"http://{LOOPBACK}:{port}"),
            }
            figures = await _measure_all(askers, settings.content, turns)
        figures["stadtdraht"].megabytes = _megabytes(ours.pid)
        figures["stock"].megabytes = _megabytes(theirs.pid)
    finally:
        theirs.terminate()
        await ours.stop()
        theirs.wait(20)
    return {name: each.summary(turns) for name, each in figures.items()}


async def _measure_all(askers: dict[str, Ask], content: Path, turns: int) -> dict[str, Figures]:
    sentences = _sentences(content)
    figures = {name: Figures() for name in askers}
    for name, ask in askers.items():
        for sentence in sentences[:20]:
            await ask(f"c_{ULID()}", sentence)
        say(f"{name}: warm")
    for index in range(FRESH):
        for name, ask in askers.items():
            sentence = sentences[index % len(sentences)]
            figures[name].fresh.append(await ask(f"c_{ULID()}", sentence))
    say(f"{FRESH} frische Unterhaltungen gemessen")
    for name, ask in askers.items():
        figures[name].per_second = await _throughput(ask, sentences)
    say("Durchsatz gemessen")
    conversations = {name: f"c_{ULID()}" for name in askers}
    for turn in range(turns):
        for name, ask in askers.items():
            sentence = sentences[turn % len(sentences)]
            figures[name].long.append(await ask(conversations[name], sentence))
        if (turn + 1) % 100 == 0:
            say(f"lange Unterhaltung: {turn + 1} von {turns}")
    for name, ask in askers.items():
        figures[name].growth = await _growth(ask, conversations[name], sentences)
    return figures


async def _growth(ask: Ask, old: str, sentences: list[str]) -> float:
    """Return how much slower the old conversation answers than one in its tenth turn."""
    slow, quick = [], []
    for index in range(PAIRS):
        young, sentence = f"c_{ULID()}", sentences[index % len(sentences)]
        for turn in range(YOUNG_TURNS - 1):
            await ask(young, sentences[turn])
        quick.append(await ask(young, sentence))
        slow.append(await ask(old, sentence))
    return statistics.median(slow) / statistics.median(quick)


async def _throughput(ask: Ask, sentences: list[str]) -> float:
    waiting = iter([sentences[index % len(sentences)] for index in range(FRESH)])

    async def worker() -> None:
        for sentence in waiting:
            await ask(f"c_{ULID()}", sentence)

    started = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(CONCURRENCY)))
    return FRESH / (time.perf_counter() - started)


def _ask_ours(http: httpx.AsyncClient, settings: Settings) -> Ask:
    url = f"{settings.engine_url}/webhooks/stadtdraht/turn"
    headers = {"Authorization": f"Bearer {settings.engine_token}"}

    async def ask(conversation: str, text: str) -> float:
        body = {"message_id": str(ULID()), "conversation": conversation, "text": text}
        return await _timed(http.post(url, json=body, headers=headers))

    return ask


def _ask_stock(http: httpx.AsyncClient, root: str) -> Ask:
    async def ask(conversation: str, text: str) -> float:
        body = {"sender": conversation, "message": text}
        return await _timed(http.post(f"{root}/webhooks/rest/webhook", json=body))

    return ask


async def _timed(call: Awaitable[httpx.Response]) -> float:
    started = time.perf_counter()
    response = await call
    ms = (time.perf_counter() - started) * 1000
    response.raise_for_status()
    return ms


def _sentences(content: Path) -> list[str]:
    """Return the sentences of the content tests in a fixed random order."""
    yaml = YAML(typ="safe")
    sentences = [
        str(case["text"])
        for file in sorted((content / "de" / "tests").glob("*.yml"))
        for case in yaml.load(file)["tests"]
    ]
    random.Random(2026).shuffle(sentences)  # noqa: S311 - an order, not a secret
    return sentences


async def _wait_for_stock(url: str) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        if await is_ready(url):
            return
        await asyncio.sleep(0.5)
    raise SetupProblem("Das übliche Rasa startet nicht; siehe bench/stock/server.log.")


def _megabytes(pid: int | None) -> float:
    return float(psutil.Process(pid).memory_info().rss) / 1e6 if pid else 0.0


def to_table(result: dict[str, dict[str, float]], turns: int) -> str:
    """Return the figures as a table with the ratios that matter."""
    ours, theirs = result["stadtdraht"], result["stock"]
    lines = [f"{'':24}{'Stadtdraht':>12}{'stock Rasa':>12}{'Verhältnis':>12}"]
    for name, value in ours.items():
        ratio = value / theirs[name] if name == "turns_per_second" else theirs[name] / value
        lines.append(f"{name:24}{value:12.1f}{theirs[name]:12.1f}{ratio:11.1f}x")
    growth = ours[f"turn_{turns}_to_turn_{YOUNG_TURNS}"]
    lines.append(f"\nStadtdraht, Zug {turns} gegen Zug {YOUNG_TURNS}: {growth:.2f}x")
    return "\n".join(lines)
