"""What is kept outside of the log, and what it says of the log later on."""

from __future__ import annotations

from typing import Any

import pytest

from integrity import reference
from integrity.laboratory import Laboratory
from walls.ledger import NIL, refused, rows, stored

from databases import Database


def test_a_checkpoint_is_the_head_of_the_log(laboratory: Laboratory) -> None:
    laboratory.write(3)
    laboratory.seal()
    [checkpoint] = rows(laboratory.auditor, "create_checkpoint")
    seals = laboratory.all("select * from audit_private.seal order by log_index")
    assert checkpoint["tree_size"] == len(seals)
    assert checkpoint["root_hash"] == reference.root([seal["seal_hash"] for seal in seals])
    assert checkpoint["origin"] == laboratory.origin(seals[-1])
    assert checkpoint["origin"].endswith("/1")
    assert checkpoint["sealed_until"] == seals[-1]["sealed_at"]
    [told] = stored(laboratory.database, "action = 'checkpoint_created'")
    assert told["tenant_id"] == NIL
    assert told["metadata"] == {
        "origin": checkpoint["origin"],
        "tree_size": checkpoint["tree_size"],
        "root": checkpoint["root_hash"].hex(),
    }


def test_of_a_log_without_seals_there_is_none(laboratory: Laboratory) -> None:
    laboratory.write()
    with refused("WT131"):
        rows(laboratory.auditor, "create_checkpoint")


def test_every_checkpoint_holds_as_the_log_grows(laboratory: Laboratory) -> None:
    made = []
    for _ in range(9):
        laboratory.write()
        laboratory.seal()
        made.append(laboratory.checkpoint())
        assert [laboratory.compare(checkpoint) for checkpoint in made] == [[]] * len(made)
    assert len({checkpoint["tree_size"] for checkpoint in made}) == 9


def test_what_is_not_this_log_s_is_told(laboratory: Laboratory) -> None:
    laboratory.write()
    laboratory.seal()
    mine = laboratory.checkpoint()
    kinds: dict[str, list[dict[str, Any]]] = {
        "foreign": [
            {"origin": mine["origin"][:-1] + "9"},
            {"origin": f"pgwitness/{NIL}/1"},
            {"origin": None},
            {"origin": ""},
            {"tree_size": -1},
            {"tree_size": None},
        ],
        "cut_tail": [{"tree_size": mine["tree_size"] + 1}, {"tree_size": 2**62}],
        "rewritten": [
            {"root_hash": bytes(32)},
            {"root_hash": b""},
            {"root_hash": None},
            {"tree_size": mine["tree_size"] - 1},
            {"tree_size": 0},
        ],
    }
    for kind, changes in kinds.items():
        for change in changes:
            assert laboratory.compare(mine | change) == [kind], change
    assert laboratory.compare(mine | {"tree_size": 0, "root_hash": reference.root([])}) == []


def test_a_log_that_was_rewritten_as_a_whole_is_found(laboratory: Laboratory) -> None:
    """With every hash made to fit, so that inside nothing is wrong."""
    [event_id] = laboratory.write()
    laboratory.seal()
    checkpoint = laboratory.checkpoint()
    laboratory.intrude("update audit_private.event set description = 'x' where id = %s", event_id)
    laboratory.intrude(
        "update audit_private.seal_part p set leaves = (select string_agg("
        "audit_private.leaf_of_event(e), '' order by e.occurred_at, e.id) "
        "from audit_private.event e where e.tenant_id = p.tenant_id and e.id = any (p.ids))"
    )
    laboratory.intrude(
        "update audit_private.seal_part set root = audit_private.merkle_root(leaves)"
    )
    laboratory.intrude(
        "update audit_private.seal s set events_root = p.root from audit_private.seal_part p "
        "where p.tenant_id = s.tenant_id and p.seal_number = s.seal_number"
    )
    laboratory.intrude("update audit_private.seal s set seal_hash = audit_private.hash_of_seal(s)")
    laboratory.intrude(
        "update audit_private.tree_node n set hash = s.seal_hash from audit_private.seal s "
        "where n.level = 0 and n.position = s.log_index"
    )
    size = checkpoint["tree_size"]
    laboratory.intrude("delete from audit_private.tree_node where level > 0")
    laboratory.root.execute("set role audit_finder")
    laboratory.root.execute("select audit_private.grow_log(0, %s)", (size,))
    laboratory.root.execute("reset role")
    assert laboratory.look() == []
    assert laboratory.compare(checkpoint) == ["rewritten"]


@pytest.mark.parametrize("persona", ["app", "reader", "admin", "privacy", "backup", "stranger"])
def test_nobody_else_makes_or_compares_one(loaded_database: Database, persona: str) -> None:
    connection = loaded_database.connect(loaded_database.role(persona))
    for query in (
        "select * from audit.create_checkpoint()",
        "select * from audit.verify_checkpoint('x', 1, '')",
        "select * from audit.list_epochs()",
        "select audit.accept_restore('a reason that is long enough')",
    ):
        with refused("42501", case=query):
            connection.execute(query.encode())


def test_an_auditor_accepts_no_restore(laboratory: Laboratory) -> None:
    with refused("42501"):
        laboratory.auditor.execute("select audit.accept_restore('a reason that is long enough')")
