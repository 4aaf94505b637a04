"""Retention, holds, data retention and jobs are called for real, over drivers that differ."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from client.test_functions import Connect, check_types, connect
from data_retention.office import DECISION, FILES, LEVELS, QUESTIONS, Office, open_office
from pgwitness import AsyncClient, Client
from pgwitness.errors import (
    DataRetentionRefused,
    HoldRefused,
    PgwitnessError,
    PreviewRequired,
    RetentionRefused,
    SchedulerMissing,
)

from databases import Database

__all__ = ["connect"]

REASON = "because a test has to"


@pytest.fixture
def office(loaded_database: Database) -> Office:
    """The guide's schema, with old questions of an assistant of 30 days."""
    made = open_office(loaded_database)
    made.ask(made.assistant(30), 40, count=3, files=1)
    return made


def test_administrators_functions(loaded_database: Database, connect: Connect) -> None:
    async def run() -> None:
        async with connect(loaded_database.role("admin")) as client:
            moment = await client.set_retention(500, REASON)
            assert moment is not None
            assert moment.tzinfo is UTC
            assert await client.set_retention(500, REASON) is None
            later = await client.set_retention(30, REASON, is_exact=True)
            assert later is not None
            assert later > datetime.now(UTC) + timedelta(days=6)
            [row] = await client.list_retention()
            check_types(row)
            assert (row.days, row.next_days, row.next_is_exact) == (500, 30, True)
            assert row.floors == {"audit_access": 730, "audit_control": 730}
            assert await client.cancel_retention_change(REASON) is True
            [preview] = await client.preview_purge()
            check_types(preview)
            assert (preview.name, preview.due) == ("Tenant A", 0)
            assert await client.list_purges() == []

            assert await client.place_hold("Case 1", {"entity_id": ["1", None]}, REASON) is True
            assert await client.release_hold("Case 1", REASON) is True
            [hold] = await client.list_holds()
            check_types(hold)
            assert hold.filter == {"entity_id": ["1", None]}

    asyncio.run(run())


def test_refusals_are_exceptions(loaded_database: Database) -> None:
    with connected(loaded_database, "admin") as connection:
        client = Client(connection)
        with pytest.raises(RetentionRefused):
            client.set_retention(0, REASON)
        with pytest.raises(HoldRefused):
            client.release_hold("nothing", REASON)
    with connected(loaded_database, "operator") as connection:
        client = Client(connection)
        with pytest.raises(SchedulerMissing) as refusal:
            client.schedule_jobs()
        assert "pgwitness jobs serve" in str(refusal.value.hint)
        with pytest.raises(RetentionRefused):
            client.set_retention_floor("audit_control", None, REASON)
        with pytest.raises(PgwitnessError):
            client.set_retention_floor("nothing", 5, REASON)


def connected(database: Database, persona: str) -> psycopg.Connection[object]:
    return psycopg.connect(database.dsn(database.role(persona)), autocommit=True)


def test_owners_functions(loaded_database: Database, office: Office, connect: Connect) -> None:
    async def run() -> None:
        async with connect(loaded_database.role("owner")) as client:
            options = {"tenant_column": "tenant_id", "decision": DECISION}
            assert await client.define_data_retention(
                QUESTIONS, "created_at", LEVELS, FILES, **options
            )
            previews = await client.preview_data_purge(QUESTIONS)
            assert sum(row.due for row in previews) == 3
            for row in previews:
                check_types(row)
            assert await client.arm_data_retention(QUESTIONS, REASON) is True
            [table] = await client.list_data_retention()
            check_types(table)
            assert table.armed_at is not None
            key = office.ask(office.assistant(7), 3)[0]
            resolved = await client.resolve_data_retention(QUESTIONS, key)
            check_types(resolved)
            assert (resolved.level, resolved.days, resolved.is_kept) == ("assistant", 7, False)
            assert await client.list_data_purges() == []
            assert await client.disarm_data_retention(QUESTIONS, REASON) is True
            assert await client.drop_data_retention(QUESTIONS, REASON) is True

    asyncio.run(run())


def test_arming_wants_a_preview(office: Office) -> None:
    office.define()
    client = Client(office.owner)
    with pytest.raises(PreviewRequired):
        client.arm_data_retention(QUESTIONS, REASON)
    with pytest.raises(DataRetentionRefused):
        client.preview_data_purge("app.sessions")


def test_procedures_and_what_they_leave(loaded_database: Database, office: Office) -> None:
    office.define()
    office.arm()

    async def run() -> None:
        async with await psycopg.AsyncConnection.connect(
            loaded_database.dsn(loaded_database.role("operator")), autocommit=True
        ) as connection:
            client = AsyncClient(connection)
            await client.purge_events()
            await client.purge_data()
            await client.run_jobs()
            assert await client.list_upkeep() == []
            jobs = await client.list_jobs()
            assert [job.result for job in jobs] == ["succeeded"] * 6
            for job in jobs:
                assert isinstance(job.duration, timedelta)
            receipts = await client.list_purges()
            assert {receipt.name for receipt in receipts} >= {"Tenant A", "Tenant B"}
            for receipt in receipts:
                check_types(receipt)
            purges = await client.list_data_purges()
            assert sum(purge.removed for purge in purges) == 3
            for purge in purges:
                check_types(purge)
            assert await client.unschedule_jobs(REASON) == 0

    asyncio.run(run())
