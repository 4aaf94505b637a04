"""Who may verify and what they see, and that a log with nothing wrong gives no row."""

from __future__ import annotations

from typing import Any

import pytest

from integrity.laboratory import Laboratory
from retention.vault import Run, ago, in_background, old
from walls.ledger import NIL, REASON, bind, call, justify, log, refused, rows, wait_until_blocked

from databases import TENANT_A, TENANT_B

FINDING = ["kind", "tenant_id", "seal_number", "event_id", "occurred_at", "detail"]


@pytest.fixture
def forged(laboratory: Laboratory) -> Laboratory:
    """A log in which an event of each tenant and of the installation was changed."""
    ids = [*laboratory.write(), *laboratory.write(1, laboratory.app_b)]
    laboratory.seal()
    ids.append(
        laboratory.value("select id from audit_private.event where tenant_id = %s limit 1", NIL)
    )
    laboratory.intrude(
        "update audit_private.event set entity_id = 'secret 1' where id = any (%s)", ids
    )
    return laboratory


@pytest.mark.parametrize("persona", ["auditor", "operator"])
def test_who_audits_all_tenants_sees_the_findings_of_all(forged: Laboratory, persona: str) -> None:
    connection = forged.database.connect(forged.database.role(persona))
    found = forged.look(connection)
    assert {f["tenant_id"] for f in found} == {TENANT_A, TENANT_B, NIL}
    assert {tuple(f) for f in found} == {tuple(FINDING)}
    assert "secret" not in str(found)
    assert "event 0" not in str(found)
    assert [f["tenant_id"] for f in forged.look(connection, tenant_id=TENANT_B)] == [TENANT_B]


def test_an_administrator_sees_those_of_its_tenant(forged: Laboratory) -> None:
    assert [f["tenant_id"] for f in forged.look(forged.admin)] == [TENANT_A]
    assert [f["tenant_id"] for f in forged.look(forged.admin_b)] == [TENANT_B]
    for other in (TENANT_B, NIL):
        with refused("WT002"):
            forged.look(forged.admin, tenant_id=other)


@pytest.mark.parametrize("persona", ["app", "reader", "privacy", "backup", "stranger"])
def test_nobody_else_verifies(forged: Laboratory, persona: str) -> None:
    connection = forged.database.connect(forged.database.role(persona))
    with refused("42501"):
        forged.look(connection)
    with refused("42501"):
        rows(connection, "verify_checkpoint", origin="x", tree_size=1, root_hash=b"")
    with refused("42501"):
        connection.execute(
            "select * from audit_private.verify_leaves(null, '-infinity', 'infinity')"
        )
    if persona != "backup":
        with refused("42501"):
            connection.execute("table audit_private.seal_part")


def test_after_verifying_the_context_is_as_before(laboratory: Laboratory) -> None:
    with laboratory.admin.transaction():
        laboratory.look(laboratory.admin, tenant_id=TENANT_A)
        assert laboratory.admin.execute(
            "select current_setting('pgwitness.named_tenant', true)"
        ).fetchone() == ("",)


def test_a_log_before_its_first_seal_is_clean(laboratory: Laboratory) -> None:
    laboratory.write(3)
    assert laboratory.look() == []
    assert laboratory.look(laboratory.admin) == []


def test_a_busy_log_is_clean(laboratory: Laboratory) -> None:
    for _ in range(3):
        laboratory.write(3)
        laboratory.write(2, laboratory.app_b)
        laboratory.bring(old(30), old(0.5))
        laboratory.bring(old(300), tenant="b")
        laboratory.seal()
        laboratory.write()
        assert laboratory.look() == []
    laboratory.seal()
    laboratory.check_chains()


def test_events_told_late_are_sealed_late(laboratory: Laboratory) -> None:
    laboratory.write()
    laboratory.seal()
    log(laboratory.app, occurred_at=ago(0.9))
    laboratory.bring(old(200))
    laboratory.seal()
    laboratory.check_chains()


def test_what_a_long_transaction_commits_is_not_late(laboratory: Laboratory) -> None:
    """Nobody could seal it before; but once the sealer has stood still, it is."""
    laboratory.seal()
    with laboratory.app.transaction():
        [event_id] = laboratory.write()
    laboratory.intrude(
        "update audit_private.event set recorded_at = recorded_at - interval '2 hours' "
        "where id = %s",
        event_id,
    )
    assert laboratory.look() == []
    assert laboratory.health()["events_sealed"]["state"] == "ok"
    laboratory.intrude(
        "update audit_private.sealing set sealed_at = sealed_at - interval '20 minutes'"
    )
    [finding] = laboratory.look()
    assert (finding["kind"], finding["event_id"]) == ("unsealed", event_id)
    assert laboratory.health()["events_sealed"]["state"] == "warning"
    laboratory.intrude(
        "update audit_private.sealing set sealed_at = sealed_at - interval '1 hours'"
    )
    assert laboratory.health()["events_sealed"]["state"] == "error"


def set_clock(laboratory: Laboratory, days: int) -> None:
    """Let the sealer's clock run ahead."""
    laboratory.root.execute(
        f"""
        do $$
        begin
          execute regexp_replace(
            pg_get_functiondef('audit_private.seal_step()'::regprocedure),
            ':= clock_timestamp[(][)][^;]*;', ':= clock_timestamp() + interval ''{days} days'';');
        end
        $$
        """.encode()
    )


def test_a_clock_that_was_set_back_is_no_forgery(laboratory: Laboratory) -> None:
    """Seals that were made in the future stay; those made since the clock is right are older."""
    for days in (0, 2, 0, 0):
        set_clock(laboratory, days)
        laboratory.write()
        laboratory.seal()
        assert laboratory.look() == []
    sealed = laboratory.all(
        "select sealed_at from audit_private.seal where tenant_id = %s order by seal_number",
        TENANT_A,
    )
    assert sealed[-2]["sealed_at"] < sealed[-3]["sealed_at"]
    laboratory.check_chains()


@pytest.mark.parametrize(
    "groups",
    [
        ("actor_id",),
        ("entity_id",),
        ("payload",),
        ("actor_id", "payload"),
        ("actor_id", "entity_id", "payload"),
    ],
    ids="+".join,
)
def test_an_erasure_leaves_every_leaf_as_it_was(
    laboratory: Laboratory, groups: tuple[str, ...]
) -> None:
    event_id = log(laboratory.app, entity_id="7", actor_id="erik", metadata={"name": "Erik"})
    assert event_id is not None
    laboratory.seal()
    for group in groups:
        laboratory.erase(event_id, group)
        assert laboratory.look() == []
    event = laboratory.event(event_id)
    assert event["salt"] is None
    laboratory.write()
    laboratory.seal()
    assert laboratory.look() == []


def test_an_event_that_was_erased_before_it_was_sealed_is_clean(laboratory: Laboratory) -> None:
    event_id = log(laboratory.app, entity_id="7", actor_id="erik", metadata={"name": "Erik"})
    assert event_id is not None
    laboratory.erase(event_id, "payload")
    laboratory.seal()
    laboratory.erase(event_id, "actor_id")
    assert laboratory.look() == []


@pytest.fixture(params=["emptied", "row by row"])
def due(request: pytest.FixtureRequest, laboratory: Laboratory) -> Run:
    """A purge whose first step that removes something comes next, either way."""
    laboratory.bring(old(402, description="kept", actor_id="erik"))
    laboratory.hold("case 1", {"actor_id": "erik"})
    laboratory.fill(5000 if request.param == "emptied" else 3, ago(402))
    run = laboratory.begin()
    run.predict()
    if request.param == "row by row":
        assert run.step() == "more"
    assert laboratory.left().count("of a") > 2
    return run


def finish(laboratory: Laboratory, run: Run, *left: str) -> None:
    run.steps()
    run.finish()
    laboratory.seal()
    assert sorted(laboratory.left()) == sorted(left)
    laboratory.check_chains_after_purges()


def test_a_partition_that_is_emptied_meanwhile_is_no_finding(
    laboratory: Laboratory, due: Run
) -> None:
    """TRUNCATE empties it for older snapshots as well: whoever verifies waits, and looks then."""
    found: list[Any] = []
    laboratory.operator.execute("begin")
    assert due.step() == "more"
    with in_background(lambda: found.extend(laboratory.look())) as failures:
        if is_being_emptied(laboratory):
            wait_until_blocked(laboratory.database, laboratory.auditor)
        laboratory.operator.execute("commit")
    assert failures == []
    assert found == []
    finish(laboratory, due, "kept")


def is_being_emptied(laboratory: Laboratory) -> bool:
    found: int = laboratory.value(
        "select count(*) from pg_locks where mode = 'AccessExclusiveLock' "
        "and relation = %s::regclass",
        f"audit_private.{laboratory.partition_of(ago(402))}",
    )
    return found > 0


def test_a_sealer_waits_for_the_step_of_a_purge(laboratory: Laboratory, due: Run) -> None:
    """What the step puts back is younger than the statement of a sealer that waited for the
    partition, and so would never be sealed."""
    late = laboratory.bring(old(402, description="late"))
    rival = laboratory.database.connect(laboratory.database.role("operator"))
    laboratory.operator.execute("begin")
    assert due.step() == "more"
    with in_background(lambda: rival.execute("call audit.seal_events()")) as failures:
        wait_until_blocked(laboratory.database, rival)
        laboratory.operator.execute("commit")
    assert failures == []
    finish(laboratory, due, "kept", "late")
    assert laboratory.sealed_ids().count(late[0]) == 1


def test_a_purge_s_step_waits_for_the_sealer(laboratory: Laboratory, due: Run) -> None:
    """However long: what is sealed meanwhile would be noted as removed, and still be there."""
    late = laboratory.bring(old(402, description="late"))
    rival = laboratory.database.connect(laboratory.database.role("operator"))
    rival.execute("begin")
    rival.execute("select audit_private.seal_step()")
    with in_background(due.step) as failures:
        wait_until_blocked(laboratory.database, laboratory.operator)
        laboratory.bring(old(402, description="later"))
        rival.execute("commit")
    assert failures == []
    run = laboratory.all("select place from audit_private.job_run where result = 'running'")
    assert run
    due.steps()
    due.finish()
    laboratory.seal()
    assert set(laboratory.left()) >= {"kept", "later"}
    laboratory.check_chains_after_purges()
    assert late[0] in laboratory.sealed_ids() or "late" not in laboratory.left()


def test_a_retired_tenant_is_verified_like_any_other(laboratory: Laboratory) -> None:
    laboratory.write(2)
    laboratory.bring(old(400))
    call(laboratory.operator, "retire_tenant", tenant_id=TENANT_A, reason=REASON)
    laboratory.seal()
    laboratory.purge()
    laboratory.seal()
    laboratory.check_chains_after_purges()
    bind(laboratory.database, laboratory.database.role("admin"), TENANT_A)
    assert laboratory.look(laboratory.admin) == []


def test_reading_is_an_event_and_is_sealed(laboratory: Laboratory) -> None:
    reader = laboratory.database.connect(laboratory.database.role("reader"))
    justify(reader)
    rows(reader, "search_events")
    laboratory.seal()
    laboratory.check_chains()
