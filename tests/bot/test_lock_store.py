from __future__ import annotations

import asyncio

import pytest

from bot.lock_store import ConversationLocks


async def test_turns_of_a_conversation_wait_in_order_and_others_do_not() -> None:
    locks, order = ConversationLocks(), []

    async def turn(conversation: str, number: int) -> None:
        async with locks.lock(conversation):
            order.append((conversation, number))
            await asyncio.sleep(0)
            order.append((conversation, number))

    await asyncio.gather(*(turn(c, n) for n in range(5) for c in "ab"))
    for conversation in "ab":
        own = [number for c, number in order if c == conversation]
        assert own == [n for n in range(5) for _ in range(2)]
    assert order[1] == ("b", 0)  # b did not wait for a
    assert locks.held() == 0


async def test_a_failed_or_cancelled_turn_gives_the_lock_back() -> None:
    locks = ConversationLocks()
    with pytest.raises(ValueError, match="x"):
        async with locks.lock("a"):
            raise ValueError("x")
    async with locks.lock("a"):
        waiting = asyncio.create_task(_hold(locks))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    assert locks.held() == 0


async def _hold(locks: ConversationLocks) -> None:
    async with locks.lock("a"):
        pass
