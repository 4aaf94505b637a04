"""What holds for every object of ours, asked of PostgreSQL's own catalogue."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from databases import Database

ENGINE_ROLES = {"audit_owner", "audit_writer", "audit_finder", "audit_keeper"}
SCHEMAS = ["audit", "audit_private"]


@pytest.fixture
def catalogue(loaded_database: Database) -> psycopg.Connection[Any]:
    """A superuser's connection: only the catalogue is looked at."""
    connection = loaded_database.superuser()
    connection.execute("set search_path = ''")
    return connection


def names(connection: psycopg.Connection[Any], query: str) -> list[str]:
    """Run a query with the schemas as %(schemas)s and give its only column."""
    rows = connection.execute(query.encode(), {"schemas": SCHEMAS}).fetchall()
    return [str(row[0]) for row in rows]


def test_definer_functions_pin_their_search_path(catalogue: psycopg.Connection[Any]) -> None:
    definers = """
        select p.oid::regprocedure from pg_catalog.pg_proc p
        where p.pronamespace::regnamespace::text = any (%(schemas)s) and p.prosecdef
    """
    pinned = "and 'search_path=pg_catalog, pg_temp' = any (p.proconfig)"
    assert len(names(catalogue, definers)) > 20
    assert set(names(catalogue, definers)) - set(names(catalogue, definers + pinned)) == set()


def test_plpgsql_functions_pin_their_search_path_or_qualify(
    catalogue: psycopg.Connection[Any],
) -> None:
    """What isn't a definer runs with its caller's search path, so all of it is procedures, triggers
    and one-line readers; whatever writes is a definer."""
    writers = names(
        catalogue,
        r"""
        select p.oid::regprocedure from pg_catalog.pg_proc p
        where p.pronamespace::regnamespace::text = any (%(schemas)s) and not p.prosecdef
          and p.prosrc ~* '\m(insert into|update|delete from|truncate)\M\s+audit_private'
        """,
    )
    assert writers == []


def test_nothing_is_granted_to_public(catalogue: psycopg.Connection[Any]) -> None:
    granted = names(
        catalogue,
        """
        select o.name
        from (
          select p.oid::regprocedure::text as name, p.pronamespace as schema_id,
            coalesce(p.proacl, acldefault('f', p.proowner)) as rights
          from pg_catalog.pg_proc p
          union all
          select c.oid::regclass::text, c.relnamespace,
            coalesce(c.relacl, acldefault(
              (case when c.relkind = 'S' then 's' else 'r' end)::"char", c.relowner))
          from pg_catalog.pg_class c where c.relkind in ('r', 'p', 'v', 'S')
          union all
          select n.nspname, n.oid, coalesce(n.nspacl, acldefault('n', n.nspowner))
          from pg_catalog.pg_namespace n
        ) o
        where o.schema_id::regnamespace::text = any (%(schemas)s)
          and exists (select from aclexplode(o.rights) a where a.grantee = 0)
        """,
    )
    assert granted == []


def test_default_privileges_give_public_nothing(catalogue: psycopg.Connection[Any]) -> None:
    roles = names(
        catalogue,
        """
        select d.defaclrole::regrole from pg_catalog.pg_default_acl d
        where d.defaclobjtype = 'f' and d.defaclnamespace = 0
          and not exists (select from aclexplode(d.defaclacl) a where a.grantee = 0)
        """,
    )
    assert set(roles) >= ENGINE_ROLES


def test_tables_with_a_tenant_are_walled(catalogue: psycopg.Connection[Any]) -> None:
    tables = """
        select c.oid::regclass from pg_catalog.pg_class c
        where c.relnamespace::regnamespace::text = any (%(schemas)s) and c.relkind in ('r', 'p')
          and exists (
            select from pg_catalog.pg_attribute a
            where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
    """
    walled = """
        and c.relrowsecurity and c.relforcerowsecurity
        and exists (select from pg_catalog.pg_policy p where p.polrelid = c.oid)
    """
    found = names(catalogue, tables)
    assert sum("event_" in name for name in found) > 20, "partitions are meant too"
    assert set(found) - set(names(catalogue, tables + walled)) == set()


def test_no_policy_but_the_engine_and_backups_sees_all(
    catalogue: psycopg.Connection[Any],
) -> None:
    """A policy `using (true)` for people or PUBLIC would be a hole in the wall."""
    holes = names(
        catalogue,
        """
        select distinct format('%%s on %%s', p.polname, p.polrelid::regclass)
        from pg_catalog.pg_policy p
        join pg_catalog.pg_class c on c.oid = p.polrelid
        cross join unnest(p.polroles) as r (role_id)
        where c.relnamespace::regnamespace::text = any (%(schemas)s)
          and (r.role_id = 0 or r.role_id::regrole::text not in
            ('audit_owner', 'audit_writer', 'audit_finder', 'audit_keeper', 'audit_backup'))
        """,
    )
    assert holes == []


def test_backups_read_every_table(catalogue: psycopg.Connection[Any]) -> None:
    unread = names(
        catalogue,
        """
        select c.oid::regclass from pg_catalog.pg_class c
        where c.relnamespace::regnamespace::text = any (array['audit_private', 'audit_migrations'])
          and c.relkind in ('r', 'p', 'S')
          and not (
            case when c.relkind = 'S' then has_sequence_privilege('audit_backup', c.oid, 'select')
              else has_table_privilege('audit_backup', c.oid, 'select') end
            and (not c.relrowsecurity or exists (
              select from pg_catalog.pg_policy p
              where p.polrelid = c.oid and 'audit_backup'::regrole = any (p.polroles)
                and p.polcmd in ('r', '*')
                and pg_catalog.pg_get_expr(p.polqual, p.polrelid) = 'true')))
        """,
    )
    assert unread == []


def test_events_are_append_only_for_everybody_but_the_keeper(
    catalogue: psycopg.Connection[Any],
) -> None:
    changers = names(
        catalogue,
        """
        select format('%%s on %%s', r.rolname, c.oid::regclass)
        from pg_catalog.pg_class c
        cross join pg_catalog.pg_roles r
        where c.relname ~ '^event($|_[0-9])' and c.relkind in ('r', 'p')
          and c.relnamespace = 'audit_private'::regnamespace
          and r.rolname ~ '^(audit|test)_' and r.rolname <> 'audit_keeper'
          and not pg_has_role(r.oid, 'audit_keeper', 'member')
          and (has_table_privilege(r.oid, c.oid, 'delete, truncate')
            or has_any_column_privilege(r.oid, c.oid, 'update'))
        """,
    )
    assert changers == []


def test_partitions_refuse_changes_by_triggers_that_always_fire(
    catalogue: psycopg.Connection[Any],
) -> None:
    unguarded = names(
        catalogue,
        """
        select c.oid::regclass from pg_catalog.pg_class c
        where c.relname ~ '^event($|_[0-9])' and c.relkind in ('r', 'p')
          and c.relnamespace = 'audit_private'::regnamespace
          and (
            -- before, statement; delete, update and truncate
            select bit_or(t.tgtype::integer) & 1 = 0
              and bit_or(t.tgtype::integer) & (2 + 8 + 16 + 32) = 2 + 8 + 16 + 32
            from pg_catalog.pg_trigger t where t.tgrelid = c.oid and t.tgenabled = 'A'
          ) is not true
        """,
    )
    assert unguarded == []


def test_everything_belongs_to_an_engine_role(catalogue: psycopg.Connection[Any]) -> None:
    owners = names(
        catalogue,
        """
        select distinct o.owner_id::regrole
        from (
          select c.relowner as owner_id, c.relnamespace as schema_id from pg_catalog.pg_class c
          union all select p.proowner, p.pronamespace from pg_catalog.pg_proc p
          union all select t.typowner, t.typnamespace from pg_catalog.pg_type t
          union all select n.nspowner, n.oid from pg_catalog.pg_namespace n
        ) o
        where o.schema_id::regnamespace::text
          = any (%(schemas)s::text[] || 'audit_migrations'::text)
        """,
    )
    assert set(owners) <= ENGINE_ROLES


def test_engine_roles_are_plain_and_apart(catalogue: psycopg.Connection[Any]) -> None:
    special = names(
        catalogue,
        """
        select r.rolname from pg_catalog.pg_roles r
        where r.rolname ~ '^audit_'
          and (r.rolsuper or r.rolbypassrls or r.rolcanlogin or r.rolcreaterole or r.rolcreatedb
            or r.rolreplication
            or exists (select from pg_catalog.pg_auth_members m where m.member = r.oid))
        """,
    )
    assert special == []


def test_everything_has_a_comment(catalogue: psycopg.Connection[Any]) -> None:
    silent = names(
        catalogue,
        """
        select 'schema ' || n.nspname
        from pg_catalog.pg_namespace n
        where n.nspname = any (%(schemas)s::text[] || 'audit_migrations'::text)
          and obj_description(n.oid, 'pg_namespace') is null
        union all
        select 'function ' || p.oid::regprocedure
        from pg_catalog.pg_proc p
        where p.pronamespace::regnamespace::text = any (%(schemas)s)
          and obj_description(p.oid, 'pg_proc') is null
        union all
        select 'relation ' || c.oid::regclass
        from pg_catalog.pg_class c
        where c.relnamespace::regnamespace::text = any (%(schemas)s)
          and c.relkind in ('r', 'p', 'v', 'S') and not c.relispartition
          and obj_description(c.oid, 'pg_class') is null
        union all
        select format('column %%s.%%s', c.oid::regclass, a.attname)
        from pg_catalog.pg_class c
        join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relnamespace::regnamespace::text = any (%(schemas)s)
          and c.relkind in ('r', 'p') and not c.relispartition
          and col_description(c.oid, a.attnum) is null
        """,
    )
    assert silent == []


def test_function_bodies_are_valid(catalogue: psycopg.Connection[Any]) -> None:
    """They are created unchecked, since some call others that come after them."""
    found = catalogue.execute(
        """
        select p.oid, p.oid::regprocedure::text, l.lanname
        from pg_catalog.pg_proc p join pg_catalog.pg_language l on l.oid = p.prolang
        where p.pronamespace::regnamespace::text = any (%s) and l.lanname in ('sql', 'plpgsql')
        """,
        (SCHEMAS,),
    ).fetchall()
    assert len(found) > 50
    invalid = []
    for function_id, name, language in found:
        validator = {"sql": "fmgr_sql_validator", "plpgsql": "plpgsql_validator"}[language]
        try:
            catalogue.execute(f"select {validator}(%s)".encode(), (function_id,))
        except psycopg.Error as error:
            invalid.append(f"{name}: {error}")
    assert invalid == []


def test_functions_used_in_indexes_and_constraints_never_change(
    catalogue: psycopg.Connection[Any],
) -> None:
    """Re-applied code may not be what an index or a constraint was built with."""
    used = names(
        catalogue,
        """
        select distinct p.oid::regprocedure
        from pg_catalog.pg_depend d
        join pg_catalog.pg_proc p on p.oid = d.refobjid and d.refclassid = 'pg_proc'::regclass
        where p.pronamespace::regnamespace::text = any (%(schemas)s)
          and d.classid in ('pg_constraint'::regclass, 'pg_attrdef'::regclass, 'pg_class'::regclass)
        """,
    )
    assert used
    assert [name for name in used if "_v1(" not in name] == []
