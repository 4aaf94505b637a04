"""Three levels: all of a tenant, a category, an action; the action's override wins both ways."""

from __future__ import annotations

from typing import Any

from walls.ledger import (
    NIL,
    REASON,
    Connection,
    bind,
    call,
    justify,
    log,
    log_batch,
    new_role,
    refused,
    rows,
    stored,
)

from databases import Database

CREATED, DELETED = "user_created", "user_deleted"


def turn(admin: Connection, level: str, *code: str, enabled: bool | None, **more: Any) -> bool:
    """Turn a toggle; a level is "logging", "category_logging" or "action_logging"."""
    named = dict(zip(["category" if "category" in level else "action"], code, strict=False))
    changed: bool = call(
        admin, f"set_{level}", **named, enabled=enabled, **({"reason": REASON} | more)
    )
    return changed


def is_logged(app: Connection, action: str = CREATED) -> bool:
    """Ask, and see that what happens is the same, in all ways of logging."""
    answer: bool = call(app, "is_logged", action=action)
    assert (log(app, action=action) is not None) is answer
    assert (log(app, action=action, outcome="failure", error_message="x") is not None) is answer
    assert log_batch(app, [{"action": action}]) == ((1, 0) if answer else (0, 1))
    assert log_batch(app, [{"action": action, "idempotency_key": None}]) == (
        (1, 0) if answer else (0, 1)
    )
    return answer


def test_no_row_means_on(app: Connection) -> None:
    assert is_logged(app) is True


def test_all_logging_off_silences_everything_of_the_tenant(
    app: Connection, app_b: Connection, admin: Connection
) -> None:
    assert turn(admin, "logging", enabled=False) is True
    assert turn(admin, "logging", enabled=False) is False
    assert is_logged(app) is False
    assert is_logged(app, "app_created") is False
    assert is_logged(app_b) is True
    assert turn(admin, "logging", enabled=True) is True
    assert is_logged(app) is True


def test_a_category_off_silences_its_actions(app: Connection, admin: Connection) -> None:
    assert turn(admin, "category_logging", "admin_actions", enabled=False) is True
    assert is_logged(app) is False
    assert is_logged(app, "app_created") is True


def test_an_override_wins_over_its_category_both_ways(app: Connection, admin: Connection) -> None:
    turn(admin, "category_logging", "admin_actions", enabled=False)
    turn(admin, "action_logging", CREATED, enabled=True)
    assert (is_logged(app, CREATED), is_logged(app, DELETED)) == (True, False)
    turn(admin, "category_logging", "admin_actions", enabled=True)
    turn(admin, "action_logging", CREATED, enabled=False)
    assert (is_logged(app, CREATED), is_logged(app, DELETED)) == (False, True)


def test_no_override_reaches_past_the_global_switch(app: Connection, admin: Connection) -> None:
    turn(admin, "action_logging", CREATED, enabled=True)
    turn(admin, "category_logging", "admin_actions", enabled=True)
    turn(admin, "logging", enabled=False)
    assert is_logged(app) is False


def test_null_removes_an_override_and_a_category(app: Connection, admin: Connection) -> None:
    turn(admin, "category_logging", "admin_actions", enabled=False)
    turn(admin, "action_logging", CREATED, enabled=True)
    assert turn(admin, "action_logging", CREATED, enabled=None) is True
    assert turn(admin, "action_logging", CREATED, enabled=None) is False
    assert is_logged(app) is False
    assert turn(admin, "category_logging", "admin_actions", enabled=None) is True
    assert is_logged(app) is True


def test_a_retired_action_can_not_be_logged_or_turned(
    app: Connection, admin: Connection, operator: Connection
) -> None:
    turn(admin, "action_logging", CREATED, enabled=False)
    call(operator, "retire_action", action=CREATED, reason=REASON)
    for attempt in (
        lambda: log(app),
        lambda: log_batch(app, [{}]),
        lambda: call(app, "is_logged", action=CREATED),
        lambda: turn(admin, "action_logging", CREATED, enabled=True),
    ):
        with refused("WT010"):
            attempt()
    assert CREATED not in {row["action"] for row in rows(admin, "list_toggles")}
    define(operator, CREATED, "admin_actions")
    assert is_logged(app) is False


def define(operator: Connection, action: str, category: str, **more: Any) -> None:
    call(
        operator,
        "define_action",
        action=action,
        category=category,
        titles={"en": action},
        **more,
    )


def test_a_new_action_follows_its_category_at_once(
    app: Connection, app_b: Connection, admin: Connection, operator: Connection
) -> None:
    turn(admin, "category_logging", "admin_actions", enabled=False)
    define(operator, "user_greeted", "admin_actions")
    assert is_logged(app, "user_greeted") is False
    assert is_logged(app_b, "user_greeted") is True


def test_the_payload_limit_of_the_options_counts_at_once(
    app: Connection, operator: Connection
) -> None:
    large = {"description": "x" * 2000}
    assert log(app, **large) is not None
    set_limit = {"name": "payload_limit_bytes", "reason": REASON}
    call(operator, "set_option", **set_limit, value="1000")
    with refused("WT014"):
        log(app, **large)
    with refused("WT014"):
        log_batch(app, [large])
    call(operator, "set_option", **set_limit, value="65536")
    assert log(app, **large) is not None


def test_defining_an_action_anew_turns_cutting_on_at_once(
    loaded_database: Database, app: Connection, operator: Connection
) -> None:
    define(operator, CREATED, "admin_actions", when_too_large="cut")
    log(app, description="x" * 70_000)
    [event] = stored(loaded_database)
    assert "cut" in event["description"]


def test_history_is_not_touched(
    loaded_database: Database, app: Connection, admin: Connection
) -> None:
    log(app)
    before = stored(loaded_database)
    turn(admin, "logging", enabled=False)
    turn(admin, "category_logging", "admin_actions", enabled=False)
    log(app)
    assert stored(loaded_database) == before
    justify(admin)
    assert len(rows(admin, "search_events", filter={"source": "logged"})) == 1


def test_mandatory_actions_pass_every_toggle(
    loaded_database: Database, admin: Connection, operator: Connection
) -> None:
    turn(admin, "logging", enabled=False)
    justify(admin)
    rows(admin, "search_events")
    call(operator, "register_tenant", tenant_id=loaded_database.tenant_a, name="Tenant Å")
    actions = [
        event["action"]
        for event in stored(loaded_database, "tenant_id = %s", loaded_database.tenant_a)
    ]
    assert actions[-4:] == [
        "logging_toggled",
        "audit_session_created",
        "audit_log_viewed",
        "tenant_registered",
    ]


def test_mandatory_actions_can_not_be_turned(admin: Connection) -> None:
    for enabled in (True, False, None):
        with refused("WT020", case=enabled):
            turn(admin, "category_logging", "audit_control", enabled=enabled)
        with refused("WT020", case=enabled):
            turn(admin, "category_logging", "audit_access", enabled=enabled)
        with refused("WT020", case=enabled):
            turn(admin, "action_logging", "audit_log_viewed", enabled=enabled)


def test_mandatory_actions_are_nobody_s_to_log(
    loaded_database: Database, app: Connection, service: Connection
) -> None:
    for attempt in (
        lambda: log(app, action="logging_toggled", entity_type="audit_toggle"),
        lambda: log(app, action="audit_log_viewed", outcome="failure", error_message="x"),
        lambda: log_batch(app, [{}, {"action": "installed"}]),
        lambda: log_batch(app, [{"action": "installed", "idempotency_key": "k"}]),
        lambda: log(service, action="installed", tenant_id=loaded_database.tenant_b),
    ):
        with refused("WT011"):
            attempt()
    assert stored(loaded_database) == []


def test_the_instance_tenant_s_mandatory_events_can_not_be_silenced(
    loaded_database: Database, operator: Connection
) -> None:
    role = new_role(loaded_database, "test_admin_nil", "audit_admin")
    bind(loaded_database, role, NIL)
    turn(loaded_database.connect(role), "logging", enabled=False)
    call(operator, "set_option", name="partitions_ahead_weeks", value="27", reason=REASON)
    assert len(stored(loaded_database, "action = 'option_changed'")) == 1


def test_only_administrators_turn_toggles(loaded_database: Database) -> None:
    for persona in ("app", "reader", "privacy", "operator", "auditor", "backup"):
        connection = loaded_database.connect(loaded_database.role(persona))
        with refused("42501", case=persona):
            turn(connection, "logging", enabled=False)
        with refused("42501", case=persona):
            call(connection, "set_toggles", toggles={"logging": False}, reason=REASON)
