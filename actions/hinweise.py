"""Current notices of a town. The silence of a source is never an all-clear."""

from __future__ import annotations

from collections.abc import Mapping

from actions.answers import Answer, Link, bullets, marked, of_found, paragraphs
from actions.dialogue import Answerer, Concern, Context, with_town
from actions.help import help_line
from actions.services.results import Found

OFFICIAL = Link("Amtliche Warnungen des Bundes", "https://warnung.bund.de")
EMERGENCY = "Amtliche Warnungen finden Sie auf warnung.bund.de. Im Notfall: 112."


async def stoerung_warnung(_concern: Concern, context: Context, town: str) -> Answer:
    """Read out the notices that hold now."""
    found = await context.services.notices.current(town, context.now)
    if isinstance(found, Found):
        lines = bullets(marked(each.text, each.demo) for each in found.data)
        text = paragraphs(f"Aktuelle Hinweise für {context.town_name}:\n{lines}", EMERGENCY)
        return of_found(text, [found], links=(OFFICIAL,))
    reach = await context.services.municipality.reach(town)
    text = paragraphs(
        f"Mir liegt für {context.town_name} gerade kein Hinweis vor. Das ist keine Entwarnung.",
        EMERGENCY,
        await help_line(context, town),
    )
    return of_found(text, [reach] if isinstance(reach, Found) else [], links=(OFFICIAL,))


ANSWERERS: Mapping[str, Answerer] = {"stoerung_warnung": with_town(stoerung_warnung)}
