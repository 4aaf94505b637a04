"""CSV and JSON Lines, written by the job and by COPY, read back by Python's own readers."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import psycopg
import pytest

from exporting.office import Office, call_one, parse, table
from reading.desk import COLUMNS
from walls.ledger import refused, rows

ODD = [
    "\uff1d1+1", "\uff20SUM(A1)", "\nx",
    "=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "'quoted", "''=1", "", " ", "plain", 'say "hi"',
    "a,b;c", "line\nbreak", "line\r\nbreak", "back\\slash", "\\.", "\\N", "NULL", "null",
    "å ß 漢字 🙂 \u202e \u0301 \ufeff", "\u0001\u0002\u001f\u007f", "{}", "x" * 100_000,
]  # fmt: skip


FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def read(office: Office, way: str, format: str, filter: dict[str, Any]) -> bytes:
    if way == "copy":
        return office.copy(filter, format)
    export_id = office.request(filter, format)
    office.run()
    return office.read(export_id)


def plain(cell: str) -> str:
    """Take away what keeps a spreadsheet from seeing a formula, as README says."""
    return cell[1:] if cell.startswith("'") else cell


@pytest.fixture(params=["job", "copy"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def put_odd(office: Office) -> list[dict[str, Any]]:
    stored = [
        office.desk.put(
            description=text,
            actor_id=text,
            entity_id=text,
            error_message=text,
            user_agent=text,
            request_id=text,
            recorded_by=text,
            actor={"name": text},
            target=[text],
            changes={text: {"old": None, "new": text}},
            metadata={"text": text, text: [1.50, True, None]},
            ip="2001:db8::1",
        )
        for text in ODD
    ]
    return stored[::-1]


def test_csv_is_read_back(office: Office, way: str) -> None:
    stored = put_odd(office)
    cells = table(read(office, way, "csv", {"action": "user_created"}))
    assert len(cells) == len(ODD)
    for cell, row in zip(cells, stored, strict=True):
        assert list(cell) == COLUMNS
        for name in ("description", "actor_id", "entity_id", "error_message", "user_agent",
                     "request_id", "recorded_by"):  # fmt: skip
            assert not cell[name].startswith(FORMULAS)
            assert plain(cell[name]) == row[name]
        for name in ("actor", "target", "changes", "metadata"):
            assert json.loads(cell[name]) == row[name]
        assert datetime.fromisoformat(cell["occurred_at"]) == row["occurred_at"]
        assert cell["occurred_at"].endswith("Z")
        assert cell["occurred_at"][10] == "T"
        assert cell["ip"] == "2001:db8::1"
        assert cell["category"] == "admin_actions"


def test_an_empty_text_is_told_from_none(office: Office, way: str) -> None:
    office.desk.put(description="", error_message=None)
    content = read(office, way, "csv", {"action": "user_created"}).decode()
    line = content.splitlines()[1].split(",")
    assert line[COLUMNS.index("description")] == '""'
    assert line[COLUMNS.index("actor")] == ""
    assert line[COLUMNS.index("error_message") + 2] == "" or '""' not in line[-5:]


def test_json_lines_are_read_back(office: Office, way: str) -> None:
    stored = put_odd(office)
    content = read(office, way, "jsonl", {"action": "user_created"})
    assert b"\r" not in content
    found = parse(content)
    assert len(found) == len(ODD)
    for line, row in zip(found, stored, strict=True):
        assert list(line) == COLUMNS
        for name in COLUMNS:
            if isinstance(row.get(name), (str, list, dict)):
                assert line[name] == row[name]
        assert datetime.fromisoformat(line["occurred_at"]) == row["occurred_at"]


def test_settings_of_the_session_change_nothing(office: Office, way: str) -> None:
    put_odd(office)
    before = read(office, way, "jsonl", {"action": "user_created"})
    for connection in (office.reader, office.operator):
        connection.execute(
            "set timezone = 'Asia/Tokyo'; set datestyle = 'ISO, DMY'; set bytea_output = 'escape'; "
            "set standard_conforming_strings = off; set intervalstyle = 'sql_standard'"
        )
    office.operator.execute("set datestyle = 'German'")
    assert read(office, way, "jsonl", {"action": "user_created"}) == before


def test_huge_metadata(office: Office, way: str) -> None:
    office.desk.put(metadata={"text": '"=\n' * 3_000_000})
    for format in ("csv", "jsonl"):
        content = read(office, way, format, {"action": "user_created"})
        metadata = table(content)[0]["metadata"] if format == "csv" else None
        found = json.loads(metadata) if metadata else parse(content)[0]["metadata"]
        assert len(found["text"]) == 9_000_000


def test_json_lines_are_imported_again(office: Office, way: str) -> None:
    from pgwitness.importers.pgwitness import Pgwitness

    put_odd(office)
    for line in parse(read(office, way, "jsonl", {"action": "user_created"})):
        event = Pgwitness().build_event(line, office.desk.tenant_id)
        assert event["description"] == line["description"]
        assert event["id"] == line["id"]


def test_a_straight_export_is_logged_before_its_first_row(office: Office) -> None:
    office.desk.put()
    [row] = rows(office.reader, "begin_export", filter={"action": "user_created"})
    assert office.steps(row["export_id"]) == ["requested"]
    other = office.database.connect(office.database.role("admin", "b"))
    with refused("WT030"), other.cursor().copy(row["statement"]) as copy:
        list(copy)
    with office.other.reader.cursor().copy(row["statement"]) as copy:
        assert b"".join(bytes(block) for block in copy) == b""
    with office.reader.cursor().copy(row["statement"]) as copy:
        assert len(parse(b"".join(bytes(block) for block in copy))) == 1
    assert call_one(
        office.reader, "finish_export", export_id=row["export_id"], rows=1, bytes=10, digest="d"
    )
    assert not call_one(office.reader, "finish_export", export_id=row["export_id"])
    _, completed = office.events(row["export_id"])
    assert completed["metadata"]["step"] == "completed"
    assert completed["metadata"]["rows"] == 1
    with refused("WT123"):
        rows(office.reader, "read_export", export_id=row["export_id"])


def test_another_tenants_rows_never_leave(office: Office, way: str) -> None:
    office.other.put(description="of b")
    found = parse(read(office, way, "jsonl", {}))
    assert found
    assert {row["tenant_id"] for row in found} == {str(office.desk.tenant_id)}


def test_the_statement_lets_nobody_out_of_the_filter(office: Office) -> None:
    office.desk.put(description="seen")
    for text in ("') or true --", "\\') or true --", "x' or '1'='1"):
        [row] = rows(office.reader, "begin_export", filter={"search": text, "actor": text})
        with office.reader.cursor().copy(row["statement"]) as copy:
            assert b"".join(bytes(block) for block in copy) == b""


def test_no_columns_are_forgotten(office: Office) -> None:
    root = office.vault.root
    shown = [
        column.name
        for column in root.execute("select * from audit_private.readable_event limit 0").description
        or ()
    ]
    exportable = [
        column.name
        for column in root.execute("select * from audit.exportable_event where false").description
        or ()
    ]
    assert exportable == [*shown, "search_text", "actor_text"]
    columns = root.execute("select name from audit_private.export_columns('csv') order by place")
    assert [row["name"] for row in columns] == shown
    assert isinstance(root, psycopg.Connection)
