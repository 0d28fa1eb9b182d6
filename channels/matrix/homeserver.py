"""One homeserver as one account sees it: matrix-nio with its errors turned into exceptions.

matrix-nio returns errors as values, sleeps through rate limits and repeats calls for
ever. Here a call either works or raises at once; who calls decides what then.

Errors::

    MatrixError
    ├── ServerUnavailable   no answer, a gateway's error or an answer nobody understands
    ├── RateLimited         ``seconds`` to wait
    ├── LoggedOut           the access token is not valid (any more); ``soft`` keeps the device
    ├── ServerRefused       the server understood and said no (``code``, ``status``)
    └── NotEncrypted        the message could not be encrypted now
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, cast

import aiohttp
import nio
from nio.exceptions import EncryptionError, OlmTrustError, ProtocolError

from channels.matrix.accounts import Account

API_ROOT = "/_matrix/client/v3"
SYNC_MILLISECONDS = 25_000
REQUEST_SECONDS = 20.0
TIMELINE_LIMIT = 50
PAGE_LIMIT = 100
RETRY_SECONDS = 5.0

logging.getLogger("nio").setLevel(logging.CRITICAL)  # it logs what people write


class MatrixError(Exception):
    """Base of all errors of a homeserver."""


class ServerUnavailable(MatrixError):
    """The server did not answer, or not as a homeserver does."""


class RateLimited(MatrixError):
    """The server wants us to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"wait {seconds:.1f} s")
        self.seconds = seconds


class LoggedOut(MatrixError):
    """The access token is not valid."""

    def __init__(self, *, soft: bool) -> None:
        super().__init__("soft" if soft else "hard")
        self.soft = soft


class ServerRefused(MatrixError):
    """The server said no."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(f"{code} ({status})")
        self.code = code
        self.status = status


class NotEncrypted(MatrixError):
    """A message for an encrypted room could not be encrypted now."""


def to_error(status: int, code: str | None, retry_after_ms: object, soft: bool) -> MatrixError:
    """Return what an error answer of a homeserver means."""
    if status == 429 or code == "M_LIMIT_EXCEEDED":
        known = isinstance(retry_after_ms, int | float) and retry_after_ms > 0
        return RateLimited(cast("float", retry_after_ms) / 1000 if known else RETRY_SECONDS)
    if code in {"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"}:
        return LoggedOut(soft=soft)
    if status >= 500 or code is None:
        return ServerUnavailable(f"status {status}")
    return ServerRefused(code, status)


class Homeserver:
    """What one account can do at its homeserver.

    Args:
        account: whose account.
        folder: where matrix-nio keeps the keys of encrypted rooms.
        pickle_key: what these keys are encrypted with.
    """

    def __init__(self, account: Account, folder: Path, pickle_key: str) -> None:
        config = nio.AsyncClientConfig(
            max_limit_exceeded=0,
            max_timeouts=0,
            request_timeout=REQUEST_SECONDS,
            store_sync_tokens=False,
            encryption_enabled=True,
            pickle_key=pickle_key,
        )
        self.account = account
        self.client = nio.AsyncClient(
            account.homeserver, account.user, store_path=str(folder), config=config
        )

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()

    async def login(self, device: str | None) -> tuple[str, str]:
        """Log in with the password; return device id and access token."""
        self.client.device_id = device or ""
        answer = await self._asked(
            nio.LoginResponse,
            self.client.login(self.account.password, self.account.device_name),
        )
        return answer.device_id, answer.access_token

    def resume(self, device: str, access_token: str) -> None:
        """Go on with an earlier login."""
        self.client.restore_login(self.account.user, device, access_token)

    async def sync(self, since: str | None, *, full: bool) -> Any:
        """Wait for news after ``since``; without it, learn where now is.

        Events of encrypted rooms are decrypted in the answer where keys are there.
        """
        limit = TIMELINE_LIMIT if since else 1
        wanted = {
            "presence": {"types": []},
            "account_data": {"types": []},
            "room": {
                "timeline": {"limit": limit},
                "ephemeral": {"types": []},
                "account_data": {"types": []},
            },
        }
        self.client.next_batch = ""  # else nio skips an answer that it has seen before
        wait = 0 if full else SYNC_MILLISECONDS
        asked = self.client.sync(wait, wanted, since, full_state=full or None)
        return await self._asked(nio.SyncResponse, asked)

    def decrypted(self, room: str, source: dict[str, Any]) -> dict[str, Any] | None:
        """Return the JSON of a kept encrypted event, None while its key is not there."""
        event = nio.Event.parse_encrypted_event(source)
        readable = self._readable(room, event)
        return None if readable is event else readable.source

    async def exchange_keys(self) -> None:
        """Do what encryption needs after a sync: upload, query and claim keys."""
        client = self.client
        await self._quietly(client.send_to_device_messages())
        if client.should_upload_keys:
            await self._asked(nio.KeysUploadResponse, client.keys_upload())
        if client.should_query_keys:
            await self._asked(nio.KeysQueryResponse, client.keys_query())
        if client.should_claim_keys:
            users = client.get_users_for_key_claiming()
            await self._asked(nio.KeysClaimResponse, client.keys_claim(users))

    async def earlier(
        self, room: str, start: str, end: str | None
    ) -> tuple[list[nio.Event], str | None]:
        """Return a page of events before ``start``, newest first, and where the next begins."""
        answer = await self._asked(
            nio.RoomMessagesResponse,
            self.client.room_messages(room, start, end, limit=PAGE_LIMIT),
        )
        events = [self._readable(room, event) for event in answer.chunk]
        return events, answer.end

    def _readable(self, room: str, event: nio.Event) -> nio.Event:
        if not isinstance(event, nio.MegolmEvent):
            return event
        event.room_id = room
        try:
            return self.client.decrypt_event(event)
        except EncryptionError:
            return event

    def is_direct(self, room: str) -> bool:
        """Tell whether nobody but one person and we are in a room."""
        known = self.client.rooms.get(room)
        return known is not None and known.member_count <= 2

    def is_in(self, room: str) -> bool:
        """Tell whether we are in a room, as far as the last sync told."""
        return room in self.client.rooms

    async def is_abandoned(self, room: str) -> bool:
        """Ask the server whether we are alone in a room and nobody is invited."""
        known = self.client.rooms.get(room)
        if known is None or known.member_count > 1:
            return False
        answer = await self._asked(nio.JoinedMembersResponse, self.client.joined_members(room))
        return len(answer.members) <= 1

    def forget(self, room: str) -> None:
        """Forget a room that we are no longer in."""
        self.client.rooms.pop(room, None)
        self.client.invited_rooms.pop(room, None)

    def own_name(self, room: str) -> str | None:
        """Return how we are called in a room."""
        known = self.client.rooms.get(room)
        return known.user_name(self.account.user) if known is not None else None

    async def send(self, room: str, content: dict[str, Any], transaction: str) -> str:
        """Send a message, encrypted where the room is; return its event id.

        The same ``transaction`` again returns the same event and sends nothing.
        """
        if not self.is_in(room):
            raise ServerRefused("M_FORBIDDEN", 403)
        sent = self.client.room_send(
            room, "m.room.message", content, transaction, ignore_unverified_devices=True
        )
        return str((await self._asked(nio.RoomSendResponse, sent)).event_id)

    async def join(self, room: str) -> None:
        """Accept an invitation."""
        await self._asked(nio.JoinResponse, self.client.join(room))

    async def leave(self, room: str) -> None:
        """Leave a room, or decline an invitation to it, and forget it."""
        await self._asked(nio.RoomLeaveResponse, self.client.room_leave(room))
        await self._asked(nio.RoomForgetResponse, self.client.room_forget(room))

    async def mark_read(self, room: str, event: str) -> None:
        """Show that an event was read."""
        asked = self.client.room_read_markers(room, event, event)
        await self._asked(nio.RoomReadMarkersResponse, asked)

    async def show_typing(self, room: str, *, typing: bool, milliseconds: int = 15_000) -> None:
        """Show that an answer is being written, or is not."""
        asked = self.client.room_typing(room, typing, milliseconds)
        await self._asked(nio.RoomTypingResponse, asked)

    async def call(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Call what matrix-nio does not know; returns the JSON of the answer.

        A 401 with a session for another try is returned, not raised.
        """
        headers = {
            "Authorization": f"Bearer {self.client.access_token}",
            "Content-Type": "application/json",
        }
        try:
            answer = await self.client.send(method, path, json.dumps(body), headers)
            fields: dict[str, Any] = await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise ServerUnavailable(type(error).__name__) from error
        if answer.status < 300 or (answer.status == 401 and "session" in fields):
            return fields
        raise to_error(
            answer.status,
            fields.get("errcode"),
            fields.get("retry_after_ms"),
            bool(fields.get("soft_logout")),
        )

    async def _quietly(self, work: Awaitable[object]) -> None:
        try:
            await work
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ServerUnavailable(type(error).__name__) from error

    async def _asked(self, wanted: type[Any], work: Awaitable[object]) -> Any:
        """Wait for an answer; return it when it is the wanted one.

        Raises:
            MatrixError: whatever else it is.
        """
        try:
            answer = await work
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ServerUnavailable(type(error).__name__) from error
        except (EncryptionError, OlmTrustError, ProtocolError) as error:
            raise NotEncrypted(type(error).__name__) from error
        if isinstance(answer, wanted):
            return answer
        status = getattr(getattr(answer, "transport_response", None), "status", 0)
        code = getattr(answer, "status_code", None)
        delay = getattr(answer, "retry_after_ms", None)
        raise to_error(status, code, delay, bool(getattr(answer, "soft_logout", False)))
