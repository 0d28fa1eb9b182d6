"""Current notices of a town: floods, closed roads, closed offices."""

from __future__ import annotations

import datetime as dt

from actions.services.opening_hours import BERLIN
from actions.services.records import Notice
from actions.services.results import Found, Nothing, Provenance
from actions.services.store import RecordsStore


class Notices:
    """Finds the notices that hold at a moment."""

    def __init__(self, store: RecordsStore) -> None:
        self._store = store

    async def current(self, slug: str, moment: dt.datetime) -> Found[tuple[Notice, ...]] | Nothing:
        """Return the confirmed notices that hold at an aware moment.

        ``Nothing`` means that this list holds none; it is no all-clear.
        """
        town = self._store.current().towns.get(slug)
        notices = tuple(
            each
            for each in (town.notices if town else ())
            if each.confirmed and _holds(each, moment)
        )
        if not notices:
            return Nothing()
        source = Provenance(notices[0].source.title, notices[0].source.url)
        as_of = min(each.as_of for each in notices)
        return Found(notices, source, as_of, demo=any(each.demo for each in notices))


def _holds(notice: Notice, moment: dt.datetime) -> bool:
    begins = _moment(notice.valid_from, dt.time.min)
    if notice.valid_until is None:
        return begins <= moment
    return begins <= moment <= _moment(notice.valid_until, dt.time.max)


def _moment(value: dt.date | dt.datetime, edge: dt.time) -> dt.datetime:
    if not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, edge)
    return value if value.tzinfo else value.replace(tzinfo=BERLIN)
