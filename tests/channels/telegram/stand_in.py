"""A Bot API server for tests: the rules of the real one, the person's side, and faults.

Rules after core.telegram.org/bots/api: updates wait until a higher offset confirms them,
one long poll per bot, 4,096 UTF-16 units, 64 bytes of callback data, entities inside the
text, no message to somebody who never wrote, 403 after a block, numbers of new groups.
"""

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKEN = "4711:" + "A" * 35
ME = {"id": 4711, "is_bot": True, "first_name": "Soest", "username": "soest_bot"}
KNOWN = {
    "sendMessage": {
        "chat_id",
        "text",
        "entities",
        "link_preview_options",
        "reply_markup",
        "reply_parameters",
    },
    "getUpdates": {"offset", "limit", "timeout", "allowed_updates"},
    "getMe": set(),
    "deleteWebhook": {"drop_pending_updates"},
    "setWebhook": {"url", "secret_token", "allowed_updates"},
    "setMyCommands": {"commands"},
    "sendChatAction": {"chat_id", "action"},
    "answerCallbackQuery": {"callback_query_id"},
}


class Refusal(Exception):
    def __init__(self, status: int, told: str, **parameters: Any) -> None:
        super().__init__(told)
        self.body = {"ok": False, "error_code": status, "description": told}
        if parameters:
            self.body["parameters"] = parameters
        self.status = status


@dataclass
class StandIn:
    """``faults`` is used up by sendMessage, call by call: a Refusal or None (works)."""

    updates: list[dict[str, Any]] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    faults: list[Refusal | None] = field(default_factory=list)
    blocked: set[int] = field(default_factory=set)
    moved: dict[int, int] = field(default_factory=dict)
    known: set[int] = field(default_factory=set)
    queries: set[str] = field(default_factory=set)
    webhook: str = ""
    token: str = TOKEN
    down: bool = False
    next_update: int = 912_345
    next_message: int = 10
    polls: int = 0

    def __post_init__(self) -> None:
        self.news = asyncio.Condition()
        self.app = Starlette(
            routes=[Route("/bot{token}/{method}", self._answer, methods=["GET", "POST"])]
        )

    # ---- the person's side --------------------------------------------------------

    def say(self, text: str | None, chat: int = 1, **more: Any) -> dict[str, Any]:
        """Let a person write; ``more`` are fields of the message."""
        return self.put({"message": self.message(text, chat, **more)})

    def message(self, text: str | None, chat: int = 1, **more: Any) -> dict[str, Any]:
        self.known.add(chat)
        self.next_message += 1
        person = more.pop("person", abs(chat))
        place = {"id": chat, "type": "private" if chat > 0 else "supergroup"}
        place |= {"first_name": "Anna"} if chat > 0 else {"title": "Nachbarn"}
        message = {
            "message_id": self.next_message,
            "date": int(time.time()),
            "chat": place,
            "from": {"id": person, "is_bot": False, "first_name": "Anna"},
        }
        return message | ({"text": text} if text is not None else {}) | more

    def press(self, data: str, chat: int = 1) -> None:
        """Let a person press a button under the last message."""
        self.queries.add(query := f"q{self.next_update}")
        shown = self.message("Antwort", chat) | {"from": ME}
        person = {"id": chat, "is_bot": False, "first_name": "Anna"}
        press = {"id": query, "from": person, "chat_instance": "1", "data": data}
        self.put({"callback_query": press | {"message": shown}})

    def put(self, update: dict[str, Any]) -> dict[str, Any]:
        self.next_update += 1
        whole = {"update_id": self.next_update} | update
        self.updates.append(whole)
        return whole

    def heard(self, chat: int = 1) -> list[str]:
        """What a chat shows of us, oldest first."""
        return [each["text"] for each in self.sent if each["chat_id"] == chat]

    def answers(self, chat: int = 1) -> list[str]:
        """First lines of the stub engine's answers, without what leads in."""
        lead = "Antwort auf "
        return [t.split("\n")[0][len(lead) :] for t in self.heard(chat) if t.startswith(lead)]

    def called(self, method: str) -> list[dict[str, Any]]:
        return [fields for name, fields in self.calls if name == method]

    # ---- the API ------------------------------------------------------------------

    async def _answer(self, request: Request) -> Response:
        method = request.path_params["method"]
        raw = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        fields = _fields(raw)
        self.calls.append((method, fields))
        try:
            result = await self._result(request.path_params["token"], method, fields)
        except Refusal as refusal:
            return JSONResponse(refusal.body, refusal.status)
        return JSONResponse({"ok": True, "result": result})

    async def _result(self, token: str, method: str, fields: dict[str, Any]) -> Any:
        if self.down:
            raise Refusal(502, "Bad Gateway")
        if token != self.token:
            raise Refusal(401, "Unauthorized")
        if method not in KNOWN:
            raise Refusal(404, "Not Found: method not found")
        if unknown := fields.keys() - KNOWN[method]:
            raise Refusal(400, f"Bad Request: fields we did not expect: {unknown}")
        if method == "getMe":
            return ME
        if method == "getUpdates":
            return await self._get_updates(**fields)
        if method == "sendMessage":
            return self._send(fields)
        if method == "answerCallbackQuery" and fields["callback_query_id"] not in self.queries:
            raise Refusal(400, "Bad Request: query is too old or query ID is invalid")
        if method in {"setWebhook", "deleteWebhook"}:
            self.webhook = fields.get("url", "")
        return True

    async def _get_updates(
        self,
        offset: int = 0,
        limit: int = 100,
        timeout: int = 0,
        allowed_updates: Any = None,
    ) -> list[dict[str, Any]]:
        if self.webhook:
            raise Refusal(409, "Conflict: can't use getUpdates method while webhook is active")
        self.updates = [each for each in self.updates if each["update_id"] >= offset]
        self.polls += 1
        mine = self.polls
        until = time.monotonic() + min(timeout, 1)
        while not self.updates and time.monotonic() < until:
            await asyncio.sleep(0.01)
            if self.polls != mine:
                raise Refusal(409, "Conflict: terminated by other getUpdates request")
        return self.updates[:limit]

    def _send(self, fields: dict[str, Any]) -> dict[str, Any]:
        chat, text = fields["chat_id"], fields["text"]
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        if chat in self.moved:
            told = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refusal(400, told, migrate_to_chat_id=self.moved[chat])
        if chat in self.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if chat not in self.known and chat not in self.moved.values():
            raise Refusal(400, "Bad Request: chat not found")
        self._check(text, fields)
        self.next_message += 1
        self.sent.append(fields)
        place = {"id": chat, "type": "private"}
        return {"message_id": self.next_message, "date": int(time.time()), "chat": place}

    def _check(self, text: str, fields: dict[str, Any]) -> None:
        long = len(text.encode("utf-16-le")) // 2
        if not text.strip():
            raise Refusal(400, "Bad Request: message text is empty")
        if long > 4_096:
            raise Refusal(400, "Bad Request: message is too long")
        for each in fields.get("entities", ()):
            if each["offset"] < 0 or each["length"] < 1 or each["offset"] + each["length"] > long:
                raise Refusal(400, "Bad Request: entity is outside of the text")
        for row in fields.get("reply_markup", {}).get("inline_keyboard", ()):
            for button in row:
                if not (button["text"] and 1 <= len(button["callback_data"].encode()) <= 64):
                    raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")


def _fields(raw: dict[str, Any]) -> dict[str, Any]:
    """Return form fields with the types that they stand for (text stays text)."""
    return {name: value if name == "text" else _value(value) for name, value in raw.items()}


def _value(raw: str) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return raw
