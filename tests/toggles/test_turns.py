"""Each turn is an event of its own, with what was and what is; silencing takes a reason."""

from __future__ import annotations

from typing import Any

from walls.ledger import REASON, Connection, call, log, refused, rows, stored

from databases import Database

TURNS = "action in ('logging_toggled', 'category_logging_toggled', 'action_logging_toggled')"


def set_toggles(admin: Connection, toggles: Any, **more: Any) -> int:
    changed: int = call(admin, "set_toggles", toggles=toggles, **more)
    return changed


def turns(database: Database) -> list[tuple[str, str | None, Any]]:
    return [
        (event["action"], event["entity_id"], event["changes"]) for event in stored(database, TURNS)
    ]


def turned(old: bool | None, new: bool | None) -> dict[str, Any]:
    return {"enabled": {"old": old, "new": new}}


def test_each_level_tells_old_and_new(loaded_database: Database, admin: Connection) -> None:
    for enabled in (False, True):
        call(admin, "set_logging", enabled=enabled, reason=REASON)
    for enabled_or_null in (False, True, None):
        call(
            admin,
            "set_category_logging",
            category="admin_actions",
            enabled=enabled_or_null,
            reason=REASON,
        )
        call(
            admin,
            "set_action_logging",
            action="user_created",
            enabled=enabled_or_null,
            reason=REASON,
        )
    category, action = "category_logging_toggled", "action_logging_toggled"
    assert turns(loaded_database) == [
        ("logging_toggled", None, turned(True, False)),
        ("logging_toggled", None, turned(False, True)),
        (category, "admin_actions", turned(None, False)),
        (action, "user_created", turned(None, False)),
        (category, "admin_actions", turned(False, True)),
        (action, "user_created", turned(False, True)),
        (category, "admin_actions", turned(True, None)),
        (action, "user_created", turned(True, None)),
    ]
    for event in stored(loaded_database, TURNS):
        assert (event["source"], event["entity_type"]) == ("system", "audit_toggle")
        assert (event["actor_type"], event["actor_id"]) == ("database_role", "test_admin_a")
        assert event["tenant_id"] == loaded_database.tenant_a
        assert event["metadata"] == {"reason": REASON}


def test_what_changes_nothing_is_no_event(loaded_database: Database, admin: Connection) -> None:
    assert set_toggles(admin, {}) == 0
    assert set_toggles(admin, {"logging": True, "actions": {"user_created": None}}) == 0
    assert set_toggles(admin, {"categories": {}, "actions": {}}) == 0
    assert turns(loaded_database) == []


def test_many_are_turned_at_once(
    loaded_database: Database, admin: Connection, app: Connection
) -> None:
    toggles = {
        "logging": True,
        "categories": {"admin_actions": False, "user_actions": True},
        "actions": {"user_created": True, "user_deleted": None},
    }
    assert set_toggles(admin, toggles, reason=REASON) == 3
    assert {code for _, code, _ in turns(loaded_database)} == {
        "admin_actions",
        "user_actions",
        "user_created",
    }
    assert log(app) is not None
    assert log(app, action="user_deleted") is None


def test_a_reason_is_needed_when_something_falls_silent(
    loaded_database: Database, admin: Connection, app: Connection
) -> None:
    silencing: list[dict[str, Any]] = [
        {"logging": False},
        {"categories": {"admin_actions": False}},
        {"actions": {"user_created": False}},
        {"categories": {"admin_actions": False}, "actions": {"user_created": True}},
    ]
    for toggles in silencing:
        with refused("WT021", case=toggles) as refusal:
            set_toggles(admin, toggles)
        assert "silent" in refusal.detail
    assert turns(loaded_database) == []
    assert log(app) is not None


def test_removing_an_override_that_kept_an_action_on_needs_a_reason(admin: Connection) -> None:
    set_toggles(
        admin,
        {"categories": {"admin_actions": False}, "actions": {"user_created": True}},
        reason=REASON,
    )
    with refused("WT021"):
        set_toggles(admin, {"actions": {"user_created": None}})


def test_turning_something_off_needs_a_reason_even_while_it_shows_no_effect(
    loaded_database: Database, admin: Connection
) -> None:
    set_toggles(admin, {"logging": False}, reason=REASON)
    for toggles in ({"actions": {"user_created": False}}, {"categories": {"admin_actions": False}}):
        with refused("WT021", case=toggles):
            set_toggles(admin, toggles)
    assert len(turns(loaded_database)) == 1


def test_turning_on_needs_no_reason(loaded_database: Database, admin: Connection) -> None:
    off = {"logging": False, "actions": {"user_created": False}}
    assert set_toggles(admin, off, reason=REASON) == 2
    assert set_toggles(admin, {"actions": {"user_created": None}}) == 1
    assert set_toggles(admin, {"logging": True}) == 1
    assert set_toggles(admin, {"categories": {"admin_actions": True}}) == 1
    reasons = [event["metadata"] for event in stored(loaded_database, TURNS)]
    assert reasons == [{"reason": REASON}] * 2 + [None] * 3


def test_a_bad_reason_is_refused_even_when_none_is_needed(admin: Connection) -> None:
    for reason in ("", "too short", "         x          ", "x" * 501):
        with refused("WT021", case=reason):
            set_toggles(admin, {"logging": True}, reason=reason)
    assert set_toggles(admin, {"logging": False}, reason="  " + "x" * 500 + "\n") == 1


def test_what_is_no_toggle_is_refused_whole(
    loaded_database: Database, admin: Connection, app: Connection
) -> None:
    good = {"categories": {"admin_actions": False}}
    bad: list[tuple[Any, str]] = [
        ([], "WT020"),
        (None, "WT020"),
        (good | {"loging": True}, "WT020"),
        (good | {"logging": None}, "WT020"),
        (good | {"logging": "off"}, "WT020"),
        (good | {"actions": ["user_created"]}, "WT020"),
        (good | {"actions": {"user_created": 0}}, "WT020"),
        (good | {"actions": {"user_created": "false"}}, "WT020"),
        (good | {"actions": {"unheard_of": True}}, "WT010"),
        ({"categories": {"admin_actions": False, "unheard_of": True}}, "WT022"),
        (good | {"actions": {"audit_log_viewed": False}}, "WT020"),
    ]
    for toggles, sqlstate in bad:
        with refused(sqlstate, case=toggles):
            set_toggles(admin, toggles, reason=REASON)
    with refused("WT020", "WT010"):
        call(admin, "set_action_logging", action=None, enabled=True)
    with refused("WT020", "WT022"):
        call(admin, "set_category_logging", category=None, enabled=True)
    with refused("WT020"):
        call(admin, "set_logging", enabled=None)
    assert turns(loaded_database) == []
    assert log(app) is not None


def test_an_undone_turn_leaves_nothing(
    loaded_database: Database, admin: Connection, app: Connection
) -> None:
    with admin.transaction(force_rollback=True):
        set_toggles(admin, {"logging": False}, reason=REASON)
    assert turns(loaded_database) == []
    assert log(app) is not None


def test_the_list_shows_what_the_page_of_toggles_needs(
    admin: Connection, admin_b: Connection
) -> None:
    before = {row["action"]: row for row in rows(admin, "list_toggles")}
    set_toggles(
        admin,
        {
            "categories": {"admin_actions": False, "user_actions": False},
            "actions": {"user_created": True, "app_created": False},
        },
        reason=REASON,
    )
    after = {row["action"]: row for row in rows(admin, "list_toggles")}
    created = after["user_created"]
    assert created["category"] == "admin_actions"
    assert set(created["action_titles"]) == set(created["category_titles"]) == {"en", "sv"}
    assert created["category_descriptions"].keys() == {"en", "sv"}
    total = before["user_created"]["category_total"]
    assert before["user_created"]["category_logged"] == total
    assert total == sum(row["category"] == "admin_actions" for row in after.values())
    assert (created["category_enabled"], created["category_logged"]) == (False, 1)
    assert (created["override"], created["is_logged"], created["logging_enabled"]) == (
        True,
        True,
        True,
    )
    deleted = after["user_deleted"]
    assert (deleted["override"], deleted["is_logged"]) == (None, False)
    generated = after["app_created"]
    assert (generated["category_logged"], generated["override"]) == (0, False)
    viewed = after["audit_log_viewed"]
    assert (viewed["is_mandatory"], viewed["is_logged"]) == (True, True)
    assert all(row["is_logged"] for row in rows(admin_b, "list_toggles"))


def test_the_list_counts_only_what_is_logged_while_all_is_off(admin: Connection) -> None:
    set_toggles(admin, {"logging": False}, reason=REASON)
    for row in rows(admin, "list_toggles"):
        assert row["logging_enabled"] is False
        assert row["is_logged"] is row["is_mandatory"]
        assert row["category_logged"] == (row["category_total"] if row["is_mandatory"] else 0)
        assert row["category_enabled"] is True
