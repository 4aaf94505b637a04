"""The database computes the vectors, which a builder in Python made that shares no code with it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from evidence import vectors
from walls.ledger import Connection

VECTORS: dict[str, Any] = json.loads(vectors.PATH.read_text(encoding="utf-8"))
SETTINGS = (
    "set timezone = 'Asia/Kolkata'; set datestyle = 'SQL, DMY'; set extra_float_digits = 0; "
    "set bytea_output = 'escape'; set intervalstyle = 'iso_8601'; set client_encoding = 'UTF8'"
)


COLUMNS = list(VECTORS["events"][0]["row"])
ROW = f"select row({', '.join(f'%({name})s' for name in COLUMNS)})::audit_private.event as event"


@pytest.mark.parametrize("vector", VECTORS["events"], ids=lambda vector: vector["about"])
def test_an_event(root: Connection, vector: dict[str, Any]) -> None:
    root.execute(SETTINGS)
    [found] = root.execute(
        f"""
        select audit_private.event_envelope(e.event),
          encode(audit_private.actor_id_digest(e.event), 'hex'),
          encode(audit_private.entity_id_digest(e.event), 'hex'),
          encode(audit_private.payload_digest(e.event), 'hex'),
          encode(audit_private.leaf_of_event(e.event), 'hex'),
          audit_private.proof_groups(e.event)
        from ({ROW}) e
        """.encode(),
        vector["row"],
    ).fetchall()
    groups = vector["groups"]
    assert found[0] == vector["envelope"]
    assert list(found[1:4]) == [groups[n]["digest"] for n in ("actor_id", "entity_id", "payload")]
    assert found[4] == vector["leaf"]
    for name, group in found[5].items():
        if "digest" in group:
            assert group == {"digest": groups[name]["digest"]}
        else:
            assert group == {"salt": groups[name]["salt"], "content": groups[name]["content"]}


def test_the_tree_of_the_reference(root: Connection) -> None:
    """Roots and paths of the reference tree of RFC 6962, of each of its sizes."""
    reference = VECTORS["rfc6962"]
    for size, expected in enumerate([reference["empty_root"], *reference["roots"]]):
        [found] = root.execute(
            "select encode(audit_private.merkle_root(decode(%s, 'hex')), 'hex')",
            ("".join(reference["leaves"][:size]),),
        ).fetchall()
        assert found == (expected,)
    for case in reference["inclusion"]:
        [found] = root.execute(
            "select array(select encode(h, 'hex') "
            "from unnest(audit_private.merkle_path(decode(%s, 'hex'), %s)) h)",
            ("".join(reference["leaves"][: case["size"]]), case["index"]),
        ).fetchall()
        assert found == (case["path"],)


@pytest.mark.parametrize("tree", VECTORS["trees"]["of_size"], ids=lambda tree: str(tree["size"]))
def test_a_tree(root: Connection, tree: dict[str, Any]) -> None:
    leaves = (
        "(select coalesce(string_agg(sha256('\\x00'::bytea || convert_to(n::text, 'UTF8')), '' "
        "order by n), '') from generate_series(0, %(size)s - 1) n)"
    )
    [found] = root.execute(
        f"select encode(audit_private.merkle_root({leaves}), 'hex')".encode(), tree
    ).fetchall()
    assert found == (tree["root"],)
    for case in tree["inclusion"]:
        [found] = root.execute(
            f"select array(select encode(h, 'hex') from unnest(audit_private.merkle_path({leaves}, "
            "%(index)s)) h)".encode(),
            {"size": tree["size"], "index": case["index"]},
        ).fetchall()
        assert found == (case["path"],)


def test_the_log(root: Connection) -> None:
    """Seals of several tenants, their entries, the tree over them and its consistency."""
    log = VECTORS["log"]
    installation, epoch = log["origin"].split("/")[1:]
    with root.transaction(force_rollback=True):
        root.execute("update audit_private.instance set installation_id = %s", (installation,))
        for index, seal in enumerate(log["seals"]):
            assert seal["origin"] == log["origin"]
            [found] = root.execute(
                """
                select audit_private.seal_entry(s.seal),
                  encode(audit_private.hash_of_seal(s.seal), 'hex'),
                  encode(audit_private.merkle_root(decode(%(leaves)s, 'hex')), 'hex')
                from (select jsonb_populate_record(null::audit_private.seal, %(row)s)) s (seal)
                """,
                {
                    "row": json.dumps(
                        seal
                        | {
                            "log_index": index,
                            "epoch": int(epoch),
                            "events_root": f"\\x{seal['events_root']}",
                            "previous": f"\\x{seal['previous']}",
                            "sealed_at": moment(root, seal["sealed_at"]),
                            "first_at": moment(root, seal["first_at"]),
                            "last_at": moment(root, seal["last_at"]),
                        }
                    ),
                    "leaves": "".join(seal["leaves"]),
                },
            ).fetchall()
            assert found == (seal["entry"], seal["hash"], seal["events_root"])
            root.execute(
                "insert into audit_private.tree_node values (0, %s, decode(%s, 'hex'))",
                (index, seal["hash"]),
            )
        size = len(log["seals"])
        root.execute("select audit_private.grow_log(0, %s)", (size,))
        [found] = root.execute(
            "select encode(audit_private.log_hash(0, %s), 'hex')", (size,)
        ).fetchall()
        assert found == (log["root"],)
        for proof in log["proofs"]:
            [found] = root.execute(
                "select array(select encode(h, 'hex') "
                "from unnest(audit_private.log_path(%s, %s)) h)",
                (proof["log"]["index"], proof["log"]["size"]),
            ).fetchall()
            assert found == (proof["log"]["path"],)


def moment(root: Connection, microseconds: int | str) -> str | None:
    """Print a moment as the server reads it, exactly; an empty text for none."""
    if microseconds == "":
        return None
    [found] = root.execute(
        "select to_char((timestamptz 'epoch' + %s * interval '1 microsecond') at time zone 'UTC', "
        "'YYYY-MM-DD HH24:MI:SS.US') || '+00'",
        (microseconds,),
    ).fetchall()
    return str(found[0])
