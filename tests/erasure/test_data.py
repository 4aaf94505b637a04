"""What was captured of the application's rows goes with the rows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from data_retention.office import Office, open_office
from retention.vault import in_background
from walls.ledger import call, wait_until_blocked

from databases import Database

LEAVES = (
    "select e.id, audit_private.leaf_of_event(e)::text as leaf from audit_private.event e "
    "where source = 'captured' order by id"
)


@pytest.fixture
def watched(loaded_database: Database) -> Office:
    """Questions and their files, watched and under data retention."""
    office = open_office(loaded_database)
    office.owner.execute(
        "select audit.watch('app.questions', 'question', tenant_column => 'tenant_id', "
        "label_column => 'question', keep_deleted_values => false)"
    )
    office.define()
    return office


def captured(office: Office, entity: UUID | str) -> list[tuple[str, bool]]:
    """Each action that was captured of a row, oldest first, and whether its values can be read."""
    return [
        (row["action"].split("_")[-1], row["payload_digest"] is None)
        for row in office.rows(
            "select action, payload_digest from audit_private.event "
            "where source = 'captured' and entity_id = %s order by sequence",
            str(entity),
        )
    ]


def ask(office: Office, age: float, text: str = "q-secret", tenant: UUID | None = None) -> UUID:
    assistant = office.assistant(30, tenant=tenant)
    [key] = office.ask(assistant, age, tenant=tenant)
    office.behind.execute("update app.questions set question = %s where id = %s", (text, key))
    return key


def test_values_leave_with_the_row(watched: Office) -> None:
    gone, stays = ask(watched, 31), ask(watched, 29)
    other = ask(watched, 31, tenant=watched.tenant_b)
    watched.arm()
    watched.purge()
    for key in (gone, other):
        assert captured(watched, key) == [
            ("created", False),
            ("updated", False),
            ("deleted", False),
        ]
    assert captured(watched, stays) == [("created", True), ("updated", True)]
    assert [(row["removed"], row["erased"]) for row in watched.receipts()] == [(1, 3), (1, 3)]
    told = watched.rows(
        "select metadata from audit_private.event where action = 'data_purged' order by tenant_id"
    )
    assert [row["metadata"]["erased"] for row in told] == [3, 3]
    kinds = watched.rows("select kind, erased, reason from audit_private.erasure")
    assert {(row["kind"], row["erased"]) for row in kinds} == {("data", 3)}
    assert watched.rows("select from audit_private.erased_event") == []
    left = watched.rows(
        "select from audit_private.event e "
        "where to_jsonb(e)::text ~ 'q-secret' and entity_id <> %s",
        str(stays),
    )
    assert left == []
    listed = watched.operator.execute("select erased from audit.list_data_purges()").fetchall()
    assert [row["erased"] for row in listed] == [3, 3]
    watched.purge()
    assert {row["erased"] for row in watched.receipts()} == {0}


def test_leaves_stay(watched: Office) -> None:
    ask(watched, 31)
    before = {row["id"]: row["leaf"] for row in watched.rows(LEAVES)}
    watched.arm()
    watched.purge()
    after = {row["id"]: row["leaf"] for row in watched.rows(LEAVES)}
    assert before.items() <= after.items()


def test_children_too(watched: Office) -> None:
    watched.owner.execute(
        "alter table app.question_files add column tenant_id uuid "
        "default 'aaaaaaaa-0000-4000-8000-00000000000a'"
    )
    watched.owner.execute(
        "select audit.watch('app.question_files', 'question_file', tenant_column => 'tenant_id', "
        "keep_deleted_values => false)"
    )
    watched.define()
    gone, stays = ask(watched, 31), ask(watched, 29)
    files = {
        key: watched.add("question_files", question_id=key, name="q-secret")
        for key in (gone, stays)
    }
    watched.arm()
    watched.purge()
    assert captured(watched, str(files[gone])) == [("created", False), ("deleted", False)]
    assert captured(watched, str(files[stays])) == [("created", True)]
    assert watched.receipt()["erased"] == 5


def test_a_row_that_somebody_deletes_by_hand_keeps_its_history(watched: Office) -> None:
    by_hand, gone = ask(watched, 31), ask(watched, 31)
    watched.behind.execute("delete from app.questions where id = %s", (by_hand,))
    watched.arm()
    watched.purge()
    assert captured(watched, by_hand) == [("created", True), ("updated", True), ("deleted", True)]
    assert captured(watched, gone)[0] == ("created", False)


def test_events_of_other_sources_stay(watched: Office) -> None:
    gone = ask(watched, 31)
    app = watched.database.connect(watched.database.role("app"))
    call(
        app,
        "log_event",
        action="user_created",
        entity_type="question",
        entity_id=str(gone),
        description="somebody looked at it",
    )
    watched.arm()
    watched.purge()
    [logged] = watched.rows("select description from audit_private.event where source = 'logged'")
    assert logged["description"] == "somebody looked at it"


def test_what_a_hold_keeps_goes_when_it_is_released(watched: Office) -> None:
    """A hold that goes by actions keeps events, not rows."""
    gone = ask(watched, 31)
    watched.hold(action="question_updated")
    watched.arm()
    watched.purge()
    assert watched.count() == 0
    assert captured(watched, gone) == [("created", False), ("updated", True), ("deleted", False)]
    watched.release()
    assert captured(watched, gone) == [("created", False), ("updated", False), ("deleted", False)]
    [erasure] = watched.rows("select * from audit_private.erasure")
    assert (erasure["erased"], erasure["held"]) == (3, 0)
    [told] = watched.rows("select metadata from audit_private.event where action = 'events_erased'")
    assert (told["metadata"]["kind"], told["metadata"]["erased"]) == ("data", 1)


def test_nothing_is_known_of_a_table_that_is_watched_no_more(watched: Office) -> None:
    gone = ask(watched, 31)
    watched.owner.execute("select audit.unwatch('app.questions', 'only a test of what stays')")
    watched.define()
    watched.arm()
    watched.purge()
    assert watched.count() == 0
    assert captured(watched, gone) == [("created", True), ("updated", True)]
    assert watched.receipt()["erased"] == 0


def test_a_batch_that_is_undone_has_erased_nothing(watched: Office) -> None:
    gone = ask(watched, 31)
    watched.arm()
    watched.operator.execute("select audit_private.begin_run('purge_data', pg_backend_pid()) as r")
    run = watched.value("select run_id from audit_private.job_run where result = 'running'")

    def step() -> dict[str, Any] | None:
        row = watched.operator.execute(
            "select audit_private.next_data_purge(%s) as statement", (run,)
        ).fetchone()
        assert row is not None
        if row["statement"] is None:
            return None
        done = watched.operator.execute(row["statement"].replace("$1", "%s"), (run,)).fetchone()
        return done

    step()
    watched.operator.execute("begin")
    step()
    watched.operator.execute("rollback")
    assert watched.count() == 1
    assert captured(watched, gone) == [("created", True), ("updated", True)]
    while step() is not None:
        pass
    assert captured(watched, gone)[0] == ("created", False)


def test_many_rows_in_batches(watched: Office) -> None:
    assistant = watched.assistant(30)
    watched.ask(assistant, 31, count=12_000)
    watched.arm()
    watched.purge()
    assert watched.count() == 0
    receipt = watched.receipt()
    assert (receipt["removed"], receipt["erased"]) == (12_000, 24_000)
    assert watched.rows("select from audit_private.pending_erasure") == []
    left = watched.value(
        "select count(*) from audit_private.event where source = 'captured' and target is not null"
    )
    assert left == 0


def test_who_places_a_hold_waits_for_a_batch(watched: Office) -> None:
    """And nobody waits for ever: the batch takes no tenant's row."""
    gone = ask(watched, 31)
    watched.arm()
    watched.operator.execute("select audit_private.begin_run('purge_data', pg_backend_pid()) as r")
    run = watched.value("select run_id from audit_private.job_run where result = 'running'")
    statements = []
    for _ in range(2):
        row = watched.operator.execute(
            "select audit_private.next_data_purge(%s) as statement", (run,)
        ).fetchone()
        assert row is not None
        statements.append(row["statement"])
        if len(statements) == 1:
            watched.operator.execute(row["statement"].replace("$1", "%s"), (run,))
    admin = watched.database.connect(watched.database.role("admin"))
    watched.operator.execute("begin")
    watched.operator.execute(statements[1].replace("$1", "%s"), (run,))
    with in_background(
        lambda: call(admin, "place_hold", name="case 1", filter={}, reason="asked for by the court")
    ) as failures:
        wait_until_blocked(watched.database, admin)
        watched.operator.execute("commit")
    assert failures == []
    assert captured(watched, gone)[0] == ("created", False)
