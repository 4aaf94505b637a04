"""What a category is kept at least, whatever a tenant's policy says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from retention.vault import DAY, Vault, ago, old
from walls.ledger import REASON, Connection, call, refused, rows, stored

from databases import Database


def set_floor(operator: Connection, category: str, days: int | None) -> Any:
    return call(operator, "set_retention_floor", category=category, days=days, reason=REASON)


def floors(admin: Connection) -> dict[str, int]:
    [found] = rows(admin, "list_retention")
    listed: dict[str, int] = found["floors"]
    return listed


def test_raising_counts_at_once_and_lowering_waits(vault: Vault) -> None:
    now = datetime.now(UTC)
    assert set_floor(vault.operator, "file_operations", 800) < now + DAY
    assert floors(vault.admin)["file_operations"] == 800
    assert set_floor(vault.operator, "file_operations", 800) is None
    assert set_floor(vault.operator, "file_operations", 700) > now + 6 * DAY
    assert set_floor(vault.operator, "file_operations", None) > now + 6 * DAY
    assert floors(vault.admin)["file_operations"] == 800
    assert set_floor(vault.operator, "file_operations", 900) < now + DAY
    assert floors(vault.admin)["file_operations"] == 900
    assert set_floor(vault.operator, "file_operations", None) > now + 6 * DAY
    vault.pass_delay()
    assert "file_operations" not in floors(vault.admin)
    told = stored(vault.database, "action = 'retention_set'")
    assert {event["tenant_id"].int for event in told} == {0}
    assert {event["entity_id"] for event in told} == {"file_operations"}


def test_the_logs_own_categories_are_kept_a_year_at_least(
    operator: Connection, admin: Connection
) -> None:
    for days in (None, 0, 1, 364, 2556):
        with refused("WT110", case=days):
            set_floor(operator, "audit_control", days)
    assert set_floor(operator, "audit_control", 365) > datetime.now(UTC) + 6 * DAY
    assert floors(admin)["audit_control"] == 730
    for days in (0, 2556):
        with refused("WT110", case=days):
            set_floor(operator, "file_operations", days)
    for category in ("unheard_of", None):
        with refused("WT022", case=category):
            set_floor(operator, category, 500)  # type: ignore[arg-type]


def test_a_floor_keeps_and_shows_its_events_alone(vault: Vault) -> None:
    vault.set_floor("file_operations", 600)
    vault.bring(
        old(500, action="file_uploaded", entity_type="file", description="kept"),
        old(500, description="expired"),
        old(620, action="file_uploaded", entity_type="file", description="past the floor"),
        old(500, action="logging_toggled", entity_type="audit_toggle", description="mandatory"),
        old(760, action="logging_toggled", entity_type="audit_toggle", description="old control"),
    )
    reader = vault.reader()
    seen = rows(reader, "search_events", filter={"source": "imported"})
    assert {row["description"] for row in seen} == {"kept", "mandatory"}
    found = vault.preview()
    assert (found["due"], found["kept_by_floor"]) == (3, 2)
    vault.purge()
    assert vault.left() == ["kept", "mandatory"]
    receipt = vault.receipts()[0]
    assert (receipt["removed"], receipt["kept_by_floor"]) == (3, 2)


def test_a_floor_below_the_policy_keeps_nothing(vault: Vault) -> None:
    vault.set_floor("file_operations", 100)
    vault.bring(old(400, action="file_uploaded", entity_type="file"))
    assert vault.preview()["due"] == 1
    vault.purge()
    assert vault.left() == []


def test_a_floor_that_is_lowered_keeps_until_then(vault: Vault) -> None:
    vault.set_floor("file_operations", 600)
    vault.bring(old(500, action="file_uploaded", entity_type="file", description="kept"))
    set_floor(vault.operator, "file_operations", None)
    vault.purge()
    assert vault.left() == ["kept"]
    vault.pass_delay()
    vault.purge()
    assert vault.left() == []


@pytest.mark.parametrize("days", [600, 2555])
def test_a_floor_raised_while_a_purge_runs_counts(vault: Vault, days: int) -> None:
    vault.bring(old(500, action="file_uploaded", entity_type="file", description="kept"))
    vault.bring(old(500, description="expired"))
    run = vault.begin()
    run.predict()
    set_floor(vault.operator, "file_operations", days)
    run.steps()
    run.finish()
    assert vault.left() == ["kept"]
    receipt = vault.receipts()[0]
    assert (receipt["predicted"], receipt["removed"], receipt["kept_by_floor"]) == (2, 1, 1)
    assert vault.last_run()["result"] == "succeeded"


def test_a_category_of_ones_own_can_have_one(vault: Vault, loaded_database: Database) -> None:
    call(vault.operator, "define_category", category="ledger", titles={"en": "Ledger"})
    call(
        vault.operator,
        "define_action",
        action="entry_made",
        category="ledger",
        titles={"en": "Entry made"},
    )
    vault.set_floor("ledger", 2555)
    vault.bring(old(ago(2555) + timedelta(days=1), action="entry_made", description="kept"))
    vault.bring(old(ago(2555) - timedelta(days=10), action="entry_made", description="over"))
    vault.purge()
    assert vault.left() == ["kept"]
