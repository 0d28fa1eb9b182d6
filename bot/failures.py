"""Why a turn has no answer.

::

    TurnFailure                 code of the HTTP answer
    |- WrongTurn                400 (the caller's mistake; names the problem)
    |  `- TurnTooLong           413
    |- ConversationBusy         409 version_conflict
    |- ModelMissing             503 model_missing
    |- ActionFailed             503 action_failed
    |- ActionLimit              503 action_limit
    |- AnswerEmpty              503 empty_answer
    `- StorageFailed            503 storage

No text of a failure ever holds a citizen's words: it is logged.
"""

from __future__ import annotations


class TurnFailure(Exception):
    """A turn without an answer; nothing of it was saved."""

    status = 503
    code = "internal"

    def __init__(self, problem: str = "") -> None:
        super().__init__(problem or self.code)
        self.problem = problem


class WrongTurn(TurnFailure):
    """The request does not keep the contract."""

    status = 400
    code = "bad_request"


class TurnTooLong(WrongTurn):
    """Body or text is above its limit."""

    status = 413
    code = "too_long"


class ConversationBusy(TurnFailure):
    """Another process kept writing the same conversation."""

    status = 409
    code = "version_conflict"


class ModelMissing(TurnFailure):
    """No model is loaded."""

    code = "model_missing"


class ActionFailed(TurnFailure):
    """An action raised, rejected or was not reached in time."""

    code = "action_failed"


class ActionLimit(TurnFailure):
    """The rules kept asking for further actions."""

    code = "action_limit"


class AnswerEmpty(TurnFailure):
    """The dialogue ran, but said nothing."""

    code = "empty_answer"


class StorageFailed(TurnFailure):
    """The database could not be read or written."""

    code = "storage"
