"""A stand-in for a homeserver: the part of the Client-Server API that the connector uses.

It keeps what a real one keeps (positions in the stream, transaction ids per device,
limited timelines) and misbehaves on demand. People are objects of the test, not clients.
"""

import asyncio
import contextlib
import itertools
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from channels.matrix.accounts import Account

ROOT = "/_matrix/client/v3"
SERVER = "stadt.test"
BOT = f"@assistent:{SERVER}"
PASSWORD = "geheimes Passwort"
KEY = "key of the tests"


def an_account(port: int, **values) -> Account:
    return Account(
        **{
            "name": "soest",
            "homeserver": f"http://127.0.0.1:{port}",
            "user": BOT,
            "secret_env": "MATRIX_SOEST",
            "password": PASSWORD,
            "municipality": "soest",
            **values,
        }
    )


class Refusal(Exception):
    def __init__(self, status: int, code: str, **more: Any) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"errcode": code, "error": code} | more


@dataclass
class Room:
    identity: str
    members: dict[str, str] = field(default_factory=dict)
    events: list[tuple[int, dict[str, Any]]] = field(default_factory=list)


@dataclass
class StandIn:
    """A homeserver with one account (``BOT``) that clients can log in to.

    ``down`` answers 502 to everything. ``faults`` maps a word of a path to answers
    that the next calls get instead: a ``Refusal``, or "lost" (done, but told 502).
    """

    down: bool = False
    faults: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    timeline_limit: int | None = None
    rooms: dict[str, Room] = field(default_factory=dict)
    logins: int = 0
    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)
    transactions: dict[tuple[str, str], str] = field(default_factory=dict)
    repeated: int = 0
    cross_signing: dict[str, Any] = field(default_factory=dict)
    wants_password: bool = False
    device_keys: dict[str, Any] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._positions = itertools.count(1)
        self._numbers = itertools.count(1)
        self._position = 0
        self._news = asyncio.Event()
        self.app = Starlette(
            routes=[Route("/{path:path}", self._serve, methods=["GET", "POST", "PUT"])]
        )

    # ---- what people do ---------------------------------------------------------

    def room(self, *people: str, direct: bool = True, join: bool = False) -> str:
        """Open a room of some people and invite the bot (or let it be in)."""
        identity = f"!raum{next(self._numbers)}:{SERVER}"
        room = self.rooms[identity] = Room(identity)
        for person in people:
            self._member(room, person, person, "join")
        if join:
            self._member(room, BOT, BOT, "join")
        else:
            self._member(room, people[0], BOT, "invite", is_direct=direct)
        return identity

    def say(self, room: str, person: str, text: str, **content: Any) -> str:
        """Let somebody write something; returns the event's id."""
        body = {"msgtype": "m.text", "body": text} | content
        return self.post(room, person, "m.room.message", body)

    def post(self, room: str, person: str, kind: str, content: dict[str, Any], **more: Any) -> str:
        return self._add(self.rooms[room], person, kind, content, **more)

    def part(self, room: str, person: str) -> None:
        self._member(self.rooms[room], person, person, "leave")

    def heard(self, room: str) -> list[dict[str, Any]]:
        """Return the contents that the bot sent into a room."""
        return [
            event["content"]
            for _, event in self.rooms[room].events
            if event["sender"] == BOT and event["type"] == "m.room.message"
        ]

    def answers(self, room: str) -> list[str]:
        """Return what the bot said there as part of the conversation (no notices)."""
        return [each["body"] for each in self.heard(room) if each["msgtype"] == "m.text"]

    def called(self, word: str) -> list[Any]:
        return [body for _, path, body in self.calls if word in path]

    # ---- events -----------------------------------------------------------------

    def _member(self, room: Room, sender: str, person: str, membership: str, **more: Any) -> None:
        content = {"membership": membership} | more
        before = room.members.get(person)
        room.members[person] = membership
        unsigned = {"prev_content": {"membership": before}} if before else {}
        self._add(room, sender, "m.room.member", content, state_key=person, unsigned=unsigned)

    def _add(self, room: Room, sender: str, kind: str, content: dict[str, Any], **more: Any) -> str:
        self._position = next(self._positions)
        event = {
            "type": kind,
            "sender": sender,
            "content": content,
            "event_id": f"$ereignis{self._position}",
            "origin_server_ts": 1_795_000_000_000 + self._position,
        } | more
        room.events.append((self._position, event))
        self._news.set()
        self._news = asyncio.Event()
        return event["event_id"]

    # ---- the API ------------------------------------------------------------------

    async def _serve(self, request: Request) -> Response:
        path = unquote(request.url.path)
        body = await request.json() if await request.body() else {}
        self.calls.append((request.method, path, body))
        if self.down:
            return Response("<html>Bad Gateway</html>", 502, media_type="text/html")
        fault = next((self.faults[word].pop(0) for word in self.faults
                      if word in path and self.faults[word]), None)  # fmt: skip
        try:
            if isinstance(fault, Refusal):
                raise fault
            answer = await self._answer(request, path.removeprefix(ROOT), body)
        except Refusal as refusal:
            return JSONResponse(refusal.body, refusal.status)
        if fault == "lost":
            return Response("", 502)
        return JSONResponse(answer)

    async def _answer(self, request: Request, path: str, body: Any) -> dict[str, Any]:
        if path == "/login":
            return self._login(body)
        token = (request.headers.get("authorization") or "").removeprefix("Bearer ")
        if token not in self.tokens:
            raise Refusal(401, "M_UNKNOWN_TOKEN", soft_logout=False)
        device = self.tokens[token]
        if path == "/sync":
            return await self._sync(request)
        if path.startswith("/keys/"):
            return self._keys(path, body, device)
        if found := re.fullmatch(r"/rooms/([^/]+)/(.+)", path):
            return self._in_room(request, device, found[1], found[2], body)
        if found := re.fullmatch(r"/join/([^/]+)", path):
            return self._in_room(request, device, found[1], "join", body)
        return {}

    def _login(self, body: Any) -> dict[str, Any]:
        self.logins += 1
        if body.get("password") != PASSWORD:
            raise Refusal(403, "M_FORBIDDEN")
        device = body.get("device_id") or f"GERAET{self.logins}"
        token = f"zugang{self.logins}"
        self.tokens[token] = device
        return {"user_id": BOT, "device_id": device, "access_token": token}

    async def _sync(self, request: Request) -> dict[str, Any]:
        query = request.query_params
        since = int(query.get("since", "s0")[1:])
        timeout = int(query.get("timeout", "0")) / 1000
        full = query.get("full_state") == "true"
        if not self._touched(since) and not full:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), min(timeout, 2.0))
        limit = self.timeline_limit or (50 if since else 1)
        rooms: dict[str, Any] = {"join": {}, "invite": {}, "leave": {}}
        for room in self.rooms.values():
            self._tell(rooms, room, since, limit, full=full)
        return {
            "next_batch": f"s{self._position}",
            "rooms": rooms,
            "device_one_time_keys_count": {"signed_curve25519": 50},
            "device_lists": {"changed": [], "left": []},
            "to_device": {"events": []},
        }

    def _touched(self, since: int) -> bool:
        return self._position > since

    def _tell(self, rooms: Any, room: Room, since: int, limit: int, *, full: bool) -> None:
        fresh = [(at, event) for at, event in room.events if at > since]
        membership = room.members.get(BOT)
        if membership == "invite" and fresh:
            rooms["invite"][room.identity] = {
                "invite_state": {"events": [event for _, event in fresh if "state_key" in event]}
            }
        elif membership == "leave" and fresh:
            rooms["leave"][room.identity] = {"timeline": {"events": []}, "state": {"events": []}}
        elif membership == "join" and (fresh or full):
            new_here = not any(
                event.get("state_key") == BOT and at <= since for at, event in room.events
            ) or any(event.get("state_key") == BOT for _, event in fresh)
            pool = room.events if new_here else fresh
            shown = pool[-limit:]
            states = [event for _, event in room.events if "state_key" in event]
            rooms["join"][room.identity] = {
                "timeline": {
                    "events": [event for _, event in shown],
                    "limited": len(shown) < len(pool),
                    "prev_batch": f"s{shown[0][0] - 1 if shown else self._position}",
                },
                "state": {"events": states if full or new_here else []},
                "ephemeral": {"events": []},
                "account_data": {"events": []},
                "summary": {
                    "m.joined_member_count": sum(each == "join" for each in room.members.values()),
                    "m.invited_member_count": sum(
                        each == "invite" for each in room.members.values()
                    ),
                },
            }

    def _in_room(
        self, request: Request, device: str, identity: str, action: str, body: Any
    ) -> dict[str, Any]:
        room = self.rooms.get(identity)
        if room is None:
            raise Refusal(404, "M_NOT_FOUND")
        if action == "join":
            self._member(room, BOT, BOT, "join")
            return {"room_id": identity}
        if action == "leave":
            self.left.append(identity)
            self._member(room, BOT, BOT, "leave")
            return {}
        if found := re.fullmatch(r"send/([^/]+)/(.+)", action):
            return self._send(room, device, found[1], found[2], body)
        if action == "messages":
            return self._messages(request, room)
        if action == "joined_members":
            joined = [each for each, state in room.members.items() if state == "join"]
            return {"joined": {each: {"display_name": None, "avatar_url": None} for each in joined}}
        return {}

    def _send(
        self, room: Room, device: str, kind: str, transaction: str, body: Any
    ) -> dict[str, Any]:
        if room.members.get(BOT) != "join":
            raise Refusal(403, "M_FORBIDDEN")
        known = self.transactions.get((device, transaction))
        if known is not None:
            self.repeated += 1
            return {"event_id": known}
        event = self._add(room, BOT, kind, body, unsigned={"transaction_id": transaction})
        self.transactions[(device, transaction)] = event
        return {"event_id": event}

    def _messages(self, request: Request, room: Room) -> dict[str, Any]:
        query = request.query_params
        start, limit = int(query["from"][1:]), int(query.get("limit", "10"))
        end = int(query.get("to", "s0")[1:])
        earlier = [(at, event) for at, event in room.events if end < at <= start][::-1]
        chunk = earlier[: min(limit, 7)]  # a server may give fewer than asked
        answer: dict[str, Any] = {"start": query["from"], "chunk": [event for _, event in chunk]}
        if len(chunk) < len(earlier):
            answer["end"] = f"s{chunk[-1][0] - 1}"
        return answer

    def _keys(self, path: str, body: Any, device: str) -> dict[str, Any]:
        if path == "/keys/upload":
            if "device_keys" in body:
                self.device_keys[device] = body["device_keys"]
            return {"one_time_key_counts": {"signed_curve25519": 50}}
        if path == "/keys/query":
            masters = {BOT: self.cross_signing["master_key"]} if self.cross_signing else {}
            return {
                "device_keys": {BOT: self.device_keys},
                "master_keys": masters,
                "failures": {},
            }
        if path == "/keys/device_signing/upload":
            if self.wants_password and body.get("auth", {}).get("password") != PASSWORD:
                raise Refusal(401, "M_FORBIDDEN", session="sitzung", flows=[])
            self.cross_signing = body
            return {}
        if path == "/keys/signatures/upload":
            self.device_keys[device]["signatures"] |= body[BOT][device]["signatures"]
            return {"failures": {}}
        return {"one_time_keys": {}, "failures": {}}
