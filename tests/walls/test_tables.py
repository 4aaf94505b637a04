"""Nobody reaches a table but through the functions and the view."""

from __future__ import annotations

import psycopg
from psycopg import sql

from walls.ledger import NIL, Connection, log, new_role, refused

from databases import INSTALLER, OTHER_PERSONAS, TENANT_PERSONAS, Database

RELATIONS = """
    select c.relname, c.relkind
    from pg_class c
    where c.relnamespace = 'audit_private'::regnamespace and c.relkind in ('r', 'p', 'v', 'S')
    order by 1
"""
PARTITIONS = """
    select inhrelid::regclass::text from pg_inherits
    where inhparent = 'audit_private.event'::regclass
    union all select 'audit_private.event'
"""


def private_relations(root: Connection, *kinds: str) -> list[sql.Identifier]:
    found = [
        sql.Identifier("audit_private", name)
        for name, kind in root.execute(RELATIONS).fetchall()
        if kind in (kinds or ("r", "p", "v", "S"))
    ]
    assert found
    return found


def select(relation: sql.Composable) -> sql.Composed:
    return sql.SQL("select * from {} limit 1").format(relation)


def engine(database: Database, role: str) -> Connection:
    """Connect as the installer, turned into an engine role."""
    connection = database.connect(INSTALLER)
    connection.execute(f"set role {role}")
    return connection


def test_no_person_reads_any_table_or_partition(
    loaded_database: Database, app: Connection, root: Connection
) -> None:
    log(app)
    relations = private_relations(root)
    personas = [*TENANT_PERSONAS, *(name for name in OTHER_PERSONAS if name != "backup")]
    for persona in personas:
        connection = loaded_database.connect(loaded_database.role(persona))
        connection.execute(f"set pgwitness.tenant_id = '{loaded_database.tenant_a}'")
        for relation in relations:
            with refused("42501", case=(persona, relation)):
                connection.execute(select(relation))


def test_the_backup_reads_every_table_and_writes_none(
    loaded_database: Database, root: Connection
) -> None:
    backup = loaded_database.connect(loaded_database.role("backup"))
    for relation in private_relations(root, "r", "p", "S"):
        backup.execute(select(relation))
    for relation in private_relations(root, "r", "p"):
        for statement in ("delete from {}", "truncate {}", "lock table {} in exclusive mode"):
            with refused("42501", case=(relation, statement)), backup.transaction():
                backup.execute(sql.SQL(statement).format(relation))
    with refused("42501"):
        log(backup)


def test_the_owner_sees_no_event_without_a_tenant(
    loaded_database: Database, app: Connection, app_b: Connection, root: Connection
) -> None:
    log(app)
    log(app_b)
    owner = engine(loaded_database, "audit_owner")
    for tenant_id in (None, loaded_database.tenant_a, NIL):
        owner.execute(f"set pgwitness.tenant_id = '{tenant_id or ''}'")
        for (partition,) in root.execute(PARTITIONS).fetchall():
            count = owner.execute(f"select count(*) from {partition}").fetchone()
            assert count == (0,), (tenant_id, partition)


def test_every_table_of_tenants_is_walled_on_every_partition(root: Connection) -> None:
    unwalled = root.execute(
        """
        select c.oid::regclass::text
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname in ('tenant_id', 'tenant_ids')
        where c.relnamespace = 'audit_private'::regnamespace and c.relkind in ('r', 'p')
          and c.relname <> 'sink'  -- the installation's, like grants of service roles
          and not (c.relrowsecurity and c.relforcerowsecurity)
        """
    ).fetchall()
    assert unwalled == []


def test_the_writer_only_appends_events(loaded_database: Database, root: Connection) -> None:
    writer = engine(loaded_database, "audit_writer")
    for (partition,) in root.execute(PARTITIONS).fetchall():
        with refused("42501", case=partition):
            writer.execute(f"select from {partition}")
    for (partition,) in root.execute(f"{PARTITIONS} except select 'audit_private.event'"):
        with refused("42501", case=partition):
            writer.execute(f"insert into {partition} select")


def test_the_finder_only_adds_seals(loaded_database: Database, root: Connection) -> None:
    finder = engine(loaded_database, "audit_finder")
    sealed = [sql.Identifier("audit_private", name) for name in ("seal", "seal_part", "tree_node")]
    for relation in private_relations(root, "r", "p"):
        for statement in ("insert into {} default values", "delete from {}", "truncate {}"):
            is_seal = relation in sealed and statement.startswith("insert")
            with refused("23502" if is_seal else "42501", case=(relation, statement)):
                finder.execute(sql.SQL(statement).format(relation))


def test_strangers_reach_no_function(
    loaded_database: Database, stranger: Connection, root: Connection
) -> None:
    names = root.execute(
        "select oid::regprocedure::text, prokind from pg_proc "
        "where pronamespace in ('audit'::regnamespace, 'audit_private'::regnamespace) "
        "and prorettype <> 'trigger'::regtype"
    ).fetchall()
    assert names
    for signature, kind in names:
        name, _, types = signature.partition("(")
        nulls = ", ".join(f"null::{t}" for t in types.rstrip(")").split(",") if t)
        verb = "call" if kind == "p" else "select"
        with refused("42501", "42704", case=signature):
            stranger.execute(f"{verb} {name}({nulls})")


def test_people_make_no_object_in_the_schemas(loaded_database: Database) -> None:
    for persona in (*TENANT_PERSONAS, *OTHER_PERSONAS):
        connection = loaded_database.connect(loaded_database.role(persona))
        for schema in ("audit", "audit_private", "audit_migrations"):
            with refused("42501", case=(persona, schema)):
                connection.execute(f"create table {schema}.mine ()")


def test_an_engine_role_is_nobody_s_to_become(loaded_database: Database) -> None:
    for persona in (*TENANT_PERSONAS, *OTHER_PERSONAS):
        connection = loaded_database.connect(loaded_database.role(persona))
        for role in ("audit_owner", "audit_writer", "audit_finder", "audit_keeper", "postgres"):
            with refused("42501", case=(persona, role)):
                connection.execute(f"set role {role}")
            with refused("42501", case=(persona, role)):
                connection.execute(f"set session authorization {role}")


def test_turning_row_security_off_reads_nothing(
    loaded_database: Database, root: Connection
) -> None:
    root.execute("grant usage on schema audit_private to public")
    root.execute("grant select on all tables in schema audit_private to public")
    curious = loaded_database.connect(new_role(loaded_database, "test_curious"))
    for (partition,) in root.execute(PARTITIONS).fetchall():
        assert curious.execute(f"select count(*) from {partition}").fetchone() == (0,)
        with refused("42501", case=partition), curious.transaction():
            curious.execute("set local row_security = off")
            curious.execute(f"select count(*) from {partition}")


def test_the_planner_s_statistics_tell_nobody_a_value(
    loaded_database: Database, app: Connection, root: Connection
) -> None:
    for _ in range(20):
        log(app, entity_id="secret", description="secret")
    root.execute("analyze")
    for persona in (*TENANT_PERSONAS, *OTHER_PERSONAS):
        connection = loaded_database.connect(loaded_database.role(persona))
        told = connection.execute(
            "select tablename from pg_stats where schemaname = 'audit_private' "
            "and (most_common_vals::text like '%secret%' or tablename like 'event%')"
        ).fetchall()
        assert told == [], persona


def test_readers_hold_no_lock_that_writers_wait_for(loaded_database: Database) -> None:
    for persona in ("reader", "admin", "privacy", "auditor"):
        connection = loaded_database.connect(loaded_database.role(persona))
        for mode in ("row exclusive", "share", "access exclusive"):
            with refused("42501", case=(persona, mode)), connection.transaction():
                connection.execute(f"lock table audit.event in {mode} mode")


def test_the_installer_inherits_nothing(loaded_database: Database, root: Connection) -> None:
    installer = loaded_database.connect(INSTALLER)
    for relation in private_relations(root, "r", "p"):
        try:
            installer.execute(select(relation))
        except psycopg.errors.InsufficientPrivilege:
            continue
        raise AssertionError(relation)
