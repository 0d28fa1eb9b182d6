"""How long the whole pipeline needs for one message, in one thread."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from nlu.evaluation.pipeline import Understanding
from nlu.evaluation.scores import percentile

WARM_UP = 20
MOST_MESSAGES = 1000


class Understands(Protocol):
    """What can be timed."""

    def understand(self, text: str) -> Understanding:
        """Understand one sentence."""


@dataclass(frozen=True)
class Times:
    """Milliseconds of each message: by the clock, and of the processor alone."""

    clock: list[float]
    processor: list[float]

    def summary(self) -> dict[str, float]:
        """Report medians and 95th percentiles; on a busy machine compare the processor's."""
        return {
            "p50_ms": percentile(self.clock, 0.5),
            "p95_ms": percentile(self.clock, 0.95),
            "p50_cpu_ms": percentile(self.processor, 0.5),
            "p95_cpu_ms": percentile(self.processor, 0.95),
        }


class Stopwatch:
    """Stops the time of a training from the moment it is made."""

    def __init__(self) -> None:
        self._started, self._spent = time.perf_counter(), time.process_time()

    def training(self) -> dict[str, float]:
        """Report seconds by the clock, and of all processors together."""
        return {
            "train_seconds": time.perf_counter() - self._started,
            "train_cpu_seconds": time.process_time() - self._spent,
        }


def message_times(pipeline: Understands, texts: Sequence[str]) -> Times:
    """Measure messages one after the other, after a few to get warm."""
    for text in texts[:WARM_UP]:
        pipeline.understand(text)
    times = Times([], [])
    for text in texts[:MOST_MESSAGES]:
        started, spent = time.perf_counter(), time.thread_time()
        pipeline.understand(text)
        times.clock.append((time.perf_counter() - started) * 1000)
        times.processor.append((time.thread_time() - spent) * 1000)
    return times
