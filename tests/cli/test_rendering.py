from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from pgwitness.cli.messages import relative_time
from pgwitness.cli.rendering import escape, highlighted_json, in_language, one_line, to_json

NOW = datetime(2026, 5, 17, 12, 0, tzinfo=UTC)
HOSTILE = "a\x1b[2Jb\x9b31mc\rd\u202ee\u2028f\ud800\x00\x7f"


@pytest.mark.parametrize(
    ("ago", "english", "swedish"),
    [
        (timedelta(seconds=59), "just now", "nyss"),
        (timedelta(minutes=1), "1 minute ago", "1 minut sedan"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago", "59 minuter sedan"),
        (timedelta(hours=2), "2 hours ago", "2 timmar sedan"),
        (timedelta(days=6, hours=23), "6 days ago", "6 dagar sedan"),
        (timedelta(days=7), "1 week ago", "1 vecka sedan"),
        (timedelta(days=100), "3 months ago", "3 månader sedan"),
        (timedelta(days=800), "2 years ago", "2 år sedan"),
        (timedelta(minutes=-5), "in 5 minutes", "om 5 minuter"),
        (timedelta(days=-1), "in 1 day", "om 1 dag"),
    ],
)
def test_relative_time(ago: timedelta, english: str, swedish: str) -> None:
    assert relative_time("en", NOW - ago, NOW) == english
    assert relative_time("sv", NOW - ago, NOW) == swedish


def test_escape_leaves_no_character_that_a_terminal_obeys() -> None:
    escaped = escape(HOSTILE)
    assert escaped == r"a\x1b[2Jb\u009b31mc\x0dd\u202ee\u2028f\ud800\x00\x7f"


def test_escape_keeps_text_of_all_languages() -> None:
    assert escape("Åsa, 花子, حسن 👩‍🔬") == "Åsa, 花子, حسن 👩‍🔬"


def test_json_is_safe_and_says_the_same() -> None:
    value = {"key\x1b": [HOSTILE, 1.5, None, True]}
    for indent in (None, 2):
        written = to_json(value, indent)
        assert escape(written.replace("\n", "")) == written.replace("\n", "")
        assert json.loads(written) == value


def test_highlighted_json_is_the_json_itself() -> None:
    value = {"name": "[bold]Bo[/bold]", "n": 3}
    assert json.loads(highlighted_json(value).plain) == value


def test_one_line() -> None:
    assert one_line("a\n  b\tc\x1b") == r"a b c\x1b"


@pytest.mark.parametrize(
    ("texts", "chosen"),
    [
        ({"en": "User", "sv": "Användare"}, "Användare"),
        ({"en": "User", "de": "Benutzer"}, "User"),
        ({"de": "Benutzer"}, "Benutzer"),
        ({}, ""),
        (None, ""),
    ],
)
def test_language_falls_back(texts: dict[str, str] | None, chosen: str) -> None:
    assert in_language("sv", texts) == chosen
