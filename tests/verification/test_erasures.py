"""What was erased is told of by an erasure; a digest that stands for something else is found."""

from __future__ import annotations

from typing import Any

import pytest

from retention.vault import Vault, old
from walls.ledger import REASON, call, rows


@pytest.fixture
def erased(vault: Vault) -> Vault:
    """A log with an erased actor, an erased entity and an erased payload."""
    vault.bring(
        old(30, actor_id="anna-berg", description="by her"),
        old(29, entity_id="anna-berg", description="about her"),
        old(28, description="it mentions anna-berg"),
        old(27, actor_id="someone", entity_id="thing", description="it doesn't"),
    )
    vault.seal()
    privacy = vault.database.connect(vault.database.role("privacy"))
    [done] = rows(privacy, "erase_subject", identifiers="{anna-berg}", reason=REASON)
    assert (done["erased"], done["held"]) == (3, 0)
    vault.seal()
    return vault


def kinds(vault: Vault) -> list[Any]:
    return [row["kind"] for row in rows(vault.operator, "verify_events")]


def tamper(vault: Vault, *statements: str) -> None:
    vault.is_tampered_with = True
    with vault.root.transaction():
        vault.root.execute("alter table audit_private.event disable trigger all")
        vault.root.execute("alter table audit_private.erased_event disable trigger all")
        for statement in statements:
            vault.root.execute(statement.encode())


def test_a_true_erasure_is_no_finding(erased: Vault) -> None:
    assert kinds(erased) == []


def test_so_is_one_of_events_that_a_filter_finds(erased: Vault) -> None:
    privacy = erased.database.connect(erased.database.role("privacy"))
    [done] = rows(privacy, "erase_events", filter={"entity_id": "thing"}, reason=REASON)
    assert done["erased"] == 1
    assert kinds(erased) == []


LEFT = "audit_private.left_salts(e, {})"


@pytest.mark.parametrize(
    "change",
    [
        "actor_id_digest = audit_private.actor_id_digest(e), actor_id = 'somebody else', "
        f"derived_salts = {LEFT.format('true, false, false')}, salt = null",
        "entity_id_digest = audit_private.entity_id_digest(e), entity_id = null, "
        f"derived_salts = {LEFT.format('false, true, false')}, salt = null",
        "payload_digest = audit_private.payload_digest(e), description = null, actor = null, "
        "target = null, metadata = null, changes = null, ip = null, user_agent = null, "
        "request_id = null, error_message = null, "
        f"derived_salts = {LEFT.format('false, false, true')}, salt = null",
    ],
    ids=["actor", "entity", "payload"],
)
def test_a_digest_that_no_erasure_put_there_is_found(erased: Vault, change: str) -> None:
    tamper(erased, f"update audit_private.event e set {change} where e.description = 'it doesn''t'")
    assert "unexplained_erasure" in kinds(erased)


def test_an_actor_written_over_a_pseudonym_is_found(erased: Vault) -> None:
    tamper(
        erased,
        "update audit_private.event set actor_id = 'somebody else' "
        "where actor_id_digest is not null",
    )
    assert kinds(erased) == ["changed_event"]


def test_a_forgotten_erasure_is_found(erased: Vault) -> None:
    tamper(erased, "delete from audit_private.erased_event")
    assert kinds(erased).count("unexplained_erasure") >= 3


def test_what_is_erased_twice_is_told_by_both(erased: Vault) -> None:
    privacy = erased.database.connect(erased.database.role("privacy"))
    [done] = rows(privacy, "erase_subject", identifiers="{someone}", reason=REASON)
    assert done["erased"] == 1
    [done] = rows(privacy, "erase_subject", identifiers="{thing}", reason=REASON)
    assert done["erased"] == 1
    assert kinds(erased) == []
    assert call(erased.admin, "place_hold", name="case 1", filter={}, reason=REASON)
    assert kinds(erased) == []
