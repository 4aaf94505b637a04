"""What somebody with all rights changes behind the log's back is named, with its place."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from integrity.laboratory import Laboratory
from retention.vault import DAY, ago, old
from walls.ledger import NIL, REASON, call

from databases import TENANT_A, TENANT_B

CHANGES = {
    "recorded_at": "recorded_at + interval '1 microsecond'",
    "sequence": "sequence + 1",
    "transaction_id": "transaction_id - 1",
    "source": "'captured'",
    "action": "'user_deleted'",
    "entity_type": "'space'",
    "actor_type": "'system'",
    "outcome": "'failure'",
    "recorded_by": "recorded_by || 'x'",
    "actor_id": "'somebody else'",
    "entity_id": "null",
    "description": "'An account was never added'",
    "actor": "'{}'",
    "target": "'[]'",
    "changes": "'{}'",
    "metadata": """metadata || '{"more": null}'""",
    "ip": "'10.0.0.1'",
    "user_agent": "''",
    "request_id": "'1'",
    "error_message": "'none'",
    "salt": "gen_random_uuid()",
    "salt = null, derived_salts": "repeat('x', 96)::bytea",
    "derived_salts": "repeat('x', 96)::bytea",
    "actor_id_digest": "sha256('x')",
    "entity_id_digest": "sha256('x')",
    "payload_digest": "sha256('x')",
}


def write_fully(laboratory: Laboratory) -> UUID:
    found: UUID = call(
        laboratory.app,
        "log_event",
        action="user_created",
        entity_type="user",
        entity_id="7",
        description="An account was added",
        metadata={"plan": "big"},
    )
    return found


def test_a_change_of_any_sealed_column_is_found(laboratory: Laboratory) -> None:
    columns = {
        row["attname"]
        for row in laboratory.all(
            "select attname from pg_attribute where attrelid = 'audit_private.event'::regclass "
            "and attnum > 0"
        )
    }
    moved = {"tenant_id", "occurred_at", "id"}
    assert columns == {name.rpartition(" ")[2] for name in CHANGES} | moved
    expected = {}
    for column in CHANGES:
        event_id = write_fully(laboratory)
        expected[event_id] = column
    laboratory.seal()
    for event_id, column in expected.items():
        assert laboratory.intrude(
            f"update audit_private.event set {column} = {CHANGES[column]} where id = %s", event_id
        )
    found = laboratory.look()
    assert {expected[f["event_id"]] for f in found} == set(CHANGES)
    assert Counter(f["kind"] for f in found) == {"changed_event": len(CHANGES)}
    for finding in found:
        event = laboratory.event(finding["event_id"])
        assert finding["tenant_id"] == TENANT_A
        assert finding["occurred_at"] == event["occurred_at"]
        assert finding["seal_number"] == laboratory.value(
            "select max(seal_number) from audit_private.seal where tenant_id = %s", TENANT_A
        )


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("tenant_id", f"'{TENANT_B}'"),
        ("occurred_at", "occurred_at - interval '1 microsecond'"),
        ("id", "gen_random_uuid()"),
    ],
)
def test_an_event_that_was_moved_is_missing_there_and_extra_here(
    laboratory: Laboratory, column: str, value: str
) -> None:
    [event_id] = laboratory.write()
    laboratory.write(1, laboratory.app_b)
    laboratory.seal()
    laboratory.intrude(f"update audit_private.event set {column} = {value} where id = %s", event_id)
    assert laboratory.kinds() == {"missing_event": 1, "extra_event": 1}


def test_an_erased_group_can_not_hide_what_was_put_in_its_place(laboratory: Laboratory) -> None:
    """The leaf stays as it was, but what is erased has no content."""
    for column, digest in (("description", "payload"), ("entity_id", "entity_id")):
        event_id = write_fully(laboratory)
        laboratory.seal()
        laboratory.intrude(
            f"update audit_private.event e set {digest}_digest = audit_private.{digest}_digest(e), "
            f"{column} = 'forged' where id = %s",
            event_id,
        )
        [finding] = laboratory.look(from_time=laboratory.event(event_id)["occurred_at"])
        assert (finding["kind"], finding["event_id"]) == ("changed_event", event_id)
        assert "erased" in finding["detail"]


def test_missing_events_are_named(laboratory: Laboratory) -> None:
    ids = laboratory.write(5)
    laboratory.write(5, laboratory.app_b)
    laboratory.seal()
    laboratory.intrude("delete from audit_private.event where id = any (%s)", ids[1:3])
    found = laboratory.look()
    assert {(f["kind"], f["event_id"]) for f in found} == {
        ("missing_event", ids[1]),
        ("missing_event", ids[2]),
    }
    assert {f["tenant_id"] for f in found} == {TENANT_A}


def test_a_truncated_partition_is_found(laboratory: Laboratory) -> None:
    number = len(laboratory.bring(old(30), old(31)))
    laboratory.seal()
    partition = laboratory.partition_of(ago(30))
    laboratory.intrude(f"truncate audit_private.{partition}")
    assert laboratory.kinds()["missing_event"] >= 1
    assert sum(laboratory.kinds().values()) <= number


INSERT = """
    insert into audit_private.event (
      tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source, action,
      entity_type, actor_type, outcome, recorded_by, description)
    select %s, m.at, audit_private.new_event_id(m.at, 7), {recorded_at}, 7, {transaction_id},
      gen_random_uuid(), 'logged', 'user_created', 'user', 'user', 'success', 'test', 'Forged'
    from (select clock_timestamp() - {ago}::interval) as m (at)
    cross join audit_private.instance i
    cross join audit_private.sealing s
"""


@pytest.mark.parametrize(
    "transaction_id", ["0", "-5", "1", "s.snapshot_xmin - 1", "s.snapshot_xmax - 1"]
)
def test_an_event_with_a_number_that_was_sealed_is_extra(
    laboratory: Laboratory, transaction_id: str
) -> None:
    laboratory.write()
    laboratory.seal()
    laboratory.intrude(
        INSERT.format(recorded_at="m.at", transaction_id=transaction_id, ago="'0 s'"), TENANT_A
    )
    for _ in range(2):
        [finding] = laboratory.look()
        assert finding["kind"] == "extra_event"
        assert laboratory.event(finding["event_id"])["description"] == "Forged"
        laboratory.seal()


def test_an_event_of_nobody_s_tenant_is_extra(laboratory: Laboratory) -> None:
    laboratory.intrude(
        INSERT.format(
            recorded_at="m.at", transaction_id="i.transaction_offset + txid_current()", ago="'0 s'"
        ),
        uuid4(),
    )
    laboratory.seal()
    assert laboratory.kinds() == {"extra_event": 1}


def test_an_event_of_a_transaction_to_come_is_extra(laboratory: Laboratory) -> None:
    """Else it could be changed at will until that number is reached."""
    laboratory.seal()
    laboratory.intrude(
        INSERT.format(
            recorded_at="m.at",
            transaction_id="i.transaction_offset + txid_current() + 1000000",
            ago="'0 s'",
        ),
        TENANT_A,
    )
    assert laboratory.kinds() == {"extra_event": 1}
    laboratory.seal()
    assert laboratory.kinds() == {"extra_event": 1}


def test_an_event_that_says_it_is_older_than_the_seal_before_it_is_extra(
    laboratory: Laboratory,
) -> None:
    """Written like any other, so it is sealed, but by a transaction that began after that."""
    laboratory.write()
    laboratory.seal()
    laboratory.intrude(
        INSERT.format(
            recorded_at="m.at - interval '30 days'",
            transaction_id="i.transaction_offset + txid_current()",
            ago="'0 s'",
        ),
        TENANT_A,
    )
    assert laboratory.kinds() == {}
    laboratory.seal()
    [finding] = laboratory.look()
    assert finding["kind"] == "extra_event"
    assert laboratory.event(finding["event_id"])["description"] == "Forged"


def test_a_changed_number_does_not_get_an_event_sealed_anew(laboratory: Laboratory) -> None:
    [event_id] = laboratory.write()
    laboratory.seal()
    laboratory.intrude(
        "update audit_private.event set description = 'Forged', transaction_id = "
        "(select transaction_offset from audit_private.instance) + txid_current() where id = %s",
        event_id,
    )
    laboratory.seal()
    found = laboratory.look()
    assert {f["event_id"] for f in found} == {event_id}
    assert {f["kind"] for f in found} == {"changed_event", "extra_event"}


def test_what_two_seals_list_is_found(laboratory: Laboratory) -> None:
    """Nothing of an event tells: the leaf is right in both."""
    [event_id] = laboratory.write()
    laboratory.seal()
    laboratory.intrude(
        "update audit_private.sealing set snapshot_xmax = %s, snapshot_xmin = %s",
        *2 * [laboratory.event(event_id)["transaction_id"]],
    )
    laboratory.write()
    laboratory.seal()
    found = [f for f in laboratory.look() if f["event_id"] == event_id]
    assert {finding["kind"] for finding in found} == {"extra_event"}
    assert [f for f in found if "listed 2 times" in f["detail"]]


def rewrite(laboratory: Laboratory, tenant: UUID) -> None:
    """Make the newest seal's hash and node fit what it says."""
    laboratory.intrude(
        """
        with changed as (
          update audit_private.seal s set seal_hash = audit_private.hash_of_seal(s)
          where s.tenant_id = %s and s.seal_number = (
            select max(l.seal_number) from audit_private.seal l where l.tenant_id = s.tenant_id)
          returning s.log_index, s.seal_hash
        )
        update audit_private.tree_node n set hash = c.seal_hash from changed c
        where n.level = 0 and n.position = c.log_index
        """,
        tenant,
    )


SEAL_CHANGES = {
    "sealed_at": "sealed_at - interval '1 hour'",
    "snapshot": "snapshot || ',9'",
    "epoch": "epoch + 1",
    "event_count": "event_count + 1",
    "running_count": "running_count + 1",
    "first_at": "first_at - interval '1 hour'",
    "last_at": "last_at + interval '1 hour'",
    "events_root": "sha256('x')",
    "previous": "sha256('x')",
    "seal_hash": "sha256('x')",
    "log_index": "log_index + 1000",
}


@pytest.mark.parametrize("column", SEAL_CHANGES)
def test_a_changed_seal_breaks_the_chain(laboratory: Laboratory, column: str) -> None:
    for _ in range(3):
        laboratory.write(2)
        laboratory.seal()
    laboratory.intrude(
        f"update audit_private.seal set {column} = {SEAL_CHANGES[column]} "
        "where tenant_id = %s and seal_number = 2",
        TENANT_A,
    )
    found = laboratory.look()
    assert {f["kind"] for f in found} & {"broken_chain"}
    assert (TENANT_A, 2) in {(f["tenant_id"], f["seal_number"]) for f in found}


@pytest.mark.parametrize("column", ["event_count", "running_count", "events_root", "previous"])
def test_a_seal_whose_hash_was_made_to_fit_still_does_not_add_up(
    laboratory: Laboratory, column: str
) -> None:
    for _ in range(2):
        laboratory.write(2)
        laboratory.seal()
    laboratory.intrude(
        f"update audit_private.seal s set {column} = {SEAL_CHANGES[column]} "
        "where tenant_id = %s and seal_number = (select max(seal_number) from audit_private.seal l "
        "where l.tenant_id = s.tenant_id)",
        TENANT_A,
    )
    rewrite(laboratory, TENANT_A)
    assert "broken_chain" in laboratory.kinds()


def test_a_first_seal_that_counts_what_was_never_there_is_found(laboratory: Laboratory) -> None:
    laboratory.write(2)
    laboratory.seal()
    laboratory.intrude(
        "update audit_private.seal set running_count = running_count + 5 where tenant_id = %s",
        TENANT_A,
    )
    rewrite(laboratory, TENANT_A)
    assert "broken_chain" in laboratory.kinds()


def test_seals_that_change_places_are_found(laboratory: Laboratory) -> None:
    for _ in range(3):
        laboratory.write(2)
        laboratory.seal()
    laboratory.intrude(
        "update audit_private.seal s set log_index = o.log_index from audit_private.seal o "
        "where s.tenant_id = %s and o.tenant_id = s.tenant_id and "
        "(s.seal_number, o.seal_number) in ((2, 3), (3, 2))",
        TENANT_A,
    )
    assert laboratory.kinds()["reordered"] == 1
    assert laboratory.kinds()["broken_chain"] >= 2


def test_a_list_whose_events_change_places_is_found(laboratory: Laboratory) -> None:
    ids = laboratory.write(3)
    laboratory.seal()
    number = laboratory.value(
        "select max(seal_number) from audit_private.seal_part where tenant_id = %s", TENANT_A
    )
    laboratory.intrude(
        "update audit_private.seal_part p set ids = array(select u from unnest(ids) "
        "with ordinality as u (u, n) order by n desc) where tenant_id = %s and seal_number = %s",
        TENANT_A,
        number,
    )
    found = laboratory.look()
    assert {f["event_id"] for f in found} & set(ids)
    laboratory.intrude(
        "update audit_private.seal_part p set leaves = (select string_agg("
        "substr(p.leaves, n * 32 - 31, 32), '' order by n desc) "
        "from generate_series(1, p.event_count) n) where tenant_id = %s and seal_number = %s",
        TENANT_A,
        number,
    )
    assert laboratory.kinds()["broken_chain"] == 1


@pytest.mark.parametrize("which", [1, 2, 3])
def test_a_seal_that_is_missing_is_found(laboratory: Laboratory, which: int) -> None:
    """The first, one in the middle and the last; the log still has its place."""
    for _ in range(2):
        laboratory.write(2)
        laboratory.seal()
    last = laboratory.value(
        "select max(seal_number) from audit_private.seal where tenant_id = %s", TENANT_A
    )
    while last < 3:
        laboratory.write(2)
        laboratory.seal()
        last += 1
    laboratory.intrude(
        "delete from audit_private.seal where tenant_id = %s and seal_number = %s",
        TENANT_A,
        last if which == 3 else which,
    )
    found = laboratory.look()
    kinds = {f["kind"] for f in found}
    assert "missing_seal" in kinds
    if which != 3:
        assert (TENANT_A, which + 1) in {
            (f["tenant_id"], f["seal_number"]) for f in found if f["kind"] == "missing_seal"
        }


def test_a_list_that_is_missing_is_found(laboratory: Laboratory) -> None:
    laboratory.write_many(1500)
    laboratory.seal()
    number = laboratory.value(
        "select max(seal_number) from audit_private.seal_part where tenant_id = %s", TENANT_A
    )
    laboratory.intrude(
        "delete from audit_private.seal_part where tenant_id = %s and seal_number = %s "
        "and part = 1",
        TENANT_A,
        number,
    )
    found = laboratory.kinds()
    assert found["broken_chain"] == 1
    laboratory.intrude(
        "delete from audit_private.seal_part where tenant_id = %s and seal_number = %s",
        TENANT_A,
        number,
    )
    found = laboratory.kinds()
    assert found["missing_list"] == 1
    assert found["extra_event"] == 1500 or found["extra_event"] > 1000


@pytest.mark.parametrize("column", ["root", "times", "leaves", "first_at", "event_count"])
def test_a_changed_list_is_found(laboratory: Laboratory, column: str) -> None:
    laboratory.write(3)
    laboratory.seal()
    value = {
        "root": "sha256('x')",
        "times": "times || clock_timestamp()",
        "leaves": "overlay(leaves placing '\\x00'::bytea from 5)",
        "first_at": "first_at - interval '1 s'",
        "event_count": "event_count - 1",
    }[column]
    laboratory.intrude(
        f"update audit_private.seal_part set {column} = {value} where tenant_id = %s", TENANT_A
    )
    assert laboratory.kinds()["broken_chain"] >= 1


def cut(laboratory: Laboratory, size: int) -> None:
    """Take the last seals away with all that tells of them, as one who knows the log would."""
    laboratory.intrude(
        "delete from audit_private.event e using audit_private.seal_part p, audit_private.seal s "
        "where s.log_index >= %s and p.tenant_id = s.tenant_id and p.seal_number = s.seal_number "
        "and e.tenant_id = p.tenant_id and e.id = any (p.ids)",
        size,
    )
    laboratory.intrude(
        "delete from audit_private.seal_part p using audit_private.seal s where s.log_index >= %s "
        "and p.tenant_id = s.tenant_id and p.seal_number = s.seal_number",
        size,
    )
    laboratory.intrude("delete from audit_private.seal where log_index >= %s", size)
    laboratory.intrude("delete from audit_private.tree_node where position >= %s >> level", size)
    laboratory.intrude("update audit_private.sealing set log_size = %s", size)


def test_a_cut_tail_is_found_by_what_was_kept_outside(laboratory: Laboratory) -> None:
    laboratory.write()
    laboratory.seal()
    early = laboratory.checkpoint()
    laboratory.write()
    laboratory.seal()
    late = laboratory.checkpoint()
    cut(laboratory, late["tree_size"] - 1)
    assert laboratory.look() == [], "inside, nothing is left to tell"
    assert laboratory.compare(early) == []
    assert laboratory.compare(late) == ["cut_tail"]
    laboratory.write(3)
    laboratory.seal()
    laboratory.write(3)
    laboratory.seal()
    assert laboratory.look() == []
    assert laboratory.compare(early) == []
    assert laboratory.compare(late) == ["rewritten"]


@pytest.mark.parametrize("left", ["seal", "tree_node", "sealing"])
def test_a_tail_that_is_cut_in_part_is_found_inside(laboratory: Laboratory, left: str) -> None:
    for _ in range(4):
        laboratory.write()
        laboratory.seal()
    size = laboratory.value("select log_size from audit_private.sealing") - 1
    if left != "seal":
        laboratory.intrude("delete from audit_private.seal where log_index >= %s", size)
    if left != "tree_node":
        laboratory.intrude(
            "delete from audit_private.tree_node where position >= %s >> level", size
        )
    if left != "sealing":
        laboratory.intrude("update audit_private.sealing set log_size = %s", size)
    kinds = laboratory.kinds()
    assert kinds["cut_tail"] + kinds["missing_seal"] + kinds["broken_chain"] >= 1
    expected = {"seal": "broken_chain", "tree_node": "missing_seal", "sealing": "cut_tail"}[left]
    assert kinds[expected] >= 1


@pytest.mark.parametrize("how", ["delete from", "update"])
def test_a_node_of_the_log_that_is_changed_or_missing_is_found(
    laboratory: Laboratory, how: str
) -> None:
    for _ in range(4):
        laboratory.write()
        laboratory.seal()
    for level in (0, 1, 2):
        change = "set hash = sha256('x')" if how == "update" else ""
        with laboratory.root.transaction(force_rollback=True):
            assert laboratory.intrude(
                f"{how} audit_private.tree_node {change} where level = %s and position = 0", level
            )
            assert laboratory.root.execute("select kind from audit_private.verify_log()").fetchall()
    assert laboratory.look() == []


@pytest.mark.parametrize("act", ["remove", "release", "add", "bend"])
def test_a_hold_that_its_events_do_not_tell_of_is_found(laboratory: Laboratory, act: str) -> None:
    laboratory.hold("case 1", {"actor_id": "erik"})
    laboratory.hold("case 2", {"actor_id": "eva"})
    call(laboratory.admin, "release_hold", name="case 2", reason=REASON)
    laboratory.hold("case 2", {"actor_id": "eva"})
    laboratory.seal()
    assert laboratory.look() == []
    laboratory.intrude(
        {
            "remove": "delete from audit_private.legal_hold where name = 'case 1'",
            "release": "update audit_private.legal_hold set released_at = clock_timestamp(), "
            "released_by = 'x', release_reason = 'y' where name = 'case 1'",
            "add": "insert into audit_private.legal_hold (tenant_id, name, filter, actor_ids, "
            "from_time, until_time, reason, placed_by) select tenant_id, 'case 3', filter, "
            "actor_ids, from_time, until_time, reason, placed_by "
            "from audit_private.legal_hold where name = 'case 1'",
            "bend": """update audit_private.legal_hold set filter = '{"actor_id": "anna"}', """
            "actor_ids = '{anna}' where name = 'case 1'",
        }[act]
    )
    [finding] = laboratory.look()
    assert (finding["kind"], finding["tenant_id"]) == ("dangling_hold", TENANT_A)


def test_an_event_of_a_hold_that_is_missing_is_found_twice(laboratory: Laboratory) -> None:
    laboratory.hold("case 1", {"actor_id": "erik"})
    laboratory.seal()
    laboratory.intrude("delete from audit_private.event where action = 'hold_placed'")
    assert laboratory.kinds() == {"missing_event": 1, "dangling_hold": 1}


def purge_secretly(laboratory: Laboratory, *ids: UUID) -> tuple[int, int]:
    """Take events of the newest seal of tenant a away; gives the seal and how many are listed."""
    found = laboratory.all(
        "select seal_number, event_count from audit_private.seal_part where %s = any (ids)", ids[0]
    )
    laboratory.intrude("delete from audit_private.event where id = any (%s)", list(ids))
    return found[0]["seal_number"], found[0]["event_count"]


def test_a_forged_removal_without_a_receipt_explains_nothing(laboratory: Laboratory) -> None:
    """Neither of a whole seal nor of a part of one."""
    for how in ("seal_removal", "part_removal"):
        ids = laboratory.write(3)
        laboratory.seal()
        number, count = purge_secretly(laboratory, *ids)
        if how == "seal_removal":
            laboratory.intrude(
                "delete from audit_private.event where tenant_id = %s and id in ("
                "select unnest(ids) from audit_private.seal_part where seal_number = %s "
                "and tenant_id = %s)",
                TENANT_A,
                number,
                TENANT_A,
            )
            laboratory.intrude(
                "delete from audit_private.seal_part where tenant_id = %s and seal_number = %s",
                TENANT_A,
                number,
            )
            laboratory.intrude(
                "insert into audit_private.seal_removal values (%s, %s, %s, %s, %s)",
                TENANT_A,
                number,
                number,
                uuid4(),
                count,
            )
        else:
            laboratory.intrude(
                "insert into audit_private.part_removal select tenant_id, seal_number, "
                "part, %s, 3, ~ 0::bit(1024) from audit_private.seal_part where tenant_id = %s and "
                "seal_number = %s",
                uuid4(),
                TENANT_A,
                number,
            )
        found = laboratory.kinds()
        assert found["unexplained_purge"] >= 1, how


def forge_purge(laboratory: Laboratory, ids: list[UUID], **receipt: Any) -> None:
    """Take events away and leave all that a purge leaves, its event among it."""
    number, count = purge_secretly(laboratory, *ids)
    run_id = uuid4()
    laboratory.intrude(
        "insert into audit_private.job_run (run_id, job_name, started_at, finished_at, result, "
        "process_id, run_by) values (%s, 'purge_events', clock_timestamp(), clock_timestamp(), "
        "'succeeded', 1, 'test_operator')",
        run_id,
    )
    values = {
        "removed": len(ids),
        "cutoff": laboratory.value(
            "select started_at - interval '365 days' from audit_private.job_run where run_id = %s",
            run_id,
        ),
        "newest": ago(370),
    } | receipt
    laboratory.intrude(
        "insert into audit_private.purge_receipt (tenant_id, run_id, days, is_exact, cutoff, "
        "predicted, removed, oldest_removed_at, newest_removed_at, is_told) "
        "values (%s, %s, 365, false, %s, %s, %s, %s, %s, true)",
        TENANT_A,
        run_id,
        values["cutoff"],
        values["removed"],
        values["removed"],
        values["newest"] - DAY,
        values["newest"],
    )
    laboratory.intrude(
        """
        insert into audit_private.part_removal
        select p.tenant_id, p.seal_number, p.part, %s, %s, (
          select string_agg((u.id = any (%s))::integer::text, '' order by u.n)::bit(1024)
          from unnest(p.ids) with ordinality as u (id, n))
        from audit_private.seal_part p where p.tenant_id = %s and p.seal_number = %s
        """,
        run_id,
        len(ids),
        ids,
        TENANT_A,
        number,
    )
    if count == len(ids):
        laboratory.intrude(
            "delete from audit_private.seal_part where tenant_id = %s and seal_number = %s",
            TENANT_A,
            number,
        )
    laboratory.intrude(
        "select audit_private.write_system_event(%s, 'events_purged', 'audit_retention', %s, "
        "'Purged', jsonb_build_object('run_id', %s::text, 'tenant_id', %s::text, 'removals', "
        "audit_private.removals_digest(%s, %s)))",
        TENANT_A,
        str(run_id),
        run_id,
        TENANT_A,
        TENANT_A,
        run_id,
    )
    laboratory.seal()


@pytest.mark.parametrize("is_whole", [False, True])
def test_a_purge_that_is_earlier_than_the_policy_is_found(
    laboratory: Laboratory, is_whole: bool
) -> None:
    """Forged with its receipt, its notes and its event, and with times that would have been due."""
    laboratory.seal()
    ids = laboratory.write(3)
    laboratory.seal()
    forge_purge(laboratory, ids if is_whole else ids[:2])
    assert laboratory.kinds() == {"early_purge": 1}


def test_a_receipt_with_a_cut_off_of_its_own_is_found(laboratory: Laboratory) -> None:
    laboratory.seal()
    ids = laboratory.write(3)
    laboratory.seal()
    forge_purge(laboratory, ids[:2], cutoff=ago(-1), newest=ago(0))
    assert laboratory.kinds() == {"early_purge": 1}


def test_a_receipt_that_names_less_than_what_went_is_found(laboratory: Laboratory) -> None:
    ids = laboratory.bring(*(old(400, description=str(n)) for n in range(3)))
    laboratory.purge()
    assert laboratory.look() == []
    assert laboratory.left() == []
    laboratory.intrude(
        "update audit_private.purge_receipt set removed = removed - 1 where removed > 1"
    )
    assert laboratory.kinds() == {"unexplained_purge": 1}
    assert ids


@pytest.mark.parametrize("act", ["delete", "change", "whole day"])
def test_a_receipt_whose_event_is_missing_is_found(laboratory: Laboratory, act: str) -> None:
    laboratory.bring(old(400))
    laboratory.purge()
    laboratory.seal()
    assert laboratory.look() == []
    if act == "change":
        laboratory.intrude("update audit_private.part_removal set places = ~places")
        laboratory.intrude("update audit_private.seal_removal set removed = removed")
        laboratory.intrude(
            "update audit_private.event set metadata = jsonb_set(metadata, "
            "'{removals}', '\"x\"') where action = 'events_purged'"
        )
    else:
        laboratory.intrude("delete from audit_private.event where action = 'events_purged'")
    kinds = laboratory.kinds()
    assert kinds["unexplained_purge"] == 1
    assert kinds["missing_event"] + kinds["changed_event"] >= 1


def test_a_purge_that_nothing_tells_of_is_found_after_two_days(laboratory: Laboratory) -> None:
    """A run that was killed is told of by the next one, which is a day later."""
    laboratory.bring(old(400))
    run = laboratory.begin()
    run.predict()
    run.steps()
    assert laboratory.look() == []
    laboratory.intrude(
        "update audit_private.job_run set result = 'interrupted', "
        "finished_at = clock_timestamp() - interval '3 days' where job_name = 'purge_events'"
    )
    assert laboratory.kinds() == {"unexplained_purge": 1}
    laboratory.intrude(
        "update audit_private.job_run set finished_at = clock_timestamp() "
        "where job_name = 'purge_events'"
    )
    laboratory.purge()
    laboratory.seal()
    assert laboratory.look() == []


def test_an_event_that_comes_back_after_its_removal_is_extra(laboratory: Laboratory) -> None:
    laboratory.bring(old(400, description="held", actor_id="erik"), old(400, description="gone"))
    laboratory.hold("case 1", {"actor_id": "erik"})
    laboratory.seal()
    laboratory.root.execute(
        "create table public.kept as select * from audit_private.event where description = 'gone'"
    )
    laboratory.purge()
    laboratory.seal()
    assert laboratory.left() == ["held"]
    laboratory.intrude("insert into audit_private.event select * from public.kept")
    [finding] = laboratory.look()
    assert finding["kind"] == "extra_event"
    assert "receipt" in finding["detail"]
    assert finding["seal_number"] is not None


def test_windows_name_what_lies_in_them(laboratory: Laboratory) -> None:
    ids = laboratory.bring(old(50), old(100), old(150))
    laboratory.seal()
    laboratory.intrude("update audit_private.event set description = 'x' where id = any (%s)", ids)
    for days, event_id in zip((50, 100, 150), ids, strict=True):
        moment = laboratory.event(event_id)["occurred_at"]
        for window in (
            {"from_time": moment, "until_time": moment + timedelta(microseconds=1)},
            {"from_time": ago(days + 5), "until_time": ago(days - 5)},
        ):
            assert [f["event_id"] for f in laboratory.look(**window)] == [event_id]
        assert laboratory.look(from_time=ago(days + 5), until_time=moment) == []
    assert laboratory.kinds(from_time=ago(120)) == {"changed_event": 2}
    assert laboratory.kinds(until_time=ago(120)) == {"changed_event": 1}
    assert NIL not in {f["tenant_id"] for f in laboratory.look()}
