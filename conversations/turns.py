"""What becomes of one claimed message.

`TurnTaker.take` decides and asks, without any transaction; `close` commits the
result behind the fence of the lease.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import structlog

from contracts.messages import Status
from conversations import handoffs, leases, metrics, outbox
from conversations.answers import BACK_PAYLOAD, ENGINE_HUMAN_PAYLOAD, HUMAN_PAYLOAD, Answer
from conversations.breaker import Breaker
from conversations.database import Transaction
from conversations.degraded import DegradedAnswers
from conversations.engine import (
    Engine,
    EngineError,
    EngineFailed,
    EngineGone,
    EngineRefused,
    EngineSlow,
    EngineTurn,
    TurnRequest,
)
from conversations.handoffs import Transition
from conversations.leases import Claim
from conversations.responses import Responses
from conversations.schema import INBOX, TURNS
from conversations.signals import WORK
from conversations.typed_text import is_blank, is_too_long
from service.clock import Clock

ATTEMPTS_LIMIT = 5
LEAST_CALL_SECONDS = 2.0
GONE_PAUSE_SECONDS = (0.25, 0.25, 0.5, 0.5, 1.0)
FAILED_PAUSE_SECONDS = 0.1

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Reply:
    """What is said to a message and what it changes.

    ``status`` is the turn's status: answered, command, empty, too_long,
    unknown_button, noted, handoff, degraded, apology.
    """

    status: str
    answers: tuple[Answer, ...] = ()
    transitions: tuple[Transition, ...] = ()
    turn: EngineTurn | None = None
    acknowledges: bool = False
    dead: bool = False


@dataclass(frozen=True)
class PutOff:
    """The message is tried again after a pause."""

    reason: str
    pause_seconds: float
    counted: bool


@dataclass
class TurnTaker:
    """Decides what is said to a message. ``answer_limit_seconds`` is how long a citizen waits."""

    engine: Engine
    breaker: Breaker
    degraded: DegradedAnswers
    responses: Responses
    clock: Clock
    engine_timeout_seconds: float
    answer_limit_seconds: float

    async def take(self, claim: Claim) -> Reply | PutOff:
        """Return what becomes of a message. Never fails."""
        if claim.status is not Status.BOT:
            return await self._while_not_bot(claim)
        return await self._as_bot(claim)

    async def _while_not_bot(self, claim: Claim) -> Reply | PutOff:
        text = claim.text or ""
        if handoffs.has_waited_too_long(claim.status, claim.status_since, self.clock()):
            return await self._after_waiting_in_vain(claim)
        if claim.status is Status.AGENT:
            return Reply("noted")
        if claim.payload == BACK_PAYLOAD or self.responses.wants_back(text):
            back = Transition(Status.BOT, handoffs.CITIZEN, "back_to_bot")
            return Reply("command", (self.responses.back_to_bot(),), (back,))
        if claim.acknowledged:
            return Reply("noted")
        noted = self.responses.waiting_noted(claim.municipality)
        return Reply("noted", (noted,), acknowledges=True)

    async def _after_waiting_in_vain(self, claim: Claim) -> Reply | PutOff:
        """Go back to the bot and answer; when the engine is not there yet, all of it later."""
        result = await self._as_bot(claim)
        if isinstance(result, PutOff):
            return result
        back = Transition(Status.BOT, handoffs.HUB, "nobody_came")
        return Reply(
            status=result.status,
            answers=(self.responses.nobody_came(claim.municipality), *result.answers),
            transitions=(back, *result.transitions),
            turn=result.turn,
            dead=result.dead,
        )

    async def _as_bot(self, claim: Claim) -> Reply | PutOff:
        plain = self._without_engine(claim)
        if plain is not None:
            return plain
        if claim.attempts > ATTEMPTS_LIMIT:
            return self._apology("poison")
        if not self.breaker.admits():
            return await self._degraded(claim)
        return await self._ask_engine(claim)

    def _without_engine(self, claim: Claim) -> Reply | None:
        if claim.button is not None:
            return self._pressed(claim)
        if is_blank(claim.text or ""):
            return Reply("empty", (self.responses.empty(),))
        if is_too_long(claim.text or ""):
            return Reply("too_long", (self.responses.too_long(),))
        return None

    def _pressed(self, claim: Claim) -> Reply | None:
        if claim.payload == HUMAN_PAYLOAD:
            return self._to_human(claim)
        if claim.payload == BACK_PAYLOAD:
            return Reply("command", (self.responses.back_to_bot(),))
        if claim.payload is None:
            metrics.FORGED_BUTTONS.inc()
            log.warning("button_unknown", conversation=claim.conversation, inbox_id=claim.inbox_id)
            return Reply("unknown_button", (self.responses.button_unknown(),))
        return None

    def _to_human(self, claim: Claim) -> Reply:
        waiting = Transition(Status.WAITING, handoffs.CITIZEN, "citizen")
        answer = self.responses.handoff(claim.municipality, short=False)
        return Reply("handoff", (answer,), (waiting,))

    async def _ask_engine(self, claim: Claim) -> Reply | PutOff:
        left = self.answer_limit_seconds - claim.trying_seconds
        limit = min(self.engine_timeout_seconds, max(left, LEAST_CALL_SECONDS))
        try:
            turn = await self.engine.take_turn(_to_request(claim), limit)
        except EngineError as error:
            return await self._after_failure(claim, error)
        except BaseException:
            self.breaker.released()
            raise
        self.breaker.succeeded()
        return self._answered(claim, turn)

    def _answered(self, claim: Claim, turn: EngineTurn) -> Reply:
        if turn.handoff is None:
            return Reply("answered", turn.answers, turn=turn)
        honest = self.responses.handoff(claim.municipality, short=bool(turn.answers))
        waiting = Transition(Status.WAITING, handoffs.BOT, turn.handoff.reason)
        return Reply("answered", (*turn.answers, honest), (waiting,), turn=turn)

    async def _after_failure(self, claim: Claim, error: EngineError) -> Reply | PutOff:
        log.warning(
            "turn_failed", conversation=claim.conversation, inbox_id=claim.inbox_id, code=error.code
        )
        late = claim.trying_seconds >= self.answer_limit_seconds - LEAST_CALL_SECONDS
        match error:
            case EngineRefused():
                self.breaker.released()
                return self._apology("refused")
            case EngineGone() if late:
                self.breaker.lost()
                return await self._degraded(claim)
            case EngineGone():
                self.breaker.released()
                return PutOff("gone", self._pause_seconds(claim), counted=False)
            case EngineSlow():
                self.breaker.failed()
                return await self._degraded(claim)
            case EngineFailed() if claim.attempts >= ATTEMPTS_LIMIT or late:
                self.breaker.failed(counts=claim.attempts == 1)
                return self._apology(error.code)
            case _:
                self.breaker.failed(counts=claim.attempts == 1)
                pause = FAILED_PAUSE_SECONDS * 2 ** (claim.attempts - 1)
                return PutOff(error.code, pause, counted=True)

    def _pause_seconds(self, claim: Claim) -> float:
        """Return how long to wait for an engine that is not there: short at first."""
        step = min(int(claim.trying_seconds), len(GONE_PAUSE_SECONDS) - 1)
        return GONE_PAUSE_SECONDS[step]

    async def _degraded(self, claim: Claim) -> Reply:
        if claim.payload == ENGINE_HUMAN_PAYLOAD or self.responses.wants_human(claim.text or ""):
            return self._to_human(claim)
        answers = await self.degraded.answer(claim.text, claim.municipality)
        return Reply("degraded", answers)

    def _apology(self, reason: str) -> Reply:
        metrics.DEAD_LETTERS.labels("message").inc()
        log.error("message_given_up", reason=reason)
        return Reply("apology", (self.responses.apology(),), dead=True)


def close(transaction: Transaction, claim: Claim, reply: Reply, now: dt.datetime, ms: int) -> str:
    """Commit what becomes of a message; return the turn's status.

    When a human has taken over meanwhile, the bot's words are dropped: it is silent
    unless the conversation is its own.

    Raises:
        LeaseLost: another dispatcher has the conversation now; nothing is written.
    """
    row = leases.locked(transaction, claim)
    if row.status != claim.status:
        reply = Reply("silenced", turn=reply.turn)
    _close_message(transaction, claim, reply, now, ms)
    number = outbox.append(transaction, row, reply.answers, inbox_id=claim.inbox_id, now=now)
    for transition in reply.transitions:
        handoffs.move(transaction, claim.conversation, transition, now)
    if reply.acknowledges:
        handoffs.acknowledge(transaction, claim.conversation)
    if leases.settle(transaction, claim, now, number):
        transaction.announce(WORK)
    transaction.announce(claim.conversation)
    return reply.status


def _close_message(
    transaction: Transaction, claim: Claim, reply: Reply, now: dt.datetime, ms: int
) -> None:
    connection = transaction.connection
    state = "dead" if reply.dead else "done"
    connection.execute(
        INBOX.update().where(INBOX.c.id == claim.inbox_id).values(state=state, closed_at=now)
    )
    turn = reply.turn
    values: dict[str, Any] = {
        "inbox_id": claim.inbox_id,
        "conversation": claim.conversation,
        "status": reply.status,
        "parts": len(reply.answers),
        "intent": turn.intent.name[:128] if turn and turn.intent else None,
        "confidence": turn.intent.confidence if turn and turn.intent else None,
        "entities": list(turn.entities) if turn else [],
        "ms": ms,
        "at": now,
    }
    connection.execute(TURNS.insert().values(**values))


def _to_request(claim: Claim) -> TurnRequest:
    return TurnRequest(
        message_id=claim.turn,
        conversation=claim.conversation,
        text=claim.text if claim.button is None else None,
        payload=claim.payload,
        channel=claim.channel,
        municipality=claim.municipality,
        sent_at=claim.sent_at,
    )
