"""Where to ask when the records do not know: the town's phone, its web address, 115."""

from __future__ import annotations

from collections.abc import Iterable

from actions.answers import HUMAN_BUTTON, Answer, Link, of_found, paragraphs
from actions.dialogue import Context
from actions.services.municipality import Reach
from actions.services.results import Found

PHONE_115 = "Behördennummer 115 (ohne Vorwahl)"


async def help_line(context: Context, town: str) -> str:
    """Return one sentence that says where a person can be asked."""
    reach = await context.services.municipality.reach(town)
    if not isinstance(reach, Found):
        return f"Auskunft gibt auch die {PHONE_115}."
    return f"Auskunft gibt auch {_ways(reach.data)}."


def _ways(reach: Reach) -> str:
    phone = reach.first("phone")
    site = reach.website.removeprefix("https://").removeprefix("http://").rstrip("/")
    if phone:
        return f"die Stadt {reach.name} unter {phone.value} oder die {PHONE_115}"
    return f"die {PHONE_115} oder die Seite {site}"


async def not_known(
    context: Context, town: str, subject: str, links: tuple[Link, ...] = ()
) -> Answer:
    """Say honestly that something is not known, and who knows it."""
    reach = await context.services.municipality.reach(town)
    name = context.town_name
    place = "" if name in subject else f" für {name}"
    text = paragraphs(
        f"{subject} kenne ich{place} leider nicht sicher. Ich rate lieber nicht.",
        await help_line(context, town),
    )
    used = [reach] if isinstance(reach, Found) else []
    site = (Link(f"Stadt {name}", reach.data.website),) if isinstance(reach, Found) else ()
    return of_found(text, used, links=links or site, buttons=(HUMAN_BUTTON,))


async def town_links(context: Context, town: str, keys: Iterable[str]) -> tuple[Link, ...]:
    """Return the confirmed links of the town for the keys that it has."""
    found = [await context.services.municipality.link(town, key) for key in keys]
    return tuple(Link(each.title, each.url) for each in found if each is not None)
