"""Rasa's rule policy with an index over its rules.

Rasa compares every rule with the dialogue, twice per prediction: once with the
text of the message (for end-to-end rules), once with its intent. The index
leaves only rules whose last state asks for the present action and intent; what
a rule then needs in detail is still decided by Rasa. Predictions are the same
(a test compares them).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rasa.core.policies.rule_policy import RULES, RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import (
    ACTION_LISTEN_NAME,
    PREVIOUS_ACTION,
    SHOULD_NOT_BE_SET,
    USER,
)
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.trackers import DialogueStateTracker

INTENT = "intent"
ACTION_NAME = "action_name"
ANY = ""  # the rule does not ask for it

Place = tuple[str, str]  # the previous action and the intent of a rule's last state


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class IndexedRulePolicy(RulePolicy):
    """Rule policy for many rules; configure it like Rasa's ``RulePolicy``."""

    _indexed: dict[str, str] | None = None
    _index: dict[Place, list[str]]
    _rules_read_texts: bool

    def _get_possible_keys(self, lookup: dict[str, str], states: list[State]) -> set[str]:
        last = states[-1] if states else {}
        action = last.get(PREVIOUS_ACTION, {}).get(ACTION_NAME)
        if not action or lookup is not self.lookup[RULES]:
            return self._applicable(lookup.keys(), states)
        self._update_index(lookup)
        intent = last.get(USER, {}).get(INTENT) or ANY
        places = {(a, i) for a in (action, ANY) for i in (intent, ANY)}
        return self._applicable(
            (key for place in places for key in self._index.get(place, ())), states
        )

    def _applicable(self, keys: Iterable[str], states: list[State]) -> set[str]:
        return {
            key
            for key in keys
            if all(
                self._is_rule_applicable(key, index, state)
                for index, state in enumerate(reversed(states))
            )
        }

    def _find_action_from_rules(
        self, tracker: DialogueStateTracker, domain: Domain, use_text_for_last_user_input: bool
    ) -> Any:
        if use_text_for_last_user_input and not tracker.active_loop_name:
            self._update_index(self.lookup[RULES])
            if not self._rules_read_texts:
                return None, None, False
        return super()._find_action_from_rules(tracker, domain, use_text_for_last_user_input)

    def _update_index(self, lookup: dict[str, str]) -> None:
        """Build the index when the rules were loaded (or trained) anew."""
        if self._indexed is lookup:
            return
        self._index, self._rules_read_texts = {}, False
        for key in lookup:
            last = self._rule_key_to_state(key)[-1]
            place = _place(last)
            self._index.setdefault(place, []).append(key)
            # a rule that asks for no intent would also match a text
            self._rules_read_texts |= place[1] == ANY and place[0] in (ANY, ACTION_LISTEN_NAME)
        self._indexed = lookup


def _place(last: State) -> Place:
    action = last.get(PREVIOUS_ACTION, {}).get(ACTION_NAME)
    intent = last.get(USER, {}).get(INTENT)
    return (_asked(action), _asked(intent))


def _asked(value: Any) -> str:
    return value if isinstance(value, str) and value != SHOULD_NOT_BE_SET else ANY
