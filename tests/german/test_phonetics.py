import pytest

from german.phonetics import cologne_code


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("Müller-Lüdenscheidt", "65752682"),
        ("Breschnew", "17863"),
        ("Wikipedia", "3412"),
        ("Meier", "67"),
        ("", ""),
        ("14", ""),
    ],
)
def test_codes_of_the_literature(word, code):
    assert cologne_code(word) == code


@pytest.mark.parametrize(
    ("first", "second"),
    [("Meyer", "Maier"), ("Jakobi", "Jacoby"), ("Schmidt", "Schmitt"), ("Philipp", "Filip")],
)
def test_what_sounds_alike_has_one_code(first, second):
    assert cologne_code(first) == cologne_code(second)
