"""Pieces of the evaluation's page: text, tables, bars and the curve, all escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NOTHING = "–"
_SIZE = 300
_LEFT, _TOP = 66, 12


@dataclass(frozen=True)
class Markup:
    """HTML that is finished and needs no more escaping."""

    text: str


@dataclass(frozen=True)
class Column:
    """Head of a column; numbers stand on the right."""

    title: str
    number: bool = False


def escaped(value: object) -> str:
    """Return a value as HTML; only `Markup` passes as it is."""
    return value.text if isinstance(value, Markup) else html.escape(str(value))


def percent(value: float | None, digits: int = 1) -> str:
    """Write a share as German percent."""
    return NOTHING if value is None else f"{german(100 * value, digits)} %"


def german(value: float | None, digits: int = 1) -> str:
    """Write a number the German way."""
    if value is None:
        return NOTHING
    return f"{value:,.{digits}f}".translate(str.maketrans(",.", ".,"))


def of_hundred(value: float) -> str:
    """Write a share so that nobody needs to calculate: "82 von 100"."""
    return f"{round(100 * value)} von 100"


def paragraph(*sentences: object, kind: str = "") -> Markup:
    """Put sentences into a paragraph."""
    mark = f' class="{kind}"' if kind else ""
    return Markup(f"<p{mark}>{' '.join(escaped(each) for each in sentences if each)}</p>")


def table(caption: str, columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> Markup:
    """Build a table whose first cells are row heads; it scrolls on narrow screens."""
    head = "".join(
        f'<th scope="col"{_mark(column)}>{escaped(column.title)}</th>' for column in columns
    )
    body = "".join(_row(columns, row) for row in rows)
    return Markup(
        f'<div class="wide" role="region" tabindex="0" aria-label="{html.escape(caption)}">'
        f"<table><caption>{html.escape(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def bar(share: float, text: str) -> Markup:
    """Write a figure with a bar below it."""
    width = round(100 * min(max(share, 0.0), 1.0))
    return Markup(
        f'{html.escape(text)}<span class="bar" aria-hidden="true">'
        f'<i style="width:{width}%"></i></span>'
    )


def verdict(text: str, *, good: bool) -> Markup:
    """Write a judgement; the words say it, the colour only helps."""
    return Markup(f'<span class="{"good" if good else "bad"}">{html.escape(text)}</span>')


def named(title: str, name: str) -> Markup:
    """Write a name for people with the technical one below it."""
    if not title or title == name:
        return Markup(f"<code>{html.escape(name)}</code>")
    return Markup(f"{html.escape(title)}<br><small><code>{html.escape(name)}</code></small>")


def tiles(figures: Iterable[tuple[str, str, str]]) -> Markup:
    """Show main figures: what, value, remark."""
    inner = "".join(
        f"<div><dt>{html.escape(what)}</dt><dd>{html.escape(value)}"
        f"<small>{html.escape(remark)}</small></dd></div>"
        for what, value, remark in figures
    )
    return Markup(f'<dl class="tiles">{inner}</dl>')


def folded(summary: str, *content: Markup) -> Markup:
    """Hide content behind a line that opens it."""
    inner = "".join(each.text for each in content)
    return Markup(f"<details><summary>{html.escape(summary)}</summary>{inner}</details>")


def bullets(items: Iterable[object]) -> Markup:
    """List items."""
    return Markup(f"<ul>{''.join(f'<li>{escaped(item)}</li>' for item in items)}</ul>")


def section(title: str, *content: Markup) -> Markup:
    """Put content under a heading; nothing at all without content."""
    inner = "".join(each.text for each in content)
    return Markup(f"<section><h2>{html.escape(title)}</h2>{inner}</section>" if inner else "")


def grid(caption: str, names: Sequence[str], counts: Mapping[tuple[str, str], int]) -> Markup:
    """Show what is taken for what as a table; more often means more colour."""
    largest = max(counts.values(), default=1)
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in names)
    body = "".join(
        f'<tr><th scope="row">{html.escape(row)}</th>'
        + "".join(_cell(counts.get((row, column), 0), largest) for column in names)
        + "</tr>"
        for row in names
    )
    return Markup(
        f'<div class="wide" role="region" tabindex="0" aria-label="{html.escape(caption)}">'
        f'<table class="grid"><caption>{html.escape(caption)}</caption><thead><tr>'
        f'<th scope="col">gemeint ↓ verstanden →</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def curve(points: Sequence[Mapping[str, Any]]) -> Markup:
    """Draw how often the assistant is right against how certain it is."""
    largest = max((point["n"] for point in points), default=1)
    steps = "".join(_tick(share) for share in (0.0, 0.25, 0.5, 0.75, 1.0))
    line = " ".join(f"{_x(p['certainty']):.0f},{_y(p['accuracy']):.0f}" for p in points)
    dots = "".join(
        f'<circle cx="{_x(p["certainty"]):.0f}" cy="{_y(p["accuracy"]):.0f}" '
        f'r="{3 + 7 * (p["n"] / largest) ** 0.5:.1f}" fill="var(--fill)" fill-opacity="0.75"/>'
        for p in points
    )
    return Markup(
        f'<figure><svg viewBox="0 0 {_SIZE + 90} {_SIZE + 60}" role="img" '
        'aria-labelledby="curve-title"><title id="curve-title">Waagerecht: wie sicher sich der '
        "Assistent ist. Senkrecht: wie oft er recht hat. Auf der gestrichelten Linie stimmt "
        "beides überein. Die Zahlen stehen in der Tabelle darunter.</title>"
        f"{steps}"
        f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" stroke="var(--soft)" '
        'stroke-dasharray="4 4"/>'
        f'<polyline points="{line}" fill="none" stroke="var(--fill)" stroke-width="2"/>{dots}'
        f'<text x="{_x(0.5)}" y="{_SIZE + 52}" text-anchor="middle">so sicher ist er sich</text>'
        f'<text x="12" y="{_y(0.5)}" text-anchor="middle" transform="rotate(-90 12 {_y(0.5)})">'
        "so oft hat er recht</text></svg></figure>"
    )


def _row(columns: Sequence[Column], row: Sequence[object]) -> str:
    first, *others = row
    cells = "".join(
        f"<td{_mark(column)}>{escaped(value)}</td>"
        for column, value in zip(columns[1:], others, strict=True)
    )
    return f'<tr><th scope="row">{escaped(first)}</th>{cells}</tr>'


def _mark(column: Column) -> str:
    return ' class="number"' if column.number else ""


def _cell(count: int, largest: int) -> str:
    if not count:
        return "<td></td>"
    strength = 0.1 + 0.4 * count / largest
    return f'<td style="background:rgb(var(--heat) / {strength:.2f})">{count}</td>'


def _x(share: float) -> float:
    return _LEFT + share * _SIZE


def _y(share: float) -> float:
    return _TOP + (1 - share) * _SIZE


def _tick(share: float) -> str:
    label = f"{round(100 * share)} %"
    return (
        f'<line x1="{_x(0)}" y1="{_y(share)}" x2="{_x(1)}" y2="{_y(share)}" stroke="var(--line)"/>'
        f'<text x="{_LEFT - 6}" y="{_y(share) + 4}" text-anchor="end">{label}</text>'
        f'<text x="{_x(share)}" y="{_SIZE + 32}" text-anchor="middle">{label}</text>'
    )
