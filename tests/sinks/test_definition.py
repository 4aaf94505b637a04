"""What a sink may be, who may say so, and what is known of it afterwards."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from sinks.harbour import Harbour, content
from walls.ledger import NIL, REASON, call, refused, rows

from databases import TENANT_A, TENANT_B


@pytest.mark.parametrize(
    ("kind", "options", "told"),
    [
        ("pigeon", {}, "Kinds are"),
        ("custom", {"colour": "red"}, "no option colour"),
        ("custom", {"token": "s3cret"}, "no option token"),
        ("custom", {"path": "/var/log/audit"}, "no option path"),
        ("custom", {"format": "xml"}, "format"),
        ("custom", {"batch_size": 0}, "1 to 10000"),
        ("custom", {"content": ["whole"]}, "content"),
        ("file", {}, "needs the option path"),
        ("file", {"path": "relative"}, "absolute path"),
        ("syslog", {"address": "log.example.org"}, "host:port"),
        ("webhook", {"url": "https://me:secret@example.org/"}, "without user"),
        ("webhook", {"url": "https://example.org/?token=secret"}, "without user"),
        ("webhook", {"url": "https://example.org/", "token_env": "not a name"}, "environment"),
    ],
    ids=str,
)
def test_a_definition_that_makes_no_sense_is_refused(
    harbour: Harbour, kind: str, options: dict[str, Any], told: str
) -> None:
    with refused("WT153") as refusal:
        harbour.define(kind=kind, options=options)
    assert told in refusal.detail
    assert rows(harbour.operator, "list_sinks") == []


@pytest.mark.parametrize("name", ["", "Upper", "a b", "1st", "x" * 64, None])
def test_a_name_is_plain(harbour: Harbour, name: Any) -> None:
    with refused("WT153"):
        harbour.define(name)


def test_an_unknown_tenant_role_or_filter_is_refused(harbour: Harbour) -> None:
    with refused("WT003"):
        harbour.define(tenant_ids=[UUID(int=7)])
    with refused("WT153"):
        harbour.define(tenant_ids=[])
    with refused("WT005"):
        harbour.define(role="nobody_of_this_name")
    with refused("WT005"):
        harbour.define(role="audit_shipper")
    with refused("WT040"):
        harbour.define(filter={"colour": "red"})


def test_without_payloads_the_filter_may_not_ask_for_any(harbour: Harbour) -> None:
    for key, value in (("actor_id", "anna"), ("search", "anna"), ("ip", "10.0.0.1")):
        with refused("WT153") as refusal:
            harbour.define(options={"content": "envelope"}, filter={key: value})
        assert key in refusal.detail
    assert harbour.define(options={"content": "envelope"}, filter={"outcome": "failure"})


def test_only_operators_define_and_drop(harbour: Harbour) -> None:
    harbour.define()
    for connection in (harbour.admin, harbour.auditor, harbour.app, harbour.shipper):
        with refused("42501"):
            call(connection, "define_sink", name="mine", kind="custom", role="test_shipper")
        with refused("42501"):
            call(connection, "drop_sink", name="siem", reason=REASON)
        with refused("42501"):
            call(connection, "set_purge_waits", name="siem", waits=False, reason=REASON)


def test_each_definition_is_an_event_of_whom_it_is_for(harbour: Harbour) -> None:
    assert harbour.define(tenant_ids=[TENANT_A], options={"content": "envelope"})
    assert not harbour.define(tenant_ids=[TENANT_A], options={"content": "envelope"})
    with refused("WT021"):
        call(harbour.operator, "drop_sink", name="siem", reason="short")
    assert call(harbour.operator, "drop_sink", name="siem", reason=REASON)
    assert not call(harbour.operator, "drop_sink", name="siem", reason=REASON)
    told = harbour.all(
        "select action, tenant_id, metadata ->> 'reason' as reason from audit_private.event "
        "where entity_type = 'audit_sink' order by sequence"
    )
    assert {(row["action"], row["tenant_id"]) for row in told} == {
        (action, tenant)
        for action in ("sink_defined", "sink_dropped")
        for tenant in (NIL, TENANT_A)
    }
    assert [row["reason"] for row in told if row["action"] == "sink_dropped"] == [REASON, REASON]


def test_times_of_a_filter_are_those_of_who_defined_it(harbour: Harbour) -> None:
    harbour.operator.execute("set timezone = 'Pacific/Auckland'")
    harbour.define(filter={"from": "2026-05-04", "to": "2026-05-04"})
    assert harbour.sink()["filter"] == {
        "from": "2026-05-04T00:00:00+12:00",
        "to": "2026-05-05T00:00:00+12:00",
    }


def test_everybody_sees_the_sinks_that_concern_them(harbour: Harbour) -> None:
    harbour.define("for_a", tenant_ids=[TENANT_A])
    harbour.define("for_all")
    harbour.define("for_both", tenant_ids=[TENANT_A, TENANT_B])
    harbour.define("of_another", role=harbour.database.role("service"))

    def names(connection: Any) -> list[str]:
        return [row["name"] for row in rows(connection, "list_sinks")]

    assert names(harbour.operator) == ["for_a", "for_all", "for_both", "of_another"]
    assert names(harbour.auditor) == names(harbour.operator)
    assert names(harbour.admin_b) == ["for_all", "for_both", "of_another"]
    assert names(harbour.shipper) == ["for_a", "for_all", "for_both"]
    assert harbour.sink("for_both", "b")["tenant_ids"] == [TENANT_B]


def test_options_are_listed_with_their_patterns(harbour: Harbour) -> None:
    listed = {row["name"]: row for row in rows(harbour.shipper, "list_sink_options")}
    assert listed["path"]["kinds"] == ["file"]
    assert "syslog" in listed["format"]["kinds"]


def test_an_envelope_has_no_payload_and_nobody_has_to_approve_it(harbour: Harbour) -> None:
    harbour.open(options={"content": "envelope"})
    [event_id] = harbour.write(1)
    harbour.seal()
    [row] = [row for row in harbour.drain() if row["event_id"] == event_id]
    found = content(row)
    assert found["action"] == "user_created"
    assert found["tenant_id"] == str(TENANT_A)
    assert not {"actor_id", "entity_id", "description", "actor", "metadata"} & {
        key for key, value in found.items() if value is not None
    }
