"""The web chat's towns are folders of the content."""

from pathlib import Path

import pytest

from actions.services.records import RecordsError
from channels.webchat.towns import Town
from cli.webchat import webchat_towns

TOWN = """
name: Neustadt
slug: neustadt
kreis: {name: Kreis Neustadt, slug: kreis-neustadt}
website: https://www.neustadt.example
colours: {light: "#102030", dark: "#a0b0c0"}
"""


def write_town(content: Path, slug: str, text: str) -> None:
    folder = content / "municipalities" / slug
    folder.mkdir(parents=True)
    (folder / "town.yml").write_text(text, encoding="utf-8")


def test_a_town_is_a_folder_of_data(tmp_path):
    write_town(tmp_path, "neustadt", TOWN)
    write_town(tmp_path, "_nrw", "no town at all")
    assert webchat_towns(tmp_path) == [
        Town("neustadt", "Neustadt", "https://www.neustadt.example", "#102030", "#a0b0c0")
    ]


def test_a_wrong_colour_is_named(tmp_path):
    write_town(tmp_path, "neustadt", TOWN.replace("#102030", "blue"))
    with pytest.raises(RecordsError, match="colours"):
        webchat_towns(tmp_path)


def test_a_town_without_colours_has_the_usual_ones(tmp_path):
    write_town(tmp_path, "neustadt", TOWN.replace("colours", "# colours"))
    town = webchat_towns(tmp_path)[0]
    assert (town.accent, town.accent_dark) == ("#1d5590", "#8ebcf0")
