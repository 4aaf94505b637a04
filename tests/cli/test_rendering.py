from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pgwitness.cli.messages import relative_time
from pgwitness.cli.rendering import (
    Titles,
    escape,
    event_detail,
    event_table,
    highlighted_json,
    in_language,
    one_line,
    to_json,
)
from pgwitness.cli.session import Session
from pgwitness.models import Event

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


@pytest.mark.parametrize("digits", ["0.12345678901234567890", "9" * 5000, "1e-30", "-0.10"])
def test_json_keeps_every_digit(digits: str) -> None:
    value = {"n": [Decimal(digits)], "text": digits, digits: None}
    for indent in (None, 2):
        read = json.loads(to_json(value, indent), parse_float=Decimal, parse_int=Decimal)
        assert read == value
    assert to_json(Decimal(digits)) == f"{Decimal(digits):f}"


CHANGES = {
    "name": {"old": "Anna", "new": None},
    "born": {"old": HOSTILE, "new": 1912.0},
    "ssn": {"withheld": "redacted", "changed": True},
    "note": {"withheld": "not watched yet", "changed": True},
    "body": {"withheld": "too large", "bytes": 70000, "sha256": "ab"},
    "odd": {"withheld": "of a kind\x1b that is new", "changed": True},
}
ROW = {"name": HOSTILE, "age": None, "ssn": CHANGES["ssn"], "own": {"withheld": "tax"}}
DRAWN = [
    'name: "Anna" → null',
    f"born: {to_json(HOSTILE)} → 1912.0",
    "ssn: not kept: redacted",
    "note: not kept: not watched yet",
    "body: not kept: too large, 70,000 bytes",
    r"odd: not kept: of a kind\x1b that is new",
]
DRAWN_ROW = [
    f"name: {to_json(HOSTILE)}",
    "age: null",
    "ssn: not kept: redacted",
    'own: {"withheld": "tax"}',
]


def event_with(
    changes: object, source: str = "captured", target: object = None, metadata: object = None
) -> Event:
    texts = {field.name: field.name for field in fields(Event)}
    times = {"occurred_at": NOW, "recorded_at": NOW}
    given = {"source": source, "changes": changes, "target": target, "metadata": metadata}
    return Event(**{**texts, **times, "actor": None, "ip": None, **given})  # type: ignore[arg-type]


def draw(
    capsys: pytest.CaptureFixture[str], event: Event, *, in_detail: bool, language: str = "en"
) -> str:
    session, titles = Session(language=language), Titles([], language)
    if in_detail:
        event_detail(session, event, titles, UTC)
    else:
        event_table(session, [event], titles, with_changes=True)
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("event", "heading", "drawn"),
    [
        (event_with(CHANGES), "Changes", DRAWN),
        (event_with(CHANGES, target={"type": "entity_type", "id": "1"}), "Changes", DRAWN),
        (event_with(None, target=ROW), "Target, as it was then", DRAWN_ROW),
    ],
)
def test_what_was_captured_is_drawn(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    event: Event,
    heading: str,
    drawn: list[str],
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    listed = draw(capsys, event, in_detail=False)
    _, detail = draw(capsys, event, in_detail=True).split(f"\n{heading}\n", 1)
    assert [": ".join(line.split(None, 1)).rstrip() for line in detail.splitlines()] == drawn
    assert all(line in listed for line in drawn)
    swedish = draw(capsys, event, in_detail=True, language="sv")
    assert "sparas inte: maskerad" in swedish


@pytest.mark.parametrize("metadata", [{"moved_to": {}}, {"moved_from": {}}])
def test_where_a_row_went_is_told(
    capsys: pytest.CaptureFixture[str], metadata: dict[str, Any]
) -> None:
    listed = draw(capsys, event_with(None, target=ROW, metadata=metadata), in_detail=False)
    assert "description" in listed
    assert "age: null" in listed


def test_a_listing_shows_some_of_many_and_long_changes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    changes = {f"column {n}": {"old": "a" * 500, "new": "b" * 500} for n in range(30)}
    listed = draw(capsys, event_with(changes), in_detail=False)
    assert "and 22 more" in listed
    assert "column 8" not in listed
    assert listed.count("…") == 16
    assert "column 29" in draw(capsys, event_with(changes), in_detail=True)


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (event_with(None), "description"),
        (event_with({}), "description"),
        (event_with(CHANGES, "logged"), "description"),
        (event_with(["odd"]), "description"),
        (event_with(None, target={"type": "entity_type", "id": "entity_id"}), "description"),
        (event_with({"name": "odd"}), 'name: "odd"'),
    ],
)
def test_whatever_the_changes_are_something_is_told(
    capsys: pytest.CaptureFixture[str], event: Event, shown: str
) -> None:
    assert shown in draw(capsys, event, in_detail=False)
    assert draw(capsys, event, in_detail=True)


def test_changes_that_were_logged_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    _, changes = draw(capsys, event_with(CHANGES, "logged"), in_detail=True).split("Changes\n", 1)
    assert json.loads(changes) == CHANGES


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
