"""Bearer secrets."""

import pytest

from service.secrecy import bearer_matches


@pytest.mark.parametrize(
    ("header", "token", "expected"),
    [
        ("Bearer secret", "secret", True),
        ("Bearer secre", "secret", False),
        ("bearer secret", "secret", False),
        ("secret", "secret", False),
        ("Bearer ", "", False),
        ("", "secret", False),
        (None, "secret", False),
        ("Bearer sécret", "secret", False),
    ],
)
def test_matching(header, token, expected):
    assert bearer_matches(header, token) is expected
