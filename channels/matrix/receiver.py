"""From the homeserver to the hub: each event once, in the order of its room.

The place in the stream (``since``) is stored only after everything before it is in the
hub. A crash at any point replays events; the hub knows them by their ids.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Coroutine
from typing import Any

import nio
import structlog

from channels.matrix import metrics, notices
from channels.matrix.accounts import Account
from channels.matrix.addresses import CHANNEL, Address, message_id
from channels.matrix.bodies import to_notice
from channels.matrix.choices import chosen_button, reacted_button
from channels.matrix.commands import Commands
from channels.matrix.events import (
    Incoming,
    Kind,
    addressed_text,
    is_own_join,
    redacted_event,
    to_incoming,
)
from channels.matrix.homeserver import (
    Homeserver,
    LoggedOut,
    MatrixError,
    RateLimited,
    ServerRefused,
    ServerUnavailable,
)
from channels.matrix.store import Store
from contracts.hub import HubClient, HubError, HubRefused, HubUnavailable
from contracts.messages import Status, UserMessage, fitting

GAP_PAGES = 50
"""So many pages of 100 events are fetched for one gap; more would hold up everybody."""
LATE_KEY_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 60.0
NOTICE_ATTEMPTS = 3

_FRIENDLY_NO = {
    Kind.IMAGE: notices.NO_IMAGE,
    Kind.VOICE: notices.NO_VOICE,
    Kind.FILE: notices.NO_FILE,
}

log = structlog.get_logger(__name__)


class Receiver:
    """Receives for one account.

    Args:
        account: the account.
        server: its homeserver, logged in.
        store: its memory.
        hub: where messages go.
        colleagues: user ids of all our accounts; machines do not answer each other.
        ready: set once the rooms are known, so that messages can be sent.
    """

    def __init__(
        self,
        account: Account,
        server: Homeserver,
        store: Store,
        hub: HubClient,
        colleagues: frozenset[str],
        ready: asyncio.Event,
    ) -> None:
        self._account = account
        self._server = server
        self._store = store
        self._hub = hub
        self._colleagues = colleagues | {account.user}
        self._commands = Commands(hub, account.municipality)
        self._courtesies: set[asyncio.Task[None]] = set()
        self._ready = ready

    async def run(self) -> None:
        """Receive until cancelled.

        Raises:
            LoggedOut: the access token is not valid any more.
        """
        pause, full = 0.0, True
        while True:
            try:
                await self.once(full=full)
            except LoggedOut:
                raise
            except RateLimited as limit:
                metrics.LIMITED.labels(self._account.name).inc()
                pause = min(limit.seconds, LONGEST_PAUSE_SECONDS)
            except MatrixError as error:
                pause = min(pause * 2 or 0.5, LONGEST_PAUSE_SECONDS)
                metrics.UP.labels(self._account.name).set(0)
                log.warning("matrix_sync_failed", account=self._account.name, error=str(error))
            else:
                pause, full = 0.0, False
            await asyncio.sleep(pause)

    async def once(self, *, full: bool) -> None:
        """Wait for one answer of the server and deal with everything in it.

        Raises:
            MatrixError: something could not be done; the same events come again.
        """
        since = self._store.since()
        answer = await self._server.sync(since, full=full)
        await self._exchange_keys()
        metrics.UP.labels(self._account.name).set(1)
        for room, invitation in answer.rooms.invite.items():
            await self._decide(room, invitation.invite_state)
        for room, news in answer.rooms.join.items():
            if since is not None:
                await self._work_through(room, news.timeline, since)
        await self._try_late()
        for room in answer.rooms.leave:
            self._server.forget(room)
        self._store.advance(answer.next_batch, joined=answer.rooms.join, left=answer.rooms.leave)
        self._ready.set()

    async def _exchange_keys(self) -> None:
        try:
            await self._server.exchange_keys()
        except LoggedOut:
            raise
        except MatrixError as error:  # it is tried again after the next sync
            log.warning("matrix_keys_failed", account=self._account.name, error=str(error))

    # ---- rooms ----------------------------------------------------------------

    async def _decide(self, room: str, states: list[Any]) -> None:
        """Accept or decline an invitation."""
        host, direct = _invitation(states, self._account.user)
        welcome = host is not None and self._account.admits(host)
        if welcome and (direct or self._account.rooms == "all"):
            try:
                await self._server.join(room)
                self._count("joined")
            except ServerRefused as refusal:
                log.info("matrix_join_refused", account=self._account.name, code=refusal.code)
            return
        self._count("declined")
        with contextlib.suppress(ServerRefused):
            await self._server.leave(room)

    async def _work_through(self, room: str, timeline: Any, since: str) -> None:
        is_new = not self._store.knows(room)
        events = [event.source for event in timeline.events]
        if is_new:
            events = await self._since_our_join(room, timeline, events)
            await self._welcome(room)
        elif timeline.limited:
            events = await self._missed(room, timeline.prev_batch, since) + events
        for event in events:
            await self._take_or_pass(room, event)
        if any(_is_parting(event, self._account.user) for event in events):
            await self._leave_if_abandoned(room)

    async def _since_our_join(
        self, room: str, timeline: Any, events: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Return what came after we joined: what was said before is not ours to answer."""
        if timeline.limited and not any(is_own_join(each, self._account.user) for each in events):
            events = await self._missed(room, timeline.prev_batch, None) + events
        for place in reversed(range(len(events))):
            if is_own_join(events[place], self._account.user):
                return events[place + 1 :]
        return events

    async def _missed(self, room: str, start: str | None, end: str | None) -> list[dict[str, Any]]:
        """Return what a limited timeline left out, oldest first.

        Args:
            room: the room.
            start: where the timeline begins.
            end: up to where we know everything; None: up to our own join.
        """
        missed: list[dict[str, Any]] = []
        for _page in range(GAP_PAGES):
            if start is None or start == end:
                break
            page, start = await self._server.earlier(room, start, end)
            missed += [event.source for event in page]
            reached = end is None and any(
                is_own_join(event.source, self._account.user) for event in page
            )
            if not page or reached:
                break
        else:
            metrics.GAPS.labels(self._account.name, "given_up").inc()
            log.error("matrix_gap_too_long", account=self._account.name, events=len(missed))
            return missed[::-1]
        metrics.GAPS.labels(self._account.name, "filled").inc()
        return missed[::-1]

    async def _welcome(self, room: str) -> None:
        if self._store.was_told(room, "welcome"):
            return
        text = notices.WELCOME if self._server.is_direct(room) else notices.WELCOME_ROOM
        await self._say(room, text, f"welcome {room}")
        self._store.mark_told(room, "welcome")

    async def _leave_if_abandoned(self, room: str) -> None:
        if await self._server.is_abandoned(room):
            with contextlib.suppress(ServerRefused):
                await self._server.leave(room)
            self._count("left")

    # ---- events ---------------------------------------------------------------

    async def _take_or_pass(self, room: str, event: dict[str, Any]) -> None:
        """Deal with one event; one that breaks us must not hold up all that follow."""
        try:
            await self._take(room, event)
        except MatrixError:
            raise
        except Exception:
            self._count("failed")
            log.exception("matrix_event_failed", account=self._account.name)

    async def _take(self, room: str, event: dict[str, Any]) -> None:
        """Deal with one event; afterwards it is in the hub, or nothing to answer."""
        incoming = to_incoming(event)
        if incoming is None:
            if redacted_event(event) is not None:
                self._count("redacted")
            return
        if incoming.sender in self._colleagues or not self._account.admits(incoming.sender):
            return
        if self._store.is_done(incoming.event):
            self._count("repeated")
            return
        direct = self._server.is_direct(room)
        address = Address(self._account.name, room, None if direct else incoming.sender)
        if not address.fits:
            self._count("address_too_long")
            return
        if incoming.kind is Kind.UNREADABLE:
            self._store.keep_late(incoming.event, room, event)
            return
        text = self._for_us(incoming, room, direct=direct)
        if text is not None:
            await self._answer(address, incoming, text)

    def _for_us(self, incoming: Incoming, room: str, *, direct: bool) -> str | None:
        """Return what is said to us, None when it is said to others."""
        if direct:
            return incoming.text.strip()
        if incoming.reply_to is not None and self._store.is_own(incoming.reply_to):
            called = addressed_text(incoming, self._account.user, self._server.own_name(room))
            return called if called is not None else incoming.text.strip()
        return addressed_text(incoming, self._account.user, self._server.own_name(room))

    async def _answer(self, address: Address, incoming: Incoming, text: str) -> None:
        if incoming.kind in _FRIENDLY_NO:
            reply = None if address.person is None else incoming.event
            note = _FRIENDLY_NO[incoming.kind]
            await self._say(address.room, note, incoming.event, reply_to=reply)
            self._count(incoming.kind.value)
        else:
            try:
                await self._obey_or_submit(address, incoming, text)
            except HubRefused as refusal:
                log.warning("hub_refused", account=self._account.name, status=refusal.status_code)
                self._count("refused")
                await self._say(address.room, notices.NOT_TAKEN, incoming.event)
        self._store.note_event(incoming.event, own=False)

    async def _obey_or_submit(self, address: Address, incoming: Incoming, text: str) -> None:
        command = self._commands.named(text)
        if incoming.kind is Kind.REACTION:
            await self._react(address, incoming)
        elif command is None:
            await self._submit(address, incoming, self._commands.spelt_out(text))
        else:
            said = await self._patiently(lambda: command(address))
            for number, part in enumerate(said):
                await self._say(address.room, part, f"{incoming.event} {number}")

    async def _react(self, address: Address, incoming: Incoming) -> None:
        ours = incoming.reply_to is not None and self._store.is_own(incoming.reply_to)
        button = reacted_button(incoming.text, self._store.choices(str(address)))
        if ours and button is not None:
            await self._hand_in(address, incoming, button=button)

    async def _submit(self, address: Address, incoming: Incoming, text: str) -> None:
        button = chosen_button(text, self._store.choices(str(address)))
        if button is not None:
            await self._hand_in(address, incoming, button=button)
        else:
            await self._hand_in(address, incoming, text=fitting(text))

    async def _hand_in(
        self,
        address: Address,
        incoming: Incoming,
        *,
        text: str | None = None,
        button: str | None = None,
    ) -> None:
        message = UserMessage(
            channel=CHANNEL,
            address=str(address),
            message_id=message_id(self._account.name, incoming.event),
            text=text,
            button=button,
            municipality=self._account.municipality,
            sent_at=incoming.at,
        )
        if incoming.thread is not None:  # before the answer can be on its way
            self._store.note_thread(incoming.event, incoming.thread)
        receipt = await self._patiently(lambda: self._hub.submit(message))
        self._count("duplicate" if receipt.duplicate else "accepted")
        self._begin(self._show_interest(address.room, incoming.event, receipt.conversation))

    async def _patiently(self, ask: Any) -> Any:
        """Ask the hub until it answers: nothing is passed over meanwhile."""
        pause = 0.2
        while True:
            try:
                return await ask()
            except HubUnavailable as error:
                log.warning("hub_unavailable", account=self._account.name, error=str(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS / 4)

    async def _try_late(self) -> None:
        """Read what waited for its key; say so when the key does not come."""
        for at, room, event in self._store.late():
            identity = event["event_id"]
            readable = self._server.decrypted(room, event)
            if readable is not None:
                self._store.drop_late(identity)
                self._count("late_key")
                await self._take_or_pass(room, readable)
            elif time.time() - at >= LATE_KEY_SECONDS:
                self._count("unreadable")
                if not self._store.was_told(room, "unreadable") and self._server.is_direct(room):
                    await self._say(room, notices.UNREADABLE, f"unreadable {room}")
                    self._store.mark_told(room, "unreadable")
                self._store.drop_late(identity)

    # ---- courtesies -------------------------------------------------------------

    async def _say(
        self, room: str, text: str, occasion: str, *, reply_to: str | None = None
    ) -> None:
        """Say something ourselves; the same occasion never says it twice."""
        transaction = "n-" + hashlib.sha256(occasion.encode()).hexdigest()[:40]
        for _attempt in range(NOTICE_ATTEMPTS):
            try:
                sent = await self._server.send(
                    room, to_notice(text, reply_to=reply_to), transaction
                )
            except RateLimited as limit:
                await asyncio.sleep(min(limit.seconds, LONGEST_PAUSE_SECONDS))
            except ServerUnavailable:
                await asyncio.sleep(1.0)
            except LoggedOut:
                raise
            except MatrixError as error:
                log.warning("matrix_notice_failed", account=self._account.name, error=str(error))
                return
            else:
                self._store.note_event(sent, own=True)
                return

    async def _show_interest(self, room: str, event: str, conversation: str) -> None:
        """Mark as read, and show that an answer is being written while the bot is in charge."""
        with contextlib.suppress(MatrixError, HubError):
            await self._server.mark_read(room, event)
            state = await self._hub.state(conversation)
            if state.busy and state.status is Status.BOT:
                await self._server.show_typing(room, typing=True)

    def _begin(self, courtesy: Coroutine[Any, Any, None]) -> None:
        """Do something that nothing depends on, beside the rest."""
        task = asyncio.create_task(courtesy)
        self._courtesies.add(task)
        task.add_done_callback(self._courtesies.discard)

    async def close(self) -> None:
        """End what runs beside the rest."""
        for task in self._courtesies:
            task.cancel()
        await asyncio.gather(*self._courtesies, return_exceptions=True)

    def _count(self, fate: str) -> None:
        metrics.EVENTS.labels(self._account.name, fate).inc()


def _invitation(states: list[Any], user: str) -> tuple[str | None, bool]:
    """Return who invites us, and whether for a direct conversation.

    nio takes the content out of an invitation's JSON, so its own fields are read here.
    """
    for event in states:
        is_ours = isinstance(event, nio.InviteMemberEvent) and event.state_key == user
        if is_ours and event.membership == "invite":
            return event.sender, event.content.get("is_direct") is True
    return None, False


def _is_parting(event: dict[str, Any], user: str) -> bool:
    content = event.get("content")
    if event.get("type") != "m.room.member" or not isinstance(content, dict):
        return False
    return event.get("state_key") != user and content.get("membership") in {"leave", "ban"}
