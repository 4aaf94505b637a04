"""What monitoring is told about sealing and restores."""

from __future__ import annotations

from integrity.laboratory import Laboratory
from walls.ledger import REASON, call, rows

from databases import TENANT_A


def test_a_sealed_log_is_well(laboratory: Laboratory) -> None:
    laboratory.write()
    laboratory.seal()
    health = laboratory.health()
    assert health["events_sealed"]["state"] == "ok"
    assert health["events_sealed"]["detail"].startswith("every event is sealed")
    assert health["restore_accepted"]["state"] == "ok"
    assert health["restore_accepted"]["hint"] is None


def test_a_sealer_that_stands_still_is_told_by_how_long(laboratory: Laboratory) -> None:
    laboratory.seal()
    laboratory.write()
    for minutes, state in ((4, "ok"), (6, "warning"), (59, "warning"), (61, "error")):
        laboratory.intrude(
            "update audit_private.event set recorded_at = clock_timestamp() "
            "- %s * interval '1 minute' where description = 'event 0'",
            minutes,
        )
        laboratory.intrude(
            "update audit_private.sealing set sealed_at = clock_timestamp() - interval '2 hours'"
        )
        health = laboratory.health()["events_sealed"]
        assert health["state"] == state, minutes
        assert (health["hint"] is None) == (state == "ok")
        assert "the oldest event that is not sealed" in health["detail"]
    laboratory.seal()
    assert laboratory.health()["events_sealed"]["state"] == "ok"


def test_a_log_that_was_never_sealed_says_so(laboratory: Laboratory) -> None:
    assert "has never run" in laboratory.health()["events_sealed"]["detail"]
    laboratory.intrude(
        "update audit_private.event set recorded_at = recorded_at - interval '2 hours'"
    )
    assert laboratory.health()["events_sealed"]["state"] == "error"


def test_a_quiet_log_is_not_late(laboratory: Laboratory) -> None:
    laboratory.seal()
    laboratory.intrude("update audit_private.sealing set sealed_at = sealed_at - interval '5 days'")
    assert laboratory.health()["events_sealed"]["state"] == "ok"


def test_a_restore_is_red_until_it_is_accepted(laboratory: Laboratory) -> None:
    laboratory.seal()
    laboratory.intrude("update audit_private.epoch set incarnation = '1/2/3'")
    for _ in range(2):
        health = laboratory.health()["restore_accepted"]
        assert health["state"] == "error"
        assert "accept_restore" in health["hint"]
        laboratory.seal()
    call(laboratory.operator, "accept_restore", reason=REASON)
    assert laboratory.health()["restore_accepted"]["state"] == "ok"


def test_an_administrator_is_told_of_health_but_of_no_other_tenant(laboratory: Laboratory) -> None:
    laboratory.seal()
    found = {row["check_name"]: row for row in rows(laboratory.admin, "check_health")}
    assert found["events_sealed"]["state"] == "ok"
    assert str(TENANT_A) not in str(found["events_sealed"])
