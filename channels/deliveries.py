"""From the hub to a channel: what is pending is handed to the channel and confirmed.

The hub hands out only the oldest unconfirmed delivery of a conversation, so deliveries may
be sent at the same time and still arrive in order. One that was not confirmed comes again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable

import structlog

from contracts.hub import HubClient, HubError, HubForgot
from contracts.messages import AddressedDelivery, Outcome

POLL_SECONDS = 20.0
PAUSE_SECONDS = 1.0
GRACE_SECONDS = 3.0
"""How long a stop waits for what is under way, so that it is confirmed and not sent again."""
LONGEST_RETRY_SECONDS = 3_600.0

log = structlog.get_logger(__name__)

Deliver = Callable[[AddressedDelivery], Awaitable[Outcome]]


class Courier:
    """Carries the deliveries of one channel.

    Args:
        hub: the conversation service.
        channel: name of the channel at the hub.
        deliver: sends one delivery and says what became of it; it does not raise.
        settled: told the id of a delivery that will not come again.
    """

    def __init__(
        self,
        hub: HubClient,
        channel: str,
        deliver: Deliver,
        settled: Callable[[str], object] = lambda _delivery: None,
    ) -> None:
        self._hub = hub
        self._channel = channel
        self._deliver = deliver
        self._settled = settled
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Carry until cancelled."""
        while True:
            try:
                pending = (await self._hub.pending(self._channel, POLL_SECONDS)).pending
            except HubError as error:
                log.warning("hub_unavailable", error=str(error))
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            for each in pending:
                self._begin(each)

    async def close(self) -> None:
        """Let what is being sent arrive; end what takes longer, the hub hands it out again."""
        tasks = list(self._tasks.values())
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, addressed: AddressedDelivery) -> None:
        identity = addressed.delivery.id
        if identity in self._tasks:  # handed out again while it still waits for its turn
            return
        task = asyncio.create_task(self._carry(addressed))
        self._tasks[identity] = task
        task.add_done_callback(lambda _task: self._tasks.pop(identity, None))

    async def _carry(self, addressed: AddressedDelivery) -> None:
        outcome = await self._deliver(addressed)
        identity = addressed.delivery.id
        try:
            await self._hub.confirm(identity, outcome)
        except HubForgot:
            pass
        except HubError as error:  # it cannot be told and hands the delivery out again
            log.warning("hub_unavailable", error=str(error))
            return
        if outcome.result != "retry":
            self._settled(identity)


async def carry(
    courier: Courier, receivers: Iterable[Coroutine[None, None, None]], stop: asyncio.Event
) -> None:
    """Send and receive until ``stop`` is set; it can be cut off at any point without loss."""
    tasks = [asyncio.create_task(each) for each in (courier.run(), *receivers)]
    try:
        await stop.wait()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await courier.close()


def later(reason: str, seconds: float) -> Outcome:
    """Return the outcome of a delivery that has to wait some seconds."""
    wait = min(seconds, LONGEST_RETRY_SECONDS)
    return Outcome(result="retry", reason=reason, retry_after_seconds=wait)
