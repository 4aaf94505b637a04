"""The ready catalogue: its codes one by one, in two languages, and harmless to load again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgwitness.resources import read_sql

if TYPE_CHECKING:
    from databases import Database

ACTIONS = {
    "admin_actions": {
        "user_created",
        "user_deleted",
        "user_updated",
        "role_created",
        "role_modified",
        "role_deleted",
        "permission_changed",
        "tenant_settings_updated",
        "credentials_updated",
        "federation_updated",
        "api_key_generated",
        "module_added",
        "module_added_to_tenant",
    },
    "user_actions": {
        "assistant_created",
        "assistant_deleted",
        "assistant_updated",
        "assistant_transferred",
        "assistant_published",
        "space_created",
        "space_updated",
        "space_deleted",
        "space_member_added",
        "space_member_removed",
        "app_created",
        "app_deleted",
        "app_updated",
        "app_executed",
        "app_published",
        "app_run_deleted",
        "session_started",
        "session_ended",
        "group_chat_created",
        "collection_created",
        "collection_updated",
        "collection_deleted",
        "template_created",
        "template_updated",
        "template_deleted",
        "completion_model_updated",
        "embedding_model_updated",
        "transcription_model_updated",
    },
    "security_events": {
        "security_classification_created",
        "security_classification_updated",
        "security_classification_deleted",
        "security_classification_levels_updated",
        "security_classification_enabled",
        "security_classification_disabled",
    },
    "file_operations": {"file_uploaded", "file_deleted"},
    "integration_events": {
        "integration_added",
        "integration_removed",
        "integration_connected",
        "integration_disconnected",
        "integration_knowledge_created",
        "integration_knowledge_deleted",
        "integration_knowledge_synced",
        "website_created",
        "website_updated",
        "website_deleted",
        "website_crawled",
        "website_transferred",
        "mcp_server_created",
        "mcp_server_updated",
        "mcp_server_deleted",
        "mcp_server_enabled",
        "mcp_server_disabled",
        "mcp_server_tool_enabled",
        "mcp_server_tool_disabled",
    },
    "system_actions": {
        "retention_policy_applied",
        "encryption_key_rotated",
        "system_maintenance",
    },
}
BUILT_IN_ACTIONS = {"audit_session_created", "audit_log_viewed", "audit_log_exported"}
ENTITY_TYPES = {
    "user",
    "assistant",
    "space",
    "app",
    "app_run",
    "file",
    "website",
    "tenant_settings",
    "credential",
    "federation_config",
    "api_key",
    "role",
    "module",
    "template",
    "group_chat",
    "collection",
    "security_classification",
    "integration",
    "integration_knowledge",
    "completion_model",
    "embedding_model",
    "transcription_model",
    "mcp_server",
    "mcp_server_tool",
}
ACCESS_REASONS = {
    "compliance_review",
    "security_investigation",
    "user_support",
    "gdpr_request",
    "audit_review",
    "troubleshooting",
    "management_review",
    "legal_request",
    "other",
}

Entries = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture
def operator(loaded_database: Database) -> Iterator[psycopg.Connection[Any]]:
    role = loaded_database.role("operator")
    with psycopg.connect(loaded_database.dsn(role), autocommit=True) as connection:
        yield connection


def list_entries(connection: psycopg.Connection[Any]) -> Entries:
    with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        rows = cursor.execute("select * from audit.list_catalogue()").fetchall()
    return {(row["kind"], row["code"]): row for row in rows}


def load(connection: psycopg.Connection[Any]) -> list[int]:
    """Load the catalogue and give what each of its statements says that it changed."""
    with connection.transaction():
        cursor = connection.execute(read_sql("catalogue/eneo.sql").encode())
        changes = []
        while True:
            ((changed,),) = cursor.fetchall()
            changes.append(changed)
            if not cursor.nextset():
                return changes


def test_the_literal_counts_what_the_guide_counts() -> None:
    assert {category: len(actions) for category, actions in ACTIONS.items()} == {
        "admin_actions": 13,
        "user_actions": 28,
        "security_events": 6,
        "file_operations": 2,
        "integration_events": 19,
        "system_actions": 3,
    }
    assert sum(map(len, ACTIONS.values())) + len(BUILT_IN_ACTIONS) == 74
    assert len(ENTITY_TYPES | {"audit_log"}) == 25
    assert len(ACCESS_REASONS) == 9


def test_every_action_is_in_its_category(operator: psycopg.Connection[Any]) -> None:
    loaded: dict[str, set[str]] = {}
    for (kind, code), entry in list_entries(operator).items():
        if kind == "action" and not entry["is_built_in"]:
            loaded.setdefault(entry["category"], set()).add(code)
            assert not entry["is_mandatory"]
    assert loaded == ACTIONS


def test_the_rest_of_the_guides_vocabulary_is_built_in(operator: psycopg.Connection[Any]) -> None:
    entries = list_entries(operator)
    for code in BUILT_IN_ACTIONS:
        assert entries["action", code]["category"] == "audit_access"
        assert entries["action", code]["is_built_in"]
        assert entries["action", code]["is_mandatory"]
    categories = {code for kind, code in entries if kind == "category"}
    assert categories == {*ACTIONS, "audit_access", "audit_control"}
    assert entries["entity_type", "audit_log"]["is_built_in"]
    actor_types = {code for kind, code in entries if kind == "actor_type"}
    assert actor_types >= {"user", "system", "api_key"}
    assert {code for kind, code in entries if kind == "outcome"} == {"success", "failure"}


@pytest.mark.parametrize(
    ("kind", "expected"), [("entity_type", ENTITY_TYPES), ("access_reason", ACCESS_REASONS)]
)
def test_entity_types_and_reasons_are_there(
    operator: psycopg.Connection[Any], kind: str, expected: set[str]
) -> None:
    loaded = {
        code
        for (entry_kind, code), entry in list_entries(operator).items()
        if entry_kind == kind and not entry["is_built_in"]
    }
    assert loaded == expected


def test_everything_has_a_title_in_english_and_swedish(operator: psycopg.Connection[Any]) -> None:
    for key, entry in list_entries(operator).items():
        assert set(entry["titles"]) == {"en", "sv"}, key


def test_all_that_is_loaded_has_a_description_in_both_languages(
    operator: psycopg.Connection[Any],
) -> None:
    for key, entry in list_entries(operator).items():
        if (
            key[0] in {"category", "action", "entity_type", "access_reason"}
            and not (entry["is_built_in"])
        ):
            assert set(entry["descriptions"]) == {"en", "sv"}, key
            english, swedish = entry["descriptions"]["en"], entry["descriptions"]["sv"]
            assert english != swedish, key
            assert english[-1] == swedish[-1] == ".", key


def test_titles_tell_the_codes_of_a_kind_apart(operator: psycopg.Connection[Any]) -> None:
    entries = list_entries(operator)
    for kind in ("category", "action", "entity_type", "access_reason"):
        for language in ("en", "sv"):
            titles = [
                entry["titles"][language]
                for (entry_kind, _), entry in entries.items()
                if entry_kind == kind
            ]
            assert len(set(titles)) == len(titles), (kind, language)


def test_the_first_load_defines_everything(database: Database) -> None:
    assert load(database.connect(database.role("operator"))) == [6, 71, 24, 9]


def test_a_second_load_changes_nothing(operator: psycopg.Connection[Any]) -> None:
    before = list_entries(operator)
    assert load(operator) == [0, 0, 0, 0]
    assert list_entries(operator) == before


def test_a_second_load_leaves_a_retired_action_retired(operator: psycopg.Connection[Any]) -> None:
    operator.execute(
        "select audit.retire_action(action => 'module_added', reason => 'modules are gone')"
    )
    assert load(operator) == [0, 0, 0, 0]
    assert list_entries(operator)["action", "module_added"]["retired_at"] is not None


def test_nobody_but_an_operator_can_load_it(database: Database) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        load(database.connect(database.role("admin")))
