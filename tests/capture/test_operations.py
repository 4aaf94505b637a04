"""What each kind of statement tells."""

from __future__ import annotations

import time
from typing import Any

import psycopg
import pytest

from capture.workshop import CUSTOMER, Workshop

LEVELS = pytest.mark.parametrize("level", ["statement", "row"])


def add(workshop: Workshop, *ids: int, tenant: str = "a") -> None:
    """Insert customers by one statement each."""
    app = workshop.app()
    for number in ids:
        app.execute(
            "insert into app.customer (id, tenant_id, name) values (%s, %s, %s)",
            (number, workshop.tenant_a if tenant == "a" else workshop.tenant_b, f"C{number}"),
        )


def news(workshop: Workshop, entity_type: str = "customer") -> list[tuple[str, str | None]]:
    """Action and entity id of each event, sorted, since the rows of a statement have no order."""
    return sorted(workshop.told(entity_type), key=str)


def make_children(workshop: Workshop, foreign_keys: str, level: str = "statement") -> None:
    """Make and watch a table app.item that refers to customers."""
    workshop.make(
        "create table app.item "
        f"(id int primary key, tenant_id uuid not null, name text, {foreign_keys})"
    )
    workshop.watch("app.item", "item", level=level)


def test_a_row_s_life_is_told(customers: Workshop) -> None:
    app = customers.app()
    app.execute(
        "insert into app.customer (id, tenant_id, name, balance) values (1, %s, 'Anna', 1.0)",
        (customers.tenant_a,),
    )
    app.execute("update app.customer set name = 'Anna Ek', balance = 1.00 where id = 1")
    app.execute("delete from app.customer where id = 1")
    created, updated, deleted = customers.events()
    assert created["action"] == "customer_created"
    assert created["target"]["name"] == "Anna"
    assert created["changes"] is None
    assert updated["changes"].keys() == {"name", "balance"}, "1.0 and 1.00 print differently"
    assert updated["changes"]["name"] == {"old": "Anna", "new": "Anna Ek"}
    assert deleted["target"]["name"] == "Anna Ek"
    assert [event["description"] for event in (created, updated, deleted)] == [
        "Customer Anna created",
        "Customer Anna Ek updated",
        "Customer Anna Ek deleted",
    ]


def test_an_update_that_changes_nothing_is_no_event(customers: Workshop) -> None:
    app = customers.app()
    app.execute(
        "insert into app.customer (id, tenant_id, name) values (1, %s, 'Anna')",
        (customers.tenant_a,),
    )
    app.execute("update app.customer set name = name, balance = null")
    app.execute("update app.customer set touched_at = now()")
    assert customers.told() == [("created", "1")]


@LEVELS
@pytest.mark.parametrize(
    "statement",
    [
        "insert into app.customer select * from app.customer where false",
        "update app.customer set name = 'X' where id = 404",
        "delete from app.customer where id = 404",
        "insert into app.customer select * from app.customer on conflict do nothing",
        "merge into app.customer c using app.customer s on c.id = s.id and c.id = 404 "
        "when matched then delete",
    ],
)
@pytest.mark.parametrize("tenant_column", ["tenant_id", None])
def test_a_statement_that_touches_no_row_is_no_event_and_needs_no_tenant(
    workshop: Workshop, level: str, statement: str, tenant_column: str | None
) -> None:
    workshop.make(CUSTOMER)
    workshop.owner.execute(
        "insert into app.customer (id, tenant_id) values (1, %s)", (workshop.tenant_a,)
    )
    workshop.watch(level=level, tenant_column=tenant_column)
    workshop.database.connect(workshop.database.role("stranger")).execute(statement.encode())
    assert workshop.told() == []


@LEVELS
def test_copied_rows_are_told_one_by_one(workshop: Workshop, level: str) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(label_column="name", level=level)
    app = workshop.app()
    with app.cursor().copy("copy app.customer (id, tenant_id, name) from stdin") as copy:
        copy.write_row((1, workshop.tenant_a, "Anna"))
        copy.write_row((2, workshop.tenant_b, "Bo"))
    assert {
        (event["entity_id"], event["tenant_id"], event["description"])
        for event in workshop.events(action="customer_created")
    } == {
        ("1", workshop.tenant_a, "Customer Anna created"),
        ("2", workshop.tenant_b, "Customer Bo created"),
    }


@LEVELS
def test_merge_tells_what_became_of_each_row(workshop: Workshop, level: str) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(level=level)
    add(workshop, 1, 2, 3)
    workshop.app().execute(
        """
        merge into app.customer c
        using (values (1, 'Merged'), (2, 'C2'), (3, null), (4, 'New')) s (id, name) on c.id = s.id
        when matched and s.name is null then delete
        when matched then update set name = s.name
        when not matched then insert (id, tenant_id, name) values (s.id, %s, s.name)
        """,
        (workshop.tenant_a,),
    )
    assert news(workshop)[-2:] == [("deleted", "3"), ("updated", "1")]
    assert sorted(workshop.told()[3:]) == [("created", "4"), ("deleted", "3"), ("updated", "1")]
    assert workshop.events(action="customer_updated")[0]["changes"] == {
        "name": {"old": "C1", "new": "Merged"}
    }


@LEVELS
@pytest.mark.parametrize(
    ("conflict", "expected"),
    [
        ("do nothing", [("created", "3")]),
        (
            "(id) do update set name = excluded.name",
            [("created", "3"), ("updated", "1"), ("updated", "2")],
        ),
        (
            "(id) do update set name = excluded.name where customer.id = 2",
            [("created", "3"), ("updated", "2")],
        ),
        ("(id) do update set name = customer.name", [("created", "3")]),
    ],
)
def test_an_insert_with_conflicts_tells_what_it_came_to(
    workshop: Workshop, level: str, conflict: str, expected: list[tuple[str, str]]
) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(level=level)
    add(workshop, 1, 2)
    workshop.app().execute(
        f"insert into app.customer (id, tenant_id, name) "
        f"select i, '{workshop.tenant_a}', 'N' || i from generate_series(1, 3) i "
        f"on conflict {conflict}".encode()
    )
    assert sorted(workshop.told()[2:]) == expected
    for event in workshop.events(action="customer_updated"):
        number = event["entity_id"]
        assert event["changes"] == {"name": {"old": f"C{number}", "new": f"N{number}"}}


@LEVELS
def test_each_part_of_a_statement_with_writable_ctes_is_told(
    workshop: Workshop, level: str
) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(level=level)
    add(workshop, 1, 2, 3, 4)
    workshop.app().execute(
        """
        with gone as (delete from app.customer where id = 1 returning *),
          renamed as (update app.customer set name = 'Renamed' where id = 2),
          also_renamed as (update app.customer set email = 'x@example.org' where id = 3)
        insert into app.customer (id, tenant_id, name) select 10, tenant_id, name from gone
        """
    )
    assert sorted(workshop.told()[4:]) == [
        ("created", "10"),
        ("deleted", "1"),
        ("updated", "2"),
        ("updated", "3"),
    ]
    assert {
        event["entity_id"]: event["changes"] for event in workshop.events(action="customer_updated")
    } == {
        "2": {"name": {"old": "C2", "new": "Renamed"}},
        "3": {"email": {"old": None, "new": "x@example.org"}},
    }


@LEVELS
@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("on delete cascade", {("deleted", "11"), ("deleted", "12"), ("deleted", "21")}),
        ("on delete set null", {("updated", "11"), ("updated", "12"), ("updated", "21")}),
    ],
)
def test_what_a_delete_does_to_a_watched_child_table_is_told_with_its_doer(
    workshop: Workshop, level: str, rule: str, expected: set[tuple[str, str]]
) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(level=level)
    make_children(workshop, f"customer int references app.customer {rule}", level)
    add(workshop, 1, 2, 3)
    workshop.app().execute(
        "insert into app.item (id, tenant_id, name, customer) "
        "select i, %s, 'item', i / 10 from unnest('{11, 12, 21, 31}'::int[]) i",
        (workshop.tenant_a,),
    )
    workshop.app().execute("delete from app.customer where id < 3")
    assert news(workshop)[-2:] == [("deleted", "1"), ("deleted", "2")]
    assert len(workshop.told("item")) == 7, "four created, three gone or changed"
    assert set(workshop.told("item")[4:]) == expected
    app = workshop.database.role("app")
    for event in workshop.events("item")[4:]:
        number = int(event["entity_id"]) // 10
        assert event["changes"] in (None, {"customer": {"old": number, "new": None}})
        assert (event["actor_id"], event["actor_type"]) == (app, "database_role")
        assert event["recorded_by"].startswith(app)


@LEVELS
def test_an_updated_key_that_cascades_is_told_of_both_tables(
    workshop: Workshop, level: str
) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(level=level)
    make_children(workshop, "customer int references app.customer on update cascade", level)
    add(workshop, 1)
    app = workshop.app()
    app.execute("insert into app.item values (11, %s, 'item', 1)", (workshop.tenant_a,))
    app.execute("update app.customer set id = 5 where id = 1")
    assert sorted(workshop.told()[1:]) == [("updated", "1"), ("updated", "5")]
    assert [event["changes"] for event in workshop.events("item", action="item_updated")] == [
        {"customer": {"old": 1, "new": 5}}
    ]


@LEVELS
def test_a_child_that_one_delete_changes_twice_tells_only_what_happened(
    workshop: Workshop, level: str
) -> None:
    workshop.make(CUSTOMER)
    make_children(
        workshop,
        "writer int references app.customer on delete set null, "
        "reviewer int references app.customer on delete set null",
        level,
    )
    add(workshop, 1)
    app = workshop.app()
    app.execute("insert into app.item values (11, %s, 'item', 1, 1)", (workshop.tenant_a,))
    app.execute("delete from app.customer where id = 1")
    changed: dict[str, set[tuple[Any, Any]]] = {}
    for event in workshop.events("item", action="item_updated"):
        for column, change in event["changes"].items():
            changed.setdefault(column, set()).add((change["old"], change["new"]))
    assert changed == {"writer": {(1, None)}, "reviewer": {(1, None)}}


@LEVELS
def test_the_last_that_is_told_of_a_child_that_is_gone_is_its_end(
    workshop: Workshop, level: str
) -> None:
    workshop.make(CUSTOMER)
    make_children(
        workshop,
        "writer int references app.customer on delete set null, "
        "customer int references app.customer on delete cascade",
        level,
    )
    add(workshop, 1, 2, 3)
    app = workshop.app()
    app.execute(
        "insert into app.item values (11, %(a)s, 'item', 1, 1), (12, %(a)s, 'item', 2, 3)",
        {"a": workshop.tenant_a},
    )
    app.execute("delete from app.customer where id in (1, 2)")
    assert workshop.told("item")[-3:] != [], "something is told"
    assert [action for action, item in workshop.told("item") if item == "11"][-1] == "deleted"
    assert ("updated", "12") in workshop.told("item")


@LEVELS
def test_a_truncated_table_is_told_to_each_tenant_with_about_its_rows(
    workshop: Workshop, level: str
) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(level=level)
    app = workshop.app()
    app.execute(
        "insert into app.customer (id, tenant_id) select i, %s from generate_series(1, 50) i",
        (workshop.tenant_a,),
    )
    app.execute("select pg_stat_force_next_flush()")
    workshop.app().execute("truncate app.customer")
    truncated = workshop.events(action="customer_truncated")
    tenants = {event["tenant_id"] for event in truncated}
    assert {workshop.tenant_a, workshop.tenant_b} <= tenants
    assert len(truncated) == len(tenants), "each is told once"
    for event in truncated:
        assert event["metadata"] == {"rows_estimated": 50}
        assert event["entity_id"] is None
        assert event["description"] == "Customer: all rows removed"
        assert event["target"] is None
        assert event["changes"] is None


@LEVELS
def test_a_truncated_table_without_tenants_is_told_to_the_context_s(
    workshop: Workshop, level: str
) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(level=level, tenant_column=None)
    workshop.app("b").execute("truncate app.customer")
    assert [(e["action"], e["tenant_id"]) for e in workshop.events()] == [
        ("customer_truncated", workshop.tenant_b)
    ]


def test_a_table_without_tenants_is_not_truncated_without_a_context(workshop: Workshop) -> None:
    workshop.make(CUSTOMER)
    workshop.owner.execute(
        "insert into app.customer (id, tenant_id) values (1, %s)", (workshop.tenant_a,)
    )
    workshop.watch(tenant_column=None)
    stranger = workshop.database.connect(workshop.database.role("stranger"))
    with pytest.raises(psycopg.Error) as refusal:
        stranger.execute("truncate app.customer")
    assert str(refusal.value.sqlstate).startswith("WT")
    assert workshop.behind.execute("select id from app.customer").fetchall() == [{"id": 1}]


def test_a_truncated_table_is_not_told_to_a_tenant_that_turned_it_off(workshop: Workshop) -> None:
    workshop.make(CUSTOMER)
    workshop.watch()
    workshop.database.connect(workshop.database.role("admin", "b")).execute(
        "select audit.set_action_logging('customer_truncated', false, reason => %s)",
        ("quiet about it for the test",),
    )
    workshop.app().execute("truncate app.customer")
    tenants = {event["tenant_id"] for event in workshop.events(action="customer_truncated")}
    assert workshop.tenant_a in tenants
    assert workshop.tenant_b not in tenants


def test_a_truncate_that_cascades_is_told_of_both_tables(workshop: Workshop) -> None:
    workshop.make(CUSTOMER)
    workshop.watch()
    make_children(workshop, "customer int references app.customer")
    workshop.app().execute("truncate app.customer cascade")
    for entity_type in ("customer", "item"):
        assert {
            event["tenant_id"]
            for event in workshop.events(entity_type, action=f"{entity_type}_truncated")
        } >= {workshop.tenant_a, workshop.tenant_b}


@LEVELS
def test_a_statement_over_two_tenants_is_told_to_each_its_own_rows(
    workshop: Workshop, level: str
) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(level=level)
    app = workshop.app()
    app.execute(
        "insert into app.customer (id, tenant_id, name) "
        "select i, case when i < 3 then %s else %s end, 'C' || i from generate_series(1, 4) i",
        (workshop.tenant_a, workshop.tenant_b),
    )
    app.execute("update app.customer set name = upper(name) || '!'")
    app.execute("delete from app.customer")
    for tenant, ids in ((workshop.tenant_a, {"1", "2"}), (workshop.tenant_b, {"3", "4"})):
        events = workshop.events(tenant_id=tenant)
        for action in ("created", "updated", "deleted"):
            told = [e["entity_id"] for e in events if e["action"] == f"customer_{action}"]
            assert sorted(told) == sorted(ids)
        for event in events:
            if event["changes"]:
                name = f"C{event['entity_id']}"
                assert event["changes"] == {"name": {"old": name, "new": f"{name}!"}}


@LEVELS
def test_of_a_statement_over_two_tenants_only_the_one_that_logs_it_is_told(
    workshop: Workshop, level: str
) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(level=level)
    workshop.database.connect(workshop.database.role("admin", "b")).execute(
        "select audit.set_action_logging('customer_updated', false, reason => %s)",
        ("quiet about it for the test",),
    )
    add(workshop, 1, 2)
    add(workshop, 3, tenant="b")
    app = workshop.app()
    app.execute("update app.customer set name = 'X' where id = 3")
    app.execute("update app.customer set name = 'Y'")
    assert news(workshop)[3:] == [("updated", "1"), ("updated", "2")]


@LEVELS
@pytest.mark.parametrize(
    ("statement", "sqlstate"),
    [
        ("insert into app.customer values (8, '{a}'), (9, null)", "WT001"),
        ("insert into app.customer values (9, null)", "WT001"),
        ("insert into app.customer values (8, '{a}'), (9, gen_random_uuid())", "WT003"),
        ("insert into app.customer values (9, gen_random_uuid())", "WT003"),
        ("update app.customer set tenant_id = null", "WT001"),
        ("update app.customer set tenant_id = null where id = 1", "WT001"),
        ("update app.customer set tenant_id = gen_random_uuid() where id = 1", "WT003"),
    ],
)
def test_rows_of_no_known_tenant_are_refused_and_nothing_of_them_stays(
    workshop: Workshop, level: str, statement: str, sqlstate: str
) -> None:
    workshop.make(CUSTOMER.replace("uuid not null", "uuid"))
    workshop.watch(level=level)
    add(workshop, 1, 2)
    with pytest.raises(psycopg.Error) as refusal:
        workshop.app().execute(statement.replace("{a}", str(workshop.tenant_a)).encode())
    assert refusal.value.sqlstate == sqlstate
    assert workshop.told() == [("created", "1"), ("created", "2")]
    assert workshop.behind.execute(
        "select id, tenant_id from app.customer order by id"
    ).fetchall() == [{"id": number, "tenant_id": workshop.tenant_a} for number in (1, 2)]


SAME_AT_BOTH_LEVELS = (
    "insert into app.{} (id, tenant_id, name) "
    "select i, case when i %% 3 = 0 then %(b)s::uuid else %(a)s end, 'C' || i "
    "from generate_series(1, 9) i",
    "update app.{} set name = name || '!', ssn = 'secret', touched_at = now() where id < 5",
    "update app.{} set name = name, touched_at = now()",
    "update app.{} set ssn = 'secret too', balance = 1.50 where id = 2",
    "update app.{} set id = 20 where id = 1",
    "update app.{} set tenant_id = %(b)s where id = 2",
    "delete from app.{} where id = 3",
    "delete from app.{} where id between 4 and 6",
    "insert into app.{} (id, tenant_id) values (20, %(a)s) "
    "on conflict (id) do update set email = 'x'",
    "delete from app.{}",
    "truncate app.{}",
)


def test_both_levels_tell_the_same(workshop: Workshop) -> None:
    tenants = {"a": workshop.tenant_a, "b": workshop.tenant_b}
    told: list[list[dict[str, Any]]] = []
    for table, level in (("by_statement", "statement"), ("by_row", "row")):
        workshop.make(CUSTOMER.replace("app.customer", f"app.{table}"))
        workshop.watch(
            f"app.{table}",
            table,
            level=level,
            label_column="name",
            redact_columns=["ssn"],
            ignore_columns=["touched_at"],
        )
        app = workshop.app()
        app.execute("select audit.set_context(actor_id => 'anna', actor_type => 'user')")
        for statement in SAME_AT_BOTH_LEVELS:
            app.execute(statement.format(table).encode(), tenants)
        kept = ("tenant_id", "entity_id", "changes", "target", "metadata", "actor_id", "outcome")
        events = [
            {column: event[column] for column in kept}
            | {"action": event["action"].removeprefix(table)}
            | {"words": event["description"].lower().replace(table.replace("_", " "), "")}
            for event in workshop.events(table)
        ]
        for event in events:
            if event["action"] == "_truncated":
                event["metadata"] = None
        told.append(sorted(events, key=repr))
    assert len(told[0]) == 30
    assert told[0] == told[1]


def bulk_update(connection: psycopg.Connection[Any]) -> float:
    """Update every customer by one statement; give the seconds that it took."""
    started = time.monotonic()
    connection.execute("set statement_timeout = '120s'")
    connection.execute("update app.customer set name = name || '!'")
    return time.monotonic() - started


@pytest.mark.parametrize("key", ["bigint", "text"])
def test_a_bulk_update_after_single_rows_is_as_fast_as_in_a_fresh_session(
    workshop: Workshop, key: str
) -> None:
    workshop.make(CUSTOMER.replace("id bigint", f"id {key}"))
    workshop.watch(label_column="name")
    app = workshop.app()
    app.execute(
        "insert into app.customer (id, tenant_id, name) "
        "select i, %s, 'C' || i from generate_series(1, 20000) i",
        (workshop.tenant_a,),
    )
    fresh = min(bulk_update(workshop.app()) for _ in range(2))
    used = workshop.app()
    for _ in range(12):
        used.execute("update app.customer set name = name || '.' where id = '1'")
    assert bulk_update(used) < 5 * fresh
    assert len(workshop.told()) == 20000 + 2 * 20000 + 12 + 20000


def test_single_rows_after_a_bulk_update_are_told_as_before(customers: Workshop) -> None:
    app = customers.app()
    app.execute(
        "insert into app.customer (id, tenant_id, name) "
        "select i, %s, 'C' || i from generate_series(1, 5000) i",
        (customers.tenant_a,),
    )
    bulk_update(app)
    app.execute("update app.customer set name = 'last' where id = 7")
    assert customers.events()[-1]["changes"] == {"name": {"old": "C7!", "new": "last"}}


@LEVELS
def test_the_row_is_told_as_a_trigger_before_it_made_it(workshop: Workshop, level: str) -> None:
    workshop.make(
        CUSTOMER
        + """;
        create function app.tidy() returns trigger language plpgsql as $$
        begin
          if new.name = 'skip' then
            return null;
          end if;
          new.name := upper(new.name);
          new.email := lower(new.name) || '@example.org';
          return new;
        end
        $$;
        create trigger tidy before insert or update on app.customer
        for each row execute function app.tidy();
        create function app.keep() returns trigger language plpgsql as $$
        begin
          return case when old.name = 'KEEP' then null else old end;
        end
        $$;
        create trigger keep before delete on app.customer
        for each row execute function app.keep();
        """
    )
    workshop.watch(level=level)
    app = workshop.app()
    app.execute(
        "insert into app.customer (id, tenant_id, name) "
        "values (1, %(a)s, 'anna'), (2, %(a)s, 'skip'), (3, %(a)s, 'keep')",
        {"a": workshop.tenant_a},
    )
    app.execute("update app.customer set name = 'bo' where id = 1")
    app.execute("update app.customer set name = 'skip' where id = 1")
    app.execute("delete from app.customer")
    first, *others = workshop.events(entity_id="1")
    assert first["target"]["name"] == "ANNA"
    assert first["target"]["email"] == "anna@example.org"
    assert [event["changes"] for event in others] == [
        {
            "name": {"old": "ANNA", "new": "BO"},
            "email": {"old": "anna@example.org", "new": "bo@example.org"},
        },
        None,
    ]
    assert news(workshop) == [
        ("created", "1"),
        ("created", "3"),
        ("deleted", "1"),
        ("updated", "1"),
    ]


NESTED_UPDATE = """
create function app.after_customer() returns trigger language plpgsql as $$
begin
  if new.name like 'raw%' then
    update app.customer set name = 'clean' || substr(new.name, 4) where id = new.id;
  end if;
  return null;
end
$$;
create trigger {} after insert or update on app.customer
for each row execute function app.after_customer();
"""


@LEVELS
@pytest.mark.parametrize("trigger", ["aa_before_ours_by_name", "zz_after_ours_by_name"])
def test_what_a_trigger_after_a_row_does_to_it_is_told_as_well(
    workshop: Workshop, level: str, trigger: str
) -> None:
    workshop.make(CUSTOMER + ";" + NESTED_UPDATE.format(trigger))
    workshop.watch(level=level)
    add(workshop, 1)
    workshop.app().execute("update app.customer set name = 'raw1'")
    assert news(workshop) == [("created", "1"), ("updated", "1"), ("updated", "1")]
    changes = [e["changes"] for e in workshop.events(action="customer_updated")]
    assert {"name": {"old": "C1", "new": "raw1"}} in changes
    assert {"name": {"old": "raw1", "new": "clean1"}} in changes


@LEVELS
@pytest.mark.parametrize("trigger", ["aa_before_ours_by_name", "zz_after_ours_by_name"])
@pytest.mark.parametrize(
    "statement",
    [
        "update app.customer set name = 'raw1'",
        "insert into app.customer (id, tenant_id, name) values (2, '{a}', 'raw2')",
    ],
)
def test_a_row_that_a_trigger_changed_again_stands_in_the_log_as_it_is(
    workshop: Workshop, level: str, trigger: str, statement: str
) -> None:
    workshop.make(CUSTOMER + ";" + NESTED_UPDATE.format(trigger))
    workshop.watch(level=level)
    add(workshop, 1)
    workshop.app().execute(statement.replace("{a}", str(workshop.tenant_a)).encode())
    rows = workshop.behind.execute(
        "select id::text, to_jsonb(c) as row from app.customer c"
    ).fetchall()
    reader = workshop.reader()
    for row in rows:
        stood = reader.execute(
            "select audit.get_row_at('app.customer', %s, clock_timestamp()) as row", (row["id"],)
        ).fetchone()
        assert stood is not None
        assert stood["row"] == row["row"]


def test_what_a_trigger_does_to_another_watched_table_is_told(workshop: Workshop) -> None:
    workshop.make(CUSTOMER)
    make_children(workshop, "customer int")
    workshop.make(
        """
        create function app.count_item() returns trigger language plpgsql as $$
        begin
          update app.customer set balance = balance + 1 where id = new.customer;
          return null;
        end
        $$;
        create trigger count_item after insert on app.item
        for each row execute function app.count_item();
        """
    )
    workshop.watch()
    app = workshop.app()
    app.execute(
        "insert into app.customer (id, tenant_id, balance) values (1, %s, 0)", (workshop.tenant_a,)
    )
    app.execute(
        "insert into app.item values (11, %(a)s, 'x', 1), (12, %(a)s, 'y', 1)",
        {"a": workshop.tenant_a},
    )
    assert [e["changes"] for e in workshop.events(action="customer_updated")] == [
        {"balance": {"old": 0, "new": 1}},
        {"balance": {"old": 1, "new": 2}},
    ]
    assert workshop.told("item") == [("created", "11"), ("created", "12")]


@LEVELS
@pytest.mark.parametrize("end", ["rollback", "rollback to before"])
def test_what_is_rolled_back_is_never_told(workshop: Workshop, level: str, end: str) -> None:
    workshop.make(CUSTOMER)
    workshop.watch(level=level)
    add(workshop, 1)
    app = workshop.app()
    app.execute("begin")
    app.execute("savepoint before")
    app.execute("update app.customer set name = 'undone'")
    app.execute("delete from app.customer")
    app.execute(end.encode())
    app.execute("commit" if end != "rollback" else "select")
    assert workshop.told() == [("created", "1")]
