"""What decides over the log agrees with the events that tell of it."""

from __future__ import annotations

from typing import Any

import pytest

from retention.vault import Vault
from walls.ledger import REASON, call, rows

from databases import TENANTS


def untold(vault: Vault) -> list[tuple[Any, str]]:
    return [
        (row["tenant_id"], row["detail"])
        for row in rows(vault.operator, "verify_events")
        if row["kind"] == "untold_setting"
    ]


def test_what_was_set_by_its_functions_is_told(vault: Vault) -> None:
    call(vault.admin, "set_retention", days=700, reason=REASON)
    call(vault.admin, "set_retention", days=30, is_exact=True, reason=REASON)
    call(vault.admin_b, "set_retention", days=None, reason=REASON)
    for category, days in (("admin_actions", 500), ("admin_actions", None)):
        call(vault.operator, "set_retention_floor", category=category, days=days, reason=REASON)
    call(vault.operator, "set_option", name="partition_width", value="day", reason=REASON)
    call(vault.operator, "set_option", name="partition_width", value="week", reason=REASON)
    call(vault.operator, "set_option", name="partition_width", value="month", reason=REASON)
    assert untold(vault) == []
    call(vault.admin, "cancel_retention_change", reason=REASON)
    assert untold(vault) == []


BEHIND = {
    "policy": (
        "insert into audit_private.retention_policy (tenant_id, takes_effect_at, days, is_exact, "
        "reason, set_by) values (%(a)s, now() - interval '1 day', 1, true, 'behind the back', 'x')",
        "a retention of 1 days stands",
    ),
    "floor": (
        "insert into audit_private.retention_floor (category, takes_effect_at, days, reason, "
        "set_by) values ('audit_control', now() - interval '1 day', 1, 'behind the back', 'x')",
        "a floor of category audit_control stands",
    ),
    "grant": (
        "insert into audit_private.tenant_grant (tenant_id, role_name, granted_by) "
        "values (%(a)s, 'test_stranger', 'x')",
        "role test_stranger may act for the tenant",
    ),
    "service grant": (
        "insert into audit_private.service_grant (role_name, reason, granted_by) "
        "values ('test_stranger', 'behind the back', 'x')",
        "role test_stranger may act for every tenant",
    ),
    "option": (
        "update audit_private.option set value = '1' where name = 'retention_delay_days'",
        "option retention_delay_days is 1",
    ),
}


@pytest.mark.parametrize("name", BEHIND)
def test_what_was_put_there_behind_the_back_is_found(vault: Vault, name: str) -> None:
    statement, detail = BEHIND[name]
    vault.root.execute(statement.encode(), {"a": TENANTS["a"]})
    [(tenant_id, found)] = untold(vault)
    assert found.startswith(detail)
    if name in ("policy", "grant"):
        assert tenant_id == TENANTS["a"]


def test_a_delay_that_was_cut_short_is_found(vault: Vault) -> None:
    call(vault.admin, "set_retention", days=30, reason=REASON)
    assert untold(vault) == []
    vault.root.execute("update audit_private.retention_policy set takes_effect_at = now()")
    [(tenant_id, _)] = untold(vault)
    assert tenant_id == TENANTS["a"]


def test_an_administrator_sees_findings_of_the_own_tenant(vault: Vault) -> None:
    vault.root.execute(BEHIND["policy"][0].encode(), {"a": TENANTS["a"]})
    mine = rows(vault.admin, "verify_events")
    assert [row["kind"] for row in mine] == ["untold_setting"]
    assert rows(vault.admin_b, "verify_events") == []
