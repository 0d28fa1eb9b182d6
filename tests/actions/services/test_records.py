from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.services.records import RecordsError, hints, host_allowed, load_records, main
from actions.services.store import LOOK_EVERY_SECONDS, RecordsStore
from tests.actions.conftest import write


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def problems(content: Path) -> list[str]:
    with pytest.raises(RecordsError) as error:
        load_records(content)
    return list(error.value.problems)


def test_good_records_load(content: Path):
    records = load_records(content)
    assert set(records.towns) == {"soest", "olpe"}
    assert records.scopes_of("soest") == ("soest", "_kreis-soest", "_nrw", "_bund")


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "hint"),
    [
        ("soest/town.yml", 'ars: "059580000000"', "ars: 5958", 3, "ars"),
        ("soest/town.yml", "slug: soest", "slug: olpe", 1, "slug"),
        ("soest/town.yml", "website: https://www.soest.de", "web: x", 5, "website"),
        ("soest/offices.yml", "gender: das", "gender: der die", 6, "gender"),
        ("soest/offices.yml", "Mo,Tu 08:00-12:30", "Montag 8-12", 7, "OSM syntax"),
        ("soest/offices.yml", "date: 2026-12-24", "date: 24.12.2026", 10, "date"),
        ("soest/offices.yml", "first: 2026-12-28, ", "", 11, "first and last"),
        ("soest/responsibility.yml", "level: Stadt", "level: Dorf", 3, "level"),
        ("soest/responsibility.yml", "kfz_anmelden", "kfz_abmelden", 1, "kfz_anmelden"),
        ("soest/waste.yml", "waste/mitte.ics", "waste/fehlt.ics", 1, "no file"),
        ("soest/waste.yml", "waste/mitte.ics", "../../../geheim.ics", 1, "no file"),
        ("soest/waste.yml", "https://abfall.example", "https://boese.example", 1, "allowed_hosts"),
        ("_bund/facts/ausweise.yml", "kind: fee", "kind: preis", 4, "kind"),
        ("_bund/facts/ausweise.yml", "valid_until: 2026-02-06", "", 1, "same day"),
        ("_bund/facts/ausweise.yml", "valid_until: 2026-02-06", "valid_until: bald", 12, "date"),
        ("_bund/facts/ausweise.yml", "owner: Bund", "eigner: Bund", 2, "owner"),
        ("soest/notices.yml", "kind: verkehr", "kind: [", 5, "YAML"),
        ("soest/notices.yml", "as_of: 2026-11-20", "as_of: 2026-13-45", 1, "month"),
    ],
)
def test_an_error_names_file_line_and_mend(
    content: Path, file: str, old: str, new: str, line: int, hint: str
):
    change(content / "municipalities" / file, old, new)
    found = problems(content)
    assert any(each.startswith(f"data/municipalities/{file}:{line}: ") for each in found), found
    assert any(hint in each for each in found), found


def test_all_problems_are_named_at_once(content: Path):
    change(content / "municipalities" / "soest" / "town.yml", "slug: soest", "slug: x y")
    change(content / "municipalities" / "olpe" / "offices.yml", "kind: bauamt", "kind: Bau Amt")
    found = problems(content)
    assert any("soest/town.yml" in each for each in found)
    assert any("olpe/offices.yml" in each for each in found)


def test_a_missing_file_and_wrong_bytes_are_named(content: Path):
    (content / "municipalities" / "soest" / "offices.yml").unlink()
    (content / "de" / "hosts.yml").write_bytes(b"allowed_hosts: [\xe4]")
    found = problems(content)
    assert any("offices.yml" in each and "missing" in each for each in found)
    assert any("hosts.yml" in each and "UTF-8" in each for each in found)


def test_two_answers_for_one_intent_are_refused(content: Path):
    text = (content / "de" / "answers" / "ausweise.yml").read_text(encoding="utf-8")
    write(content / "de" / "answers" / "zwei.yml", text)
    assert any("another file" in each for each in problems(content))


def test_hints_name_unknown_facts_and_foreign_links(content: Path):
    answers = content / "de" / "answers" / "ausweise.yml"
    change(answers, "pa.dauer", "pa.gibt_es_nicht")
    lines = hints(load_records(content))
    assert any("pa.gibt_es_nicht" in each for each in lines)
    assert any("example.org" in each for each in lines)


def test_the_checker_says_whether_all_is_well(content: Path, capsys: pytest.CaptureFixture[str]):
    assert main([str(content)]) == 0
    assert "2 towns, 4 facts, 1 answers: all valid" in capsys.readouterr().out
    change(content / "municipalities" / "soest" / "town.yml", "slug: soest", "slug: x")
    assert main([str(content)]) == 1
    assert "1 problems" in capsys.readouterr().out


def test_a_host_covers_what_lies_below_it_and_nothing_else():
    hosts = ("soest.de", "bund.de")
    for good in ("https://www.soest.de/x", "https://soest.de", "https://warnung.bund.de"):
        assert host_allowed(good, hosts)
    for bad in (
        "https://xsoest.de",
        "https://soest.de.boese.example",
        "https://a@boese.de",
        "https://[",
        "",
    ):
        assert not host_allowed(bad, hosts)


def test_a_change_is_read_and_a_wrong_one_keeps_the_last_good(content: Path):
    now = [0.0]
    store = RecordsStore(content, monotonic=lambda: now[0])
    file = content / "municipalities" / "soest" / "town.yml"
    change(file, "name: Soest", "name: Neu-Soest")
    assert store.current().towns["soest"].town.name == "Soest", "not looked at yet"
    now[0] += LOOK_EVERY_SECONDS
    assert store.current().towns["soest"].town.name == "Neu-Soest"
    change(file, "slug: soest", "slug: falsch")
    now[0] += LOOK_EVERY_SECONDS
    assert store.current().towns["soest"].town.name == "Neu-Soest"
    change(file, "slug: falsch", "slug: soest")
    now[0] += LOOK_EVERY_SECONDS
    assert store.current().towns["soest"].town.slug == "soest"


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(st.text(max_size=200))
def test_any_file_content_is_read_or_refused_with_a_place(content: Path, text: str):
    file = content / "municipalities" / "soest" / "notices.yml"
    file.write_text(text, encoding="utf-8")
    try:
        load_records(content)
    except RecordsError as error:
        places = error.problems
    else:
        places = ()
    assert all("notices.yml:" in each for each in places)
