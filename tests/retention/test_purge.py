"""What a purge removes, by both ways of removing, and what it leaves exactly as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from retention.vault import DAY, MICROSECOND, Vault, ago, old
from walls.ledger import REASON, Connection, call, log, refused

FULL = {
    "entity_id": "u-1",
    "metadata": {"m": 1, "z": None},
    "target": [{"t": 1}],
    "changes": {"c": {"old": 1, "new": None}},
    "outcome": "failure",
    "error_message": "It broke",
    "actor_id": "anna",
    "actor_type": "api_key",
    "actor": {"name": "Anna"},
    "ip": "10.0.0.7",
    "user_agent": "curl",
    "request_id": "r-1",
}


def test_expired_events_go_and_all_else_stays(vault: Vault) -> None:
    vault.bring(old(400, description="expired"), old(300, description="young"))
    vault.bring(old(500, description="of b"), tenant="b")
    vault.purge()
    assert vault.left() == ["young"]
    assert vault.last_run()["result"] == "succeeded"
    vault.purge()
    assert vault.left() == ["young"]


def test_a_policy_that_is_not_exact_waits_for_the_partition(
    vault: Vault, operator: Connection
) -> None:
    """The cut-off lies within a month; events on both sides of it stay until the month is over."""
    call(operator, "set_option", name="partition_width", value="month", reason=REASON)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    month = (today - timedelta(days=400)).replace(day=1)
    days = (today - month).days - 10
    vault.bring(
        old(month - MICROSECOND, description="month before"),
        old(month, description="first moment"),
        old(ago(days) - timedelta(hours=1), description="expired"),
        old(ago(days) + timedelta(hours=1), description="young"),
    )
    vault.set_retention(days)
    found = vault.preview()
    assert (found["due"], found["waiting_for_partition"]) == (1, 2)
    vault.purge()
    assert vault.left() == ["first moment", "expired", "young"]
    assert call(vault.admin, "set_retention", days=days, is_exact=True, reason=REASON)
    found = vault.preview()
    assert (found["due"], found["waiting_for_partition"]) == (2, 0)
    vault.purge()
    assert vault.left() == ["young"]


@pytest.mark.parametrize(
    ("dead", "is_emptied"), [(6000, True), (3, False)], ids=["emptied", "row by row"]
)
def test_survivors_stay_as_they_were(vault: Vault, dead: int, is_emptied: bool) -> None:
    moment = ago(400)
    vault.set_retention(None, tenant="b")
    vault.bring(*[old(moment, description=f"b {n}", **FULL) for n in range(20)], tenant="b")
    vault.bring(old(moment - MICROSECOND, description="held", **(FULL | {"actor_id": "erik"})))
    vault.hold("case 1", {"actor_id": "erik"})
    kept = vault.stored()
    vault.fill(dead, moment)
    relation = f"audit_private.{vault.partition_of(moment)}"
    node = "select pg_relation_filenode(%s) as node"
    before = vault.root.execute(node, (relation,)).fetchone()
    vault.purge()
    assert vault.stored() == kept
    after = vault.root.execute(node, (relation,)).fetchone()
    assert (before != after) is is_emptied, "it was removed by the other way"
    receipt = vault.receipts()[0]
    assert (receipt["predicted"], receipt["removed"], receipt["kept_by_hold"]) == (dead, dead, 1)
    assert receipt["oldest_removed_at"] == moment
    assert receipt["newest_removed_at"] == moment + dead // 3 * MICROSECOND
    assert receipt["error"] is None
    of_b = vault.receipts("b")[0]
    assert (of_b["predicted"], of_b["removed"], of_b["days"]) == (0, 0, None)
    assert vault.last_run()["result"] == "succeeded"


def test_many_events_go_slice_by_slice(vault: Vault) -> None:
    """More than two slices of one tenant in one partition, with held ones among them."""
    moment = ago(400)
    vault.bring(old(moment))
    vault.set_retention(None, tenant="b")
    vault.fill(45_000, moment)
    vault.fill(46_000, moment, tenant="b")
    vault.hold("case 1", {"entity_id": ["1", "2"]})
    run = vault.begin()
    run.predict()
    steps = 0
    while run.step() != "done":
        steps += 1
    assert steps == 4
    run.finish()
    assert len(vault.left("b")) == 46_000
    assert len(vault.left("a")) == 6
    receipt = vault.receipts()[0]
    assert receipt["predicted"] == receipt["removed"] == 44_995
    assert receipt["kept_by_hold"] == 6


def test_writers_of_the_current_partition_never_wait(
    vault: Vault, operator: Connection, app: Connection
) -> None:
    """Nor when most of what is in it has expired: it is never emptied as a whole."""
    call(operator, "set_option", name="partition_width", value="month", reason=REASON)
    vault.set_retention(1, is_exact=True)
    vault.set_retention(1, tenant="b", is_exact=True)
    moment = datetime.now(UTC) - DAY - timedelta(hours=1)
    vault.bring(*[old(moment, description=f"expired {n}") for n in range(50)])
    partition = vault.partition_of(moment)
    app.execute("set lock_timeout = '1s'")
    run = vault.begin()
    with app.transaction():
        log(app, description="while the run waits")
        run.predict()
        while True:
            with vault.operator.transaction():
                state = run.step()
                log(app, description="while a step is open")
            if state == "done":
                break
            assert state == "more"
        run.finish()
    assert vault.left() == []
    assert partition == vault.partition_of(ago(0)) or datetime.now(UTC).day == 1


def test_in_a_transaction_block_nothing_is_done(vault: Vault) -> None:
    vault.bring(old())
    vault.operator.execute("begin")
    with refused("2D000"):
        vault.purge()
    vault.operator.execute("rollback")
    with refused("2D000"):
        vault.operator.execute(
            "do $$ begin call audit.purge_events(); exception when others then raise; end $$"
        )
    assert vault.left() == ["An account was added"]
    assert vault.root.execute("select from audit_private.job_run").fetchall() == []
    vault.purge()
    assert vault.left() == []
