"""A promised report arrives exactly once, whatever happens on the way."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
import sqlalchemy as sa

from actions.services.reports.adapter import Unknowable
from actions.services.reports.database import ReportDatabase, StoreUnavailable
from actions.services.reports.desk import DeskReports
from actions.services.reports.queue import (
    DELIVERED,
    DESK,
    KEEP_SECONDS,
    LONGEST_PAUSE_SECONDS,
    QUEUED,
    SENDING,
    UNTIE_SECONDS,
    Pace,
    ReportQueue,
)
from actions.services.reports.report import Contact, State
from actions.services.reports.sealing import Seal
from actions.services.reports.tables import DESK_REPORTS, REPORT_QUEUE
from actions.services.reports.tickets import ticket_of
from actions.services.results import Found, Nothing, Unavailable
from service.clock import clock_of
from tests.actions.conftest import SUNDAY
from tests.actions.services.reports.conftest import report
from tests.actions.services.reports.fake import FakeReports


class Seconds:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class House:
    """A queue with a fake back end for Soest and a real desk for the rest."""

    def __init__(self, database: ReportDatabase, seal: Seal) -> None:
        self.database = database
        self.seal = seal
        self.time = Seconds()
        self.town = FakeReports()
        self.desk = DeskReports(database, seal, clock_of(SUNDAY), self.time)
        self.queue = self.restarted()

    def restarted(self, **pace: float) -> ReportQueue:
        """Return the queue of a new process."""
        adapters = {"soest": self.town}
        return ReportQueue(self.database, self.seal, adapters, self.desk, Pace(**pace), self.time)

    async def state(self, ticket: str) -> str:
        entry = await self.queue.entry(ticket)
        assert entry is not None
        return entry.state

    async def due(self, seconds: float = LONGEST_PAUSE_SECONDS) -> None:
        self.time.now += seconds
        while await self.queue.deliver_due():
            pass


@pytest.fixture
def house(database: ReportDatabase, seal: Seal) -> House:
    return House(database, seal)


async def test_a_report_is_stored_with_a_number_and_delivered(house: House):
    entry = await house.queue.accept(report(), "k1", "c_1")
    assert ticket_of(entry.ticket) == entry.ticket
    assert entry.state == QUEUED
    assert await house.queue.waiting() == 1
    delivered = await house.queue.deliver(entry.ticket)
    assert delivered is not None
    assert (delivered.state, delivered.number) == (DELIVERED, "1")
    (taken,) = house.town.taken
    assert taken == report(ticket=entry.ticket)
    assert await house.queue.waiting() == 0


async def test_the_same_key_is_the_same_report(house: House):
    first = await house.queue.accept(report(), "k1", "c_1")
    await house.queue.deliver(first.ticket)
    again = await house.queue.accept(report(description="anders"), "k1", "c_1")
    assert again.ticket == first.ticket
    assert again.state == DELIVERED
    await house.queue.deliver(again.ticket)
    await house.due()
    assert len(house.town.taken) == 1
    other = await house.queue.accept(report(), "k2", "c_1")
    assert other.ticket != first.ticket


async def test_many_at_once_are_one(house: House):
    entries = await asyncio.gather(*(house.queue.accept(report(), "k1", "c_1") for _ in range(8)))
    assert len({each.ticket for each in entries}) == 1
    await asyncio.gather(*(house.queue.deliver(entries[0].ticket) for _ in range(8)))
    assert len(house.town.taken) == 1


async def test_several_workers_share_the_work(house: House):
    for number in range(6):
        await house.queue.accept(report(), f"k{number}", "c_1")
    house.time.now += 60
    workers = [house.restarted() for _ in range(4)]

    async def work(queue: ReportQueue) -> None:
        while await queue.deliver_due():
            pass

    await asyncio.gather(*(work(each) for each in workers))
    assert len(house.town.taken) == len({each.ticket for each in house.town.taken}) == 6


async def test_a_back_end_that_is_away_gets_the_report_when_it_returns(house: House):
    house.town.answers = ["refused"] * 5
    entry = await house.queue.accept(report(), "k1", "c_1")
    await house.queue.deliver(entry.ticket)
    assert await house.state(entry.ticket) == QUEUED
    for _ in range(4):
        await house.due()
        assert await house.state(entry.ticket) == QUEUED
    assert house.town.asked == []
    await house.due()
    assert await house.state(entry.ticket) == DELIVERED
    assert len(house.town.taken) == 1


async def test_the_pause_grows_and_is_bounded(house: House):
    house.town.answers = ["refused"] * 12
    entry = await house.queue.accept(report(), "k1", "c_1")
    await house.queue.deliver(entry.ticket)
    await house.due(1.0)
    assert len(house.town.answers) == 11
    for left in range(10, -1, -1):
        await house.due(LONGEST_PAUSE_SECONDS)
        assert len(house.town.answers) == left


@pytest.mark.parametrize("trouble", ["lost after", "lost before"])
async def test_a_lost_answer_is_asked_for_before_anything_is_sent_again(house: House, trouble: str):
    house.town.answers = [trouble]
    entry = await house.queue.accept(report(), "k1", "c_1")
    await house.queue.deliver(entry.ticket)
    assert await house.state(entry.ticket) == SENDING
    assert await house.queue.deliver(entry.ticket) is not None
    assert house.town.asked == []
    await house.due()
    assert house.town.asked == [entry.ticket]
    assert await house.state(entry.ticket) == DELIVERED
    assert len(house.town.taken) == 1


async def test_while_nobody_can_be_asked_nothing_is_sent(house: House):
    house.town.answers = ["lost after"]
    entry = await house.queue.accept(report(), "k1", "c_1")
    await house.queue.deliver(entry.ticket)
    house.town.find_answer = Unavailable(reason="down")
    for _ in range(5):
        await house.due()
    assert await house.state(entry.ticket) == SENDING
    assert len(house.town.taken) == 1
    house.town.find_answer = None
    await house.due()
    assert await house.state(entry.ticket) == DELIVERED
    assert len(house.town.taken) == 1


async def test_a_process_that_dies_while_sending_leaves_the_report_to_the_next(house: House):
    entry = await house.queue.accept(report(), "k1", "c_1")
    hanging = asyncio.Event()

    async def hang(_report: object) -> None:
        hanging.set()
        await asyncio.sleep(3600)

    submit, house.town.submit = house.town.submit, hang  # type: ignore[method-assign]
    task = asyncio.create_task(house.queue.deliver(entry.ticket))
    await hanging.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    house.town.submit = submit  # type: ignore[method-assign]
    assert await house.state(entry.ticket) == SENDING
    house.queue = house.restarted()
    await house.due(1.0)
    assert house.town.asked == []
    await house.due()
    assert house.town.asked == [entry.ticket]
    assert len(house.town.taken) == 1


async def test_who_was_overtaken_writes_nothing(house: House):
    entry = await house.queue.accept(report(), "k1", "c_1")
    claimed = asyncio.Event()
    released = asyncio.Event()
    submit = house.town.submit

    async def slow(sent: object) -> object:
        claimed.set()
        await released.wait()
        return Unavailable(reason="refused")

    house.town.submit = slow  # type: ignore[method-assign,assignment]
    late = asyncio.create_task(house.queue.deliver(entry.ticket))
    await claimed.wait()
    house.town.submit = submit  # type: ignore[method-assign]
    await house.due()
    assert await house.state(entry.ticket) == DELIVERED
    released.set()
    await late
    assert await house.state(entry.ticket) == DELIVERED


async def test_a_lease_that_is_nearly_over_is_not_begun(house: House):
    house.queue = house.restarted(send_needs=61.0)
    entry = await house.queue.accept(report(), "k1", "c_1")
    await house.queue.deliver(entry.ticket)
    assert house.town.taken == []
    assert await house.state(entry.ticket) == QUEUED


async def test_what_the_back_end_will_not_take_goes_to_the_desk(house: House):
    house.town.answers = ["rejected"]
    entry = await house.queue.accept(report(), "k1", "c_1")
    ended = await house.queue.deliver(entry.ticket)
    assert ended is not None
    assert (ended.state, ended.reason) == (DESK, "rejected: category")
    (waiting,) = await house.desk.open_reports("soest")
    assert waiting == report(ticket=entry.ticket)
    await house.due()
    assert house.town.taken == []


async def test_what_cannot_be_asked_is_not_sent_twice_but_shown_to_staff(house: House):
    house.town.answers = ["lost after"]
    house.town.find_answer = Unknowable()
    entry = await house.queue.accept(report(), "k1", "c_1")
    await house.queue.deliver(entry.ticket)
    await house.due()
    assert await house.state(entry.ticket) == DESK
    assert len(house.town.taken) == 1
    assert len(await house.desk.open_reports("soest")) == 1


async def test_a_changed_back_end_is_not_asked_for_the_reports_of_the_former_one(house: House):
    house.town.answers = ["lost after"]
    entry = await house.queue.accept(report(), "k1", "c_1")
    await house.queue.deliver(entry.ticket)
    house.town.name = "other"
    await house.due()
    assert house.town.asked == []
    assert await house.state(entry.ticket) == DESK


async def test_a_town_without_back_end_has_the_desk(house: House):
    entry = await house.queue.accept(report(town="olpe"), "k1", "c_1")
    ended = await house.queue.deliver(entry.ticket)
    assert ended is not None
    assert (ended.state, ended.number) == (DELIVERED, entry.ticket)
    status = await house.desk.status(entry.ticket)
    assert isinstance(status, Found)
    assert status.data.state is State.RECEIVED
    assert await house.desk.change(entry.ticket, State.DONE, "Loch ist zu")
    status = await house.desk.status(entry.ticket)
    assert isinstance(status, Found)
    assert (status.data.state, status.data.notes) == (State.DONE, "Loch ist zu")
    assert await house.desk.open_reports("olpe") == []
    assert not await house.desk.change("M-0000-0000", State.DONE)


async def test_nothing_readable_lies_in_the_database(house: House):
    await house.queue.accept(report(town="olpe"), "k1", "c_1")
    await house.queue.accept(report(), "k2", "c_1")
    await house.due()

    def everything(connection: sa.Connection) -> str:
        rows = [connection.execute(sa.select(each)).all() for each in (REPORT_QUEUE, DESK_REPORTS)]
        return repr(rows)

    told = await house.database.run(everything)
    for secret in ("Erika", "erika", "Lindenstra", "Tiefes", "103-0"):
        assert secret not in told
    assert "olpe" in told


async def test_a_report_is_dropped_when_the_town_has_it(house: House):
    entry = await house.queue.accept(report(), "k1", "c_1")
    await house.queue.deliver(entry.ticket)

    def sealed(connection: sa.Connection) -> bytes | None:
        return connection.execute(sa.select(REPORT_QUEUE.c.sealed)).scalar_one()

    assert await house.database.run(sealed) is None


async def test_finished_reports_lose_their_conversation_and_then_go(house: House):
    entry = await house.queue.accept(report(), "k1", "c_1")
    await house.queue.deliver(entry.ticket)
    at_desk = await house.queue.accept(report(town="olpe"), "k2", "c_2")
    await house.queue.deliver(at_desk.ticket)
    house.town.answers = ["refused"]
    waiting = await house.queue.accept(report(), "k3", "c_3")
    await house.queue.deliver(waiting.ticket)
    house.time.now += UNTIE_SECONDS + 1
    assert await house.queue.tidy() == 0
    assert await house.queue.forget("c_1") == 0
    assert await house.queue.forget("c_3") == 1
    await house.desk.change(at_desk.ticket, State.DONE)
    house.time.now += KEEP_SECONDS + 1
    assert await house.queue.tidy() == 2
    assert await house.queue.entry(entry.ticket) is None
    assert await house.state(waiting.ticket) == QUEUED
    assert isinstance(await house.desk.status(at_desk.ticket), Nothing)


async def test_erasure_cuts_the_tie_to_the_person_and_keeps_the_pothole(house: House):
    house.town.answers = ["refused"]
    entry = await house.queue.accept(report(), "k1", "c_1")
    await house.queue.deliver(entry.ticket)
    other = await house.queue.accept(report(town="olpe"), "k2", "c_1")
    await house.queue.deliver(other.ticket)
    assert await house.queue.forget("c_1") == 2
    assert await house.queue.forget("c_1") == 0
    await house.due()
    assert house.town.taken == [replace(report(ticket=entry.ticket), contact=Contact())]
    (at_desk,) = await house.desk.open_reports("olpe")
    assert at_desk.contact == Contact()


async def test_another_key_loses_nothing(house: House):
    entry = await house.queue.accept(report(), "k1", "c_1")
    house.seal, own = Seal("another secret of the house"), house.seal
    house.queue = house.restarted()
    await house.queue.deliver(entry.ticket)
    assert await house.state(entry.ticket) == QUEUED
    house.seal = own
    house.queue = house.restarted()
    await house.due()
    assert await house.state(entry.ticket) == DELIVERED


async def test_a_store_that_is_away_promises_nothing(seal: Seal, tmp_path):
    (tmp_path / "folder").mkdir()
    broken = ReportDatabase(f"sqlite:///{tmp_path / 'folder'}")
    desk = DeskReports(broken, seal, clock_of(SUNDAY))
    queue = ReportQueue(broken, seal, {}, desk)
    with pytest.raises(StoreUnavailable):
        await queue.accept(report(), "k1", "c_1")
    assert isinstance(await desk.submit(report(ticket="M-1")), Unavailable)
    assert isinstance(await desk.status("M-1"), Unavailable)
    assert isinstance(await desk.nearby(51.5, 8.1), Unavailable)
    await broken.close()
