"""Everything about one person, with other people masked."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from reading.desk import COLUMNS, Desk


def report(desk: Desk, *identifiers: str, with_actors: bool = False) -> list[dict[str, Any]]:
    return desk.reader.execute(
        "select * from audit.report_subject(identifiers => %s, with_actors => %s)",
        (list(identifiers), with_actors),
    ).fetchall()


def relations(desk: Desk, *identifiers: str) -> dict[str, set[str]]:
    return {
        row["description"]: set(row["relations"])
        for row in report(desk, *identifiers)
        if row["source"] == "logged"
    }


def test_how_a_person_is_found(privacy_desk: Desk) -> None:
    desk = privacy_desk
    desk.put(description="acted", actor_id="4711")
    desk.put(description="acted on", entity_id="4711", actor_id="9")
    desk.put(description="in the target", target=[{"mail": "Anna@Example.org"}], actor_id="9")
    desk.put(description="about anna@example.org", actor_id="9")
    desk.put(description="changed", changes={"mail": {"old": "ANNA@example.org", "new": None}})
    desk.put(description="metadata", metadata={"cc": ["x", "anna@example.org"]})
    desk.put(description="snapshot", actor_id="9", actor={"mail": "anna@example.org"})
    desk.put(description="agent", user_agent="mailer for anna@example.org")
    desk.put(description="error", outcome="failure", error_message="no anna@example.org")
    desk.put(description="request", request_id="anna@example.org-1")
    desk.put(description="address", ip="192.0.2.7")
    desk.put(description="somebody else", actor_id="47110", metadata={"anna": "key only"})
    assert relations(desk, " 4711 ", "anna@EXAMPLE.org", "192.0.2.7") == {
        "acted": {"actor"},
        "acted on": {"target"},
        "in the target": {"target", "mentioned"},
        "about anna@example.org": {"mentioned"},
        "changed": {"mentioned"},
        "metadata": {"mentioned"},
        "snapshot": {"mentioned"},
        "agent": {"mentioned"},
        "error": {"mentioned"},
        "request": {"mentioned"},
        "address": {"mentioned"},
    }


def test_other_people_are_masked(privacy_desk: Desk) -> None:
    desk = privacy_desk
    shared: dict[str, Any] = {"actor": {"name": "N"}, "ip": "192.0.2.7", "user_agent": "browser"}
    desk.put(description="own", actor_id="anna", **shared)
    desk.put(description="other's", entity_id="anna", actor_id="boss", **shared)
    rows = {row["description"]: row for row in report(desk, "anna") if row["source"] == "logged"}
    assert list(rows["own"]) == ["relations", *COLUMNS]
    masked = ("actor_id", "actor", "ip", "user_agent")
    assert all(rows["own"][column] is not None for column in masked)
    assert [rows["other's"][column] for column in masked] == [None] * 4
    assert rows["other's"]["actor_type"] == "user"
    assert rows["other's"]["target"] == {"type": "user", "id": "anna"}
    open_rows = {
        row["description"]: row
        for row in report(desk, "anna", with_actors=True)
        if row["source"] == "logged"
    }
    assert open_rows["other's"]["actor_id"] == "boss"
    assert open_rows["other's"]["actor"] == {"name": "N"}


@pytest.mark.parametrize(
    "identifier", ['an"na', "an\\na", "an%na", "an_na", "an\nna", "åÄö", "anna"]
)
def test_unusual_identifiers(privacy_desk: Desk, identifier: str) -> None:
    desk = privacy_desk
    desk.put(description="one", actor_id=identifier)
    desk.put(description="two", metadata={"deep": [{"k": f"before {identifier.upper()} after"}]})
    desk.put(description="three", target={"k": identifier})
    desk.put(description="four", metadata={"k": "anxna"})
    assert relations(desk, identifier) == {
        "one": {"actor"},
        "two": {"mentioned"},
        "three": {"target", "mentioned"},
    }


@pytest.mark.parametrize(
    "identifiers", [None, [], ["ab"], ["anna", ""], ["anna", None], ["   a   "], ["abc"] * 101]
)
def test_what_would_find_everybody_is_refused(privacy_desk: Desk, identifiers: Any) -> None:
    with pytest.raises(psycopg.Error) as refused:
        privacy_desk.reader.execute(
            "select audit.report_subject(identifiers => %s::text[])", (identifiers,)
        )
    assert refused.value.sqlstate == "WT040"


def test_only_the_own_tenant(privacy_desk: Desk, other_desk: Desk) -> None:
    other_desk.put(actor_id="anna")
    assert report(privacy_desk, "anna") == []
