"""Nothing of a person is left in any column of any table of ours."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from erasure.bureau import Bureau, ask
from retention.vault import Vault
from walls.ledger import REASON, Connection, call, log

NAME = 'q-Anna\'s "A\\" Öst'
MAIL = "q-anna@example.org"
ID = "q-4711"


def fill(bureau: Bureau, vault: Vault) -> None:
    """Leave a person wherever the log keeps words of anybody's."""
    tenant = {"tenant_id": bureau.database.tenant_a}
    service = bureau.database.connect(bureau.database.role("service"))
    with service.transaction():
        call(service, "set_context", **tenant, actor_id=ID, actor={"name": NAME})
        log(service, entity_id=MAIL, idempotency_key=f"created {ID}", metadata={NAME: [MAIL]})
        call(service, "open_access", access_reason="audit_review", justification=f"{NAME} asks")
    app = bureau.database.connect(bureau.database.role("app"))
    log(app, description=f"Wrote to {MAIL}", idempotency_key="plain")
    log(app, target={"name": NAME}, idempotency_key="plain too")

    for reader in (bureau.office.reader, bureau.privacy):
        connection: Any = reader
        if reader is bureau.privacy:
            ask(
                connection, "open_access", access_reason="gdpr_request", justification=f"For {MAIL}"
            )
        ask(connection, "search_events", filter={"search": NAME})
        connection.execute("select count(*) from audit.event where actor_id = 'q-4711'")
    ask(bureau.privacy, "report_subject", identifiers=[NAME, MAIL, ID])

    for filter, format in (({"search": MAIL}, "csv"), ({}, "jsonl"), ({"actor_id": [ID]}, "csv")):
        bureau.office.request(filter, format)
    bureau.office.run()
    bureau.office.request({"entity_id": MAIL})
    bureau.office.copy({"actor": NAME})
    ask(bureau.office.reader, "begin_export", filter={"search": NAME})

    vault.hold("case 1", {"actor_id": ["nobody", ID]})
    call(vault.admin, "release_hold", name="case 1", reason=f"asked by {MAIL}")
    call(
        vault.admin, "place_hold", name=f"of {NAME}", filter={"id": str(UUID(int=0))}, reason=REASON
    )
    call(vault.admin, "release_hold", name=f"of {NAME}", reason=REASON)
    call(vault.admin, "set_retention", days=700, reason=f"{MAIL} sued us")
    bureau.erase("somebody else", reason=f"as {MAIL} has")
    spool(bureau)
    ship(bureau, vault)
    vault.root.execute(
        "insert into audit_private.job_run (job_name, process_id, run_by, result, detail) "
        "values ('purge_data', 1, 'x', 'failed', %s)",
        (f"public.t: {ID}: a trigger refused; and more",),
    )
    vault.root.execute(
        "insert into audit_private.data_purge_receipt "
        "(tenant_id, run_id, relation, decision, error) "
        "select %s, run_id, 'public.t', 'x', %s from audit_private.job_run "
        "where job_name = 'purge_data'",
        (bureau.database.tenant_a, f"{ID}: a trigger refused"),
    )
    vault.root.execute(
        "insert into audit_private.purge_receipt (tenant_id, run_id, is_exact, predicted, error) "
        "select %s, run_id, false, 1, %s from audit_private.job_run where job_name = 'purge_data'",
        (bureau.database.tenant_a, f"invalid value {MAIL}"),
    )


def ship(bureau: Bureau, vault: Vault) -> None:
    """Approve a sink with words about somebody; its receiver refuses an event with others."""
    shipper = bureau.database.connect(bureau.database.role("shipper"))
    call(
        vault.operator, "define_sink", name="siem", kind="custom", role=shipper.info.user,
        options={"start": "beginning"},
    )  # fmt: skip
    vault.admin.execute(
        "select audit.approve_sink(name, digest, reason => %s) from audit.list_sinks()",
        (f"{NAME} agreed to it",),
    )
    vault.seal()
    shipper.execute(
        "select audit.add_dead_letter('siem', event_id, occurred_at, %s) "
        "from audit.read_sink('siem', 1)",
        (f"no mailbox {MAIL}",),
    )
    call(shipper, "report_sink_error", name="siem", error=f"no mailbox {MAIL}")


def spool(bureau: Bureau, **values: Any) -> None:
    """Put a change into the spool as one that could not be logged."""
    row = {
        "tenant_id": bureau.database.tenant_a,
        "entity_type": "user",
        "action": "user_created",
        "entity_id": ID,
        "description": f"{NAME} inserted",
        "changes": Jsonb({"mail": {"old": None, "new": MAIL}}),
        "target": Jsonb({"mail": MAIL}),
        "metadata": Jsonb({"x": NAME}),
        "actor_id": ID,
        "actor_type": "user",
        "actor": Jsonb({"name": NAME}),
        "recorded_by": "app",
        "is_whole": True,
        "error": f"22P02: invalid value {MAIL}",
        **values,
    }
    bureau.root.execute(
        f"insert into audit_private.capture_spool ({', '.join(row)}) "
        f"values ({', '.join(f'%({name})s' for name in row)})",
        row,
    )


@pytest.fixture
def full(bureau: Bureau) -> Bureau:
    fill(bureau, bureau.vault)
    return bureau


def test_nothing_is_left_anywhere(full: Bureau) -> None:
    held = {place.split(".")[1] for place in full.places("q-anna", "q-4711")}
    assert held > {
        "access_session",
        "capture_spool",
        "data_purge_receipt",
        "erasure",
        "export",
        "export_chunk",
        "idempotency_key",
        "job_run",
        "legal_hold",
        "purge_receipt",
        "retention_policy",
    }
    leaves = full.leaves()
    erased, waiting, exports = full.erase(NAME, MAIL, ID)
    assert erased > 10
    assert (waiting, exports) == (0, 5)
    # Also what is found by a part of the name alone.
    assert full.places("q-anna", "q-4711") == []
    assert {k: v for k, v in full.leaves().items() if k in leaves} == leaves
    assert full.erase(NAME, MAIL, ID) == (0, 0, 0)


def test_what_does_not_name_the_person_is_as_it_was(full: Bureau) -> None:
    full.erase(NAME, MAIL, ID)
    [detail] = full.root.execute(
        "select detail from audit_private.job_run where job_name = 'purge_data'"
    ).fetchall()
    assert detail["detail"] == "public.t: [erased]; and more"
    [hold] = [h for h in ask(full.vault.admin, "list_holds") if h["name"] == "case 1"]
    assert (hold["filter"], hold["reason"]) == ({"erased": True}, REASON)
    assert hold["release_reason"] == "[erased]"
    [session] = full.root.execute(
        "select justification from audit_private.access_session where actor_id like 'erased-%'"
    ).fetchall()
    assert session["justification"] == "[erased]"
    others = full.root.execute(
        "select justification from audit_private.access_session where actor_id = 'test_reader_a'"
    ).fetchall()
    assert [row["justification"] for row in others] == ["To see that reading works"]


def test_nothing_of_another_tenant_changes(full: Bureau) -> None:
    """Whatever a privacy officer erases, the other tenant's rows stay, and the installation's."""
    before = full.places("q-anna", "q-4711")
    kept = "select * from audit_private.job_run order by run_id"
    jobs = full.root.execute(kept).fetchall()
    erased = full.erase(NAME, MAIL, ID, "trigger", "public", connection=full.privacy_b)
    assert erased == (0, 0, 0)
    assert full.places("q-anna", "q-4711") == before
    assert full.root.execute(kept).fetchall() == jobs


def test_what_belongs_to_no_tenant_goes_with_the_installations(bureau: Bureau) -> None:
    spool(bureau, tenant_id=None)
    call(
        bureau.vault.operator,
        "set_retention_floor",
        category="audit_control",
        days=700,
        reason=f"as {MAIL} asks",
    )
    bureau.root.execute(
        "insert into audit_private.job_run (job_name, process_id, run_by, result, detail) "
        "values ('purge_events', 1, 'x', 'failed', %s)",
        (f"invalid value {MAIL}",),
    )
    call(bureau.vault.operator, "accept_restore", reason=f"{MAIL} had a backup")
    call(
        bureau.vault.operator,
        "grant_all_tenants",
        role="test_stranger",
        reason=f"the service of {MAIL}",
    )
    bureau.erase(NAME, MAIL, ID)
    assert "audit_private.capture_spool.entity_id" in bureau.places("q-anna", "q-4711")
    call(bureau.vault.operator, "grant_tenant", role="test_privacy_a", tenant_id=UUID(int=0))
    bureau.erase(NAME, MAIL, ID, tenant_id=UUID(int=0))
    assert bureau.places("q-anna", "q-4711") == []


def test_a_spooled_change_is_logged_without_the_person(bureau: Bureau) -> None:
    spool(bureau)
    spool(
        bureau,
        entity_id="other",
        description="plain",
        changes=None,
        target=None,
        metadata=None,
        actor_id="bo",
        actor=None,
        error="X",
    )
    bureau.erase(NAME, MAIL, ID)
    assert bureau.places("q-anna", "q-4711") == []
    bureau.vault.operator.execute("select audit.log_spool()")
    logged = bureau.root.execute(
        "select actor_id, entity_id, description, changes from audit_private.event "
        "where source = 'captured' order by sequence"
    ).fetchall()
    assert logged[0]["actor_id"].startswith("erased-")
    assert (logged[0]["entity_id"], logged[0]["changes"]) == (None, None)
    assert "erased before it was logged" in logged[0]["description"]
    assert (logged[1]["actor_id"], logged[1]["description"]) == ("bo", "plain")


def test_a_key_that_was_forgotten_is_logged_again(bureau: Bureau) -> None:
    app: Connection = bureau.database.connect(bureau.database.role("app"))
    first = log(app, actor_id=None, entity_id=ID, idempotency_key="once")
    other = log(app, entity_id="x", idempotency_key="twice")
    assert log(app, entity_id=ID, idempotency_key="once") == first
    bureau.erase(ID)
    assert log(app, entity_id=ID, idempotency_key="once") != first
    assert log(app, entity_id="x", idempotency_key="twice") == other
