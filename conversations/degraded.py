"""The answer without the engine: the actions' fallback, else the hub's own dated text."""

from __future__ import annotations

import json

import httpx
import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from contracts.messages import Sender
from conversations import metrics
from conversations.answers import Answer
from conversations.responses import Responses

FALLBACK_SECONDS = 1.5

log = structlog.get_logger(__name__)


class _FallbackAnswers(BaseModel):
    model_config = ConfigDict(extra="ignore")

    answers: tuple[Answer, ...]


class DegradedAnswers:
    """Opening hours and contacts from the actions while the engine is down.

    The caller owns and closes ``http``.
    """

    def __init__(
        self, actions_url: str, token: str, http: httpx.AsyncClient, responses: Responses
    ) -> None:
        self._url = f"{actions_url.rstrip('/')}/fallback"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._http = http
        self._responses = responses

    async def answer(self, text: str | None, town: str | None) -> tuple[Answer, ...]:
        """Return what can be said now; never fails and never says nothing."""
        try:
            answers = await self._ask(text or "", town)
            metrics.DEGRADED.labels("actions").inc()
        except (httpx.HTTPError, ValidationError, ValueError, RecursionError) as error:
            log.warning("fallback_failed", error=type(error).__name__)
            answers = (self._responses.degraded(town),)
            metrics.DEGRADED.labels("hub").inc()
        return answers

    async def _ask(self, text: str, town: str | None) -> tuple[Answer, ...]:
        response = await self._http.post(
            self._url,
            json={"text": text, "municipality": town},
            headers=self._headers,
            timeout=FALLBACK_SECONDS,
        )
        response.raise_for_status()
        answers = _FallbackAnswers.model_validate(json.loads(response.content)).answers
        if not answers:
            raise ValueError("no answer")
        return tuple(each.model_copy(update={"sender": Sender.SYSTEM}) for each in answers)
