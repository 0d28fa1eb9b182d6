"""Messages nobody means well with: up to 10 kB of pieces that grammars stumble over."""

from hypothesis import strategies as st

LONGEST = 10_000
PIECES = [
    "a", "ß", "1", "1.", "0171 ", "heute ", "um zehn ", "halb ", "zwischen 8 und ", "von ", "bis ",
    "am 1. ", "vor den ", "nach ", "kw 5 ", "montag ", "in den nächsten ", "straße ", "in der ",
    "linden straße ", "x-", "a1-", "a@b.", "a@b.c ", "at ", "punkt ", "(at)", "null eins ", "1 euro ",
    "1.000.", "€ ", "hundert", "und", "jahre ", "guten tag ", "bitte ", "ich hätte gern ", "vielen dank ",
    "😀", "👋🏽", "\u200b", "a\u0301", "\u0301", "  ", "\n", "-", "...", '"', "(", "[", "\\", "_", "#",
    "ﬁ", "中", "𝕳", "\ud800", "\0", "haaaaa ", "nicht ", "sankt ", "zur alten ", "nächste ", "jahr ",
    "3. bis 7. ", "nummer 1", "vorgang ",
]  # fmt: skip


def _message(pieces: list[str], times: int) -> str:
    return ("".join(pieces) * times)[:LONGEST]


messages = st.builds(
    _message,
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), min_size=1, max_size=6),
    st.integers(1, LONGEST),
)
