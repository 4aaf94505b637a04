"""A sink that falls behind, fails or puts events aside is seen in check_health."""

from __future__ import annotations

from typing import Any

from sinks.harbour import Harbour
from walls.ledger import REASON, call, rows


def check(harbour: Harbour, name: str = "sinks_delivering") -> dict[str, Any]:
    [found] = [row for row in rows(harbour.operator, "check_health") if row["check_name"] == name]
    return found


def test_without_sinks_and_with_one_that_delivers_all_is_well(harbour: Harbour) -> None:
    assert check(harbour)["state"] == check(harbour, "dead_letters")["state"] == "ok"
    harbour.open("a")
    harbour.write(1)
    harbour.seal()
    assert check(harbour)["state"] == "ok"


def test_one_that_is_late_is_an_error(harbour: Harbour) -> None:
    harbour.open("a", options={"purge_waits": True})
    harbour.write(3)
    harbour.seal()
    call(harbour.operator, "set_option", name="sink_lag_minutes", value="1", reason=REASON)
    harbour.intrude("update audit_private.seal set sealed_at = sealed_at - interval '2 minutes'")
    found = check(harbour)
    assert found["state"] == "error"
    assert "purges wait for it" in found["detail"]
    assert "acknowledged never" in found["detail"]
    harbour.drain()
    assert check(harbour)["state"] == "ok"


def test_an_error_or_no_approval_is_a_warning(harbour: Harbour) -> None:
    harbour.open()
    assert check(harbour)["state"] == "warning"
    assert "no tenant has approved it" in check(harbour)["detail"]
    harbour.approve("a")
    assert check(harbour)["state"] == "ok"
    harbour.seal()
    call(harbour.shipper, "report_sink_error", name="siem", error="connection refused")
    assert check(harbour)["state"] == "warning"
    assert "connection refused" in check(harbour)["detail"]
    harbour.drain()
    assert check(harbour)["state"] == "ok"


def test_dead_letters_are_a_warning(harbour: Harbour) -> None:
    harbour.open("a")
    harbour.write(1)
    harbour.seal()
    [row, *_] = harbour.read()
    call(
        harbour.shipper, "add_dead_letter", name="siem", event_id=row["event_id"],
        occurred_at=row["occurred_at"], error="too large",
    )  # fmt: skip
    found = check(harbour, "dead_letters")
    assert found["state"] == "warning"
    assert "1 of siem" in found["detail"]
