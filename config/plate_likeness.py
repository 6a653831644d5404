"""Which characters of a plate are taken for each other (形近字符)."""

from __future__ import annotations

SIMILAR = (
    "0DQOUC",
    "8B36",
    "2Z7",
    "1ILT7",
    "TJ",
    "5S",
    "6GC",
    "4A",
    "MNH",
    "MW",
    "VYU",
    "EF",
    "PF",
    "PR",
    "KXR",
)
"""Groups of shapes; a character may be in several (ours, from the shapes of GA 36's typeface)."""

SIMILAR_PROVINCES = ("苏赣", "浙湘皖", "津渝沪", "冀黑", "粤鄂", "桂贵", "鲁吉")


def similar(a: str, b: str) -> bool:
    """Whether one is easily read for the other; False for the same."""
    return a != b and any(a in group and b in group for group in (*SIMILAR, *SIMILAR_PROVINCES))


def likes_of(character: str) -> frozenset[str]:
    """All that `character` may be taken for."""
    groups = (group for group in (*SIMILAR, *SIMILAR_PROVINCES) if character in group)
    return frozenset("".join(groups)) - {character}
