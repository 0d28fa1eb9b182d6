"""``services.toml``: what is accepted, and that every mistake is told with its mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.services.endpoints import FILE, Endpoint, Endpoints, EndpointsError, call_host
from actions.services.records import load_records


class Calendar(Endpoint):
    district: str


MODELS = {"ics": Endpoint, "calendar": Calendar}
GOOD = '[abfall]\nadapter = "ics"\nurl = "https://abfall.soest.de/kalender"\n'


def endpoints(content: Path, text: str, embedded: dict[str, str] | None = None) -> Endpoints:
    (content / "municipalities" / "soest" / FILE).write_text(text, encoding="utf-8")
    return Endpoints(content, load_records(content), embedded)


def problems(content: Path, text: str) -> str:
    with pytest.raises(EndpointsError) as caught:
        endpoints(content, text).tables("abfall", MODELS)
    return str(caught.value)


def test_a_table_names_adapter_address_and_hosts(content: Path):
    read = endpoints(content, GOOD + 'hosts = ["ics.soest.de"]\nlicence = "CC0"\n')
    table = read.tables("abfall", MODELS)["soest"]
    assert table.call_hosts == ("abfall.soest.de", "ics.soest.de")
    assert table.address("a/b") == "https://abfall.soest.de/kalender/a/b"
    assert table.address() == "https://abfall.soest.de/kalender"
    assert read.configured() == [("soest", "abfall")]
    assert read.tables("rat", MODELS) == {}


def test_towns_without_the_file_have_no_services(content: Path):
    assert Endpoints(content, load_records(content)).tables("abfall", MODELS) == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[abfall", "no valid TOML"),
        ('[abfuhr]\nadapter = "ics"\n', "[abfuhr]: no service: use one of termine, abfall"),
        ('abfall = "ics"\n', "[abfall]: no service"),
        (
            '[abfall]\nurl = "https://soest.de"\n',
            "[abfall] adapter: None is none: use one of ics, calendar",
        ),
        ('[abfall]\nadapter = "ics"\n', "[abfall] url: is missing: add it"),
        (GOOD + 'ulr = "x"\n', "[abfall] ulr: is not known to this adapter"),
        (GOOD.replace('"ics"', '"calendar"'), "[abfall] district: is missing: add it"),
        (
            GOOD.replace("abfall.soest.de", "abfall.example"),
            "[abfall] url: abfall.example is not allowed: add it to allowed_hosts in soest/town.yml",
        ),
        (GOOD.replace("abfall.soest.de", "soest.de.example"), "[abfall] url: soest.de.example"),
        (GOOD.replace("https://", "http://"), "[abfall] url: is not encrypted: write https"),
        (
            GOOD.replace("abfall.soest.de", "ich:geheim@soest.de"),
            "[abfall] url: holds a password: move it to the variable of secret_env",
        ),
        (
            GOOD.replace("https://abfall.soest.de", "http://127.0.0.1:5232"),
            "[abfall] url: 127.0.0.1:5232 is not allowed",
        ),
        (GOOD.replace("https://abfall.soest.de", "ftp://soest.de"), "write https://host/path"),
        (GOOD.replace("https://abfall.soest.de", "https://["), "write https://host/path"),
        (GOOD + 'hosts = ["boese.example"]\n', "[abfall] hosts: boese.example is not allowed"),
        (GOOD + 'file = "x.zip"\n', "[abfall] file: is only for adapters that read one"),
        (GOOD + 'secret_env = "geheim"\n', "[abfall] secret_env: "),
    ],
)
def test_a_mistake_is_told_with_file_table_key_and_mend(content: Path, text: str, told: str):
    said = problems(content, text)
    assert told in said
    assert f"municipalities/soest/{FILE}: " in said


class LocalFeed(Endpoint):
    local = True


@pytest.mark.parametrize("name", ["feed.zip", "../../../geheim.zip", "/etc/passwd"])
def test_a_file_lies_in_the_folder_of_the_town(content: Path, name: str):
    text = f'[oepnv]\nadapter = "gtfs"\nfile = "{name}"\n'
    with pytest.raises(EndpointsError, match=r"file: .* does not lie beside"):
        endpoints(content, text).tables("oepnv", {"gtfs": LocalFeed})
    (content / "municipalities" / "soest" / "feed.zip").write_bytes(b"")
    if name == "feed.zip":
        table = endpoints(content, text).tables("oepnv", {"gtfs": LocalFeed})["soest"]
        assert table.file == (content / "municipalities" / "soest" / name).resolve()


def test_the_secret_comes_from_the_environment_only(content: Path):
    table = endpoints(content, GOOD + 'secret_env = "ABFALL_KEY"\n').tables("abfall", MODELS)
    assert table["soest"].secret({"ABFALL_KEY": "s3cret"}) == "s3cret"
    assert table["soest"].secret({"ABFALL_KEY": ""}) is None
    assert table["soest"].secret({}) is None
    assert endpoints(content, GOOD).tables("abfall", MODELS)["soest"].secret({"": "x"}) is None


def test_an_embedded_server_is_found_by_its_name(content: Path):
    text = GOOD.replace("https://abfall.soest.de", "embedded:caldav/soest")
    running = endpoints(content, text, {"caldav": "http://127.0.0.1:5232/"})
    table = running.tables("abfall", MODELS)["soest"]
    assert table.url == "http://127.0.0.1:5232/soest/kalender"
    assert table.call_hosts == ("127.0.0.1:5232",)
    assert endpoints(content, text).tables("abfall", MODELS) == {}, "it does not run"


def test_a_loopback_server_may_be_named_in_the_allow_list(content: Path):
    town = content / "municipalities" / "soest" / "town.yml"
    text = town.read_text(encoding="utf-8").replace("[soest.de]", '[soest.de, "127.0.0.1:5232"]')
    town.write_text(text, encoding="utf-8")
    plain = GOOD.replace("https://abfall.soest.de", "http://127.0.0.1:5232")
    table = endpoints(content, plain).tables("abfall", MODELS)["soest"]
    assert table.call_hosts == ("127.0.0.1:5232",)
    other = problems(content, plain.replace("5232", "5233"))
    assert "127.0.0.1:5233 is not allowed" in other


def test_the_host_of_a_call_holds_the_port_only_on_plain_http():
    assert call_host("https://WWW.Soest.de:8443/x") == "www.soest.de"
    assert call_host("http://127.0.0.1:5232/x") == "127.0.0.1:5232"
