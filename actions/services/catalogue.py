"""The catalogue: what a concern needs, costs and takes, from reviewed facts.

Facts overlay each other: the town's version wins over the district's, that
over the state's, that over the federation's. A fact that has expired, is not
valid yet or is not confirmed is never given as valid; it is *withheld* with its
reason. An expired or unconfirmed special fact also hides the general one,
because it says that something special held here and nobody knows what holds
now. A special fact that is not valid yet leaves the general one in force.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from actions.services.records import Fact, Recipe, Records
from actions.services.results import Found, Nothing, Provenance
from actions.services.store import RecordsStore

Reason = Literal["missing", "expired", "not_yet", "unconfirmed"]
COMING_DAYS = 92
"""A change that comes within this time is announced."""


@dataclass(frozen=True)
class Withheld:
    """A fact that may not be spoken, with the label it would have."""

    id: str
    label: str
    reason: Reason


@dataclass(frozen=True)
class CatalogueEntry:
    """What is known for one intent in one town on one day."""

    recipe: Recipe
    facts: tuple[Fact, ...]
    withheld: tuple[Withheld, ...]
    coming: tuple[Fact, ...] = ()
    """Versions of given facts that replace them soon."""


class Catalogue:
    """Looks up recipes and the facts that hold on a day."""

    def __init__(self, store: RecordsStore) -> None:
        self._store = store

    async def entry(
        self, slug: str | None, intent: str, day: dt.date, only: tuple[str, ...] = ()
    ) -> Found[CatalogueEntry] | Nothing:
        """Return what is known for an intent; ``as_of`` is the oldest date of its facts.

        Args:
            slug: the town; None asks for what holds everywhere.
            intent: the intent.
            day: the day the facts hold on.
            only: beginnings of the ids of the facts that are wanted; all when empty.
        """
        records = self._store.current()
        recipe = records.recipes.get(intent)
        if recipe is None or (slug is not None and slug not in records.towns):
            return Nothing()
        names = [name for name in recipe.facts if not only or name.startswith(only)]
        looked = [look_up(records, slug, name, day) for name in names]
        facts = tuple(each for each in looked if isinstance(each, Fact))
        entry = CatalogueEntry(
            recipe=recipe,
            facts=facts,
            withheld=tuple(each for each in looked if isinstance(each, Withheld)),
            coming=tuple(_coming(records, slug, facts, day)),
        )
        as_of = min((fact.as_of for fact in facts), default=day)
        return Found(entry, joint_source(facts), as_of, demo=any(f.demo for f in facts))

    async def fact(self, slug: str | None, name: str, day: dt.date) -> Fact | Withheld:
        """Return one fact as it holds in a town on a day."""
        return look_up(self._store.current(), slug, name, day)


def look_up(records: Records, slug: str | None, name: str, day: dt.date) -> Fact | Withheld:
    """Return the version of a fact that holds in a town on a day, or why there is none."""
    result = Withheld(name, "", "missing")
    for scope in records.scopes_of(slug):
        versions = records.facts.get(scope, {}).get(name, ())
        if not versions:
            continue
        valid = next((each for each in versions if _holds(each, day)), None)
        if valid is not None:
            return valid
        result = Withheld(name, versions[0].label, _reason(versions, day))
        if result.reason != "not_yet":
            return result
    return result


def _holds(fact: Fact, day: dt.date) -> bool:
    return fact.confirmed and _began(fact, day) and not _ended(fact, day)


def _began(fact: Fact, day: dt.date) -> bool:
    return fact.valid_from is None or fact.valid_from <= day


def _ended(fact: Fact, day: dt.date) -> bool:
    return fact.valid_until is not None and fact.valid_until < day


def _reason(versions: Iterable[Fact], day: dt.date) -> Reason:
    versions = tuple(versions)
    if any(_began(each, day) and not _ended(each, day) for each in versions):
        return "unconfirmed"
    return "expired" if any(_ended(each, day) for each in versions) else "not_yet"


def _coming(
    records: Records, slug: str | None, facts: Iterable[Fact], day: dt.date
) -> Iterable[Fact]:
    """Yield confirmed versions of the given facts that begin soon, in the same scope."""
    last = day + dt.timedelta(days=COMING_DAYS)
    for fact in facts:
        for scope in records.scopes_of(slug):
            for version in records.facts.get(scope, {}).get(fact.id, ()):
                begins = version.valid_from
                if version.confirmed and begins is not None and day < begins <= last:
                    yield version


def joint_source(facts: Iterable[Fact]) -> Provenance:
    """Return one source that names the distinct sources of the facts, at most three."""
    sources = {fact.source.title: fact.source for fact in facts}
    if not sources:
        return Provenance("")
    titles = list(sources)[:3]
    more = " und weitere" if len(sources) > len(titles) else ""
    url = next((each.url for each in sources.values() if each.url), None)
    return Provenance("; ".join(titles) + more, url)
