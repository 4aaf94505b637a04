"""Anybody who may send SQL can set the settings; they grant nothing."""

from __future__ import annotations

from walls.ledger import Connection, call, log, log_batch, refused, set_context, stored

from databases import Database


def test_a_tenant_can_not_be_forged(loaded_database: Database, app: Connection) -> None:
    for scope in ("session", "local"):
        with app.transaction():
            app.execute(f"set {scope} pgwitness.tenant_id = '{loaded_database.tenant_b}'")
            with refused("WT002"), app.transaction():
                log(app)
            with refused("WT002"), app.transaction():
                log_batch(app, [{}])
            with refused("WT002"), app.transaction():
                call(app, "current_tenant")
    assert stored(loaded_database) == []


def test_what_the_log_sets_for_itself_can_not_be_forged(
    loaded_database: Database, app: Connection
) -> None:
    app.execute(f"set pgwitness.named_tenant = '{loaded_database.tenant_b}'")
    assert call(app, "current_tenant") == loaded_database.tenant_a
    log(app)
    log_batch(app, [{}])
    assert {event["tenant_id"] for event in stored(loaded_database)} == {loaded_database.tenant_a}


def test_a_forged_tenant_may_choose_among_those_granted(
    loaded_database: Database, service: Connection
) -> None:
    service.execute(f"set pgwitness.tenant_id = '{loaded_database.tenant_b}'")
    log(service)
    [event] = stored(loaded_database)
    assert event["tenant_id"] == loaded_database.tenant_b


def test_garbage_is_refused(loaded_database: Database, app: Connection) -> None:
    app.execute("set pgwitness.actor_id = 'anna'")
    for name in ("tenant_id", "ip", "actor"):
        app.execute(f"set pgwitness.{name} = '{{garbage'")
        with refused("22P02", "WT013", "WT002", case=name):
            log(app)
        with refused("22P02", "WT013", "WT002", case=name):
            log_batch(app, [{}])
        app.execute(f"reset pgwitness.{name}")
    assert stored(loaded_database) == []


def test_a_forged_actor_is_checked_like_an_argument(
    loaded_database: Database, app: Connection
) -> None:
    forged = (
        {"actor_type": "king"},
        {"actor_id": "x", "actor": "[1]"},
        {"actor_type": "user", "actor": '"Anna"'},
    )
    for settings in forged:
        for name, value in settings.items():
            app.execute(f"set pgwitness.{name} = '{value}'")
        with refused("WT013", case=settings):
            log(app)
        with refused("WT013", case=settings):
            log_batch(app, [{}])
        for name in settings:
            app.execute(f"reset pgwitness.{name}")
    assert stored(loaded_database) == []


def test_a_snapshot_without_an_id_means_the_same_to_both_ways_of_logging(
    loaded_database: Database, app: Connection
) -> None:
    with app.transaction():
        set_context(app, actor={"name": "Anna"})
        log(app)
        log_batch(app, [{}])
    one, other = stored(loaded_database)
    for name in ("actor", "actor_id", "actor_type"):
        assert one[name] == other[name]
