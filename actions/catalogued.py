"""Answers that are rendered from a recipe and its facts (``data/de/answers``)."""

from __future__ import annotations

from collections.abc import Iterable

from actions.answers import (
    HUMAN_BUTTON,
    Answer,
    Button,
    Link,
    ask_town,
    bullets,
    marked,
    of_found,
    paragraphs,
)
from actions.dialogue import Answerer, Concern, Context
from actions.help import help_line, not_known, town_links
from actions.services.catalogue import CatalogueEntry
from actions.services.records import Fact
from actions.services.results import Found
from actions.spoken import capital, hours_now, on_day

MAX_LINKS = 4


def catalogued(
    intent: str, *, needs_town: bool = True, before: str = "", any_office: bool = False
) -> Answerer:
    """Return the answerer of an intent that has a recipe.

    Args:
        intent: the intent.
        needs_town: whether the town is asked for when it is not known.
        before: a sentence that comes first whatever the records say.
        any_office: whether the office that the citizen names takes the place of the recipe's.
    """

    async def answer(concern: Concern, context: Context) -> Answer:
        if needs_town and context.town is None:
            return ask_town(context.services.municipality.towns())
        office = concern.value("amt") if any_office else None
        return await catalogue_answer(concern.intent, context, before, office=office)

    answer.__name__ = intent
    return answer


async def catalogue_answer(
    intent: str,
    context: Context,
    before: str = "",
    *,
    office: str | None = None,
    only: tuple[str, ...] = (),
) -> Answer:
    """Render what the catalogue knows for an intent, honest about what it does not.

    Args:
        intent: the intent.
        context: the town, the day and the services.
        before: a sentence that comes first whatever the records say.
        office: kind of the office that is told instead of the recipe's, if the town has it.
        only: beginnings of the ids of the facts that are told; all of the recipe when empty.
    """
    found = await context.services.catalogue.entry(context.town, intent, context.today, only)
    if not isinstance(found, Found):
        return await _without_recipe(intent, context, before)
    entry = found.data
    used: list[Found[object]] = [found] if entry.facts else []
    told = await _office_line((office, entry.recipe.office), context)
    used += [told[1]] if told else []
    text = paragraphs(
        before,
        entry.recipe.opening,
        bullets(fact_line(fact) for fact in entry.facts),
        bullets(_coming_line(fact, context) for fact in entry.coming),
        await _gaps(entry, context),
        told[0] if told else "",
        entry.recipe.closing or "",
    )
    links = await _links(entry, context)
    if not used:
        return await _no_facts(text, context, links)
    buttons = tuple(Button(each.title, each.payload) for each in entry.recipe.buttons)
    return of_found(text, used, links=links, buttons=buttons)


def fact_line(fact: Fact) -> str:
    """Return one line of an answer; invented values are marked."""
    named = not fact.label or fact.text.startswith(f"{fact.label}:")
    text = fact.text if named else f"{fact.label}: {fact.text}"
    return marked(text, fact.demo)


def _coming_line(fact: Fact, context: Context) -> str:
    begins = fact.valid_from or context.today
    return f"Ab {on_day(begins, context.today).removeprefix('am ')} gilt: {fact_line(fact)}"


async def _gaps(entry: CatalogueEntry, context: Context) -> str:
    """Say which points are not known, and who knows them."""
    if not entry.withheld:
        return ""
    labels = list(dict.fromkeys(each.label for each in entry.withheld if each.label))
    subject = ", ".join(labels) if labels else "einzelnen Punkten"
    gap = (
        f"Nicht sicher weiß ich: {subject}." if labels else "Zu einzelnen Punkten fehlt mir etwas."
    )
    if context.town is None:
        return f"{gap} Auskunft gibt die Behördennummer 115."
    return f"{gap} {await help_line(context, context.town)}"


async def _office_line(
    kinds: Iterable[str | None], context: Context
) -> tuple[str, Found[object]] | None:
    """Tell when the first office of these kinds that the town has is open."""
    if context.town is None:
        return None
    for kind in filter(None, kinds):
        found = await context.services.offices.find(context.town, kind)
        if isinstance(found, Found):
            hours = hours_now(found.data, context.now) or f"Zuständig: {found.data.office.name}."
            return marked(capital(hours), found.demo), found
    return None


async def _links(entry: CatalogueEntry, context: Context) -> tuple[Link, ...]:
    town = context.town
    links = list(await town_links(context, town, entry.recipe.links)) if town else []
    may_link = context.services.municipality.may_link
    for fact in entry.facts:
        value = str(fact.value or fact.source.url or "")
        if fact.kind == "link" and may_link(town, value):
            links.append(Link(fact.label or fact.text, value))
    return _distinct(links)[:MAX_LINKS]


def _distinct(links: Iterable[Link]) -> tuple[Link, ...]:
    return tuple({link.url: link for link in links}.values())


async def _no_facts(text: str, context: Context, links: tuple[Link, ...]) -> Answer:
    if context.town is None:
        return Answer(f"{text}\n\nAuskunft gibt die Behördennummer 115.", links=links)
    reach = await context.services.municipality.reach(context.town)
    used = [reach] if isinstance(reach, Found) else []
    whole = paragraphs(text, await help_line(context, context.town))
    return of_found(whole, used, links=links, buttons=(HUMAN_BUTTON,))


async def _without_recipe(intent: str, context: Context, before: str) -> Answer:
    """Answer with the responsible body where nothing else is known."""
    if context.town is None:
        return Answer(paragraphs(before, "Auskunft gibt die Behördennummer 115."))
    duty = await context.services.responsibility.find(context.town, intent)
    if not isinstance(duty, Found):
        return await not_known(context, context.town, "Was Sie dafür brauchen,")
    body = duty.data.responsibility.body
    ways = await help_line(context, context.town)
    text = paragraphs(
        before,
        f"Sie möchten {duty.data.title}. Zuständig ist: {body}.",
        f"Was Sie dafür brauchen, weiß ich noch nicht sicher. {ways}",
    )
    return of_found(text, [duty], buttons=(HUMAN_BUTTON,))
