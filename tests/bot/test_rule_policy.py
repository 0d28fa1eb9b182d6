"""The indexed rule policy predicts what Rasa's predicts."""

from __future__ import annotations

import random
from types import SimpleNamespace

from rasa.core.policies.rule_policy import RULES, RulePolicy
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    SessionStarted,
    SlotSet,
    UserUttered,
)

from bot.agent import TurnAgent
from bot.rule_policy import IndexedRulePolicy

RULES_OF_OTHER_KINDS = {
    '[{"prev_action": {"action_name": "action_listen"}, "slots": {"stadt": [1.0]}}]': (
        "utter_mensch"
    ),
    '[{}, {"prev_action": {"action_name": "action_listen"}, "user": {"intent": "stumm"}}]': (
        "utter_mensch"
    ),
    '[{"prev_action": {"action_name": "action_listen"}, "user": {"text": "Hallo"}}]': (
        "utter_begruessung"
    ),
}


def _policy(agent: TurnAgent) -> IndexedRulePolicy:
    runner = agent.processor.graph_runner  # type: ignore[union-attr]
    nodes = runner._nodes.values()
    return next(n._component for n in nodes if isinstance(n._component, IndexedRulePolicy))


def _compare(policy: IndexedRulePolicy, agent: TurnAgent, seed: int) -> int:
    stock = RulePolicy(
        policy.config,
        policy._model_storage,
        policy._resource,
        SimpleNamespace(is_finetuning=False),  # type: ignore[arg-type]
        policy.featurizer,
        dict(policy.lookup),
    )
    chance, compared = random.Random(seed), 0  # noqa: S311
    intents = [*agent.domain.intents, None]
    actions = ["action_listen", *agent.domain.user_actions]
    tracker = agent.tracker_store.init_tracker("c")
    for _ in range(40):
        event = chance.choice(
            [
                UserUttered("Hallo", {"name": chance.choice(intents)}),
                ActionExecuted(chance.choice(actions)),
                ActionExecuted("action_listen"),
                SlotSet("stadt", chance.choice(["soest", None])),
                SessionStarted(),
                ActiveLoop(None),
            ]
        )
        tracker.update(event, agent.domain)
        ours = policy.predict_action_probabilities(tracker, agent.domain)
        theirs = stock.predict_action_probabilities(tracker, agent.domain)
        assert ours.probabilities == theirs.probabilities
        assert ours.is_end_to_end_prediction == theirs.is_end_to_end_prediction
        assert [e.as_dict()["event"] for e in ours.events] == [
            e.as_dict()["event"] for e in theirs.events
        ]
        compared += max(ours.probabilities) > 0
    return compared


async def test_predictions_are_the_same_as_rasas(agent: TurnAgent) -> None:
    policy = _policy(agent)
    assert sum(_compare(policy, agent, seed) for seed in range(30)) > 100
    policy.lookup[RULES] = {**policy.lookup[RULES], **RULES_OF_OTHER_KINDS}
    assert sum(_compare(policy, agent, seed) for seed in range(30)) > 100


async def test_only_rules_of_the_present_place_are_compared(agent: TurnAgent) -> None:
    policy = _policy(agent)
    tracker = agent.tracker_store.init_tracker("c")
    tracker.update(ActionExecuted("action_listen"))
    tracker.update(UserUttered("Hallo", {"name": "begruessung"}))
    policy.predict_action_probabilities(tracker, agent.domain)
    assert not policy._rules_read_texts
    assert policy._index["action_listen", "begruessung"]
    assert all(len(keys) < len(policy.lookup[RULES]) for keys in policy._index.values())
