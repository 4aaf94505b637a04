"""What holds for every format."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from formats.outlet import ENVELOPE, FORMATS, PAYLOAD, TEXTS, Outlet
from formats.parsers import parse_cef, parse_syslog
from walls.ledger import REASON, log, set_context

READ: dict[str, Callable[[str], Any]] = dict.fromkeys(FORMATS, json.loads) | {
    "cef": parse_cef,
    "rfc5424": parse_syslog,
}

SETTINGS = [
    "set timezone = 'Asia/Kolkata'",
    "set datestyle = 'SQL, DMY'",
    "set datestyle = 'German'",
    "set intervalstyle = 'sql_standard'",
    "set extra_float_digits = -15",
    "set bytea_output = 'escape'",
    "set standard_conforming_strings = off",
    "set backslash_quote = off",
    "set lc_time = 'C'",
    "set lc_numeric = 'C'",
    "set search_path = ''",
    "set plan_cache_mode = force_generic_plan",
    "set from_collapse_limit = 1",
]


@pytest.fixture(params=FORMATS)
def format(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_settings_change_no_byte(outlet: Outlet, format: str) -> None:
    for text in TEXTS:
        outlet.log_whole(text, metadata={"number": 0.1, "large": 1e300, "text": text})
    before = outlet.deliver(format, host_name="log.example")
    for setting in SETTINGS:
        outlet.root.execute(setting.encode())
        assert outlet.deliver(format, host_name="log.example") == before, setting


def test_the_clients_encoding_changes_nothing(outlet: Outlet, format: str) -> None:
    for text in TEXTS:
        outlet.log_whole(text)
    before = outlet.deliver(format)
    outlet.root.execute("set client_encoding = 'GB18030'")
    assert outlet.deliver(format) == before


def test_a_record_is_one_line(outlet: Outlet, format: str) -> None:
    for text in TEXTS:
        outlet.log_whole(text)
    for content in outlet.deliver(format):
        assert "\n" not in content
        assert "\r" not in content
        assert READ[format](content)


def test_an_envelope_holds_nothing_else(outlet: Outlet, format: str) -> None:
    outlet.log_whole("withheld")
    whole = outlet.last(format)
    assert "withheld" in whole
    assert "192.0.2.17" in whole
    content = outlet.last(format, content="envelope")
    assert "withheld" not in content
    assert "192.0.2.17" not in content
    assert str(outlet.events()[-1]["id"]) in content
    assert READ[format](content)


def test_an_erased_event_is_written(outlet: Outlet, format: str) -> None:
    privacy = outlet.database.connect(outlet.database.role("privacy"))
    outlet.log_whole("somebody@example.com")
    privacy.execute(
        "select audit.erase_subject(identifiers => %s, reason => %s)",
        (["somebody@example.com"], REASON),
    )
    [event] = outlet.events()
    assert event["description"] is None
    assert event["actor_id"] not in (None, "somebody@example.com")
    [content] = outlet.deliver(format)
    assert "somebody@example.com" not in content
    assert event["actor_id"] in content
    assert READ[format](content)


def test_an_event_as_large_as_may_be(outlet: Outlet, format: str) -> None:
    text = '"=]\\|\n漢' * 4_500
    outlet.log(description="large", metadata={"text": text})
    outlet.log(description="wide", metadata={"list": list(range(8_000))})
    outlet.log(description="deep", metadata=nested(200))
    assert all(READ[format](content) for content in outlet.deliver(format))


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"a": [value]}
    return value


def test_tenants_have_their_own(outlet: Outlet, format: str) -> None:
    for connection in (outlet.app, outlet.other):
        with connection.transaction():
            set_context(connection, actor_id="who")
            log(connection)
    first, second = outlet.deliver(format)
    assert str(outlet.database.tenant_a) in first
    assert str(outlet.database.tenant_b) in second
    assert str(outlet.database.tenant_a) not in second


@pytest.mark.parametrize("address", ["2001:db8::1", "::ffff:192.0.2.1", "10.0.0.0/8"])
def test_addresses(outlet: Outlet, format: str, address: str) -> None:
    outlet.log({"ip": address})
    content = outlet.last(format)
    assert address.partition("/")[0] in content
    assert READ[format](content)


def test_a_row_of_nulls_stops_nothing(outlet: Outlet, format: str) -> None:
    row = outlet.root.execute(
        f"select audit_private.{format}_record(null::audit_private.delivered_event, %s) as content",
        (Jsonb({}),),
    ).fetchone()
    assert row is not None
    assert row["content"]


def test_only_the_keeper_writes_records(outlet: Outlet, format: str) -> None:
    allowed = outlet.root.execute(
        "select r.rolname from pg_roles r where r.rolname ~ '^(audit|test)_' and "
        "has_function_privilege(r.oid, %s, 'execute') "
        "and not pg_has_role(r.oid, 'audit_owner', 'member')",
        (f"audit_private.{format}_record(audit_private.delivered_event, jsonb)",),
    ).fetchall()
    assert [row["rolname"] for row in allowed] == ["audit_keeper"]


def test_payload_and_envelope_are_all(outlet: Outlet) -> None:
    outlet.log_whole()
    assert set(outlet.events()[0]) == {*PAYLOAD, *ENVELOPE, "tenant_name", "action_title"}
