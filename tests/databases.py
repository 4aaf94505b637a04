"""Databases that tests run in, and the people who connect to them.

Every test of behaviour connects as one of the personas: login roles with just the rights that such
a person has in production.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from pgwitness import migrations, resources

TENANT_A = UUID("aaaaaaaa-0000-4000-8000-00000000000a")
TENANT_B = UUID("bbbbbbbb-0000-4000-8000-00000000000b")
TENANTS = {"a": TENANT_A, "b": TENANT_B}

INSTALLER = "test_installer"

# Persona to the roles of pgwitness that it is a member of.
TENANT_PERSONAS = {
    "app": ("audit_app",),
    "reader": ("audit_reader",),
    "admin": ("audit_admin",),
    "privacy": ("audit_privacy",),
}
OTHER_PERSONAS: dict[str, tuple[str, ...]] = {
    "service": ("audit_app", "audit_reader", "audit_admin"),
    "operator": ("audit_operator",),
    "owner": ("audit_operator",),
    "auditor": ("audit_auditor",),
    "backup": ("audit_backup",),
    "shipper": ("audit_shipper",),
    "stranger": (),
}


def name_case(value: object) -> str:
    """Name a parameter of a test the same in each process, whatever order a set has there."""
    return str(sorted(value)) if isinstance(value, (set, frozenset)) else str(value)


def persona_role(persona: str, tenant: str | None = None) -> str:
    """Give the login role of a persona; those of a tenant are tenant a's unless told."""
    if persona in TENANT_PERSONAS:
        return f"test_{persona}_{tenant or 'a'}"
    if persona not in OTHER_PERSONAS or tenant is not None:
        raise ValueError(f"there is no persona {persona} of tenant {tenant}")
    return f"test_{persona}"


@dataclass
class Database:
    """A database of its own for one test.

    Attributes:
        host: Where its server is.
        port: The server's port.
        name: Its name.
        tenant_a: Registered as "Tenant A".
        tenant_b: Registered as "Tenant B".
    """

    host: str
    port: int
    name: str
    tenant_a: UUID = TENANT_A
    tenant_b: UUID = TENANT_B
    _connections: list[psycopg.Connection[Any]] = field(default_factory=list)

    def dsn(self, role: str) -> str:
        """Give a connection string for a login role."""
        return f"host={self.host} port={self.port} dbname={self.name} user={role}"

    def role(self, persona: str, tenant: str | None = None) -> str:
        """Give the login role of a persona of tenant `a` (unless told) or `b`."""
        return persona_role(persona, tenant)

    def connect(self, role: str) -> psycopg.Connection[Any]:
        """Connect in autocommit; closed when the test ends."""
        connection = psycopg.connect(self.dsn(role), autocommit=True)
        self._connections.append(connection)
        return connection

    def superuser(self) -> psycopg.Connection[Any]:
        """Connect as the server's superuser, for set-up and for looking behind the scenes."""
        return self.connect("postgres")

    @property
    def installer_dsn(self) -> str:
        """Connection string of the login that installed: no superuser, inherits nothing."""
        return self.dsn(INSTALLER)

    def close(self) -> None:
        """Close the test's connections."""
        for connection in self._connections:
            connection.close()


def create_role(connection: psycopg.Connection[Any], name: str, attributes: str) -> None:
    """Create a login role unless the server has it already."""
    if connection.execute("select from pg_roles where rolname = %s", (name,)).fetchone() is None:
        connection.execute(
            sql.SQL("create role {} login {}").format(sql.Identifier(name), sql.SQL(attributes))
        )


def create_server_roles(connection: psycopg.Connection[Any]) -> None:
    """Create what belongs to the whole server: our roles, the installer and the personas."""
    create_role(connection, INSTALLER, "noinherit")
    with connection.transaction():
        connection.execute("select set_config('pgwitness.installer', %s, true)", (INSTALLER,))
        connection.execute(resources.read_sql("roles.sql").encode())
    personas = {
        persona_role(persona, tenant): roles
        for persona, roles in TENANT_PERSONAS.items()
        for tenant in TENANTS
    } | {persona_role(persona): roles for persona, roles in OTHER_PERSONAS.items()}
    for name, roles in personas.items():
        create_role(connection, name, "")
        for role in roles:
            connection.execute(
                sql.SQL("grant {} to {}").format(sql.Identifier(role), sql.Identifier(name))
            )


def allow_installer(connection: psycopg.Connection[Any]) -> None:
    """Let the installer create schemas in this database."""
    connection.execute(
        sql.SQL("grant create on database {} to {}").format(
            sql.Identifier(connection.info.dbname), sql.Identifier(INSTALLER)
        )
    )


def load_installed(host: str, port: int, user: str, dbname: str, **_: object) -> None:
    """Fill a template: installed by the package's own installer, two tenants, all personas."""
    database = Database(host, port, dbname)
    with psycopg.connect(database.dsn(user), autocommit=True) as administrator:
        create_server_roles(administrator)
        allow_installer(administrator)
    migrations.install(database.installer_dsn)
    with psycopg.connect(database.dsn(persona_role("operator")), autocommit=True) as operator:
        for letter, tenant_id in TENANTS.items():
            operator.execute(
                "select audit.register_tenant(tenant_id => %s, name => %s)",
                (tenant_id, f"Tenant {letter.upper()}"),
            )
            for persona in TENANT_PERSONAS:
                _bind(operator, persona_role(persona, letter), tenant_id)
        _bind(operator, persona_role("auditor"), TENANT_A)
        operator.execute(
            "select audit.grant_all_tenants(role => %s, reason => %s)",
            (persona_role("service"), "service of all tenants in tests"),
        )


def load_catalogue(host: str, port: int, dbname: str, **_: object) -> None:
    """Put the ready catalogue into a template."""
    database = Database(host, port, dbname)
    with psycopg.connect(database.dsn(persona_role("operator"))) as operator:
        operator.execute(resources.read_sql("catalogue/eneo.sql").encode())


def _bind(operator: psycopg.Connection[Any], role: str, tenant_id: UUID) -> None:
    operator.execute("select audit.grant_tenant(role => %s, tenant_id => %s)", (role, tenant_id))
