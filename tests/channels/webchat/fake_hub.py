"""A hub that speaks the contract over HTTP, with scripted answers and faults on demand."""

import asyncio
import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contracts.messages import ConversationOpening, UserMessage
from service.secrecy import bearer_matches

TOKEN = "hub-token"
Script = Callable[[str], list[dict[str, Any]]]

WASTE = {
    "text": "In der Jakobistraße wird so abgeholt:\n- Biomüll am Mittwoch, 25. November\n"
    "- Restmüll am Freitag, 27. November\n\nBitte stellen Sie die Tonnen bis 6 Uhr raus.",
    "source": {"title": "Abfallkalender der Stadt Soest", "url": "https://www.soest.de/abfall"},
    "as_of": "2026-11-20",
    "demo": True,
    "links": [{"title": "Sperrmüll anmelden", "url": "https://www.soest.de/sperrmuell"}],
}
TOWN = {
    "text": "Für welche Stadt möchten Sie das wissen?",
    "buttons": ["Arnsberg", "Bad Berleburg", "Olpe", "Soest"],
    "expects": "town",
}
CARD = {
    "text": "Den neuen Personalausweis bekommen Sie im Bürgerbüro. Bitte bringen Sie mit:\n"
    "- den alten Ausweis\n- ein digitales Passfoto mit Code\n\n"
    "Er kostet 46,00 €, unter 24 Jahren 27,60 €.",
    "source": {"title": "Personalausweisportal", "url": "https://www.personalausweisportal.de/"},
    "as_of": "2026-11-20",
}
ANSWERS = {
    "müll": [WASTE],
    "ausweis": [CARD],
    "bürgerbüro": [TOWN],
    "menschen": [
        {"text": "Ich frage einen Menschen aus der Stadtverwaltung.", "status": "waiting"}
    ],
}


def scripted(text: str) -> list[dict[str, Any]]:
    """Answer by the first word that is known; ``json:`` gives any answer literally."""
    if text.startswith("json:"):
        return json.loads(text.removeprefix("json:"))
    for word, answers in ANSWERS.items():
        if word in text.lower():
            return answers
    return [{"text": f"Sie haben geschrieben: {text}"}]


@dataclass
class Conversation:
    id: str
    municipality: str | None
    status: str = "bot"
    busy: bool = False
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)


class FakeHub:
    """``app`` is the HTTP side. ``down`` makes every call fail, ``delay`` slows answers."""

    def __init__(self, script: Script = scripted) -> None:
        self.script = script
        self.down = False
        self.delay = 0.0
        self.calls: list[str] = []
        self.messages: list[UserMessage] = []
        self.by_address: dict[str, Conversation] = {}
        self.changed = asyncio.Condition()
        self.closing = False
        self.tasks: set[asyncio.Task[None]] = set()
        self.app = Starlette(
            routes=[
                self._route("/v1/conversations", self._open, "POST"),
                self._route("/v1/messages", self._submit, "POST"),
                self._route("/v1/conversations/{id}", self._state, "GET"),
                self._route("/v1/conversations/{id}", self._erase, "DELETE"),
                self._route("/v1/conversations/{id}/deliveries", self._deliveries, "GET"),
                self._route("/v1/conversations/{id}/transcript", self._transcript, "GET"),
            ]
        )

    def _route(self, path, endpoint, method):
        async def guarded(request: Request) -> Response:
            self.calls.append(f"{method} {path}")
            if not bearer_matches(request.headers.get("authorization"), TOKEN):
                return JSONResponse({"error": "unauthorized"}, 401)
            if self.down:
                return JSONResponse({"error": "storage"}, 503)
            return await endpoint(request)

        return Route(path, guarded, methods=[method])

    def conversation(self, number: int = 0) -> Conversation:
        return list(self.by_address.values())[number]

    def texts(self) -> list[str | None]:
        return [message.text or message.button for message in self.messages]

    async def deliver(
        self, conversation: Conversation, answer: dict[str, Any], **more: Any
    ) -> None:
        number = len(conversation.deliveries) + 1
        delivery = {
            "id": f"d_{conversation.id}_{number}",
            "conversation": conversation.id,
            "number": number,
            "channel": "webchat",
            "sender": "bot",
            "created_at": now(),
            **answer,
            **more,
        }
        conversation.status = delivery.pop("status", conversation.status)
        delivery["buttons"] = [
            {"id": f"b_{number}_{place}", "title": title}
            for place, title in enumerate(answer.get("buttons", ()))
        ]
        conversation.deliveries.append(delivery)
        kept = ("sender", "text", "source", "as_of", "links")
        entry = {key: delivery[key] for key in kept if key in delivery}
        conversation.entries.append({"at": delivery["created_at"], **entry})
        await self._notify()

    async def close(self) -> None:
        """Answer all who wait, so that a server can stop."""
        self.closing = True
        await self._notify()

    async def _notify(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    def _find(self, request: Request) -> Conversation | None:
        wanted = request.path_params["id"]
        return next((each for each in self.by_address.values() if each.id == wanted), None)

    def _conversation_of(self, address: str, municipality: str | None) -> Conversation:
        if address not in self.by_address:
            number = len(self.by_address) + 1
            self.by_address[address] = Conversation(f"c_{number}", municipality)
        return self.by_address[address]

    async def _open(self, request: Request) -> Response:
        opening = ConversationOpening.model_validate_json(await request.body())
        return JSONResponse(state(self._conversation_of(opening.address, opening.municipality)))

    async def _submit(self, request: Request) -> Response:
        message = UserMessage.model_validate_json(await request.body())
        conversation = self._conversation_of(message.address, message.municipality)
        duplicate = message.message_id in {each.message_id for each in self.messages}
        if not duplicate:
            self.messages.append(message)
            words = message.text or self._title(conversation, message.button)
            conversation.entries.append({"at": now(), "sender": "user", "text": words})
            conversation.busy = True
            task = asyncio.create_task(self._answer(conversation, words))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        receipt = {"conversation": conversation.id, "inbox_id": len(self.messages)}
        return JSONResponse(receipt | {"duplicate": duplicate})

    def _title(self, conversation: Conversation, button: str | None) -> str:
        buttons = [each for delivery in conversation.deliveries for each in delivery["buttons"]]
        return next((each["title"] for each in buttons if each["id"] == button), "?")

    async def _answer(self, conversation: Conversation, words: str) -> None:
        await asyncio.sleep(self.delay)
        conversation.busy = False
        for answer in self.script(words):
            await self.deliver(conversation, answer)

    async def _state(self, request: Request) -> Response:
        conversation = self._find(request)
        return JSONResponse(state(conversation)) if conversation else missing()

    async def _deliveries(self, request: Request) -> Response:
        conversation = self._find(request)
        if conversation is None:
            return missing()
        after = int(request.query_params["after"])
        before = state(conversation)
        wait = float(request.query_params["wait"])
        await self._wait_for_news(conversation, after, before, wait)
        if conversation not in self.by_address.values():
            return missing()
        found = [each for each in conversation.deliveries if each["number"] > after]
        return JSONResponse({"deliveries": found, "state": state(conversation)})

    async def _wait_for_news(self, conversation, after, before, wait) -> None:
        def news() -> bool:
            gone = conversation not in self.by_address.values()
            return (
                self.closing
                or gone
                or len(conversation.deliveries) > after
                or state(conversation) != before
            )

        if news() or not wait:
            return
        try:
            async with asyncio.timeout(wait), self.changed:
                await self.changed.wait_for(news)
        except TimeoutError:
            pass

    async def _transcript(self, request: Request) -> Response:
        conversation = self._find(request)
        if conversation is None:
            return missing()
        return JSONResponse(
            {
                "conversation": conversation.id,
                "channel": "webchat",
                "status": conversation.status,
                "municipality": conversation.municipality,
                "started_at": now(),
                "entries": conversation.entries,
            }
        )

    async def _erase(self, request: Request) -> Response:
        conversation = self._find(request)
        if conversation is None:
            return missing()
        self.by_address = {
            address: each for address, each in self.by_address.items() if each is not conversation
        }
        await self._notify()
        return Response(status_code=204)


def now() -> str:
    return dt.datetime.now(dt.UTC).isoformat()


def missing() -> Response:
    return JSONResponse({"error": "not_found"}, 404)


def state(conversation: Conversation) -> dict[str, Any]:
    return {
        "conversation": conversation.id,
        "status": conversation.status,
        "municipality": conversation.municipality,
        "busy": conversation.busy,
        "last_number": len(conversation.deliveries),
    }
