"""Official warnings (NINA): what holds for the district of a town.

NINA knows districts (Kreise) and nothing smaller, so every answer has to say
that. That the source is silent or away is never "no warning": ``Unavailable``.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from html import unescape
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import AwareDatetime, Field, StringConstraints

from actions.services.border import Asker, Foreign, shape_of
from actions.services.endpoints import Endpoint
from actions.services.opening_hours import BERLIN
from actions.services.recent import Recent
from actions.services.records import Records
from actions.services.results import Found, Provenance, Unavailable
from actions.services.store import RecordsStore

FRESH = dt.timedelta(seconds=60)
ALL_CLEAR = dt.timedelta(hours=12)
"""How long an all-clear is worth telling."""
SHOWN = 5
DETAILED = 3
TEXT = 400
_GRAVE = {"Extreme": 0, "Severe": 1, "Moderate": 2, "Minor": 3}
_TAG = re.compile(r"<[^<>]*>")
_SPACE = re.compile(r"\s+")


class NinaEndpoint(Endpoint):
    """``adapter = "nina"``; ``ars`` where the one of ``town.yml`` is not the right one."""

    adapter: Literal["nina"]
    ars: Annotated[str, StringConstraints(pattern=r"^\d{12}$")] | None = None


ADAPTERS: Mapping[str, type[NinaEndpoint]] = {"nina": NinaEndpoint}


@dataclass(frozen=True)
class Alert:
    """One warning or, with ``cancelled``, the all-clear for it."""

    id: str
    headline: str
    sent: dt.datetime
    severity: str = ""
    cancelled: bool = False
    area: str = ""
    instruction: str = ""


@dataclass(frozen=True)
class DistrictAlerts:
    """The warnings for a whole district, gravest first; ``asked_at`` is aware."""

    district: str
    alerts: tuple[Alert, ...]
    asked_at: dt.datetime
    more: int = 0


class _Data(Foreign):
    headline: str = ""
    severity: str = ""
    message: str = Field(default="Alert", alias="msgType")
    valid: bool = True


class _Payload(Foreign):
    data: _Data


class _Entry(Foreign):
    """One entry of ``/dashboard/<ars>.json``."""

    id: str
    payload: _Payload
    titles: Mapping[str, str] = Field(default_factory=dict, alias="i18nTitle")
    sent: AwareDatetime
    expires: AwareDatetime | None = None


class _Area(Foreign):
    name: str = Field(default="", alias="areaDesc")


class _Info(Foreign):
    language: str = "de"
    instruction: str | None = None
    areas: tuple[_Area, ...] = Field(default=(), alias="area")


class _Details(Foreign):
    """``/warnings/<id>.json``."""

    info: tuple[_Info, ...]


_DASHBOARD = shape_of(list[_Entry])
_DETAILS = shape_of(_Details)


class Alerts:
    """Asks for the official warnings of a town's district.

    Args:
        store: the towns with their key (ARS) and district.
        endpoints: town → table.
        asker: asks the source.
        now: aware present moment.
    """

    def __init__(
        self,
        store: RecordsStore,
        endpoints: Mapping[str, NinaEndpoint],
        asker: Asker,
        now: Callable[[], dt.datetime],
    ) -> None:
        self._store = store
        self._endpoints = dict(endpoints)
        self._asker = asker
        self._now = now
        self._recent: Recent[DistrictAlerts] = Recent(FRESH, now)

    def serves(self, slug: str) -> bool:
        """Tell whether a town has a source of warnings."""
        return slug in self._endpoints and district_key(self._records(), slug, None) is not None

    async def current(self, slug: str) -> Found[DistrictAlerts] | Unavailable:
        """Return the warnings that hold now; none is a ``Found`` with an empty list."""
        endpoint = self._endpoints.get(slug)
        key = district_key(self._records(), slug, endpoint.ars if endpoint else None)
        if endpoint is None or key is None:
            return Unavailable(reason="no source of warnings")
        kept = self._recent.fresh(key)
        if kept is None:
            asked = await self._ask(endpoint, key, self._records().towns[slug].town.kreis.name)
            if isinstance(asked, Unavailable):
                return asked
            kept = self._recent.keep(key, asked)
        title = endpoint.title or "NINA, Bundesamt für Bevölkerungsschutz"
        source = Provenance(title, endpoint.page or "https://warnung.bund.de")
        day = kept.at.astimezone(BERLIN).date()
        return Found(kept.data, source, day, endpoint.licence, demo=endpoint.demo)

    async def _ask(
        self, endpoint: NinaEndpoint, key: str, district: str
    ) -> DistrictAlerts | Unavailable:
        until = self._asker.deadline()
        address = endpoint.address(f"dashboard/{key}.json")
        found = await self._asker.json_of(address, endpoint.call_hosts, _DASHBOARD, until)
        if not isinstance(found, list):
            return found if isinstance(found, Unavailable) else Unavailable(reason="no dashboard")
        alerts = _holding(found, self._now())
        shown = await asyncio.gather(
            *(self._detailed(endpoint, each, until) for each in alerts[:DETAILED])
        )
        told = (*shown, *alerts[DETAILED:SHOWN])
        return DistrictAlerts(district, told, self._now(), len(alerts) - len(told))

    async def _detailed(self, endpoint: NinaEndpoint, alert: Alert, until: float) -> Alert:
        """Return the alert with place and advice, or as it is when they are away."""
        if alert.cancelled:
            return alert
        address = endpoint.address(f"warnings/{quote(alert.id, safe='')}.json")
        found = await self._asker.json_of(address, endpoint.call_hosts, _DETAILS, until)
        if not isinstance(found, _Details):
            return alert
        german = [each for each in found.info if each.language.lower().startswith("de")]
        info = next(iter(german or found.info), _Info())
        areas = dict.fromkeys(plain(each.name) for each in info.areas if each.name)
        return replace(
            alert, area=plain(", ".join(areas)), instruction=plain(info.instruction or "")
        )

    def _records(self) -> Records:
        return self._store.current()


def district_key(records: Records, slug: str, ars: str | None) -> str | None:
    """Return the twelve digits of a town's district, or None when they are not known."""
    known = ars or (records.towns[slug].town.ars if slug in records.towns else None)
    return f"{known[:5]}0000000" if known else None


def _holding(entries: list[_Entry], now: dt.datetime) -> list[Alert]:
    """Return what holds at a moment, gravest first, all-clears last."""
    alerts = [
        _to_alert(each)
        for each in entries
        if each.payload.data.valid and (each.expires is None or each.expires > now)
    ]
    holding = [each for each in alerts if not each.cancelled or now - each.sent < ALL_CLEAR]
    return sorted(holding, key=lambda each: (each.cancelled, _GRAVE.get(each.severity, 4)))


def _to_alert(entry: _Entry) -> Alert:
    data = entry.payload.data
    headline = plain(entry.titles.get("de") or data.headline) or "Warnung ohne Titel"
    cancelled = data.message.lower() == "cancel"
    return Alert(entry.id, headline, entry.sent, data.severity, cancelled)


def plain(text: str) -> str:
    """Return text without markup, in one line, not longer than is read."""
    bare = _SPACE.sub(" ", unescape(_TAG.sub(" ", text[:20_000]))).strip()
    return bare if len(bare) <= TEXT else f"{bare[:TEXT].rsplit(' ', 1)[0]} ..."
