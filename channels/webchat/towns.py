"""The towns in whose name the web chat speaks, and their colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Town:
    """What a page of the web chat shows of a town.

    ``accent`` carries white text on light pages, ``accent_dark`` is used as text
    and line on dark pages; both keep a contrast of 4.5 to 1 (a test checks it).
    """

    slug: str
    name: str
    website: str
    accent: str
    accent_dark: str


def towns_by_slug(towns: Sequence[Town]) -> Mapping[str, Town]:
    """Return the towns under their slugs."""
    return {town.slug: town for town in towns}


def accent_sheet(towns: Sequence[Town]) -> str:
    """Return the style sheet that gives each town's pages its colour."""
    return "\n".join(_light_rule(town) for town in towns) + (
        "\n@media (prefers-color-scheme: dark) {\n"
        + "\n".join(_dark_rule(town) for town in towns)
        + "\n}\n"
    )


def _light_rule(town: Town) -> str:
    return f'[data-town="{town.slug}"] {{ --accent: {town.accent}; --accent-fill: {town.accent}; }}'


def _dark_rule(town: Town) -> str:
    return (
        f'[data-town="{town.slug}"] {{ --accent: {town.accent_dark}; '
        f"--accent-fill: {town.accent}; }}"
    )
