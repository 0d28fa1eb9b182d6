"""The PVOG search service (FITKO): candidates for the records of a town, for review only.

Nothing of this is ever spoken. A hit counts only with the exact LeiKa key and
the deepest regional key (ARS) that holds the town; links to hosts of other
towns are dropped and named; amounts of money are never taken over, because the
service gives them without condition and date (services.md sections 6 and 16).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

from pydantic import Field

from actions.services.border import Asker, Call, Foreign, shape_of
from actions.services.records import host_allowed, host_of
from actions.services.results import Nothing, Unavailable

URL = "https://pvog.fitko.net/suchdienst/api"
MODULES = {
    "24": "kurz",
    "09": "voraussetzungen",
    "08": "unterlagen",
    "97": "fristen",
    "95": "dauer",
    "11": "ablauf",
}
COSTS, RELEASED = "98", "93"
HITS = 5
"""The service answers at least five."""
TEXT = 1_500
LONGEST_TEXT = 50_000
_NUMBER = r"\d(?:[\d.]*\d)?(?:,\d+)?"
_AMOUNT = re.compile(rf"{_NUMBER}\s*(?:€|EUR\b|Euro\b|Cent\b)|(?:€|EUR)\s*{_NUMBER}", re.IGNORECASE)
_BREAK = re.compile(r"<\s*(?:br|/p|/li|/h\d|/ul|/ol)[^<>]*>", re.IGNORECASE)
_ITEM = re.compile(r"<\s*li[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_SPACE = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")
_PLACE_KEYS = ("location", "ars", "ags")


@dataclass(frozen=True)
class Candidate:
    """What the service says of one key in one town; texts hold no amounts."""

    leika: str
    id: str
    name: str
    level: str
    texts: Mapping[str, str]
    links: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    has_costs: bool = False
    released: str | None = None
    updated: str | None = None
    doubts: tuple[str, ...] = field(default=())


class _Location(Foreign):
    ars: str
    name: str = ""


class _Link(Foreign):
    title: str | None = None
    uri: str = ""


class _Detail(Foreign):
    code: str | None = None
    text: str | None = None
    date: str | None = None
    details: tuple[_Detail, ...] | None = ()


class _Description(Foreign):
    id: str
    name: str
    ars: tuple[str, ...] = ()
    keys: tuple[str, ...] = Field(default=(), alias="leikakeys")
    details: tuple[_Detail, ...] = ()
    online: tuple[_Link, ...] | None = Field(default=(), alias="onlineServiceLinks")
    updated: str | None = Field(default=None, alias="lastUpdate")


class _Page(Foreign):
    content: tuple[_Description, ...]


_LOCATIONS = shape_of(list[_Location])
_PAGE = shape_of(_Page)


class Pvog:
    """Asks the search service.

    Args:
        asker: asks over https.
        url: root of the interface.
        client_id: the identifier that FITKO gives for regular use, or ``""``.
    """

    def __init__(self, asker: Asker, url: str = URL, client_id: str = "") -> None:
        self._asker = asker
        self._url = url.rstrip("/")
        self._hosts = (urlsplit(url).hostname or "",)
        self._headers = {"pvog-sud-api-client-id": client_id} if client_id else {}

    async def key_of(self, name: str, known: str | None) -> str | Nothing | Unavailable:
        """Return the regional key of a town: the known one if the service has it, too."""
        call = Call("GET", self._headers)
        address = f"{self._url}/v3/locations?{urlencode({'q': name})}"
        found = await self._asker.json_of(address, self._hosts, _LOCATIONS, call=call)
        if not isinstance(found, list):
            return found
        exact = {each.ars for each in found if each.name.casefold() == name.casefold()}
        if known and (known in exact or known in {each.ars for each in found}):
            return known
        near = sorted(each for each in exact if known is None or each[:5] == known[:5])
        return near[0] if near else Nothing()

    async def candidate(
        self, ars: str, leika: str, hosts: Sequence[str]
    ) -> Candidate | Nothing | Unavailable:
        """Return the deepest hit with exactly this key.

        Args:
            ars: twelve digits of the town.
            leika: fourteen digits of the service.
            hosts: hosts that links may lead to.
        """
        query = {"ars": ars, "leikaIds": leika, "page": "0", "size": str(HITS)}
        address = f"{self._url}/v2/servicedescriptions/leikahierarchy?{urlencode(query)}"
        call = Call("GET", self._headers)
        found = await self._asker.json_of(address, self._hosts, _PAGE, call=call)
        if not isinstance(found, _Page):
            return found
        fitting = [
            (depth, each)
            for each in found.content
            if leika in each.keys and (depth := depth_of(each.ars, ars)) is not None
        ]
        if not fitting:
            return Nothing()
        depth, deepest = max(fitting, key=lambda each: each[0])
        return _to_candidate(deepest, depth, ars, leika, hosts)


def depth_of(regions: Iterable[str], ars: str) -> int | None:
    """Return how deep the deepest of these regions holds a town, or None when none does.

    0 is the federation, 2 the state, 5 the district, more the town itself.
    """
    prefixes = (each.strip().rstrip("0") for each in regions if each.strip().isdigit())
    depths = [max(len(each), 2) if each else 0 for each in prefixes if ars.startswith(each)]
    return max(depths, default=None)


def level_of(depth: int) -> str:
    """Return the level of a depth as editors call it."""
    if depth == 0:
        return "bundesweit"
    if depth <= 2:
        return "landesweit"
    return "Kreis" if depth <= 5 else "Stadt"


def _to_candidate(
    found: _Description, depth: int, ars: str, leika: str, hosts: Sequence[str]
) -> Candidate:
    details = [each for each in _flat(found.details) if each.code]
    texts = {
        MODULES[each.code]: without_amounts(plain(each.text))
        for each in details
        if each.code in MODULES and each.text and plain(each.text)
    }
    kept, dropped = checked_links([each.uri for each in found.online or ()], ars, hosts)
    released = next((each.date for each in details if each.code == RELEASED and each.date), None)
    return Candidate(
        leika=leika,
        id=found.id,
        name=plain(found.name),
        level=level_of(depth),
        texts=texts,
        links=kept,
        dropped=dropped,
        has_costs=any(each.code == COSTS and each.text for each in details),
        released=released,
        updated=found.updated,
        doubts=tuple(_doubts(found.name, depth, released)),
    )


def _flat(details: Iterable[_Detail]) -> Iterator[_Detail]:
    for each in details:
        yield each
        yield from _flat(each.details or ())


def _doubts(name: str, depth: int, released: str | None) -> Iterator[str]:
    """Yield what a reviewer has to look at first."""
    if re.search(r"ausland|ausländisch", name, re.IGNORECASE):
        yield "gilt dem Namen nach für das Ausland"
    if re.search(r"auf Grund von|zur Ehe|Ehegatt|Eheurkunde|Versammlung", name, re.IGNORECASE):
        yield "gilt dem Namen nach nur für einen Sonderfall"
    if depth < 6:
        yield "nicht von der Stadt: Amt, Gebühr und Zeiten stehen nicht darin"
    if released is None:
        yield "ohne Datum der Freigabe"
    elif released[:4].isdigit() and int(released[:4]) < 2023:
        yield f"zuletzt {released[:4]} freigegeben"


def checked_links(
    links: Iterable[str], ars: str, hosts: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the links that may be shown, and those dropped with the reason."""
    kept: list[str] = []
    dropped: list[str] = []
    for link in dict.fromkeys(links):
        if not link.startswith("https://") or not host_allowed(link, hosts):
            dropped.append(f"{link} ({host_of(link) or 'kein Rechner'} ist nicht zugelassen)")
        elif foreign := _foreign_place(link, ars):
            dropped.append(f"{link} (gehört zu {foreign})")
        else:
            kept.append(link)
    return tuple(kept), tuple(dropped)


def _foreign_place(link: str, ars: str) -> str | None:
    """Return the regional key in a link that does not hold the town, or None."""
    query = parse_qs(urlsplit(link).query)
    values = [value for key in _PLACE_KEYS for value in query.get(key, []) if value.isdigit()]
    return next((each for each in values if depth_of([each], ars) is None), None)


def plain(html: str | None) -> str:
    """Return HTML as plain lines."""
    broken = _ITEM.sub("\n- ", _BREAK.sub("\n", (html or "")[:LONGEST_TEXT]))
    text = _SPACE.sub(" ", unescape(_TAG.sub(" ", broken)))
    return _LINES.sub("\n", text).strip()[:TEXT]


def without_amounts(text: str) -> str:
    """Return a text whose amounts of money are replaced: nobody has reviewed them."""
    return _AMOUNT.sub("[Betrag prüfen]", text)
