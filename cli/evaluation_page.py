"""The page that ``stadtdraht evaluate`` writes: one file, readable without knowing statistics."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cli.evaluation_markup import (
    Column,
    Markup,
    bar,
    bullets,
    curve,
    folded,
    german,
    grid,
    named,
    of_hundred,
    paragraph,
    percent,
    section,
    table,
    tiles,
    verdict,
)

STYLE = Path(__file__).with_name("evaluation_page.css")
MOST_ERRORS = 300
MOST_IN_GRID = 10
WEAKEST = 3
ENOUGH = 10  # sentences, below which chance decides which intent is weak
Report = Mapping[str, Any]

_KINDS = {
    "content": "Beispielsätze der Stadt: Jeder Satz wurde von einem Modell beurteilt, das ihn "
    "vorher nie gesehen hat.",
    "file": "Eigene Sätze, beurteilt vom fertigen Modell dieses Hauses.",
    "massive": "Öffentliche Vergleichssätze (MASSIVE): trainiert mit dem einen Teil, beurteilt am "
    "anderen.",
    "few_shot": "Öffentliche Vergleichssätze (MASSIVE) mit nur wenigen Beispielen je Anliegen.",
}
_CHANGES = {
    "umlauts_written_out": "Umlaute ausgeschrieben (ä als ae, ß als ss)",
    "umlauts_dropped": "Umlaute vergessen (ä als a)",
    "one_typo": "ein Tippfehler",
    "two_typos": "zwei Tippfehler",
    "lower_case": "alles klein geschrieben",
    "no_punctuation": "ohne Satzzeichen",
    "split_compounds": "zusammengesetzte Wörter getrennt",
    "joined_words": "zwei Wörter zusammengeschrieben",
    "number_words": "Zahlen als Wörter",
    "polite": "mit Anrede und Dank",
}
_SOURCES = {
    "own": "eigene Sätze, die keine Sache der Stadt sind",
    "home_assistant": "Befehle an ein schlaues Zuhause",
    "massive": "Bitten an einen Sprachassistenten",
    "left_out_topics": "Themen, die nicht trainiert wurden",
}
_TALK = {
    "abbrechen": "abbrechen",
    "beleidigung": "schimpfen",
    "beschwerde": "sich beschweren",
    "danke": "danken",
    "einfacher": "einfachere Worte wünschen",
    "gruss": "grüßen",
    "hilfe": "um Hilfe bitten",
    "inform": "eine Angabe nachreichen",
    "ja": "zustimmen",
    "langsamer": "um langsameres Sprechen bitten",
    "lob": "loben",
    "nein": "ablehnen",
    "notfall": "einen Notfall melden",
    "out_of_scope": "etwas, das keine Sache der Stadt ist",
    "sprache_wechseln": "die Sprache wechseln",
    "stadt_waehlen": "die Stadt nennen",
    "tschuess": "sich verabschieden",
    "wer_bist_du": "fragen, wer hier antwortet",
    "wiederholen": "wiederholen lassen",
    "zurueck": "einen Schritt zurückgehen",
}
_STYLES = {"typed": "getippt", "spoken": "gesprochen"}
_SKIPPED = {
    "home_assistant": "Befehle an ein schlaues Zuhause (Datei fehlt)",
    "massive": "Bitten an einen Sprachassistenten (Datei fehlt)",
    "slots": "Slots (es gibt kein Slot-Modell)",
}


def to_page(result: Report, made_at: dt.datetime, titles: Mapping[str, str] | None = None) -> str:
    """Write the page of a result.

    Args:
        result: The object that the measuring printed.
        made_at: When it was measured.
        titles: Intent → what a citizen would call it.

    Returns:
        A whole HTML document that loads nothing from elsewhere.
    """
    titles = {**_TALK, **(titles or {})}
    parts = [
        _opening(result, made_at),
        _in_plain_words(result, titles),
        _main_figures(result),
        _intents(result, titles),
        _confusions(result, titles),
        _robustness(result),
        _certainty(result),
        _foreign(result),
        _entities(result),
        _slots(result),
        _styles(result),
        _few_shot(result),
        _errors(result, titles),
        _method(result),
    ]
    body = "\n".join(part.text for part in parts if part.text)
    return (
        '<!doctype html>\n<html lang="de">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        "<title>Wie gut versteht Stadtdraht Deutsch?</title>\n"
        f"<style>{STYLE.read_text(encoding='utf-8')}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _opening(result: Report, made_at: dt.datetime) -> Markup:
    source = f" Datei: {result['file']}." if result.get("file") else ""
    told = paragraph(
        _KINDS.get(result["kind"], ""),
        f"{german(result['n'], 0)} Sätze.{source} Gemessen am {made_at:%d.%m.%Y um %H:%M} Uhr.",
        kind="soft",
    )
    return Markup(f"<h1>Wie gut versteht Stadtdraht Deutsch?</h1>{told.text}")


def _main_figures(result: Report) -> Markup:
    foreign = result.get("out_of_scope") or {}
    low, high = result.get("intent_accuracy_interval") or (None, None)
    rows = [
        ("Anliegen erkannt", result.get("intent_accuracy"), _between(low, high)),
        ("unter den ersten drei", result.get("top_3"), "richtiges Anliegen dabei"),
        ("Angaben richtig", result.get("entity_f1"), "Tage, Straßen, Ämter … (F1)"),
        ("Slots richtig", result.get("slot_f1"), "Wörter mit Bedeutung (F1)"),
        ("Satz ganz richtig", result.get("exact_match"), "Anliegen und Angaben"),
        ("Fremdes durchgelassen", foreign.get("false_accept_at_95"), "weniger ist besser"),
    ]
    figures = [(what, percent(value), remark) for what, value, remark in rows if value is not None]
    if result.get("p50_ms") is not None:
        slow = f"95 % schneller als {german(result['p95_ms'])} ms"
        figures.append(("Dauer je Satz", f"{german(result['p50_ms'])} ms", slow))
    if result.get("train_seconds") is not None:
        figures.append(("Training", f"{german(result['train_seconds'], 0)} s", "ein Durchgang"))
    return tiles(figures) if figures else Markup("")


def _between(low: float | None, high: float | None) -> str:
    return "" if low is None else f"wahrscheinlich zwischen {percent(low)} und {percent(high)}"


def _in_plain_words(result: Report, titles: Mapping[str, str]) -> Markup:
    if result.get("intent_accuracy") is None:
        return Markup("")
    lines: list[object] = [
        f"Bei {of_hundred(result['intent_accuracy'])} Sätzen weiß der Assistent, worum es geht."
    ]
    doubt = result.get("doubt")
    if doubt:
        lines.append(
            f"Bei {of_hundred(doubt['asked_back'])} fragt er lieber zurück. "
            "Was er ohne Rückfrage beantwortet, stimmt in "
            f"{of_hundred(doubt['accuracy_of_answered'])} Fällen."
        )
    worst = _costly_changes(result)
    if worst:
        lines.append(f"Am meisten stört: {', '.join(worst)}.")
    judged = [each["name"] for each in result.get("intents", ()) if each["n"] >= ENOUGH]
    if judged:
        known = ", ".join(_called(name, titles) for name in judged[:WEAKEST])
        lines.append(
            f"Am schwächsten: {known}. Hier helfen mehr und andere Beispielsätze am meisten."
        )
    return Markup(f'<div class="card"><h2>In einfachen Worten</h2>{bullets(lines).text}</div>')


def _costly_changes(result: Report) -> list[str]:
    changes = result.get("robustness") or {}
    costly = [
        (each["loss_points"], name)
        for name, each in changes.items()
        if each["n"] and each["loss_points"] > (each["allowed_loss"] or 0)
    ]
    return [_CHANGES.get(name, name) for _, name in sorted(costly, reverse=True)]


def _intents(result: Report, titles: Mapping[str, str]) -> Markup:
    rows = result.get("intents") or ()
    if not rows:
        return Markup("")
    columns = [
        Column("Anliegen"), Column("Sätze", True), Column("erkannt", True),
        Column("davon wirklich gemeint", True), Column("Gesamtnote (F1)", True),
    ]  # fmt: skip
    return section(
        "Jedes Anliegen, das schwächste zuerst",
        paragraph(
            "„Erkannt“: So oft merkt der Assistent, dass dieses Anliegen gemeint ist.",
            "„Davon wirklich gemeint“: So oft stimmt es, wenn er dieses Anliegen vermutet.",
        ),
        table(
            "Anliegen nach Gesamtnote",
            columns,
            [
                (
                    named(titles.get(each["name"], ""), each["name"]),
                    each["n"],
                    bar(each["recall"], percent(each["recall"], 0)),
                    percent(each["precision"], 0),
                    percent(each["f1"], 0),
                )
                for each in rows
            ],
        ),
    )


def _confusions(result: Report, titles: Mapping[str, str]) -> Markup:
    pairs = result.get("confusions") or ()
    if not pairs:
        return Markup("")
    counts = {(each["expected"], each["predicted"] or "nichts"): each["count"] for each in pairs}
    weight: Counter[str] = Counter()
    for (expected, predicted), count in counts.items():
        weight[expected] += count
        weight[predicted] += count
    names = [name for name, _ in weight.most_common(MOST_IN_GRID)]
    shown = [
        folded(
            f"{_called(each['expected'], titles)} → {_called(each['predicted'], titles)}: "
            f"{each['count']}-mal",
            bullets(f"„{text}“" for text in each["sentences"]),
        )
        for each in pairs
    ]
    return section(
        "Was verwechselt wird",
        grid("Die häufigsten Verwechslungen (Zahl der Sätze)", names, counts),
        paragraph("Links das gemeinte Anliegen, rechts, wofür es gehalten wurde. Zum Aufklappen:"),
        *shown,
    )


def _robustness(result: Report) -> Markup:
    changes = result.get("robustness") or {}
    if not changes:
        return Markup("")
    columns = [
        Column("Veränderung"), Column("Sätze", True), Column("erkannt vorher", True),
        Column("nachher", True), Column("Verlust in Punkten", True), Column("Urteil"),
    ]  # fmt: skip
    ordered = sorted(changes.items(), key=lambda item: -item[1]["loss_points"])
    broken = [
        folded(
            f"{_CHANGES.get(name, name)}: Beispiele, die dann schiefgehen",
            bullets(f"„{text}“" for text in each["broken"]),
        )
        for name, each in ordered
        if each["broken"]
    ]
    return section(
        "Wenn Menschen anders schreiben",
        paragraph("Dieselben Sätze, so verändert, wie man wirklich tippt und spricht."),
        table(
            "Was jede Veränderung kostet, die teuerste zuerst",
            columns,
            [
                (
                    _CHANGES.get(name, name),
                    each["n"],
                    percent(each["accuracy_before"]),
                    percent(each["accuracy_after"]),
                    _with_interval(each),
                    _loss_verdict(each),
                )
                for name, each in ordered
            ],
        ),
        *broken,
    )


def _with_interval(change: Report) -> str:
    low, high = change["interval"]
    return f"{german(change['loss_points'])} ({german(low)} bis {german(high)})"


def _loss_verdict(change: Report) -> Markup:
    allowed = change["allowed_loss"] or 0.0
    if not change["n"]:
        return verdict("kam nicht vor", good=True)
    good = change["loss_points"] <= allowed
    word = "hält stand" if good else f"zu viel (Ziel: {german(allowed, 0)})"
    return verdict(word, good=good)


def _certainty(result: Report) -> Markup:
    found = result.get("certainty")
    if not found or not found["curve"]:
        return Markup("")
    columns = [Column("so sicher"), Column("hat recht", True), Column("Sätze", True)]
    rows = [
        (percent(each["certainty"], 0), percent(each["accuracy"], 0), each["n"])
        for each in found["curve"]
    ]
    return section(
        "Weiß er, was er weiß?",
        paragraph(
            "Ein ehrlicher Assistent hat so oft recht, wie er sich sicher ist.",
            f"Im Mittel liegt er {german(100 * found['ece'])} Punkte daneben.",
            f"{of_hundred(found['coverage_at_95'])} Sätzen könnte er antworten und dabei in "
            "95 von 100 Fällen richtig liegen.",
        ),
        curve(found["curve"]),
        folded("Die Zahlen dazu", table("Sicherheit und Treffer", columns, rows)),
    )


def _foreign(result: Report) -> Markup:
    sources = {
        name: each
        for name, each in ((result.get("out_of_scope") or {}).get("by_source") or {}).items()
        if each["n"] and each["auroc"] is not None
    }
    if not sources:
        return Markup("")
    columns = [
        Column("Woher"), Column("Sätze", True), Column("unterschieden (AUROC)", True),
        Column("fälschlich angenommen", True),
    ]  # fmt: skip
    return section(
        "Was nicht zur Stadt gehört",
        paragraph(
            "Diese Sätze soll der Assistent als fremd erkennen.",
            "„Fälschlich angenommen“: bei einer Schwelle, die 95 von 100 echten Anliegen annimmt.",
        ),
        table(
            "Fremde Sätze",
            columns,
            [
                (
                    _SOURCES.get(name, name),
                    each["n"],
                    percent(each["auroc"]),
                    percent(each["false_accept_at_95"]),
                )
                for name, each in sources.items()
            ],
        ),
    )


def _entities(result: Report) -> Markup:
    return _kinds_table("Angaben im Satz", "Ort, Tag, Amt und mehr", result.get("entities") or {})


def _slots(result: Report) -> Markup:
    return _kinds_table("Slots", "Wörter mit Bedeutung", result.get("slots") or {})


def _kinds_table(title: str, caption: str, kinds: Mapping[str, Report]) -> Markup:
    if not kinds:
        return Markup("")
    columns = [
        Column("Art"), Column("gesucht", True), Column("gefunden", True),
        Column("davon richtig", True), Column("F1", True),
    ]  # fmt: skip
    ordered = sorted(kinds.items(), key=lambda item: item[1]["f1"])
    rows = [
        (name, each["n"], percent(each["recall"]), percent(each["precision"]), percent(each["f1"]))
        for name, each in ordered
    ]
    return section(title, table(caption, columns, rows))


def _styles(result: Report) -> Markup:
    styles = result.get("by_style") or {}
    if len(styles) < 2:
        return Markup("")
    columns = [Column("Art"), Column("Sätze", True), Column("Anliegen erkannt", True)]
    rows = [
        (_STYLES.get(name, name), each["n"], percent(each["intent_accuracy"]))
        for name, each in styles.items()
    ]
    return section("Getippt und gesprochen", table("Nach Art der Sätze", columns, rows))


def _few_shot(result: Report) -> Markup:
    shots = result.get("few_shot") or {}
    if not shots:
        return Markup("")
    columns = [
        Column("Beispiele je Anliegen"), Column("erkannt (Mitte)", True),
        Column("schlechteste Ziehung", True), Column("beste Ziehung", True),
        Column("Training", True),
    ]  # fmt: skip
    rows = [
        (count, percent(each["median"]), percent(each["lowest"]), percent(each["highest"]),
         f"{german(each['train_seconds'])} s")
        for count, each in shots.items()
    ]  # fmt: skip
    caption = f"{result['seeds']} zufällige Ziehungen"
    return section("Mit wenigen Beispielen", table(caption, columns, rows))


def _errors(result: Report, titles: Mapping[str, str]) -> Markup:
    errors: Sequence[Report] = result.get("errors") or ()
    if not errors:
        return Markup("")
    shown = errors[:MOST_ERRORS]
    rest = len(errors) - len(shown)
    columns = [Column("Satz"), Column("gemeint"), Column("verstanden"), Column("sicher", True)]
    rows = [
        (
            each["text"],
            " oder ".join(_called(name, titles) for name in each["expected"]),
            _called(each["predicted"], titles) + (" (fragt zurück)" if each["asked_back"] else ""),
            percent(each["certainty"], 0),
        )
        for each in shown
    ]
    return section(
        "Alle Irrtümer",
        paragraph(f"{len(errors)} Sätze. Wo er zurückfragt, ist der Schaden klein."),
        folded("Liste öffnen", table("Irrtümer", columns, rows)),
        paragraph(f"{rest} weitere stehen in der JSON-Datei daneben.") if rest else Markup(""),
    )


def _method(result: Report) -> Markup:
    lines = []
    if result.get("folds"):
        lines.append(f"Kreuzprüfung in {result['folds']} Teilen.")
    if result.get("trained_sentences"):
        lines.append(f"Trainiert mit {german(result['trained_sentences'], 0)} Sätzen.")
    if result.get("tests"):
        tests = result["tests"]
        lines.append(
            f"{tests['n']} Prüfsätze der Redaktion, nicht trainiert: "
            f"{percent(tests['intent_accuracy'])} richtig."
        )
    lines += [f"Nicht gemessen: {_SKIPPED.get(each, each)}." for each in result.get("skipped", ())]
    lines.append("Spannen gelten zu 95 % (Bootstrap). Zeiten: ein Satz nach dem anderen, ein Kern.")
    lines.append("Rückfragen zählen bei „erkannt“ nach der ersten Vermutung.")
    return section("So wurde gemessen", bullets(lines))


def _called(name: str, titles: Mapping[str, str]) -> str:
    return titles.get(name) or (name.replace("_", " ") if name else "nichts")
