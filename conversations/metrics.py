"""What the hub counts, for Prometheus. Labels never hold anything of a citizen."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

ACCEPTED = Counter("stadtdraht_messages_accepted", "Messages stored in the inbox.", ["channel"])
DUPLICATES = Counter(
    "stadtdraht_messages_duplicate", "Messages that were there already.", ["channel"]
)
TURNS = Counter("stadtdraht_turns", "Messages that were dealt with, by what became of them.",
                ["status"])  # fmt: skip
TURN_SECONDS = Histogram(
    "stadtdraht_turn_seconds",
    "Time from the claim of a message to its committed answer.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20),
)
RETRIES = Counter("stadtdraht_retries", "Turns that were put off, by reason.", ["reason"])
DEAD_LETTERS = Counter("stadtdraht_dead_letters", "What could not be dealt with.", ["kind"])
DEGRADED = Counter("stadtdraht_degraded_answers", "Answers given without the engine.", ["source"])
LATE_FINISHES = Counter("stadtdraht_late_finishes", "Turns whose lease was lost meanwhile.")
CRISES = Counter("stadtdraht_crisis_hints", "Hints at emergency numbers.", ["kind"])
FORGED_BUTTONS = Counter("stadtdraht_unknown_buttons", "Pressed buttons that do not exist here.")
HANDOFFS = Counter("stadtdraht_handoffs", "Changes of who is in charge.", ["before", "after"])
ERASED = Counter("stadtdraht_conversations_erased", "Conversations erased, by reason.", ["reason"])
