"""Tenants, and which database roles may act for them."""

from __future__ import annotations

from uuid import UUID

import click

from pgwitness.cli.parameters import reason_option
from pgwitness.cli.rendering import listing, report_change
from pgwitness.cli.session import Session, pass_session


@click.group()
def tenant() -> None:
    """Tenants, and which database roles may act for them (audit_operator)."""


@tenant.command()
@click.argument("tenant_id", type=click.UUID)
@click.argument("name")
@pass_session
def register(session: Session, tenant_id: UUID, name: str) -> None:
    """Register a tenant under the application's own TENANT_ID, or rename it."""
    with session.client() as client:
        report_change(session, client.register_tenant(tenant_id=tenant_id, name=name))


@tenant.command()
@click.argument("tenant_id", type=click.UUID)
@reason_option(required=True)
@pass_session
def retire(session: Session, tenant_id: UUID, reason: str) -> None:
    """End a tenant: nothing more is logged for it; its trail stays readable."""
    with session.client() as client:
        report_change(session, client.retire_tenant(reason=reason, tenant_id=tenant_id))


@tenant.command("list")
@pass_session
def list_(session: Session) -> None:
    """List the tenants."""
    with session.client() as client:
        rows = client.list_tenants()
    listing(
        session,
        rows,
        {
            "tenant": lambda row: row.tenant_id,
            "name": lambda row: row.name,
            "registered": lambda row: row.registered_at,
            "logging": lambda row: (
                session.text("retired") if row.retired_at else row.is_logging_enabled
            ),
        },
    )


@tenant.command()
@click.argument("role")
@click.argument("tenant_id", type=click.UUID)
@pass_session
def grant(session: Session, role: str, tenant_id: UUID) -> None:
    """Let a database ROLE act for one tenant."""
    with session.client() as client:
        report_change(session, client.grant_tenant(role=role, tenant_id=tenant_id))


@tenant.command("grant-all")
@click.argument("role")
@reason_option(required=True)
@pass_session
def grant_all(session: Session, role: str, reason: str) -> None:
    """Let an application's service ROLE act for every tenant, as its context says."""
    with session.client() as client:
        report_change(session, client.grant_all_tenants(role=role, reason=reason))


@tenant.command()
@click.argument("role")
@click.argument("tenant_id", type=click.UUID, required=False)
@reason_option(required=True)
@pass_session
def revoke(session: Session, role: str, tenant_id: UUID | None, reason: str) -> None:
    """Take one tenant, or without TENANT_ID all of them, away from a database ROLE."""
    with session.client() as client:
        report_change(session, client.revoke_tenant(role=role, reason=reason, tenant_id=tenant_id))


@tenant.command()
@pass_session
def grants(session: Session) -> None:
    """List which database roles may act for which tenants."""
    with session.client() as client:
        rows = client.list_grants()
    listing(
        session,
        rows,
        {
            "role": lambda row: (
                row.role_name
                if row.is_role_present
                else f"{row.role_name} ({session.text('missing_role')})"
            ),
            "tenant": lambda row: row.tenant_id or (session.text("all_tenants"), row.reason),
            "granted": lambda row: (row.granted_at, row.granted_by),
        },
    )
