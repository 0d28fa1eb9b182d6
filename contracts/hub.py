"""The one door of the hub: an asynchronous client over HTTP.

In one process the client is given an ``httpx.ASGITransport``, in a larger
installation it speaks to another machine; the caller cannot tell the difference.

Errors::

    HubError
    ├── HubUnavailable   nothing reached the hub or it cannot work now: try again
    ├── HubRefused       the hub understood and said no (``status_code``, ``problem``)
    └── HubForgot        the conversation is not there (erased or never was)
"""

from __future__ import annotations

from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from contracts.messages import (
    ConversationOpening,
    ConversationState,
    Deliveries,
    Outcome,
    PendingDeliveries,
    Receipt,
    Transcript,
    UserMessage,
)

M = TypeVar("M", bound=BaseModel)


class HubError(Exception):
    """Base of all errors of the hub's client."""


class HubUnavailable(HubError):
    """The hub did not answer, or answered that it cannot work now."""


class HubForgot(HubError):
    """The conversation does not exist (any more)."""


class HubRefused(HubError):
    """The hub refused the request."""

    def __init__(self, status_code: int, problem: str) -> None:
        super().__init__(f"hub refused with {status_code}: {problem}")
        self.status_code = status_code
        self.problem = problem


class HubClient:
    """Asynchronous client of the conversation service.

    ``base_url`` is the root of the hub, ``token`` its bearer secret. The caller
    owns ``http`` when it is given, and closes it.
    """

    def __init__(self, base_url: str, token: str, http: httpx.AsyncClient | None = None) -> None:
        # every open chat holds one long poll, so connections are not limited here
        self._http = http or httpx.AsyncClient(
            timeout=httpx.Timeout(10.0, connect=2.0),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
        )
        self._base_url = base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}

    async def close(self) -> None:
        """Close the connections of the client."""
        await self._http.aclose()

    async def open(self, opening: ConversationOpening) -> ConversationState:
        """Return the state of an address's conversation, beginning it when it is new."""
        return await self._call("POST", "/v1/conversations", ConversationState, body=opening)

    async def submit(self, message: UserMessage) -> Receipt:
        """Store one message; returns after the commit. Repeating it has no second effect."""
        return await self._call("POST", "/v1/messages", Receipt, body=message)

    async def deliveries(
        self, conversation: str, after: int, wait_seconds: float = 0.0
    ) -> Deliveries:
        """Fetch the deliveries of one conversation with a number above ``after``.

        Waits up to ``wait_seconds`` for the first one or for a change of state.
        """
        return await self._call(
            "GET",
            f"/v1/conversations/{conversation}/deliveries",
            Deliveries,
            params={"after": after, "wait": wait_seconds},
            patience_seconds=wait_seconds,
        )

    async def pending(self, channel: str, wait_seconds: float = 0.0) -> PendingDeliveries:
        """Fetch what a pushing channel has not confirmed yet."""
        return await self._call(
            "GET",
            f"/v1/channels/{channel}/pending",
            PendingDeliveries,
            params={"wait": wait_seconds},
            patience_seconds=wait_seconds,
        )

    async def confirm(self, delivery_id: str, outcome: Outcome) -> None:
        """Tell the hub what became of a delivery."""
        await self._send("POST", f"/v1/deliveries/{delivery_id}/outcome", body=outcome)

    async def state(self, conversation: str) -> ConversationState:
        """Return the state of a conversation."""
        return await self._call("GET", f"/v1/conversations/{conversation}", ConversationState)

    async def transcript(self, conversation: str) -> Transcript:
        """Return everything that is stored of a conversation in readable form."""
        return await self._call("GET", f"/v1/conversations/{conversation}/transcript", Transcript)

    async def erase(self, conversation: str) -> None:
        """Erase a conversation everywhere, the engine's record included."""
        await self._send("DELETE", f"/v1/conversations/{conversation}")

    async def _call(
        self,
        method: str,
        path: str,
        model: type[M],
        *,
        body: BaseModel | None = None,
        params: dict[str, int | float] | None = None,
        patience_seconds: float = 0.0,
    ) -> M:
        response = await self._send(
            method, path, body=body, params=params, patience_seconds=patience_seconds
        )
        try:
            return model.model_validate_json(response.content)
        except ValidationError as error:
            raise HubUnavailable(f"hub answered {path} in a form that is not known") from error

    async def _send(
        self,
        method: str,
        path: str,
        *,
        body: BaseModel | None = None,
        params: dict[str, int | float] | None = None,
        patience_seconds: float = 0.0,
    ) -> httpx.Response:
        headers = dict(self._headers)
        content = None
        if body is not None:
            content = body.model_dump_json().encode()
            headers["Content-Type"] = "application/json"
        try:
            response = await self._http.request(
                method,
                self._base_url + path,
                content=content,
                params=params,
                headers=headers,
                timeout=httpx.Timeout(10.0 + patience_seconds, connect=2.0),
            )
        except httpx.HTTPError as error:
            raise HubUnavailable(f"hub does not answer: {type(error).__name__}") from error
        if response.status_code == 404:
            raise HubForgot(path)
        if response.status_code == 429 or response.status_code >= 500:
            raise HubUnavailable(f"hub answered {response.status_code}")
        if response.status_code >= 400:
            raise HubRefused(response.status_code, response.text[:500])
        return response
