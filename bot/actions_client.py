"""Asks the action server, over connections that stay open.

Rasa opens a connection per action, sends the whole domain and waits five
minutes. Here one client keeps its connections, the domain is sent only when the
action server asks for it (rasa-sdk's domain digest), and the wait is short.
"""

from __future__ import annotations

import asyncio
import json
from hashlib import sha256
from typing import Any

import aiohttp
import rasa
from rasa.core.actions.action import RemoteAction
from rasa.core.channels.channel import OutputChannel
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, deserialise_events
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.shared.exceptions import RasaException
from rasa.utils.endpoints import EndpointConfig

from bot.failures import ActionFailed
from bot.logs import Log

DOMAIN_WANTED = 449  # rasa-sdk: "retry with the domain"
BODY_LIMIT_BYTES = 1_000_000
journal = Log("actions_client")


class ActionServer(EndpointConfig):
    """The action server at ``url`` (without ``/webhook``), guarded by a bearer token."""

    def __init__(self, url: str, token: str, timeout_seconds: float) -> None:
        super().__init__(f"{url}/webhook")
        self._token = token
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds, connect=2.0)
        self._client: aiohttp.ClientSession | None = None
        self._domain: dict[str, Any] = {}
        self._domain_digest = ""

    def use_domain(self, domain: Domain) -> None:
        """Tell which domain the actions work with."""
        self._domain = domain.as_dict()
        described = json.dumps(self._domain, sort_keys=True, default=str)
        self._domain_digest = sha256(described.encode()).hexdigest()

    async def call(self, body: dict[str, Any]) -> dict[str, Any]:
        """Run an action and return its result.

        Raises:
            ActionFailed: no answer in time, an error or an unusable answer.
        """
        body = {**body, "domain_digest": self._domain_digest}
        status, result = await self._post(body)
        if status == DOMAIN_WANTED:
            status, result = await self._post({**body, "domain": self._domain})
        if status != 200 or not _is_result(result):
            raise ActionFailed(f"{body['next_action']}: status {status}")
        return dict(result)

    async def request(self, *_: Any, json: dict[str, Any], **__: Any) -> dict[str, Any]:
        """Run an action for Rasa's own classes (forms ask for their validation)."""
        return await self.call({name: part for name, part in json.items() if name != "domain"})

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()

    async def _post(self, body: dict[str, Any]) -> tuple[int, Any]:
        if self._client is None:
            self._client = aiohttp.ClientSession(
                headers={"Authorization": f"Bearer {self._token}"},
                timeout=self._timeout,
                connector=aiohttp.TCPConnector(limit=100, keepalive_timeout=60),
                trust_env=False,
            )
        try:
            async with self._client.post(self.url, json=body, allow_redirects=False) as response:
                return response.status, json.loads(await _limited(response))
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            raise ActionFailed(f"{body['next_action']}: {type(error).__name__}") from None
        except (ValueError, RecursionError):
            return response.status, None


class CalledAction(RemoteAction):
    """A custom action, run by the action server."""

    def __init__(self, name: str, server: ActionServer) -> None:
        super().__init__(name, server)
        self._server = server

    async def run(
        self,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        tracker: DialogueStateTracker,
        domain: Domain,  # noqa: ARG002 (Rasa's interface)
    ) -> list[Event]:
        """Run the action and return bot messages and events.

        Raises:
            ActionFailed: see `ActionServer.call`.
        """
        body = {
            "next_action": self.name(),
            "sender_id": tracker.sender_id,
            "tracker": tracker.current_state(EventVerbosity.ALL),
            "version": rasa.__version__,
        }
        result = await self._server.call(body)
        try:
            spoken = await self._utter_responses(
                result.get("responses") or [], output_channel, nlg, tracker
            )
            return [*spoken, *deserialise_events(result.get("events") or [])]
        except (RasaException, ValueError, TypeError, KeyError, AttributeError) as error:
            raise ActionFailed(f"{self.name()}: {type(error).__name__}") from None


async def _limited(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        body += chunk
        if len(body) > BODY_LIMIT_BYTES:
            raise aiohttp.ClientPayloadError("answer of the action server is too long")
    return bytes(body)


def _is_result(result: Any) -> bool:
    """Tell whether an answer has the form of rasa-sdk's results."""
    if not isinstance(result, dict):
        return False
    parts = (result.get("events") or [], result.get("responses") or [])
    return all(
        isinstance(part, list) and all(isinstance(item, dict) for item in part) for part in parts
    )
