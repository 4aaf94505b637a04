"""What is exported is exactly what the same filter shows, as of the moment when it began."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exporting.office import Office, parse
from retention.vault import ago, in_background, old
from walls.ledger import call, log

NOW = datetime.now(UTC)
WORDS = ["Anna", "50 %", "a_b", 'quo"te', "back\\slash", "user", "é"]


def texts() -> st.SearchStrategy[str]:
    return st.sampled_from(WORDS)


FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "action": st.sampled_from(["user_created", ["user_created", "user_deleted"]]),
        "category": st.sampled_from(["audit_access", "admin_actions"]),
        "entity_id": st.sampled_from(["1", ["1", None], None]),
        "actor_id": texts(),
        "actor": texts(),
        "search": texts(),
        "outcome": st.sampled_from(["success", "failure"]),
        "source": st.sampled_from(["logged", ["logged", "system"]]),
        "ip": st.sampled_from(["192.0.2.0/24", "192.0.2.1", None]),
        "metadata": st.sampled_from([{"n": 1}, {"word": "Anna"}]),
        "from": st.sampled_from([f"{NOW - timedelta(days=2):%F}", f"{NOW:%F}"]),
        "to": st.sampled_from([f"{NOW - timedelta(days=1):%F}", f"{NOW:%F}"]),
    },
)


def fill(office: Office) -> None:
    office.vault.bring(old(3), old(8))
    office.vault.bring(old(3), tenant="b")
    for number in range(60):
        word = WORDS[number % len(WORDS)]
        values: dict[str, Any] = {
            "action": "user_created" if number % 3 else "user_deleted",
            "entity_id": [None, "1", "2"][number % 3],
            "actor_id": WORDS[number % 5],
            "actor": {"name": word} if number % 2 else None,
            "target": {"name": WORDS[number % 4]} if number % 4 == 1 else None,
            "description": f"{word} {number}",
            "outcome": "failure" if number % 7 == 0 else "success",
            "ip": [None, "192.0.2.1", "192.0.2.9", "2001:db8::1"][number % 4],
            "metadata": [None, {"n": 1}, {"word": word}][number % 3],
        }
        office.desk.put(NOW - timedelta(hours=number), **values)
        if number % 5 == 0:
            office.other.put(NOW - timedelta(hours=number), **values)


def check(office: Office, filter: dict[str, Any]) -> None:
    wanted = [row["id"] for row in office.desk.search(filter)]
    export_id = office.request(filter)
    office.start()
    own = {
        str(row["id"])
        for row in office.vault.root.execute(
            "select id from audit_private.event "
            "where action in ('audit_log_viewed', 'audit_log_exported')"
        )
    }
    office.run()
    taken = [row["id"] for row in parse(office.read(export_id))]
    assert [i for i in taken if i not in own] == [str(i) for i in wanted if str(i) not in own]
    streamed = [row["id"] for row in parse(office.copy(filter))]
    assert [i for i in streamed if i not in own and i in set(taken)] == [
        i for i in taken if i not in own
    ]


def test_random_filters(office: Office) -> None:
    fill(office)

    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(FILTERS)
    def agree(filter: dict[str, Any]) -> None:
        if str(filter.get("from", "")) <= str(filter.get("to", "9")):
            check(office, filter)

    agree()


def test_the_rows_are_those_of_the_view(office: Office) -> None:
    fill(office)
    taken = office.take({"source": "logged"})
    shown = office.desk.search({"source": "logged"})
    for export, found in zip(taken, shown, strict=True):
        found.pop("cursor")
        for name, value in found.items():
            if isinstance(value, datetime):
                assert export[name].endswith("Z")
                assert datetime.fromisoformat(export[name]) == value
            elif isinstance(value, dict) or value is None or isinstance(value, int):
                assert export[name] == value, name
            else:
                assert export[name] == str(value), name


def test_later_commits_are_not_in_it(office: Office) -> None:
    office.fill(11_000)
    application = office.database.connect(office.database.role("app"))
    application.execute("begin")
    log(application, description="open meanwhile")
    export_id = office.request()
    office.start()
    office.step(export_id)
    application.execute("commit")
    office.desk.put(ago(0.02), description="late")
    office.desk.put(ago(1), description="late, and earlier than the place")
    office.run()
    found = {row["description"] for row in parse(office.read(export_id))}
    assert "many" in found
    assert not {"open meanwhile", "late", "late, and earlier than the place"} & found
    assert "open meanwhile" in {row["description"] for row in office.take()}


def test_expiry_and_holds_meanwhile_change_nothing(office: Office) -> None:
    vault = office.vault
    vault.bring(old(400, description="expired"), old(401, description="held", actor_id="erik"))
    vault.bring(old(30, description="fresh"))
    vault.hold("case 1", {"actor_id": "erik"})
    shown = [row["description"] for row in office.desk.search({"source": "imported"})]
    assert shown == ["fresh", "held"]
    export_id = office.request({"source": "imported"})
    office.start()
    call(vault.admin, "release_hold", name="case 1", reason="it is over and done with")
    call(vault.admin, "place_hold", name="case 2", filter={}, reason="another one meanwhile")
    vault.set_retention(10)
    office.run()
    assert [row["description"] for row in parse(office.read(export_id))] == shown


def test_a_purge_leaves_the_tenant_alone_while_its_export_runs(office: Office) -> None:
    vault = office.vault
    vault.bring(old(400, description="a", actor_id="erik"), old(400, description="stays"))
    vault.bring(old(400, description="b"), tenant="b")
    vault.hold("case 1", {"actor_id": "erik"})
    export_id = office.request({"source": "imported"})
    office.start()
    call(vault.admin, "release_hold", name="case 1", reason="it is over and done with")
    vault.purge()
    assert sorted(vault.left()) == ["a", "stays"]
    assert vault.last_run()["result"] == "succeeded"
    assert [row["description"] for row in _taken(office, export_id)] == ["a"]
    vault.purge()
    assert vault.left() == []


def test_a_purge_between_its_prediction_and_its_steps_waits_too(office: Office) -> None:
    vault = office.vault
    vault.bring(old(400, description="a", actor_id="erik"))
    vault.hold("case 1", {"actor_id": "erik"})
    export_id = office.request({"source": "imported"})
    call(vault.admin, "release_hold", name="case 1", reason="it is over and done with")
    run = vault.begin()
    run.predict()
    call(vault.admin, "place_hold", name="case 2", filter={}, reason="another one meanwhile")
    office.start()
    call(vault.admin, "release_hold", name="case 2", reason="it is over and done with")
    run.steps()
    run.finish()
    assert vault.last_run()["result"] == "succeeded"
    assert [row["description"] for row in _taken(office, export_id)] == ["a"]


def test_an_export_begins_after_the_deletion_that_is_under_way(office: Office) -> None:
    export_id = office.request({"source": "imported"})
    deleting = office.database.superuser()
    starting = office.database.connect(office.database.role("operator"))
    deleting.execute("begin")
    deleting.execute("select audit_private.close_gate()")

    def start() -> None:
        starting.execute("select audit_private.start_exports()")

    with in_background(start) as failures:
        office.vault.wait_for_lock("legal_hold", "RowExclusiveLock")
        assert office.listed(export_id)["state"] == "pending"
        deleting.execute("commit")
    assert failures == []
    assert office.listed(export_id)["state"] == "running"


def _taken(office: Office, export_id: Any) -> list[dict[str, Any]]:
    office.run()
    return parse(office.read(export_id))
