"""A clock that jumps erases nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from retention.vault import Vault, ago, old
from walls.ledger import REASON, call, rows


def age(vault: Vault, **by: float) -> None:
    """Make every run so far look older, as it does once the clock has jumped ahead."""
    vault.root.execute(
        "update audit_private.job_run set started_at = started_at - %(by)s, "
        "last_step_at = last_step_at - %(by)s, finished_at = finished_at - %(by)s",
        {"by": timedelta(**by)},
    )


@pytest.fixture
def jumped(vault: Vault) -> Vault:
    """An event that has expired by a clock that has jumped 400 days ahead since the last purge."""
    vault.purge()
    age(vault, days=400)
    vault.bring(old(400, description="expired"))
    return vault


def test_a_jump_removes_nothing_and_says_so(jumped: Vault) -> None:
    jumped.purge()
    assert jumped.left() == ["expired"]
    receipt = jumped.receipts()[0]
    assert (receipt["predicted"], receipt["removed"]) == (0, 0)
    assert "nothing was removed" in receipt["error"]
    last = jumped.last_run()
    assert last["result"] == "failed"
    assert "nothing was removed" in last["detail"]
    health = {row["check_name"]: row for row in rows(jumped.operator, "check_health")}
    assert health["purge_kept_its_word"]["state"] != "ok"
    jumped.purge()
    assert jumped.left() == ["expired"], "asking again at once is no new evidence"


def test_a_day_later_the_clock_is_believed(jumped: Vault) -> None:
    jumped.purge()
    age(jumped, hours=19)
    jumped.purge()
    assert jumped.left() == ["expired"]
    age(jumped, hours=24)
    jumped.purge()
    assert jumped.left() == []
    assert jumped.last_run()["result"] == "succeeded"


def put(vault: Vault, days: float, recorded_days: float | None = None) -> None:
    """Write behind the log's back, which the log tells."""
    vault.is_tampered_with = True
    vault.root.execute(
        """
        insert into audit_private.event (
          tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source, action,
          entity_type, actor_type, outcome, recorded_by, description)
        select tenant_id, %(at)s, audit_private.new_event_id(%(at)s, 7), %(recorded)s, 7,
          txid_current(),
          gen_random_uuid(), 'logged', 'user_created', 'user', 'user', 'success', 'test', 'An event'
        from audit_private.tenant where name = 'Tenant A'
        """,
        {"at": ago(days), "recorded": ago(recorded_days or days)},
    )


def test_what_came_after_the_jump_is_no_sign_of_life(jumped: Vault) -> None:
    """The clock jumped yesterday, just after the nightly run; people and jobs went on working."""
    jumped.bring(old(0.95))
    put(jumped, 0.95)
    jumped.operator.execute("call audit.maintain_partitions()")
    jumped.root.execute(
        "update audit_private.job_run set started_at = now() - interval '23 hours' "
        "where job_name = 'maintain_partitions' and started_at > now() - interval '1 day'"
    )
    jumped.purge()
    assert "expired" in jumped.left()
    assert "nothing was removed" in jumped.receipts()[0]["error"]


@pytest.mark.parametrize(
    "sign", ["event", "old event imported", "job", "purge"], ids=lambda sign: str(sign)
)
def test_a_log_that_was_alive_is_purged(jumped: Vault, sign: str) -> None:
    """Purges were forgotten for a year, but the log was in use; an import is no use of it."""
    is_alive = sign != "old event imported"
    if sign == "job" or sign == "purge":
        jumped.root.execute(
            "insert into audit_private.job_run (job_name, started_at, finished_at, result, "
            "process_id, run_by) values (%s, now() - interval '4 days', now(), "
            "'succeeded', 1, 'x')",
            ("maintain_partitions" if sign == "job" else "purge_events",),
        )
    else:
        jumped.bring(old(10, description="young"))
        put(jumped, 10, 10 if is_alive else 0.01)
    jumped.purge()
    assert ("expired" in jumped.left()) is not is_alive


def test_the_first_purge_of_all_is_no_jump(vault: Vault) -> None:
    vault.bring(old(400))
    vault.purge()
    assert vault.left() == []


def test_a_clock_that_goes_back_removes_nothing(vault: Vault) -> None:
    """Runs that lie in the future keep nobody out, and nothing is due by an earlier clock."""
    vault.purge()
    age(vault, days=-400)
    vault.bring(old(300, description="young"))
    vault.purge()
    assert vault.left() == ["young"]
    found: list[dict[str, Any]] = vault.receipts()
    assert {receipt["result"] for receipt in found} == {"succeeded"}


def test_a_change_that_waits_is_not_brought_forward_by_setting_it_again(vault: Vault) -> None:
    vault.bring(old(200))
    call(vault.admin, "set_retention", days=30, reason=REASON)
    vault.purge()
    call(vault.operator, "set_option", name="retention_delay_days", value="1", reason=REASON)
    vault.purge()
    assert len(vault.left()) == 1
