"""The tables in README say what is written."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from formats.outlet import Outlet
from formats.parsers import parse_cef, parse_syslog

README = Path(__file__).parents[2] / "README.md"


def table(heading: str, number: int = 0) -> list[list[str]]:
    """Give the cells of a table below a heading, but for its own heading."""
    text = README.read_text(encoding="utf-8").split("\n## Formats\n", 1)[1].split("\n## ", 1)[0]
    section = text.split(f"\n### {heading}\n", 1)[1].split("\n### ", 1)[0]
    lines = re.findall(r"((?:^\|.*\|$\n?)+)", section, re.MULTILINE)[number].splitlines()
    return [[cell.strip() for cell in line[1:-1].split(" | ")] for line in lines[2:]]


def names(heading: str, number: int = 0) -> list[str]:
    """Give the names that a table's first column has in order."""
    return [name for row in table(heading, number) for name in re.findall("`([^`]+)`", row[0])]


@pytest.fixture
def full(outlet: Outlet) -> Outlet:
    """An event with everything, from an address of either version."""
    outlet.log_whole()
    return outlet


def test_keys_of_cef(full: Outlet) -> None:
    keys = set(parse_cef(full.last("cef", host_name="h")).extension)
    full.log({"ip": "::1"})
    keys |= set(parse_cef(full.last("cef")).extension)
    listed = names("CEF")
    assert len(listed) == len(set(listed))
    assert set(listed) == keys


def test_parameters_of_rfc_5424(full: Outlet) -> None:
    data = parse_syslog(full.last("rfc5424")).data
    listed = names("RFC 5424")
    assert len(listed) == len(set(listed))
    assert set(listed) == set(data["pgwitness@32473"])


def test_attributes_of_otlp(full: Outlet) -> None:
    [scope] = json.loads(full.last("otlp"))["scopeLogs"]
    attributes = scope["logRecords"][0]["attributes"]
    assert set(names("OTLP")) == {attribute["key"] for attribute in attributes}
    kinds = {attribute["key"]: next(iter(attribute["value"])) for attribute in attributes}
    for row in table("OTLP"):
        expected = {"text": "stringValue", "integer": "intValue"}.get(row[1], "kvlistValue")
        assert {kinds[name] for name in re.findall("`([^`]+)`", row[0])} == {expected}


def test_attributes_of_cloudevents(full: Outlet) -> None:
    assert set(names("CloudEvents")) == set(json.loads(full.last("cloudevents")))


def test_activities_of_ocsf(full: Outlet) -> None:
    known = {3001: 0, 6003: 0}
    for class_uid, activity, endings in table("OCSF"):
        number, _, name = activity.partition(" ")
        for ending in re.findall("`([^`]+)`", endings):
            row = full.root.execute(
                "select i.id, audit_private.ocsf_activity_name(%(uid)s::integer * 100 + i.id) as n "
                "from audit_private.ocsf_activity_id(%(uid)s::integer, %(action)s) i (id)",
                {"uid": class_uid, "action": f"some_{ending}"},
            ).fetchone()
            assert row == {"id": int(number), "n": name}, ending
            known[int(class_uid)] += 1
    row = full.root.execute(
        "select regexp_count(prosrc, '''%?[a-z_]+'' then') as n from pg_proc "
        "where proname = 'ocsf_activity_id'"
    ).fetchone()
    assert row == {"n": sum(known.values())}, "each ending that the code knows is listed"


def test_attributes_of_ocsf(full: Outlet) -> None:
    full.log_whole(action="file_deleted", entity_type="file")
    events = [json.loads(content) for content in full.deliver("ocsf")]
    for name in names("OCSF", 1):
        first, _, second = name.partition(".")
        if first == "target":
            continue
        found = [event[first] for event in events if first in event]
        assert found, name
        assert not second or any(second in value for value in found), name
