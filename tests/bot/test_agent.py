"""Version conflicts, sessions and the window, through the agent."""

from __future__ import annotations

from typing import Any

import pytest

from bot.agent import TRIES, Turn, TurnAgent
from bot.failures import ConversationBusy, ModelMissing
from bot.tracker_store import VersionConflict

from .conftest import CONVERSATION, Door, FakeActions


def turn(number: int, text: str = "Hallo") -> Turn:
    return Turn(f"m{number}", CONVERSATION, text, metadata={"message_id": f"m{number}"})


def conflicts(agent: TurnAgent, monkeypatch: pytest.MonkeyPatch, times: int) -> list[int]:
    """Let the next ``times`` saves find that somebody else was faster."""
    left, real = [times], agent.tracker_store.commit_turn

    async def commit(*arguments: Any) -> None:
        if left[0]:
            left[0] -= 1
            raise VersionConflict
        await real(*arguments)

    monkeypatch.setattr(agent.tracker_store, "commit_turn", commit)
    return left


async def test_a_conflict_is_retried(agent: TurnAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    conflicts(agent, monkeypatch, TRIES - 1)
    assert (await agent.take_turn(turn(1)))["duplicate"] is False
    full = await agent.tracker_store.retrieve_full_tracker(CONVERSATION)
    assert [e.type_name for e in full.events].count("user") == 1  # type: ignore[union-attr]


async def test_a_lasting_conflict_is_409(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    conflicts(door.agent, monkeypatch, TRIES)
    assert await door.say("Hallo") == (409, {"error": "version_conflict", "problem": ""})
    conflicts(door.agent, monkeypatch, TRIES)
    with pytest.raises(ConversationBusy):
        await door.agent.take_turn(turn(1))


async def test_actions_see_a_bounded_window(agent: TurnAgent, actions: FakeActions) -> None:
    sizes = []
    for number in range(40):
        await agent.take_turn(turn(number, "Wann haben Sie geöffnet?"))
        sizes.append(len(actions.calls[-1]["tracker"]["events"]))
    assert max(sizes[20:]) <= max(sizes[:20])
    assert "domain" not in actions.calls[-1]


async def test_a_new_session_keeps_slots(
    agent: TurnAgent, actions: FakeActions, monkeypatch: pytest.MonkeyPatch
) -> None:
    await agent.take_turn(turn(1, "Wann hat das Rathaus in Soest offen?"))
    monkeypatch.setattr(agent.processor, "_has_session_expired", lambda _tracker: True)
    await agent.take_turn(turn(2, "Wann haben Sie geöffnet?"))
    last = actions.calls[-1]["tracker"]
    assert last["slots"]["stadt"] == "Soest"
    window = await agent.tracker_store.retrieve(CONVERSATION)
    assert [e.type_name for e in window.events].count("user") == 1  # type: ignore[union-attr]


@pytest.mark.parametrize("content", [None, b"", b"no archive", b"\x1f\x8b broken"])
def test_a_missing_or_broken_model_is_named(
    store: Any, tmp_path: Any, content: bytes | None
) -> None:
    model = tmp_path / "model.tar.gz"
    if content is not None:
        model.write_bytes(content)
    with pytest.raises(ModelMissing):
        TurnAgent(store, None).load_model(model)  # type: ignore[arg-type]
