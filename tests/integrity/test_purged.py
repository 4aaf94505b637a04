"""What purges take out of seals: the rest stays provable, and nothing looks tampered with."""

from __future__ import annotations

import hashlib
import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from integrity import reference
from integrity.laboratory import Laboratory, prove_many
from retention.vault import ago, old
from walls.ledger import REASON, call, rows

from databases import TENANT_A

WEEK = timedelta(days=7)


def removals(laboratory: Laboratory) -> tuple[int, int, int]:
    """How many events are noted in whole seals and in parts, and how many lists there are."""
    return (
        laboratory.value(
            "select coalesce(sum(removed), 0)::integer from audit_private.seal_removal"
        ),
        laboratory.value(
            "select coalesce(sum(removed), 0)::integer from audit_private.part_removal"
        ),
        laboratory.value("select count(*) from audit_private.seal_part"),
    )


def purge(laboratory: Laboratory) -> None:
    laboratory.purge()
    assert laboratory.last_run()["result"] == "succeeded", laboratory.last_run()
    laboratory.seal()
    laboratory.check_chains_after_purges()


@pytest.mark.parametrize("has_more", [True, False], ids=["something stays", "nothing stays"])
@pytest.mark.parametrize("number", [5, 5000], ids=["row by row", "emptied"])
def test_a_list_stays_until_its_seal_has_lost_everything_and_the_root_for_good(
    laboratory: Laboratory, number: int, has_more: bool
) -> None:
    laboratory.bring(old(400))
    laboratory.seal()
    laboratory.fill(number, ago(400))
    if has_more:
        laboratory.write()
    laboratory.seal()
    [seal] = laboratory.all("select * from audit_private.seal order by log_index desc limit 1")
    query = (
        "select count(*) from audit_private.seal_part where tenant_id = %s and seal_number = %s",
        seal["tenant_id"],
        seal["seal_number"],
    )
    parts = laboratory.value(*query)
    assert seal["event_count"] == number + has_more
    purge(laboratory)
    assert laboratory.left() == []
    whole, partly, _ = removals(laboratory)
    assert whole + partly == number + 1
    assert laboratory.value(*query) == (parts if has_more else 0)
    assert seal in laboratory.all("select * from audit_private.seal")


def test_a_list_goes_with_the_last_event_of_its_seal(laboratory: Laboratory) -> None:
    """Half of a seal in one run, the other half in a later one; the root stays."""
    ids = laboratory.bring(old(400, description="early"), old(380, description="late"))
    laboratory.seal()
    own = laboratory.all(
        "select id from audit_private.event where tenant_id = %s and id <> all (%s)", TENANT_A, ids
    )
    assert own
    laboratory.set_retention(390, is_exact=True)
    laboratory.seal()
    number = laboratory.value(
        "select seal_number from audit_private.seal_part where %s = any (ids)", ids[0]
    )
    purge(laboratory)
    assert laboratory.left() == ["late"]
    assert (
        laboratory.value(
            "select count(*) from audit_private.seal_part where %s = any (ids)", ids[0]
        )
        == 1
    )
    laboratory.set_retention(370, is_exact=True)
    purge(laboratory)
    assert laboratory.left() == []
    runs = laboratory.all(
        "select run_id, removed from audit_private.part_removal where seal_number = %s "
        "and tenant_id = %s",
        number,
        TENANT_A,
    )
    assert [row["removed"] for row in runs] == [1, 1]
    assert len({row["run_id"] for row in runs}) == 2


def test_a_seal_of_nothing_but_what_expired_is_forgotten_whole(laboratory: Laboratory) -> None:
    """Rows of such seals are noted by their numbers, and silence between them counts as well."""
    laboratory.seal()
    laboratory.root.execute(
        "update audit_private.option set value = '0' where name = 'seal_silence_minutes'"
    )
    laboratory.bring(old(400))
    laboratory.seal()
    for _ in range(3):
        laboratory.fill(2, ago(400))
        laboratory.seal()
        laboratory.seal()
    purge(laboratory)
    [removal] = laboratory.all(
        "select * from audit_private.seal_removal where tenant_id = %s", TENANT_A
    )
    assert removal["removed"] == 6
    assert removal["last_seal"] - removal["first_seal"] == 4
    purge(laboratory)


@pytest.mark.parametrize("number", [4, 5000], ids=["row by row", "emptied"])
@pytest.mark.parametrize("keeper", ["hold", "floor", "policy", "neighbour"])
def test_what_is_kept_in_the_middle_of_a_seal_is_still_listed(
    laboratory: Laboratory, keeper: str, number: int
) -> None:
    laboratory.bring(old(400.001, description="first"))
    if keeper == "floor":
        laboratory.bring(old(400, action="user_deleted", description="kept"))
        call(
            laboratory.operator,
            "set_retention_floor",
            category=laboratory.value(
                "select category from audit_private.action where action = 'user_deleted'"
            ),
            days=900,
            reason=REASON,
        )
        laboratory.pass_delay()
    else:
        laboratory.bring(old(400, description="kept", actor_id="erik"))
    laboratory.fill(number, ago(400))
    if keeper == "hold":
        laboratory.hold("case 1", {"actor_id": "erik"})
    elif keeper == "policy":
        laboratory.set_retention(900)
    elif keeper == "neighbour":
        laboratory.bring(old(400, description="of b"), tenant="b")
        laboratory.set_retention(900, tenant="b")
    laboratory.seal()
    purge(laboratory)
    left = laboratory.left()
    assert ("kept" in left) == (keeper in ("hold", "floor", "policy"))
    if keeper == "hold":
        call(laboratory.admin, "release_hold", name="case 1", reason=REASON)
    elif keeper == "floor":
        call(
            laboratory.operator,
            "set_retention_floor",
            category=laboratory.value(
                "select category from audit_private.action where action = 'user_deleted'"
            ),
            days=None,
            reason=REASON,
        )
        laboratory.pass_delay()
    purge(laboratory)


def test_late_imports_into_a_partition_that_was_purged(laboratory: Laboratory) -> None:
    for description in ("first", "second", "third"):
        laboratory.bring(old(400, description=description), old(401, description=description))
        laboratory.hold(description, {"source": "imported", "to": ago(400.5).isoformat()})
        purge(laboratory)
    assert laboratory.left() == ["first", "second", "third"]


@pytest.mark.parametrize("is_held", [True, False])
def test_what_was_purged_may_be_imported_anew(laboratory: Laboratory, is_held: bool) -> None:
    """The same event by the same key, in one list as removed and in another as there."""
    laboratory.bring(old(400, description="held", actor_id="erik"))
    if is_held:
        laboratory.hold("case 1", {"actor_id": "erik"})
    again = old(400, description="again")
    ids = set()
    for _ in range(3):
        ids.update(laboratory.bring(again))
        assert laboratory.look() == []
        laboratory.seal()
        assert laboratory.look() == []
        purge(laboratory)
    assert len(ids) == 1
    assert laboratory.left() == ["held"] * is_held
    laboratory.set_retention(700)
    ids.update(laboratory.bring(again))
    laboratory.seal()
    laboratory.check_chains_after_purges()
    laboratory.intrude(
        "update audit_private.event set description = 'forged' where id = any (%s)", list(ids)
    )
    assert laboratory.kinds() == {"changed_event": 1}


def test_an_event_of_a_purge_holds_the_digest_of_what_was_noted(laboratory: Laboratory) -> None:
    laboratory.bring(old(400), old(400))
    laboratory.bring(old(400), tenant="b")
    laboratory.purge()
    for tenant in laboratory.all(
        "select distinct tenant_id from audit_private.purge_receipt where removed > 0"
    ):
        tenant_id = tenant["tenant_id"]
        lines = []
        for row in laboratory.all(
            "select * from audit_private.seal_removal where tenant_id = %s", tenant_id
        ):
            lines.append(
                (
                    row["first_seal"],
                    -1,
                    f"{row['first_seal']}-{row['last_seal']} {row['removed']}\n",
                )
            )
        for row in laboratory.all(
            "select *, places::text as bits from audit_private.part_removal where tenant_id = %s",
            tenant_id,
        ):
            lines.append(
                (
                    row["seal_number"],
                    row["part"],
                    f"{row['seal_number']}/{row['part']} {row['removed']} {row['bits']}\n",
                )
            )
        expected = hashlib.sha256("".join(line for *_, line in sorted(lines)).encode()).hexdigest()
        [told] = laboratory.all(
            "select * from audit_private.event where action = 'events_purged' and tenant_id = %s",
            tenant_id,
        )
        assert told["metadata"]["removals"] == expected


def test_only_what_is_sealed_is_removed(laboratory: Laboratory) -> None:
    laboratory.bring(old(400, description="sealed"))
    run = laboratory.begin()
    laboratory.bring(old(400, description="late"))
    run.predict()
    run.steps()
    run.finish()
    assert laboratory.left() == ["late"]
    assert laboratory.look() == []
    purge(laboratory)
    assert laboratory.left() == []


@pytest.mark.parametrize("seed", range(4))
def test_any_order_of_writing_keeping_and_purging_verifies(
    laboratory: Laboratory, seed: int
) -> None:
    chance = random.Random(seed)
    held = 0
    for _ in range(12):
        act = chance.choice(
            ["bring", "bring", "fill", "seal", "hold", "release", "retain", "purge", "erase"]
        )
        tenant = chance.choice("ab")
        days = chance.choice([30, 200, 370, 380, 400, 401, 420])
        if act == "bring":
            laboratory.bring(
                *(
                    old(days + chance.random() * 9, actor_id=f"actor {chance.randrange(4)}")
                    for _ in range(chance.randrange(1, 6))
                ),
                tenant=tenant,
            )
        elif act == "fill":
            laboratory.bring(old(days), tenant=tenant)
            laboratory.fill(chance.choice([3, 1500, 5200]), ago(days), tenant=tenant)
        elif act == "seal":
            laboratory.seal()
        elif act == "hold":
            held += 1
            laboratory.hold(
                f"case {held}", {"actor_id": f"actor {chance.randrange(4)}"}, tenant=tenant
            )
        elif act == "release" and held:
            for hold in rows(laboratory.operator, "list_holds"):
                if hold["released_at"] is None:
                    letter = "a" if hold["tenant_id"] == TENANT_A else "b"
                    call(
                        laboratory.admin_of(letter),
                        "release_hold",
                        name=hold["name"],
                        reason=REASON,
                    )
                    break
        elif act == "retain":
            laboratory.set_retention(
                chance.choice([300, 375, 405, 700]), tenant=tenant, is_exact=chance.random() < 0.5
            )
        elif act == "purge":
            purge(laboratory)
        elif act == "erase":
            found = laboratory.all(
                "select id from audit_private.event where source = 'imported' "
                "and salt is not null order by id limit 1"
            )
            for row in found:
                laboratory.erase(row["id"], chance.choice(["actor_id", "payload"]))
        if chance.random() < 0.4:
            assert laboratory.look() == []
    purge(laboratory)
    purge(laboratory)


def test_seals_of_each_of_which_something_is_kept(laboratory: Laboratory) -> None:
    laboratory.bring(old(400))
    for n in range(12):
        laboratory.fill(60, ago(400) + n * timedelta(seconds=1), description=f"seal {n}")
        laboratory.seal()
    kept: list[UUID] = [
        row["id"]
        for row in laboratory.all(
            "select id from audit_private.event "
            "where description like 'seal%%' and entity_id::integer %% 6 = 0"
        )
    ]
    laboratory.hold("case 1", {"id": [str(i) for i in kept[:100]]})
    purge(laboratory)
    assert len(laboratory.left()) == 100
    reader = laboratory.open_access("auditor")
    root: Any = laboratory.value(
        "select audit_private.log_hash(0, log_size) from audit_private.sealing"
    )
    for _, proof in prove_many(reader, list(kept[:100:9])):
        assert proof is not None
        assert reference.root_of_proof(proof) == root
