"""What was erased leaves the server's files with the upkeep, statistics and indexes included."""

from __future__ import annotations

from pathlib import Path

from erasure.bureau import Bureau
from retention.vault import ago, old

SECRET = "q-hunter-2-and-no-other-text"


def in_files(bureau: Bureau) -> bool:
    """Whether any file of the database's tables and indexes holds the secret."""
    bureau.root.execute("checkpoint")
    row = bureau.root.execute(
        "select current_setting('data_directory') as place, oid from pg_database "
        "where datname = current_database()"
    ).fetchone()
    assert row is not None
    folder = Path(row["place"]) / "base" / str(row["oid"])
    return any(SECRET.encode() in path.read_bytes() for path in folder.iterdir())


def test_upkeep_vacuums_what_an_erasure_has_touched(bureau: Bureau) -> None:
    operator = bureau.vault.operator
    for days in (200, 3):
        bureau.vault.bring(
            *[
                old(days, actor_id=SECRET, entity_id=str(n), metadata={"k": SECRET})
                for n in range(50)
            ]
        )
    operator.execute("select audit.close_partition(%s)", (bureau.vault.partition_of(ago(200)),))
    installer = bureau.database.connect("test_installer")

    def upkeep() -> list[str]:
        return [row[1] for row in operator.execute("select * from audit.list_upkeep()").fetchall()]

    def keep_up() -> list[str]:
        statements = upkeep()
        installer.execute("set role audit_owner")
        for statement in statements:
            installer.execute(statement.encode())
        return statements

    keep_up()
    assert upkeep() == []
    assert in_files(bureau)
    assert bureau.erase(SECRET)[0] == 100
    done = keep_up()
    for days in (200, 3):
        name = bureau.vault.partition_of(ago(days))
        assert [s for s in done if s.endswith(f"analyze) audit_private.{name}")], days
    assert "vacuum (analyze) audit_private.access_session" in done
    assert upkeep() == []
    stats = bureau.root.execute(
        "select from pg_stats "
        "where most_common_vals::text ~ %(s)s or histogram_bounds::text ~ %(s)s",
        {"s": SECRET},
    ).fetchall()
    assert stats == []
