"""Every night what is new is verified, and in turn what is old."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from retention.vault import Vault, ago, old
from walls.ledger import NIL, rows


def weeks(vault: Vault) -> dict[Any, dict[str, Any]]:
    """What is known of each week of events, by its first moment; the log as a whole left out."""
    found = vault.root.execute(
        "select * from audit_private.verification where isfinite(from_time)"
    ).fetchall()
    return {row["from_time"]: row for row in found}


def reverify(vault: Vault) -> str:
    """Run the job, and give what its run says."""
    vault.operator.execute("call audit.reverify_events()")
    [job] = [
        row for row in rows(vault.operator, "list_jobs") if row["job_name"] == "reverify_events"
    ]
    assert job["result"] == "succeeded"
    return str(job["detail"])


def health(vault: Vault) -> dict[str, Any]:
    [check] = [
        row for row in rows(vault.operator, "check_health") if row["check_name"] == "log_verified"
    ]
    return check


def tamper(vault: Vault, statement: str) -> None:
    """Change what is sealed, as a superuser can who turns the triggers off."""
    vault.is_tampered_with = True
    with vault.root.transaction():
        vault.root.execute("set local session_replication_role = replica")
        vault.root.execute("alter table audit_private.event disable trigger all")
        vault.root.execute(statement.encode())


def test_each_week_with_events_is_verified_once(vault: Vault) -> None:
    assert health(vault)["state"] == "ok"
    for days in (300, 200, 100):
        vault.bring(old(days))
        vault.seal()
    assert reverify(vault) == "nothing is wrong"
    found = weeks(vault)
    for days in (300, 200, 100, 0):
        assert len([w for w in found if w <= ago(days) < w + timedelta(days=7)]) == 1
    assert {row["finding_count"] for row in found.values()} == {0}
    assert health(vault)["state"] == "ok"


def test_new_events_of_an_old_week_are_verified_again(vault: Vault) -> None:
    vault.bring(old(300), old(200))
    vault.seal()
    reverify(vault)
    before = weeks(vault)
    vault.bring(old(200))
    vault.seal()
    reverify(vault)
    after = weeks(vault)
    moment = ago(200)
    [changed] = [week for week in after if week <= moment < week + timedelta(days=7)]
    assert after[changed]["verified_at"] > before[changed]["verified_at"]


def test_without_news_a_thirtieth_is_verified_in_turn(vault: Vault) -> None:
    vault.bring(*(old(days) for days in range(20, 300, 7)))
    vault.seal()
    reverify(vault)
    seen: set[Any] = set()
    for _ in range(len(weeks(vault)) // 2 + 1):
        before = {week: row["verified_at"] for week, row in weeks(vault).items()}
        reverify(vault)
        again = {w for w, row in weeks(vault).items() if row["verified_at"] > before[w]}
        assert len(again) == 2
        seen |= again
    assert seen == set(weeks(vault))


def test_what_was_changed_is_found_told_and_red_until_it_is_mended(vault: Vault) -> None:
    [event] = vault.bring(old(200, description="as it was"))
    vault.seal()
    reverify(vault)
    tamper(
        vault,
        "update audit_private.event set description = 'as if' where description = 'as it was'",
    )
    for _ in weeks(vault):
        if reverify(vault) != "nothing is wrong":
            break
    [bad] = [row for row in weeks(vault).values() if row["finding_count"]]
    [finding] = bad["findings"]
    assert (finding["kind"], finding["event_id"]) == ("changed_event", str(event))
    assert health(vault)["state"] == "error"
    assert "changed_event" in health(vault)["detail"]
    told = vault.root.execute(
        "select * from audit_private.event where action = 'verification_failed'"
    ).fetchall()
    assert [row["tenant_id"] for row in told] == [NIL]
    assert told[0]["metadata"] == {"findings": {"changed_event": 1}}
    tamper(
        vault,
        "update audit_private.event set description = 'as it was' where description = 'as if'",
    )
    for _ in weeks(vault):
        reverify(vault)
    assert health(vault)["state"] == "ok"


def test_a_week_whose_events_were_purged_is_still_verified(vault: Vault) -> None:
    vault.bring(old(400))
    vault.seal()
    reverify(vault)
    vault.purge()
    vault.seal()
    reverify(vault)
    vault.is_tampered_with = True
    with vault.root.transaction():
        vault.root.execute("set local session_replication_role = replica")
        vault.root.execute("alter table audit_private.part_removal disable trigger all")
        vault.root.execute("delete from audit_private.part_removal")
        vault.root.execute("alter table audit_private.seal_removal disable trigger all")
        vault.root.execute("delete from audit_private.seal_removal")
    for _ in weeks(vault):
        reverify(vault)
    found = {f["kind"] for row in weeks(vault).values() for f in row["findings"]}
    assert found == {"missing_event", "unexplained_purge"}
