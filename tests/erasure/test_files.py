"""Old versions of what was erased go with the upkeep, from statistics too."""

from __future__ import annotations

from erasure.bureau import Bureau
from retention.vault import ago, old

SECRET = "q-hunter-2-and-no-other-text"


def test_upkeep_vacuums_what_an_erasure_has_touched(bureau: Bureau) -> None:
    operator = bureau.vault.operator
    for days in (200, 0.001):
        bureau.vault.bring(
            *[
                old(days, actor_id=SECRET, entity_id=str(n), metadata={"k": SECRET})
                for n in range(50)
            ]
        )
    partitions = [bureau.vault.partition_of(ago(days)) for days in (200, 0.001)]
    operator.execute("select audit.close_partition(%s)", (partitions[0],))
    installer = bureau.database.connect("test_installer")

    def upkeep() -> list[str]:
        return [row[1] for row in operator.execute("select * from audit.list_upkeep()").fetchall()]

    def keep_up() -> list[str]:
        statements = upkeep()
        installer.execute("set role audit_owner")
        for statement in statements:
            installer.execute(statement.encode())
        return statements

    def statistics() -> int:
        row = bureau.root.execute(
            "select count(*) from pg_stats "
            "where concat(most_common_vals, histogram_bounds) like %s",
            (f"%{SECRET}%",),
        ).fetchone()
        assert row is not None
        return int(row["count"])

    keep_up()
    assert upkeep() == []
    assert statistics() > 0
    assert bureau.erase(SECRET)[0] == 100
    done = keep_up()
    assert f"vacuum (freeze, analyze) audit_private.{partitions[0]}" in done
    assert f"vacuum (analyze) audit_private.{partitions[1]}" in done
    assert "vacuum (analyze) audit_private.access_session" in done
    assert upkeep() == []
    assert statistics() == 0
    dead = bureau.root.execute(
        "select sum(pg_stat_get_dead_tuples(format('audit_private.%%I', n)::regclass)) as number "
        "from unnest(%s::text[]) as n",
        (partitions,),
    ).fetchone()
    assert dead == {"number": 0}
