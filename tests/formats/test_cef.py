from __future__ import annotations

import json
from typing import Any

import pycef
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from formats.outlet import TEXTS, Outlet
from formats.parsers import parse_cef

# Of CEF's dictionary; custom strings and keys of our own are cut at 4,000.
LONGEST = {
    "externalId": 40, "act": 63, "outcome": 63, "cat": 1023, "deviceExternalId": 255,
    "dvchost": 100, "suid": 1023, "suser": 1023, "spriv": 1023,
    "requestClientApplication": 1023, "reason": 1023, "msg": 1023,
    "cs1": 4000, "cs2": 4000, "cs3": 4000, "cs4": 4000, "cs5": 4000, "cs6": 4000,
}  # fmt: skip

CODES = {"action": "a" * 63, "outcome": "success", "actor_type": "user", "source": "logged"}


def test_another_parser_reads_it(outlet: Outlet) -> None:
    outlet.log_whole("somebody did something", outcome="success", error_message=None)
    found: dict[str, Any] = pycef.parse(outlet.last("cef", host_name="db.example"))
    [event] = outlet.events()
    assert found["CEFVersion"] == "0"
    assert (found["DeviceVendor"], found["DeviceProduct"]) == ("pgwitness", "pgwitness")
    assert found["DeviceEventClassID"] == found["act"] == "user_created"
    assert found["Name"] == "User created"
    assert found["rt"] == str(int(event["occurred_at"].timestamp() * 1000))
    assert found["externalId"] == str(event["id"])
    assert found["deviceExternalId"] == str(event["tenant_id"])
    assert found["dvchost"] == "db.example"
    assert found["suid"] == found["suser"] == found["msg"] == "somebody did something"
    assert found["src"] == "192.0.2.17"
    assert found["entityType"] == "user"
    assert found["tenantName"] == "Tenant A"
    assert found["pgwitnessRecordedBy"] == event["recorded_by"]


@pytest.mark.parametrize("text", TEXTS)
def test_texts_are_read_back(outlet: Outlet, text: str) -> None:
    outlet.log_whole(text)
    [event] = outlet.events()
    found = parse_cef(outlet.last("cef")).extension
    for key in ("suid", "suser", "requestClientApplication", "reason", "msg", "cs3"):
        assert found[key] == text
    assert found["pgwitnessRequestId"] == text
    for key, name in (("pgwitnessActor", "actor"), ("cs4", "target"), ("cs5", "changes"),
                      ("cs6", "metadata")):  # fmt: skip
        assert json.loads(found[key]) == event[name]


@pytest.mark.parametrize("text", ["a|b\\c", "x\r\ny", "=", "|", "\\"])
def test_a_name_in_the_header(outlet: Outlet, text: str) -> None:
    outlet.root.execute(
        "update audit_private.action set titles = %s where action = 'user_created'",
        (Jsonb({"en": text}),),
    )
    outlet.log()
    header = parse_cef(outlet.last("cef")).header
    assert header[3:5] == ["user_created", text.replace("\r", " ").replace("\n", " ")]


@pytest.mark.parametrize("character", ["=", "\\", "\n", "漢", "🙂", "x"])
def test_values_are_cut_at_their_keys_lengths(outlet: Outlet, character: str) -> None:
    """Also those that the log itself keeps shorter."""
    outlet.log_whole()
    [event] = outlet.events()
    texts = {name: character * 4500 for name, value in event.items() if isinstance(value, str)}
    snapshots = {
        key: {"name": character * 4500} for key in ("actor", "target", "changes", "metadata")
    }
    found = parse_cef(
        populated(outlet, {**texts, **snapshots, **CODES}, host_name="h" * 255)
    ).extension
    for key, longest in LONGEST.items():
        value = found.get(key, "")
        assert len(value) <= longest
        if key not in ("act", "outcome", "spriv", "externalId", "deviceExternalId", "dvchost"):
            assert len(value) == longest
    for key in ("cat", "suid", "suser", "reason", "msg", "requestClientApplication"):
        assert found[key] == character * 1023
    assert found["cs1"] == found["cs3"] == character * 4000
    assert found["dvchost"] == "h" * 100


def populated(outlet: Outlet, event: dict[str, Any], **options: Any) -> str:
    """Write an event that isn't in the log."""
    row = outlet.root.execute(
        "select audit_private.cef_record(jsonb_populate_record("
        "null::audit_private.delivered_event, %s), %s) as content",
        (Jsonb(CODES | event), Jsonb(options)),
    ).fetchone()
    assert row is not None
    return str(row["content"])


def test_an_address_of_version_6_has_a_key_of_its_own(outlet: Outlet) -> None:
    outlet.log({"ip": "2001:db8::1"})
    found = parse_cef(outlet.last("cef")).extension
    assert "src" not in found
    assert found["c6a2"] == "2001:db8::1"
    assert found["c6a2Label"] == "Source IPv6 Address"


@pytest.mark.parametrize(
    ("action", "outcome", "category", "severity"),
    [
        ("user_created", "success", "admin_actions", "3"),
        ("hold_placed", "success", "audit_control", "5"),
        ("audit_log_viewed", "success", "audit_access", "5"),
        ("user_created", "failure", "admin_actions", "7"),
        ("hold_placed", "failure", "audit_control", "9"),
        ("verification_failed", "success", "audit_control", "9"),
        ("user_created", "success", None, "3"),
    ],
)
def test_severity(
    outlet: Outlet, action: str, outcome: str, category: str | None, severity: str
) -> None:
    event = {"action": action, "outcome": outcome, "category": category}
    assert parse_cef(populated(outlet, event)).header[5] == severity


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
       | st.text("\\=| \n\rna]", max_size=20))  # fmt: skip
def test_any_text_is_read_back(outlet: Outlet, text: str) -> None:
    outlet.log_whole("x" + text)
    found = parse_cef(outlet.last("cef")).extension
    assert found["msg"] == found["suid"] == found["pgwitnessRequestId"] == "x" + text
    assert json.loads(found["cs6"])["text"] == "x" + text
