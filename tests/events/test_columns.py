"""What is stored of an event: every column, and where its value comes from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from walls.ledger import (
    EVENT,
    Connection,
    adapt,
    justify,
    log,
    log_batch,
    rows,
    set_context,
    stored,
)

from databases import Database

FULL = {
    "entity_id": "u-1",
    "metadata": {"plan": "gold"},
    "target": {"name": "Bo"},
    "changes": {"name": {"old": None, "new": "Bo"}, "age": {"old": 7, "new": None}},
    "actor_id": "anna",
    "actor_type": "api_key",
    "actor": {"name": "Anna"},
}


def test_a_plain_event_has_the_defaults(loaded_database: Database, app: Connection) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    event_id = log(app)
    [event] = stored(loaded_database)
    assert event["id"] == event_id
    assert event["tenant_id"] == loaded_database.tenant_a
    assert before < event["occurred_at"] < datetime.now(UTC) + timedelta(seconds=1)
    assert event["recorded_at"] == event["occurred_at"]
    assert (event["source"], event["outcome"]) == ("logged", "success")
    assert (event["actor_type"], event["actor_id"]) == ("database_role", "test_app_a")
    assert event["recorded_by"] == "test_app_a"
    assert isinstance(event["salt"], UUID)
    payload = {"actor", "target", "changes", "metadata", "error_message", "entity_id"}
    request = {"ip", "user_agent", "request_id"}
    erasure = {"actor_id_digest", "entity_id_digest", "payload_digest", "derived_salts"}
    empty = payload | request | erasure
    assert [event[name] for name in empty] == [None] * len(empty)


def test_every_argument_has_its_column(loaded_database: Database, app: Connection) -> None:
    failure = {"outcome": "failure", "error_message": "It broke"}
    moment = datetime.now(UTC) - timedelta(hours=3)
    with app.transaction():
        set_context(app, ip="10.0.0.7/8", user_agent="curl", request_id="r-1")
        log(app, **FULL)
        log(app, **FULL, **failure, occurred_at=moment)
        log_batch(app, [FULL, FULL | failure | {"occurred_at": moment.isoformat()}])
    events = stored(loaded_database)
    assert len(events) == 4
    for event in events:
        for name, value in (EVENT | FULL).items():
            assert event[name] == value
        assert str(event["ip"]) == "10.0.0.7/8"
        assert (event["user_agent"], event["request_id"]) == ("curl", "r-1")
    for succeeded, failed in (events[:2], events[2:]):
        assert (succeeded["outcome"], succeeded["error_message"]) == ("success", None)
        assert (failed["outcome"], failed["error_message"]) == ("failure", "It broke")
        assert failed["occurred_at"] == moment
        assert failed["recorded_at"] > moment


def test_readers_see_a_target_where_none_was_given(app: Connection, reader: Connection) -> None:
    log(app, entity_id="u-1")
    log(app, entity_id="u-2", target=[{"name": "Bo"}, {"name": "Cy"}])
    justify(reader)
    newer, older = rows(reader, "search_events", filter={"source": "logged"})
    assert older["target"] == {"type": "user", "id": "u-1"}
    assert newer["target"] == [{"name": "Bo"}, {"name": "Cy"}]


def test_old_and_new_values_are_kept_even_when_null(
    loaded_database: Database, app: Connection, reader: Connection
) -> None:
    log(app, changes=FULL["changes"])
    log_batch(app, [{"changes": FULL["changes"]}])
    assert [event["changes"] for event in stored(loaded_database)] == [FULL["changes"]] * 2
    justify(reader)
    found = rows(reader, "search_events", filter={"source": "logged"})
    assert [event["changes"] for event in found] == [FULL["changes"]] * 2


def test_each_event_has_a_salt_and_a_number_of_its_own(
    loaded_database: Database, app: Connection
) -> None:
    for _ in range(5):
        log(app)
    log_batch(app, [{}] * 5)
    events = stored(loaded_database)
    assert len({event["salt"] for event in events}) == 10
    assert len({event["sequence"] for event in events}) == 10


def test_a_savepoint_keeps_the_number_of_the_whole_transaction(
    loaded_database: Database, app: Connection
) -> None:
    with app.transaction():
        log(app)
        with app.transaction():
            log(app)
            log_batch(app, [{}])
            log(app, outcome="failure", error_message="It broke")
        row = app.execute("select pg_current_xact_id()::text::bigint").fetchone()
    assert row is not None
    assert {event["transaction_id"] for event in stored(loaded_database)} == {row[0]}


def test_an_event_goes_with_the_change_that_it_describes(
    loaded_database: Database, app: Connection
) -> None:
    with app.transaction():
        log(app, description="kept")
        with app.transaction(force_rollback=True):
            log(app, description="undone with its savepoint")
    with app.transaction(force_rollback=True):
        log(app, description="undone")
    assert [event["description"] for event in stored(loaded_database)] == ["kept"]


def test_arguments_may_be_given_by_place(loaded_database: Database, app: Connection) -> None:
    app.execute(
        "select audit.log_event('user_created', 'user', 'u-1', 'Added', %s, %s, %s, 'failure', "
        "'It broke', null, null, 'anna', 'user', %s, %s)",
        (*map(adapt, ({"m": 1}, {"t": 1}, {"c": 1}, {"a": 1})), loaded_database.tenant_a),
    )
    [event] = stored(loaded_database)
    assert (event["entity_id"], event["description"]) == ("u-1", "Added")
    assert [event[name] for name in ("metadata", "target", "changes", "actor")] == [
        {"m": 1},
        {"t": 1},
        {"c": 1},
        {"a": 1},
    ]
    assert (event["error_message"], event["actor_id"]) == ("It broke", "anna")


@pytest.mark.parametrize("style", ["named", "by place"])
def test_an_entity_id_is_taken_in_every_type(
    loaded_database: Database, app: Connection, style: str
) -> None:
    entity = uuid4()
    literals = {
        "'text'::text": "text",
        "'varying'::varchar": "varying",
        "'unknown'": "unknown",
        "null": None,
        "7": "7",
        "7::smallint": "7",
        "7::bigint": "7",
        "9223372036854775807": "9223372036854775807",
        f"'{entity}'::uuid": str(entity),
        f"'{entity}'": str(entity),
    }
    name = "entity_id => " if style == "named" else ""
    for literal in literals:
        app.execute(
            f"select audit.log_event('user_created', 'user', {name}{literal}, description => 'x')"
        )
    assert [event["entity_id"] for event in stored(loaded_database)] == list(literals.values())


def test_python_s_values_need_no_cast(loaded_database: Database, app: Connection) -> None:
    entity = uuid4()
    values = ["text", "", 7, 40_000, 3_000_000_000, entity, None]
    for value in values:
        log(app, entity_id=value)
    app.prepare_threshold = 0
    for value in values:
        log(app, entity_id=value)
    expected = [None if value is None else str(value) for value in values]
    assert [event["entity_id"] for event in stored(loaded_database)] == expected * 2


def test_text_of_any_kind_comes_back_as_it_was(loaded_database: Database, app: Connection) -> None:
    texts = [
        "😀 \U00020000 e\u0301 é",
        "\u202ertl \u200b zero width \ufeff",
        "line\nbreak\ttab\r\n\x01\x1f\x7f",
        "back\\slash 'quote' \"double\" $$ %s {} ${x}",
        "\U0010ffff\uffff\ud7ff",
        " leading and trailing ",
    ]
    for text in texts:
        log(app, description=text, entity_id=text, metadata={text: [text]})
        log_batch(app, [{"description": text, "entity_id": text, "metadata": {text: [text]}}])
    for text, event in zip([t for t in texts for _ in "ab"], stored(loaded_database), strict=True):
        assert (event["description"], event["entity_id"]) == (text, text)
        assert event["metadata"] == {text: [text]}


def test_deep_and_wide_json_comes_back_as_it_was(
    loaded_database: Database, app: Connection
) -> None:
    deep: dict[str, object] = {}
    for _ in range(900):
        deep = {"d": deep}
    wide = {f"key {n}": [n, n / 8, -n, None, True] for n in range(1000)}
    exact = {"large": 2**63 * 10**20, "small": 1e-30, "": "", "zero": -0.0}
    for metadata in (deep, wide, exact):
        log(app, metadata=metadata)
        log_batch(app, [{"metadata": metadata}])
    found = [event["metadata"] for event in stored(loaded_database)]
    assert found == [deep, deep, wide, wide, exact, exact]
