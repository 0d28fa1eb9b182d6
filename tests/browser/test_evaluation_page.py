"""The evaluation's page in Chromium: narrow, dark, and without barriers."""

import datetime as dt

import pytest
from axe_playwright_python.sync_playwright import Axe

from cli.evaluation_page import to_page

NAMES = ["personalausweis_beantragen", "abfall_abholtermin", "datenschutz_meine_daten"]
RESULT = {
    "kind": "content", "n": 300, "folds": 5, "intent_accuracy": 0.8,
    "intent_accuracy_interval": [0.75, 0.85], "p50_ms": 1.0, "p95_ms": 2.0,
    "intents": [{"name": name, "n": 100, "precision": 0.8, "recall": 0.8, "f1": 0.8, "asked_back": 1}
                for name in NAMES],
    "confusions": [{"expected": NAMES[0], "predicted": NAMES[1], "count": 7, "sentences": ["Wo?"]}],
    "robustness": {"one_typo": {
        "n": 9, "sampled": 9, "accuracy_before": 0.9, "accuracy_after": 0.8, "loss_points": 10.0,
        "interval": [5, 15], "allowed_loss": 3.0, "broken": ["Dudt"]}},
    "certainty": {"ece": 0.1, "coverage_at_95": 0.5,
                  "curve": [{"n": 9, "certainty": 0.2, "accuracy": 0.3}]},
    "out_of_scope": {"by_source": {"own": {"n": 3, "auroc": 0.9, "false_accept_at_95": 0.1}}},
    "errors": [{"text": "Donaudampfschifffahrtsgesellschaftskapitänswitwe" * 2, "expected": [NAMES[0]],
                "predicted": "", "certainty": 0.1, "asked_back": True}],
}  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1100])
def test_page_fits_and_has_no_barriers(chromium, tmp_path, scheme, width):
    file = tmp_path / "page.html"
    file.write_text(to_page(RESULT, dt.datetime(2026, 11, 23, tzinfo=dt.UTC)), encoding="utf-8")
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    try:
        page = context.new_page()
        page.goto(file.as_uri())
        for details in page.locator("details").all():
            details.evaluate("each => each.open = true")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        violations = Axe().run(page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"][:80]) for each in violations] == []
    finally:
        context.close()
