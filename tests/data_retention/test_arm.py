"""Nothing goes before it was previewed and armed, and what arming approves."""

from __future__ import annotations

import psycopg
import pytest

from data_retention.office import DECISION, QUESTIONS, REASON, Office


def armed(office: Office, connection: psycopg.Connection[object] | None = None) -> bool:
    row = (
        (connection or office.owner)
        .execute("select audit.arm_data_retention(%s, %s) as changed", (QUESTIONS, REASON))
        .fetchone()
    )
    assert isinstance(row, dict)
    return bool(row["changed"])


def refuses(
    office: Office, state: str, connection: psycopg.Connection[object] | None = None
) -> None:
    with pytest.raises(psycopg.Error) as caught:
        armed(office, connection)
    assert caught.value.sqlstate == state
    assert caught.value.diag.message_hint


def test_nothing_goes_before(defined: Office) -> None:
    defined.ask(defined.assistant(1), 5)
    defined.preview()
    defined.purge()
    assert defined.count() == 1
    assert defined.receipts() == []


def test_it_wants_a_preview(defined: Office) -> None:
    refuses(defined, "WT113")
    defined.preview()
    assert armed(defined)
    (event,) = defined.rows(
        "select * from audit_private.event where action = 'data_retention_armed'"
    )
    assert event["metadata"] == {"reason": REASON, "decision": DECISION, "approved_rows": 0}


def test_an_old_preview_does_not_count(defined: Office) -> None:
    defined.preview()
    defined.behind.execute(
        "update audit_private.data_retention_preview "
        "set previewed_at = previewed_at - interval '61 minutes'"
    )
    refuses(defined, "WT113")


def test_somebody_elses_preview_does_not_count(defined: Office) -> None:
    defined.operator.execute("select * from audit.preview_data_purge('app.questions')")
    refuses(defined, "WT113")


def test_a_preview_of_another_definition_does_not_count(defined: Office) -> None:
    defined.preview()
    defined.define(time_column="created_at", children=[])
    refuses(defined, "WT113")


def test_a_reason_is_wanted(defined: Office) -> None:
    defined.preview()
    for call in ("arm", "disarm", "drop"):
        with pytest.raises(psycopg.Error) as caught:
            defined.owner.execute(f"select audit.{call}_data_retention('app.questions', 'short')")
        assert caught.value.sqlstate == "WT021"


def test_arming_what_was_not_declared(office: Office) -> None:
    refuses(office, "WT112")


def test_a_table_that_has_changed_is_neither_previewed_nor_armed(defined: Office) -> None:
    defined.preview()
    defined.make("alter table app.questions enable row level security, force row level security")
    refuses(defined, "WT112")
    with pytest.raises(psycopg.Error) as caught:
        defined.preview()
    assert caught.value.sqlstate == "WT112"


def test_disarming_stops_it(defined: Office) -> None:
    defined.arm()
    defined.ask(defined.assistant(1), 5)
    call = "select audit.disarm_data_retention('app.questions', 'it has to stop for now') as done"
    assert defined.operator.execute(call).fetchone() == {"done": True}
    assert defined.operator.execute(call).fetchone() == {"done": False}
    defined.purge()
    assert defined.count() == 1


def test_the_preview_shows_each_level_and_equals_what_goes(defined: Office) -> None:
    assistant, other = defined.assistant(10), defined.assistant(None, space=20)
    elsewhere = defined.assistant(5, tenant=defined.tenant_b)
    defined.ask(assistant, 11, 3)
    defined.ask(assistant, 9, 2)
    defined.ask(other, 21, 4)
    defined.ask(defined.assistant(), 999, 1)
    defined.ask(elsewhere, 6, 2, tenant=defined.tenant_b)
    shown = {
        (row["tenant_id"], row["level"], row["days"]): (row["rows"], row["due"])
        for row in defined.preview()
    }
    assert shown == {
        (defined.tenant_a, "assistant", 10): (5, 3),
        (defined.tenant_a, "space", 20): (4, 4),
        (defined.tenant_a, None, None): (1, 0),
        (defined.tenant_b, "assistant", 5): (2, 2),
    }
    assert armed(defined)
    defined.purge()
    first, second = defined.receipts()
    assert (first["predicted"], first["removed"], first["by_level"]) == (
        7, 7, {"assistant": 3, "space": 4},
    )  # fmt: skip
    assert (second["predicted"], second["removed"], second["by_level"]) == (2, 2, {"assistant": 2})
    assert defined.count() == 3
    events = defined.rows(
        "select tenant_id, entity_id, metadata from audit_private.event "
        "where action = 'data_purged' order by tenant_id"
    )
    assert [(row["tenant_id"], row["metadata"]["removed"]) for row in events] == [
        (defined.tenant_a, 7), (defined.tenant_b, 2),
    ]  # fmt: skip
    assert {row["metadata"]["decision"] for row in events} == {DECISION}


def test_too_large_a_share_stops_and_is_told_until_approved(defined: Office) -> None:
    defined.option("data_purge_limit_percent", "20")
    defined.arm()
    assistant = defined.assistant(30)
    defined.ask(assistant, 10, 10)
    defined.purge()
    defined.days_pass(19.9)
    defined.ask(assistant, 29.9, 70)
    defined.purge()
    defined.days_pass(10)
    defined.purge()
    receipt = defined.receipt()
    assert (receipt["result"], receipt["removed"], receipt["predicted"]) == ("stopped", 0, 80)
    assert "80 of 80 rows" in receipt["error"]
    health = {
        row["check_name"]: row
        for row in defined.rows("select * from audit_private.check_data_retention()")
    }
    assert health["data_purged_as_predicted"]["state"] == "error"
    defined.preview()
    assert armed(defined)
    defined.purge()
    assert (defined.receipt()["result"], defined.count()) == ("succeeded", 0)
    assert defined.value("select approved_rows from audit_private.data_retention") is None


def test_arming_approves_the_number_that_it_showed(defined: Office) -> None:
    defined.option("data_purge_limit_percent", "20")
    defined.ask(defined.assistant(30), 31, 50)
    defined.arm()
    defined.purge()
    assert (defined.receipt()["removed"], defined.count()) == (50, 0)


def test_a_share_below_the_limit_passes(defined: Office) -> None:
    defined.option("data_purge_limit_percent", "20")
    assistant = defined.assistant(30)
    defined.ask(assistant, 1, 8)
    defined.ask(assistant, 29.99, 2)
    defined.arm()
    defined.days_pass(0.02)
    defined.purge()
    assert (defined.receipt()["result"], defined.count()) == ("succeeded", 8)
