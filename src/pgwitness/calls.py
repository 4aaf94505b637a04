"""The functions of schema audit, each written once: its arguments, its statement, its rows.

A function here has the name and the arguments of its twin in the database and gives a `Call`: the
statement, the parameters and how to read what comes back. The clients only run calls. Errors are
those of `pgwitness.errors`; every function whose last argument is tenant_id can raise
TenantMissing, TenantRefused and TenantUnknown, and left out it means the tenant of the context, or
the only one that the role is bound to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from typing import Any, Generic, Literal, TypeAlias, TypeVar
from uuid import UUID

from pgwitness import models
from pgwitness.context import current_places
from pgwitness.errors import ValueUnstorable
from pgwitness.text import dump, make_safe, storable, to_json

Result = TypeVar("Result", covariant=True)
Rows: TypeAlias = Sequence[Mapping[str, Any]]
PlaceholderStyle: TypeAlias = Literal["pyformat", "named"]
Uuid: TypeAlias = UUID | str
EntityId: TypeAlias = str | int | UUID
Object: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Call(Generic[Result]):
    """A call of one function of schema audit.

    Attributes:
        function: its name.
        arguments: name, SQL type and value of each.
        columns: the select list; None for a function with a single value, or a procedure.
        read: makes the result from the rows.
        is_procedure: it is called instead of selected from, outside any transaction block.
        is_json: the single value is jsonb, which drivers hand over differently.
    """

    function: str
    arguments: tuple[tuple[str, str, str | list[str] | None], ...]
    columns: tuple[str, ...] | None
    read: Callable[[Rows], Result]
    is_procedure: bool = False
    is_json: bool = False

    def statement(self, style: PlaceholderStyle) -> str:
        """Gives the SQL; every parameter is text with explicit casts, so that any driver does.

        Args:
            style: pyformat for %(name)s, named for :name (PEP 249, paramstyle).
        """
        types = tuple((name, sql_type) for name, sql_type, _ in self.arguments)
        return _statement(
            self.function, types, self.columns, self.is_procedure, self.is_json, style
        )

    @property
    def parameters(self) -> dict[str, str | list[str] | None]:
        """The values by name."""
        return {name: value for name, _, value in self.arguments}


@lru_cache(maxsize=256)
def _statement(
    function: str,
    types: tuple[tuple[str, str], ...],
    columns: tuple[str, ...] | None,
    is_procedure: bool,
    is_json: bool,
    style: PlaceholderStyle,
) -> str:
    placeholder = "%({})s" if style == "pyformat" else ":{}"
    arguments = ", ".join(
        f"{name} => {_cast(placeholder.format(name), sql_type)}" for name, sql_type in types
    )
    if is_procedure:
        return f"call audit.{function}({arguments})"
    if is_json:
        return f"select cast(audit.{function}({arguments}) as text) as result"
    if columns is None:
        return f"select audit.{function}({arguments}) as result"
    return f"select {', '.join(columns)} from audit.{function}({arguments})"


def _cast(placeholder: str, sql_type: str) -> str:
    if sql_type in ("text", "text[]"):
        return f"cast({placeholder} as {sql_type})"
    # A driver that asks the server for the parameter's type must be told text.
    return f"cast(cast({placeholder} as text) as {sql_type})"


def _as_text(value: object) -> str | None:
    if isinstance(value, Enum):
        value = value.value
    if value is None:
        return None
    if isinstance(value, str):
        return storable(str(value))
    if isinstance(value, UUID):
        return str(value)
    # bool is an int, but no identifier.
    if isinstance(value, int) and not isinstance(value, bool):
        return to_json(value)
    raise ValueUnstorable(
        f"a value of type {type(value).__name__} is no text",
        hint="Give a str, an int or a UUID.",
    )


def _as_time(value: datetime | None) -> str | None:
    if value is None:
        return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueUnstorable(
            "a time has no time zone",
            detail=f"Given: {value!r}" if isinstance(value, datetime) else f"Given: {type(value)}",
            hint="Give an aware datetime, such as datetime.now(timezone.utc).",
        )
    return value.isoformat()


def _encode(sql_type: str, value: Any) -> str | list[str] | None:
    if value is None:
        return None
    if sql_type == "jsonb":
        return _dump(value) if isinstance(value, _Storable) else to_json(value)
    if sql_type == "timestamptz":
        return _as_time(value)
    if sql_type == "boolean":
        return "true" if value else "false"
    if sql_type == "text[]":
        return [_as_text(item) or "" for item in value]
    if sql_type == "uuid[]":
        return "{" + ",".join(str(item) for item in value) + "}"
    if sql_type == "bytea":
        return f"\\x{bytes(value).hex()}"
    return _as_text(str(value) if sql_type == "inet" else value)


def _arguments(
    named: Mapping[str, tuple[str, Any]],
) -> tuple[tuple[str, str, str | list[str] | None], ...]:
    return tuple(
        (name, sql_type, _encode(sql_type, value)) for name, (sql_type, value) in named.items()
    )


def _value(
    function: str, convert: Callable[[Any], Result], **named: tuple[str, Any]
) -> Call[Result]:
    return Call(function, _arguments(named), None, lambda rows: convert(rows[0]["result"]))


def _list(
    function: str, model: type[models.Model], **named: tuple[str, Any]
) -> Call[list[models.Model]]:
    return Call(function, _arguments(named), models.columns(model), models.reader(model))


def _one(function: str, model: type[models.Model], **named: tuple[str, Any]) -> Call[models.Model]:
    read = models.reader(model)
    return Call(function, _arguments(named), models.columns(model), lambda rows: read(rows)[0])


def _json(function: str, **named: tuple[str, Any]) -> Call[Any]:
    return Call(
        function,
        _arguments(named),
        None,
        lambda rows: models.as_json(rows[0]["result"]),
        is_json=True,
    )


def _uuid(value: object) -> UUID:
    return UUID(str(value))


def _moment(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


def _nothing(_: object) -> None:
    return None


# Context


def set_context(
    *,
    tenant_id: Uuid | None = None,
    actor_id: EntityId | None = None,
    actor_type: str | None = None,
    actor: Object | None = None,
    ip: models.Address | str | None = None,
    user_agent: str | None = None,
    request_id: str | UUID | None = None,
    access_id: Uuid | None = None,
) -> Call[None]:
    """Replaces the whole context for the rest of the current transaction.

    `Client.context` does the same for a block, remembers it for failure events, and marks escaped
    text in the events.

    Args:
        tenant_id: whose log.
        actor_id: who acts.
        actor_type: user, system, api_key or database_role.
        actor: snapshot of the actor.
        ip: address that the request came from.
        user_agent: the client program's own name (RFC 9110, section 10.1.5).
        request_id: ties together what one request did.
        access_id: the access session to read with.

    Raises:
        ActorRefused: the role isn't a member of audit_app and names another actor.
        EventInvalid: the actor's type is unknown, its id empty or its snapshot no object.
        TenantRefused: the role has no grant for that tenant.
        TenantUnknown: the tenant isn't registered.
    """
    return _value(
        "set_context",
        _nothing,
        tenant_id=("uuid", tenant_id),
        actor_id=("text", actor_id),
        actor_type=("text", actor_type),
        actor=("jsonb", actor),
        ip=("inet", ip),
        user_agent=("text", user_agent),
        request_id=("text", request_id),
        access_id=("uuid", access_id),
    )


def current_tenant() -> Call[UUID]:
    """Gives the tenant that calls without a tenant_id mean.

    Raises:
        TenantMissing: there is none.
        TenantRefused: the role has no grant for it.
    """
    return _value("current_tenant", _uuid)


# Catalogue


def define_category(
    category: str, titles: Mapping[str, str], descriptions: Mapping[str, str] | None = None
) -> Call[bool]:
    """Defines or redefines a category of actions; for audit_operator.

    Args:
        category: code of lower-case letters, digits and underscores.
        titles: language code (RFC 5646) to title.
        descriptions: language code to description.

    Returns:
        Whether that changed anything.

    Raises:
        DefinitionRefused: it is built in, or a text or code isn't valid.
    """
    return _value(
        "define_category",
        bool,
        category=("text", category),
        titles=("jsonb", titles),
        descriptions=("jsonb", descriptions or {}),
    )


def define_action(
    action: str,
    category: str,
    titles: Mapping[str, str],
    descriptions: Mapping[str, str] | None = None,
    when_too_large: str = "refuse",
) -> Call[bool]:
    """Defines or redefines an action, or brings a retired one back; for audit_operator.

    Args:
        action: code of lower-case letters, digits and underscores.
        category: what it is switched with; never changes.
        titles: language code (RFC 5646) to title.
        descriptions: language code to description.
        when_too_large: refuse or cut: what to do with a payload over the limit.

    Returns:
        Whether that changed anything.

    Raises:
        CategoryUnknown: the category isn't defined, or is built in.
        DefinitionRefused: it is built in or in another category, or a text or code isn't valid.
    """
    return _value(
        "define_action",
        bool,
        action=("text", action),
        category=("text", category),
        titles=("jsonb", titles),
        descriptions=("jsonb", descriptions or {}),
        when_too_large=("text", when_too_large),
    )


def define_entity_type(
    entity_type: str, titles: Mapping[str, str], descriptions: Mapping[str, str] | None = None
) -> Call[bool]:
    """Defines or redefines a kind of thing that events are about; for audit_operator.

    Args:
        entity_type: code of lower-case letters, digits and underscores.
        titles: language code (RFC 5646) to title.
        descriptions: language code to description.

    Returns:
        Whether that changed anything.

    Raises:
        DefinitionRefused: it is built in, or a text or code isn't valid.
    """
    return _value(
        "define_entity_type",
        bool,
        entity_type=("text", entity_type),
        titles=("jsonb", titles),
        descriptions=("jsonb", descriptions or {}),
    )


def define_access_reason(
    access_reason: str, titles: Mapping[str, str], descriptions: Mapping[str, str] | None = None
) -> Call[bool]:
    """Defines or redefines a reason to read the log; for audit_operator.

    Args:
        access_reason: code of lower-case letters, digits and underscores.
        titles: language code (RFC 5646) to title.
        descriptions: language code to description.

    Returns:
        Whether that changed anything.

    Raises:
        DefinitionRefused: a text or code isn't valid.
    """
    return _value(
        "define_access_reason",
        bool,
        access_reason=("text", access_reason),
        titles=("jsonb", titles),
        descriptions=("jsonb", descriptions or {}),
    )


def retire_action(action: str, reason: str) -> Call[bool]:
    """Lets no new event have this action; for audit_operator.

    Args:
        action: the action.
        reason: 10 to 500 characters.

    Returns:
        Whether that changed anything.

    Raises:
        ActionUnknown: it isn't defined.
        DefinitionRefused: it is built in.
        ReasonInvalid: the reason is too short or too long.
    """
    return _value("retire_action", bool, action=("text", action), reason=("text", reason))


def list_catalogue() -> Call[list[models.CatalogueEntry]]:
    """Lists the vocabulary: categories, actions, entity types, actor types, outcomes, reasons."""
    return _list("list_catalogue", models.CatalogueEntry)


# Tenants


def register_tenant(tenant_id: Uuid, name: str) -> Call[bool]:
    """Registers a tenant or renames it; for audit_operator.

    Args:
        tenant_id: the application's own identifier.
        name: for people.

    Returns:
        Whether that changed anything.
    """
    return _value("register_tenant", bool, tenant_id=("uuid", tenant_id), name=("text", name))


def retire_tenant(reason: str, tenant_id: Uuid) -> Call[bool]:
    """Lets a tenant log no more; its events stay readable; for audit_operator.

    Args:
        reason: 10 to 500 characters.
        tenant_id: the tenant.

    Returns:
        Whether that changed anything.

    Raises:
        ReasonInvalid: the reason is too short or too long.
        TenantUnknown: the tenant isn't registered.
    """
    return _value("retire_tenant", bool, reason=("text", reason), tenant_id=("uuid", tenant_id))


def list_tenants() -> Call[list[models.Tenant]]:
    """Lists the tenants that the role may see."""
    return _list("list_tenants", models.Tenant)


def grant_tenant(role: str, tenant_id: Uuid) -> Call[bool]:
    """Lets a database role act for one tenant; for audit_operator.

    Args:
        role: exact name of the role; its members are not meant.
        tenant_id: the tenant.

    Returns:
        Whether that changed anything.

    Raises:
        RoleUnknown: there is no such role.
        TenantUnknown: the tenant isn't registered.
    """
    return _value("grant_tenant", bool, role=("name", role), tenant_id=("uuid", tenant_id))


def grant_all_tenants(role: str, reason: str) -> Call[bool]:
    """Lets a service role act for every tenant, as its context says; for audit_operator.

    Args:
        role: exact name of the role; its members are not meant.
        reason: 10 to 500 characters.

    Returns:
        Whether that changed anything.

    Raises:
        ReasonInvalid: the reason is too short or too long.
        RoleUnknown: there is no such role.
    """
    return _value("grant_all_tenants", bool, role=("name", role), reason=("text", reason))


def revoke_tenant(role: str, reason: str, tenant_id: Uuid | None = None) -> Call[bool]:
    """Takes a role's grants back; for audit_operator.

    Args:
        role: exact name of the role.
        reason: 10 to 500 characters.
        tenant_id: the tenant; None takes back all of the role's grants.

    Returns:
        Whether that changed anything.

    Raises:
        ReasonInvalid: the reason is too short or too long.
    """
    return _value(
        "revoke_tenant",
        bool,
        role=("name", role),
        reason=("text", reason),
        tenant_id=("uuid", tenant_id),
    )


def list_grants() -> Call[list[models.Grant]]:
    """Lists which role may act for which tenant."""
    return _list("list_grants", models.Grant)


# Toggles


def set_logging(
    enabled: bool, reason: str | None = None, tenant_id: Uuid | None = None
) -> Call[bool]:
    """Turns a tenant's logging on or off; mandatory actions are logged all the same.

    Args:
        enabled: on or off.
        reason: 10 to 500 characters; required when something falls silent.
        tenant_id: the tenant.

    Returns:
        Whether that changed anything.

    Raises:
        ReasonInvalid: the reason is missing, too short or too long.
    """
    return _value(
        "set_logging",
        bool,
        enabled=("boolean", enabled),
        reason=("text", reason),
        tenant_id=("uuid", tenant_id),
    )


def set_category_logging(
    category: str,
    enabled: bool | None,
    reason: str | None = None,
    tenant_id: Uuid | None = None,
) -> Call[bool]:
    """Turns a category of actions on or off.

    Args:
        category: the category.
        enabled: on or off; None takes the toggle away, which means on.
        reason: 10 to 500 characters; required when something falls silent.
        tenant_id: the tenant.

    Returns:
        Whether that changed anything.

    Raises:
        CategoryUnknown: the category isn't in the catalogue.
        ReasonInvalid: the reason is missing, too short or too long.
        ToggleRefused: its actions are mandatory.
    """
    return _value(
        "set_category_logging",
        bool,
        category=("text", category),
        enabled=("boolean", enabled),
        reason=("text", reason),
        tenant_id=("uuid", tenant_id),
    )


def set_action_logging(
    action: str,
    enabled: bool | None,
    reason: str | None = None,
    tenant_id: Uuid | None = None,
) -> Call[bool]:
    """Overrides an action's category, either way.

    Args:
        action: the action.
        enabled: on or off; None removes the override.
        reason: 10 to 500 characters; required when something falls silent.
        tenant_id: the tenant.

    Returns:
        Whether that changed anything.

    Raises:
        ReasonInvalid: the reason is missing, too short or too long.
        ToggleRefused: the action is mandatory or unknown.
    """
    return _value(
        "set_action_logging",
        bool,
        action=("text", action),
        enabled=("boolean", enabled),
        reason=("text", reason),
        tenant_id=("uuid", tenant_id),
    )


def set_toggles(
    toggles: Object, reason: str | None = None, tenant_id: Uuid | None = None
) -> Call[int]:
    """Turns several toggles at once, all or none.

    Args:
        toggles: {"logging": true, "categories": {code: bool}, "actions": {code: bool or null}};
            each part may be left out.
        reason: 10 to 500 characters; required when something falls silent.
        tenant_id: the tenant.

    Returns:
        How many toggles changed.

    Raises:
        CategoryUnknown: a category isn't in the catalogue.
        ReasonInvalid: the reason is missing, too short or too long.
        ToggleRefused: an action or category is mandatory or unknown.
    """
    return _value(
        "set_toggles",
        int,
        toggles=("jsonb", toggles),
        reason=("text", reason),
        tenant_id=("uuid", tenant_id),
    )


def list_toggles(tenant_id: Uuid | None = None) -> Call[list[models.Toggle]]:
    """Lists each action's toggles and what they come to.

    Args:
        tenant_id: the tenant.
    """
    return _list("list_toggles", models.Toggle, tenant_id=("uuid", tenant_id))


def is_logged(action: str, tenant_id: Uuid | None = None) -> Call[bool]:
    """Tells whether an event of this action would be stored now; for audit_app.

    Args:
        action: the action.
        tenant_id: the tenant.

    Raises:
        ActionUnknown: it isn't in the catalogue, or is retired.
    """
    return _value("is_logged", bool, action=("text", action), tenant_id=("uuid", tenant_id))


# Events

_EVENT_TYPES = {
    "action": "text",
    "entity_type": "text",
    "entity_id": "text",
    "description": "text",
    "metadata": "jsonb",
    "target": "jsonb",
    "changes": "jsonb",
    "outcome": "text",
    "error_message": "text",
    "occurred_at": "timestamptz",
    "idempotency_key": "text",
    "actor_id": "text",
    "actor_type": "text",
    "actor": "jsonb",
}


def log_event(
    action: str,
    entity_type: str,
    entity_id: EntityId | None = None,
    description: str | None = None,
    metadata: Object | None = None,
    *,
    target: Object | Sequence[Object] | None = None,
    changes: Object | None = None,
    outcome: str = "success",
    error_message: str | None = None,
    occurred_at: datetime | None = None,
    idempotency_key: str | None = None,
    actor_id: EntityId | None = None,
    actor_type: str | None = None,
    actor: Object | None = None,
    tenant_id: Uuid | None = None,
) -> Call[UUID | None]:
    """Logs an event; for audit_app.

    Text that PostgreSQL can't store is escaped and marked in the metadata (`pgwitness.text`).

    Args:
        action: code from the catalogue.
        entity_type: code from the catalogue.
        entity_id: which thing of that type.
        description: the event in words; required by the database.
        metadata: whatever else there is to tell.
        target: snapshot of what was acted on; left out, type and id of the entity.
        changes: column to {"old": …, "new": …}.
        outcome: success or failure.
        error_message: why it failed; required for a failure.
        occurred_at: aware; at most 24 hours ago or 5 minutes ahead; left out, now.
        idempotency_key: repeating the call with the same key within 24 hours logs one event.
        actor_id: who acted, in place of the context's actor as a whole; left out, the context's.
        actor_type: user, system, api_key or database_role.
        actor: snapshot of the actor.
        tenant_id: the tenant.

    Returns:
        The event's id, a UUIDv7 (RFC 9562); None when a toggle silenced it.

    Raises:
        ActionUnknown: the action isn't in the catalogue.
        ActionReserved: only the log itself logs it.
        ActorRefused: the role may not speak for that actor.
        EntityTypeUnknown: the entity type isn't in the catalogue.
        EventInvalid: something is missing or no valid value.
        IdempotencyConflict: the key stands for other content.
        PartitionMissing: no partition holds that time.
        PayloadTooLarge: over the limit, 65,536 bytes unless set otherwise.
        TimeOutOfRange: occurred_at is too far away.
        ValueUnstorable: a value has no JSON form.
    """
    given = {
        "action": action,
        "entity_type": entity_type,
        "entity_id": entity_id,
        "description": description,
        "metadata": metadata,
        "target": target,
        "changes": changes,
        "outcome": outcome,
        "error_message": error_message,
        "occurred_at": occurred_at,
        "idempotency_key": idempotency_key,
        "actor_id": actor_id,
        "actor_type": actor_type,
        "actor": actor,
    }
    event = _storable_event(given)
    arguments = tuple(
        (name, sql_type, _dump(event.get(name)) if sql_type == "jsonb" else event.get(name))
        for name, sql_type in _EVENT_TYPES.items()
    )
    tenant = _arguments({"tenant_id": ("uuid", tenant_id)})
    return Call(
        "log_event", arguments + tenant, None, lambda rows: models.as_uuid(rows[0]["result"])
    )


def log_events(events: Iterable[Object], tenant_id: Uuid | None = None) -> Call[models.LoggedCount]:
    """Logs many events in one statement, all or none; for audit_app.

    Args:
        events: objects with the arguments of `log_event` by name, but for tenant_id.
        tenant_id: the tenant of all of them.

    Returns:
        How many were stored, and how many a toggle silenced.

    Raises:
        PgwitnessError: as `log_event`; detail names the index of the first event that is refused.
    """
    return _one(
        "log_events",
        models.LoggedCount,
        events=("jsonb", _Storable(_storable_event(event) for event in events)),
        tenant_id=("uuid", tenant_id),
    )


def import_events(
    events: Iterable[Object], reason: str, tenant_id: Uuid | None = None
) -> Call[list[models.ImportResult]]:
    """Brings in events from elsewhere, also old ones; for audit_admin.

    What is refused is reported and left out; the rest is stored. Toggles don't apply.

    Args:
        events: objects as for `log_events`, and ip, user_agent, request_id, id (kept when its time
            is occurred_at). Each has occurred_at, and an id or an idempotency_key, so that a
            repeated import doubles nothing.
        reason: 10 to 500 characters.
        tenant_id: the tenant of all of them.

    Returns:
        What became of each, in the order given.

    Raises:
        ReasonInvalid: the reason is missing, too short or too long.
    """
    return _list(
        "import_events",
        models.ImportResult,
        events=("jsonb", _Storable(_storable_event(event, is_own=False) for event in events)),
        reason=("text", reason),
        tenant_id=("uuid", tenant_id),
    )


class _Storable(list[dict[str, Any]]):
    """Events that went through make_safe already."""


def _storable_event(event: Mapping[str, Any], is_own: bool = True) -> dict[str, Any]:
    converted = {}
    for name, value in event.items():
        if value is None:
            continue
        sql_type = _EVENT_TYPES.get(name, "jsonb")
        if sql_type == "timestamptz" and isinstance(value, datetime):
            value = _as_time(value)
        elif sql_type == "text" and not isinstance(value, str | Enum):
            value = _as_text(value)
        converted[name] = value
    return make_safe(converted, current_places() if is_own else None)


def _dump(value: object) -> str | None:
    return None if value is None else dump(value)


# Capture


def watch(
    relation: str,
    entity_type: str,
    tenant_column: str | None = None,
    label_column: str | None = None,
    columns: Sequence[str] | None = None,
    redact_columns: Sequence[str] = (),
    ignore_columns: Sequence[str] = (),
    category: str | None = None,
    level: str = "statement",
    on_error: str = "refuse",
    keep_deleted_values: bool | None = None,
    reason: str | None = None,
) -> Call[bool]:
    """Has every change of a table's rows logged; for its owner, with audit_operator.

    Again, it takes up an altered table's columns, or changes how they are recorded.

    Args:
        relation: the table, as regclass reads it: quoted where it must be, with its schema unless
            the search path finds it.
        entity_type: what its rows are called in events; its actions begin with that.
        tenant_column: which column says whose a row is; left out, the context does.
        label_column: which column people know a row by.
        columns: record the values of these only; left out, of all.
        redact_columns: record of these only that they changed.
        ignore_columns: don't look at these.
        category: what its four actions are switched with; left out, data_changes.
        level: statement or row: how often the trigger runs.
        on_error: refuse the change when it can't be logged, or spool it for `log_spool`.
        keep_deleted_values: whether the event of a deleted row holds its values; left out, it does
            unless the table is under data retention, where it mustn't.
        reason: 10 to 500 characters; required where less is recorded than before.

    Returns:
        Whether that changed anything.

    Raises:
        Busy: a transaction that writes to the table kept its lock for 10 seconds.
        CategoryUnknown: the category isn't defined, or is built in.
        ReasonInvalid: the reason is missing, too short or too long.
        WatchRefused: the table can't be watched like that.
    """
    return _value(
        "watch",
        bool,
        relation=("regclass", relation),
        entity_type=("text", entity_type),
        tenant_column=("text", tenant_column),
        label_column=("text", label_column),
        columns=("text[]", columns),
        redact_columns=("text[]", redact_columns),
        ignore_columns=("text[]", ignore_columns),
        category=("text", category),
        level=("text", level),
        on_error=("text", on_error),
        keep_deleted_values=("boolean", keep_deleted_values),
        reason=("text", reason),
    )


def unwatch(relation: str | None, reason: str, entity_type: str | None = None) -> Call[bool]:
    """Has a table's changes logged no more; what was logged stays; as for `watch`.

    Args:
        relation: the table, as for `watch`; None with an entity_type for one that was dropped.
        reason: 10 to 500 characters.
        entity_type: what its rows are called in events.

    Returns:
        Whether it was watched.

    Raises:
        Busy: a transaction that uses the table kept its lock for 10 seconds.
        ReasonInvalid: the reason is too short or too long.
        WatchRefused: the table is somebody else's, or is there though None was given.
    """
    return _value(
        "unwatch",
        bool,
        relation=("regclass", relation),
        reason=("text", reason),
        entity_type=("text", entity_type),
    )


def list_watched() -> Call[list[models.WatchedTable]]:
    """Lists the watched tables, and what isn't as it should be with them."""
    return _list("list_watched", models.WatchedTable)


def list_row_history(
    relation: str,
    entity_id: EntityId,
    page_size: int = 100,
    after: str | None = None,
    tenant_id: Uuid | None = None,
) -> Call[list[models.FoundEvent]]:
    """Gives a page of the events of one row, newest first; needs an access session.

    Args:
        relation: the table, as for `watch`.
        entity_id: the row's primary key; of several columns, a JSON array of their texts.
        page_size: 1 to 1,000 events.
        after: cursor of the last event of the page before.
        tenant_id: the tenant.

    Raises:
        AccessRequired: there is no access session.
        CursorInvalid: `after` isn't a cursor of this history.
        PageSizeInvalid: the page size is out of range.
        RelationUnwatched: the table isn't watched.
    """
    return _list(
        "list_row_history",
        models.FoundEvent,
        relation=("regclass", relation),
        entity_id=("text", entity_id),
        page_size=("integer", page_size),
        after=("text", after),
        tenant_id=("uuid", tenant_id),
    )


def get_row_at(
    relation: str, entity_id: EntityId, at: datetime, tenant_id: Uuid | None = None
) -> Call[dict[str, Any] | None]:
    """Gives a row as it stood at a time; needs an access session.

    Args:
        relation: the table, as for `watch`.
        entity_id: the row's primary key; of several columns, a JSON array of their texts.
        at: aware.
        tenant_id: the tenant.

    Returns:
        Column to value, numbers with all their digits (`pgwitness.models`), {"withheld": why, …}
        for a value that isn't kept; None when there was no such row then.

    Raises:
        AccessRequired: there is no access session.
        RelationUnwatched: the table isn't watched.
        ValueUnstorable: the time has no zone.
    """
    return _json(
        "get_row_at",
        relation=("regclass", relation),
        entity_id=("text", entity_id),
        at=("timestamptz", at),
        tenant_id=("uuid", tenant_id),
    )


def revert_sql(event_id: Uuid, tenant_id: Uuid | None = None) -> Call[str]:
    """Gives the SQL statement that undoes a captured change; needs an access session.

    Args:
        event_id: the event of the change.
        tenant_id: the tenant.

    Returns:
        The statement; nothing runs it.

    Raises:
        AccessRequired: there is no access session.
        EventMissing: there is no such event.
        RevertRefused: no statement undoes it.
    """
    return _value("revert_sql", str, event_id=("uuid", event_id), tenant_id=("uuid", tenant_id))


def list_spool() -> Call[list[models.SpooledStatement]]:
    """Lists the changes that couldn't be logged and wait; for audit_operator, audit_auditor."""
    return _list("list_spool", models.SpooledStatement)


def log_spool(at_most: int = 1000) -> Call[models.SpoolCount]:
    """Logs the changes that wait, as far as they can be logged now; for audit_operator.

    Args:
        at_most: how many are tried.

    Returns:
        How many events were logged, and how many still wait.
    """
    return _one("log_spool", models.SpoolCount, at_most=("integer", at_most))


# Access


def open_access(
    access_reason: str, justification: str, tenant_id: Uuid | None = None
) -> Call[UUID]:
    """Opens an access session: says why the log is about to be read.

    It counts once the transaction has committed, for an hour after each use and 8 hours at most.

    Args:
        access_reason: code from the catalogue.
        justification: 10 to 500 characters.
        tenant_id: the tenant.

    Returns:
        The session, for `Context.access_id`.

    Raises:
        AccessLimited: five were opened within the hour.
        AccessReasonUnknown: the reason isn't in the catalogue.
        ReasonInvalid: the justification is too short or too long.
    """
    return _value(
        "open_access",
        _uuid,
        access_reason=("text", access_reason),
        justification=("text", justification),
        tenant_id=("uuid", tenant_id),
    )


def close_access(access_id: Uuid, tenant_id: Uuid | None = None) -> Call[bool]:
    """Closes an access session: one's own, or anybody's for audit_admin.

    Args:
        access_id: the session.
        tenant_id: the tenant.

    Returns:
        Whether it was open.

    Raises:
        AccessRefused: it is somebody else's.
        AccessRequired: there is no such session.
    """
    return _value(
        "close_access", bool, access_id=("uuid", access_id), tenant_id=("uuid", tenant_id)
    )


def list_access(tenant_id: Uuid | None = None) -> Call[list[models.AccessSession]]:
    """Lists the access sessions, newest first.

    Args:
        tenant_id: the tenant.
    """
    return _list("list_access", models.AccessSession, tenant_id=("uuid", tenant_id))


# Reading


def search_events(
    filter: Object | None = None,
    page_size: int = 100,
    after: str | None = None,
    tenant_id: Uuid | None = None,
) -> Call[list[models.FoundEvent]]:
    """Gives a page of events, newest first; needs an access session.

    Args:
        filter: column name to a value or a list of values; also actor, search (text), metadata
            (object that it contains), from (inclusive) and to (exclusive).
        page_size: 1 to 1,000 events.
        after: cursor of the last event of the page before.
        tenant_id: the tenant.

    Raises:
        AccessRequired: there is no access session.
        AccessExpired: it is over.
        AccessUncommitted: the transaction that opened it hasn't committed.
        CursorInvalid: `after` isn't a cursor of this search.
        FilterInvalid: a key or value of the filter isn't valid.
        PageSizeInvalid: the page size is out of range.
        ReadOnly: the server or the transaction can't write the event that reading leaves.
    """
    return _list(
        "search_events",
        models.FoundEvent,
        filter=("jsonb", filter or {}),
        page_size=("integer", page_size),
        after=("text", after),
        tenant_id=("uuid", tenant_id),
    )


def count_events(
    filter: Object | None = None, up_to: int = 10000, tenant_id: Uuid | None = None
) -> Call[models.EventCount]:
    """Counts events, up to a bound; needs an access session.

    Args:
        filter: as for `search_events`.
        up_to: count no further.
        tenant_id: the tenant.

    Raises:
        AccessRequired: there is no access session.
        FilterInvalid: a key or value of the filter isn't valid.
    """
    return _one(
        "count_events",
        models.EventCount,
        filter=("jsonb", filter or {}),
        up_to=("integer", up_to),
        tenant_id=("uuid", tenant_id),
    )


def get_event(event_id: Uuid, tenant_id: Uuid | None = None) -> Call[models.Event]:
    """Gives one event; needs an access session.

    Args:
        event_id: its id.
        tenant_id: the tenant.

    Raises:
        AccessRequired: there is no access session.
        EventMissing: there is no such event.
    """
    return _one(
        "get_event", models.Event, event_id=("uuid", event_id), tenant_id=("uuid", tenant_id)
    )


def list_actors(
    search: str | None = None, tenant_id: Uuid | None = None
) -> Call[list[models.Actor]]:
    """Lists who appears in the log, newest first, at most 100; needs an access session.

    Args:
        search: part of the actor's id or of a text in the snapshot.
        tenant_id: the tenant.

    Raises:
        AccessRequired: there is no access session.
    """
    return _list(
        "list_actors", models.Actor, search=("text", search), tenant_id=("uuid", tenant_id)
    )


def report_subject(
    identifiers: Sequence[str], with_actors: bool = False, tenant_id: Uuid | None = None
) -> Call[list[models.SubjectEvent]]:
    """Lists the events that concern a person (GDPR, article 15); needs an access session.

    Args:
        identifiers: the person's ids, names, addresses.
        with_actors: show other people instead of masking them.
        tenant_id: the tenant.

    Raises:
        AccessRequired: there is no access session.
    """
    return _list(
        "report_subject",
        models.SubjectEvent,
        identifiers=("text[]", identifiers),
        with_actors=("boolean", with_actors),
        tenant_id=("uuid", tenant_id),
    )


def list_control_events(
    from_time: datetime | None = None, to_time: datetime | None = None
) -> Call[list[models.ControlEvent]]:
    """Lists the envelopes of the events about the log itself, of all tenants; for audit_auditor.

    Args:
        from_time: aware; inclusive.
        to_time: aware; exclusive.
    """
    return _list(
        "list_control_events",
        models.ControlEvent,
        from_time=("timestamptz", from_time),
        to_time=("timestamptz", to_time),
    )


# Retention and holds


def set_retention(
    days: int | None, reason: str, is_exact: bool | None = None, tenant_id: Uuid | None = None
) -> Call[datetime | None]:
    """Sets how long a tenant's events are kept; for audit_admin.

    Keeping them longer counts at once, keeping them shorter after the option retention_delay_days.

    Args:
        days: 1 to 2,555; None keeps them for ever.
        reason: 10 to 500 characters.
        is_exact: whether they are removed the night after they expire, instead of with their
            partition; None leaves that as it is.
        tenant_id: the tenant.

    Returns:
        When it takes effect; None when nothing changed.

    Raises:
        ReasonInvalid: the reason is too short or too long.
        RetentionRefused: the days are out of range.
    """
    return _value(
        "set_retention",
        _moment,
        days=("integer", days),
        reason=("text", reason),
        is_exact=("boolean", is_exact),
        tenant_id=("uuid", tenant_id),
    )


def cancel_retention_change(reason: str, tenant_id: Uuid | None = None) -> Call[bool]:
    """Takes back a change of retention that hasn't taken effect; for audit_admin.

    Args:
        reason: 10 to 500 characters.
        tenant_id: the tenant.

    Returns:
        Whether that changed anything.

    Raises:
        ReasonInvalid: the reason is too short or too long.
    """
    return _value(
        "cancel_retention_change", bool, reason=("text", reason), tenant_id=("uuid", tenant_id)
    )


def list_retention(tenant_id: Uuid | None = None) -> Call[list[models.Retention]]:
    """Lists how long events are kept, and what is about to change.

    Args:
        tenant_id: the tenant; left out by an operator or auditor, all of them.
    """
    return _list("list_retention", models.Retention, tenant_id=("uuid", tenant_id))


def set_retention_floor(category: str, days: int | None, reason: str) -> Call[datetime | None]:
    """Keeps the events of a category at least that long, whatever tenants say; for audit_operator.

    A longer floor counts at once, a shorter one after the option retention_delay_days.

    Args:
        category: code from the catalogue.
        days: 1 to 2,555; None leaves it to the tenants.
        reason: 10 to 500 characters.

    Returns:
        When it takes effect; None when nothing changed.

    Raises:
        CategoryUnknown: the category isn't in the catalogue.
        ReasonInvalid: the reason is too short or too long.
        RetentionRefused: the days are out of range.
    """
    return _value(
        "set_retention_floor",
        _moment,
        category=("text", category),
        days=("integer", days),
        reason=("text", reason),
    )


def preview_purge(tenant_id: Uuid | None = None) -> Call[list[models.PurgePreview]]:
    """Tells what `purge_events` would remove now.

    Args:
        tenant_id: the tenant; left out by an operator or auditor, all of them.
    """
    return _list("preview_purge", models.PurgePreview, tenant_id=("uuid", tenant_id))


def purge_events() -> Call[None]:
    """Removes the events that are older than their tenants keep them; for audit_operator.

    It commits between steps, as `maintain_partitions`.
    """
    return Call("purge_events", (), None, _nothing, is_procedure=True)


def list_purges(up_to: int = 100, tenant_id: Uuid | None = None) -> Call[list[models.Purge]]:
    """Lists the receipts of `purge_events`, newest first.

    Args:
        up_to: how many.
        tenant_id: the tenant; left out by an operator or auditor, all of them.
    """
    return _list(
        "list_purges", models.Purge, up_to=("integer", up_to), tenant_id=("uuid", tenant_id)
    )


def place_hold(name: str, filter: Object, reason: str, tenant_id: Uuid | None = None) -> Call[bool]:
    """Lets nothing remove or erase what matches, also when it comes later; for audit_admin.

    Args:
        name: for people, such as a case number.
        filter: as for `search_events`, of the keys source, action, category, entity_type,
            actor_type, outcome, actor_id, entity_id, id, from and to.
        reason: 10 to 500 characters.
        tenant_id: the tenant.

    Returns:
        Whether that changed anything.

    Raises:
        FilterInvalid: a key or value of the filter isn't valid.
        HoldRefused: a hold can't go by such a key, or one of that name stands.
        ReasonInvalid: the reason is too short or too long.
    """
    return _value(
        "place_hold",
        bool,
        name=("text", name),
        filter=("jsonb", filter),
        reason=("text", reason),
        tenant_id=("uuid", tenant_id),
    )


def release_hold(name: str, reason: str, tenant_id: Uuid | None = None) -> Call[bool]:
    """Ends a hold; for audit_admin. What was to be erased and was held is erased then.

    Args:
        name: of the hold.
        reason: 10 to 500 characters.
        tenant_id: the tenant.

    Returns:
        Whether that changed anything.

    Raises:
        HoldRefused: there was never one of that name.
        ReasonInvalid: the reason is too short or too long.
    """
    return _value(
        "release_hold",
        bool,
        name=("text", name),
        reason=("text", reason),
        tenant_id=("uuid", tenant_id),
    )


def list_holds(tenant_id: Uuid | None = None) -> Call[list[models.Hold]]:
    """Lists holds, those that were released too.

    Args:
        tenant_id: the tenant; left out by an operator or auditor, all of them.
    """
    return _list("list_holds", models.Hold, tenant_id=("uuid", tenant_id))


# Erasure


def erase_subject(
    identifiers: Sequence[str], reason: str, tenant_id: Uuid | None = None
) -> Call[models.Erased]:
    """Erases a person from the log; for audit_privacy.

    Args:
        identifiers: 1 to 100 texts of 3 to 200 characters, as for `report_subject`.
        reason: 10 to 500 characters; may hold none of the identifiers.
        tenant_id: the tenant.

    Raises:
        ErasureRefused: the reason or the context names the person.
        FilterInvalid: there are no identifiers, or too many, or one is too short or too long.
        IsolationRefused: the transaction keeps one snapshot.
        ReadOnly: on a standby, or in a read-only transaction.
        ReasonInvalid: the reason is too short or too long.
    """
    return _one(
        "erase_subject",
        models.Erased,
        identifiers=("text[]", identifiers),
        reason=("text", reason),
        tenant_id=("uuid", tenant_id),
    )


def erase_events(filter: Object, reason: str, tenant_id: Uuid | None = None) -> Call[models.Erased]:
    """Erases the payloads of the events that a filter finds; for audit_privacy.

    Args:
        filter: as for `search_events`, but not empty.
        reason: 10 to 500 characters; may not hold the text that the filter seeks.
        tenant_id: the tenant.

    Raises:
        ErasureRefused: the filter is empty, or the reason or the context holds what it seeks.
        FilterInvalid: a key or value of the filter isn't valid.
        IsolationRefused: the transaction keeps one snapshot.
        ReadOnly: on a standby, or in a read-only transaction.
        ReasonInvalid: the reason is too short or too long.
    """
    return _one(
        "erase_events",
        models.Erased,
        filter=("jsonb", filter),
        reason=("text", reason),
        tenant_id=("uuid", tenant_id),
    )


def replay_erasures(
    entries: Sequence[Object], reason: str, tenant_id: Uuid | None = None
) -> Call[models.Erased]:
    """Erases once more what a ledger tells, after a restore; for audit_privacy.

    Args:
        entries: lines of a ledger, as `list_ledger` gives them; other tenants' are passed over.
        reason: 10 to 500 characters.
        tenant_id: the tenant.

    Raises:
        IsolationRefused: the transaction keeps one snapshot.
        LedgerInvalid: they aren't lines of a ledger.
        ReadOnly: on a standby, or in a read-only transaction.
        ReasonInvalid: the reason is too short or too long.
    """
    return _one(
        "replay_erasures",
        models.Erased,
        entries=("jsonb", list(entries)),
        reason=("text", reason),
        tenant_id=("uuid", tenant_id),
    )


def list_erasures(tenant_id: Uuid | None = None) -> Call[list[models.Erasure]]:
    """Lists erasures, newest first.

    Args:
        tenant_id: the tenant; left out by an operator or auditor, all of them.
    """
    return _list("list_erasures", models.Erasure, tenant_id=("uuid", tenant_id))


def list_ledger() -> Call[list[Any]]:
    """Gives the lines of the ledger: every tenant's erasures, holds and retention policies.

    For audit_operator and audit_auditor; `sql/code/integrity/FORMAT.md` says what they hold.
    """
    return Call(
        "list_ledger",
        (),
        None,
        lambda rows: [models.as_json(row["result"]) for row in rows],
        is_json=True,
    )


def check_ledger(entries: Sequence[Object]) -> Call[list[models.LedgerProblem]]:
    """Lists what the database doesn't reflect of a ledger; for audit_operator and audit_auditor.

    Args:
        entries: its lines, as `list_ledger` gives them.

    Raises:
        LedgerInvalid: they aren't lines of a ledger.
    """
    return _list("check_ledger", models.LedgerProblem, entries=("jsonb", list(entries)))


# Data retention


def define_data_retention(
    relation: str,
    time_column: str,
    levels: Sequence[Object],
    children: Sequence[Object] = (),
    tenant_column: str | None = None,
    entity_type: str | None = None,
    actor_column: str | None = None,
    decision: str | None = None,
) -> Call[bool]:
    """Declares how long the rows of a table are kept; for its owner, with audit_operator.

    Nothing is removed before `arm_data_retention`. Again, it changes the declaration, and disarms
    it unless only the decision differs.

    Args:
        relation: the table, as regclass reads it: quoted where it must be, with its schema unless
            the search path finds it.
        time_column: which column says how old a row is.
        levels: where to look for the days, first to last: {"name", "relation", "join", "days",
            "keep", "enabled"}; see the README.
        children: tables whose rows go too or keep a row: {"relation", "join", "rule", "children"}.
        tenant_column: which column says whose a row is.
        entity_type: what its rows are called in events and holds; left out, as it is watched.
        actor_column: which column says whose act a row is, for holds.
        decision: the disposal decision, 10 to 500 characters; required.

    Returns:
        Whether that changed anything.

    Raises:
        Busy: a transaction kept a lock on the table.
        DataRetentionRefused: it can't be declared like that.
        ReasonInvalid: the decision is missing, too short or too long.
    """
    return _value(
        "define_data_retention",
        bool,
        relation=("regclass", relation),
        time_column=("text", time_column),
        levels=("jsonb", levels),
        children=("jsonb", children),
        tenant_column=("text", tenant_column),
        entity_type=("text", entity_type),
        actor_column=("text", actor_column),
        decision=("text", decision),
    )


def arm_data_retention(relation: str, reason: str) -> Call[bool]:
    """Lets `purge_data` remove rows of a table; as `define_data_retention`.

    Args:
        relation: the table.
        reason: 10 to 500 characters.

    Returns:
        Whether that changed anything.

    Raises:
        DataRetentionRefused: nothing is declared, or it no longer fits the table.
        PreviewRequired: the same login hasn't previewed it within the hour.
        ReasonInvalid: the reason is too short or too long.
    """
    return _value(
        "arm_data_retention", bool, relation=("regclass", relation), reason=("text", reason)
    )


def disarm_data_retention(relation: str, reason: str) -> Call[bool]:
    """Lets `purge_data` leave a table alone; as `define_data_retention`.

    Args:
        relation: the table.
        reason: 10 to 500 characters.

    Returns:
        Whether that changed anything.

    Raises:
        DataRetentionRefused: nothing is declared.
        ReasonInvalid: the reason is too short or too long.
    """
    return _value(
        "disarm_data_retention", bool, relation=("regclass", relation), reason=("text", reason)
    )


def drop_data_retention(relation: str, reason: str) -> Call[bool]:
    """Forgets what was declared for a table; its receipts stay; as `define_data_retention`.

    Args:
        relation: the table.
        reason: 10 to 500 characters.

    Returns:
        Whether that changed anything.

    Raises:
        DataRetentionRefused: the table is somebody else's.
        ReasonInvalid: the reason is too short or too long.
    """
    return _value(
        "drop_data_retention", bool, relation=("regclass", relation), reason=("text", reason)
    )


def resolve_data_retention(relation: str, key: EntityId) -> Call[models.ResolvedRetention]:
    """Tells for one row how long it is kept, and who says so.

    Args:
        relation: the table, as for `define_data_retention`.
        key: the row's primary key; of several columns, a JSON array of their texts.

    Raises:
        DataRetentionRefused: nothing is declared, or there is no such row.
    """
    return _one(
        "resolve_data_retention",
        models.ResolvedRetention,
        relation=("regclass", relation),
        key=("text", key),
    )


def preview_data_purge(relation: str) -> Call[list[models.DataPurgePreview]]:
    """Tells what `purge_data` would remove of a table now; arming needs it.

    Args:
        relation: the table, as for `define_data_retention`.

    Raises:
        DataRetentionRefused: nothing is declared, or it no longer fits the table.
    """
    return _list("preview_data_purge", models.DataPurgePreview, relation=("regclass", relation))


def list_data_retention() -> Call[list[models.DataRetention]]:
    """Lists the tables under data retention, and what isn't as it should be with them."""
    return _list("list_data_retention", models.DataRetention)


def list_data_purges(up_to: int = 100) -> Call[list[models.DataPurge]]:
    """Lists the receipts of `purge_data`, newest first.

    Args:
        up_to: how many.
    """
    return _list("list_data_purges", models.DataPurge, up_to=("integer", up_to))


def purge_data() -> Call[None]:
    """Removes the rows that are older than data retention keeps them; for audit_operator.

    It commits between steps, as `maintain_partitions`.
    """
    return Call("purge_data", (), None, _nothing, is_procedure=True)


# Exports


def request_export(
    filter: Object | None = None, format: str = "jsonl", tenant_id: Uuid | None = None
) -> Call[UUID]:
    """Asks for an export of events, which the job `run_exports` writes.

    Args:
        filter: as for `search_events`; left out, all events.
        format: csv or jsonl.
        tenant_id: the tenant.

    Returns:
        The export, for `list_exports`, `read_export` and `cancel_export`.

    Raises:
        AccessRequired: no access session is open; also AccessExpired, AccessUncommitted,
            AccessForeign and ReadOnly, as for `search_events`.
        ExportFormatUnknown: the format is neither.
        FilterInvalid: a key or a value of the filter.
    """
    return _value(
        "request_export",
        _uuid,
        filter=("jsonb", {} if filter is None else filter),
        format=("text", format),
        tenant_id=("uuid", tenant_id),
    )


def cancel_export(export_id: Uuid, tenant_id: Uuid | None = None) -> Call[bool]:
    """Cancels an export that is pending or running; one's own, or any for audit_admin.

    Args:
        export_id: the export.
        tenant_id: the tenant.

    Returns:
        Whether there was something to cancel.

    Raises:
        ExportForeign: it is somebody else's.
        ExportMissing: there is none of that id.
    """
    return _value(
        "cancel_export", bool, export_id=("uuid", export_id), tenant_id=("uuid", tenant_id)
    )


def read_export(
    export_id: Uuid, after_chunk: int = 0, tenant_id: Uuid | None = None
) -> Call[list[models.ExportChunk]]:
    """Gives the next few chunks of a completed export; none is the end.

    Args:
        export_id: the export.
        after_chunk: the last chunk that was read; 0 begins a download, which is logged.
        tenant_id: the tenant.

    Raises:
        AccessRequired: no access session is open; also AccessExpired, AccessUncommitted,
            AccessForeign and ReadOnly, as for `search_events`.
        ExportExpired: it was complete for more than 24 hours.
        ExportForeign: it is somebody else's.
        ExportMissing: there is none of that id.
        ExportUnreadable: it isn't complete, or was streamed.
    """
    return _list(
        "read_export",
        models.ExportChunk,
        export_id=("uuid", export_id),
        after_chunk=("integer", after_chunk),
        tenant_id=("uuid", tenant_id),
    )


def list_exports(tenant_id: Uuid | None = None) -> Call[list[models.Export]]:
    """Lists the tenant's exports, newest first, and how far each is.

    Args:
        tenant_id: the tenant.
    """
    return _list("list_exports", models.Export, tenant_id=("uuid", tenant_id))


def run_exports() -> Call[None]:
    """Writes the exports that were asked for, and removes expired ones; for audit_operator.

    It commits between steps, as `maintain_partitions`.
    """
    return Call("run_exports", (), None, _nothing, is_procedure=True)


def begin_export(
    filter: Object | None = None, format: str = "jsonl", tenant_id: Uuid | None = None
) -> Call[models.BegunExport]:
    """Logs that a straight export begins, and gives its COPY statement; `Client.export` does all.

    Args:
        filter: as for `search_events`; left out, all events.
        format: csv or jsonl.
        tenant_id: the tenant.

    Raises:
        AccessRequired: no access session is open; also AccessExpired, AccessUncommitted,
            AccessForeign and ReadOnly, as for `search_events`.
        ExportFormatUnknown: the format is neither.
        FilterInvalid: a key or a value of the filter.
    """
    return _one(
        "begin_export",
        models.BegunExport,
        filter=("jsonb", {} if filter is None else filter),
        format=("text", format),
        tenant_id=("uuid", tenant_id),
    )


def finish_export(
    export_id: Uuid,
    rows: int | None = None,
    bytes: int | None = None,
    digest: str | None = None,
    error: str | None = None,
    tenant_id: Uuid | None = None,
) -> Call[bool]:
    """Tells the log how an export ended that `begin_export` began or `take_export` took.

    Args:
        export_id: the export.
        rows: how many events were taken.
        bytes: how many bytes the file has.
        digest: its SHA-256, in hexadecimal.
        error: why it failed.
        tenant_id: the tenant.

    Returns:
        Whether it hadn't been told yet, nor the export been cancelled.

    Raises:
        ExportFailed: it was ended meanwhile, because something of it was erased.
        ExportForeign: it is somebody else's.
        ExportMissing: there is none of that id.
    """
    return _value(
        "finish_export",
        bool,
        export_id=("uuid", export_id),
        rows=("bigint", rows),
        bytes=("bigint", bytes),
        digest=("text", digest),
        error=("text", error),
        tenant_id=("uuid", tenant_id),
    )


def take_export(export_id: Uuid, tenant_id: Uuid | None = None) -> Call[list[models.TakenExport]]:
    """Takes an export that waits, to write it into a file, and gives its COPY statement.

    Args:
        export_id: the export.
        tenant_id: the tenant.

    Returns:
        One, or none when it doesn't wait or two of the tenant are running. Tell how far it is with
        `note_export`, and how it ended with `finish_export`.

    Raises:
        AccessRequired: no access session is open; also AccessExpired, AccessUncommitted,
            AccessForeign and ReadOnly, as for `search_events`.
        ExportForeign: it is somebody else's.
        ExportMissing: there is none of that id.
    """
    return _list(
        "take_export",
        models.TakenExport,
        export_id=("uuid", export_id),
        tenant_id=("uuid", tenant_id),
    )


def note_export(
    export_id: Uuid,
    rows: int | None = None,
    bytes: int | None = None,
    tenant_id: Uuid | None = None,
) -> Call[bool]:
    """Tells how far an export is that `take_export` took; at least once an hour.

    Args:
        export_id: the export.
        rows: how many events were taken so far.
        bytes: how many bytes the file has.
        tenant_id: the tenant.

    Returns:
        Whether to go on; False when it was cancelled, or something of it was erased.

    Raises:
        ExportForeign: it is somebody else's.
        ExportMissing: there is none of that id.
    """
    return _value(
        "note_export",
        bool,
        export_id=("uuid", export_id),
        rows=("bigint", rows),
        bytes=("bigint", bytes),
        tenant_id=("uuid", tenant_id),
    )


# Integrity


def seal_events() -> Call[None]:
    """Seals every event that was committed since the last run; for audit_operator.

    It commits between steps, as `maintain_partitions`.
    """
    return Call("seal_events", (), None, _nothing, is_procedure=True)


def reverify_events() -> Call[None]:
    """Verifies what was sealed since it last ran, and old events in turn; for audit_operator.

    What it finds is an event, and red in `check_health`. It commits between steps, as
    `maintain_partitions`.
    """
    return Call("reverify_events", (), None, _nothing, is_procedure=True)


def list_seals(
    up_to: int = 100, before_index: int | None = None, tenant_id: Uuid | None = None
) -> Call[list[models.Seal]]:
    """Lists seals, newest first.

    Args:
        up_to: how many.
        before_index: `log_index` of the last row of a page, to read on behind it.
        tenant_id: the tenant; left out, every tenant for audit_operator and audit_auditor.
    """
    return _list(
        "list_seals",
        models.Seal,
        up_to=("integer", up_to),
        before_index=("bigint", before_index),
        tenant_id=("uuid", tenant_id),
    )


def list_epochs() -> Call[list[models.Epoch]]:
    """Lists the lives of the log, newest first; for audit_operator and audit_auditor."""
    return _list("list_epochs", models.Epoch)


def accept_restore(reason: str) -> Call[int]:
    """Declares that the log was restored, so that events may be removed again; for audit_operator.

    Args:
        reason: 10 to 500 characters; it is logged.

    Returns:
        The epoch in which the log goes on.

    Raises:
        ReasonInvalid: the reason is missing or too short or long.
    """
    return _value("accept_restore", int, reason=("text", reason))


def verify_events(
    from_time: datetime | None = None,
    until_time: datetime | None = None,
    tenant_id: Uuid | None = None,
) -> Call[list[models.Finding]]:
    """Tells what is wrong with the events of a time, their seals and the log; nothing when clean.

    For audit_operator, audit_auditor, and of their own tenants audit_admin.

    Args:
        from_time: aware; events from then on.
        until_time: aware; events before then.
        tenant_id: the tenant; left out, every tenant for audit_operator and audit_auditor, and
            then the log as a whole too.
    """
    return _list(
        "verify_events",
        models.Finding,
        from_time=("timestamptz", from_time),
        until_time=("timestamptz", until_time),
        tenant_id=("uuid", tenant_id),
    )


def create_checkpoint() -> Call[models.LogHead]:
    """Gives the head of the log, to be signed and kept outside (`pgwitness.evidence.checkpoints`).

    It is logged; for audit_operator and audit_auditor.

    Raises:
        CheckpointRefused: nothing is sealed, or the log was restored and nobody accepted that.
    """
    return _one("create_checkpoint", models.LogHead)


def verify_checkpoint(origin: str, tree_size: int, root_hash: bytes) -> Call[list[models.Finding]]:
    """Tells whether the log still holds what a checkpoint says; nothing when it does.

    For audit_operator and audit_auditor. Whether the checkpoint is genuine is the caller's to find
    out (`pgwitness.evidence.checkpoints.verify`).

    Args:
        origin: of the checkpoint.
        tree_size: how many seals it knows.
        root_hash: their root, 32 bytes.
    """
    return _list(
        "verify_checkpoint",
        models.Finding,
        origin=("text", origin),
        tree_size=("bigint", tree_size),
        root_hash=("bytea", root_hash),
    )


def prove_consistency(old_size: int, new_size: int) -> Call[list[str]]:
    """Proves that the log only grew (RFC 6962, section 2.1.2).

    Args:
        old_size: seals of the earlier log.
        new_size: seals of the later one.

    Returns:
        Hashes in hexadecimal, for `pgwitness.evidence.merkle.verify_consistency`.

    Raises:
        Unprovable: the log hasn't been of these sizes.
    """
    return _value(
        "prove_consistency",
        list,
        old_size=("bigint", old_size),
        new_size=("bigint", new_size),
    )


def prove_event(event_id: Uuid, tenant_id: Uuid | None = None) -> Call[dict[str, Any]]:
    """Gives what proves an event, for `pgwitness.evidence.proofs.Proof.parse`.

    Args:
        event_id: the event.
        tenant_id: the tenant.

    Raises:
        AccessRequired: no access session is open; also AccessExpired, AccessUncommitted,
            AccessForeign and ReadOnly, as for `search_events`.
        EventMissing: there is no such event.
        Unprovable: it isn't sealed yet.
    """
    return _json("prove_event", event_id=("uuid", event_id), tenant_id=("uuid", tenant_id))


def prove_events(
    event_ids: Iterable[Uuid], tree_size: int | None = None, tenant_id: Uuid | None = None
) -> Call[list[models.EventProof]]:
    """Gives what proves events, in the order in which they were asked for.

    Args:
        event_ids: 1 to 1,000 events; those that aren't there come without a row.
        tree_size: of the checkpoint that they are proven against; left out, all of the log.
        tenant_id: the tenant.

    Raises:
        AccessRequired: no access session is open; also AccessExpired, AccessUncommitted,
            AccessForeign and ReadOnly, as for `search_events`.
        Unprovable: too many ids or none, or the log is smaller than that.
    """
    return _list(
        "prove_events",
        models.EventProof,
        event_ids=("uuid[]", list(event_ids)),
        tree_size=("bigint", tree_size),
        tenant_id=("uuid", tenant_id),
    )


# Sinks


def define_sink(
    name: str,
    kind: str,
    role: str,
    options: Object | None = None,
    filter: Object | None = None,
    tenant_ids: Iterable[Uuid] | None = None,
) -> Call[bool]:
    """Defines where events are shipped to; for audit_operator.

    Defined again, it goes on from where it stands. Where it carries whole events, a tenant's come
    once its audit_admin has approved it.

    Args:
        name: a lower-case letter, then up to 62 of those, digits, _ and -.
        kind: custom, file, stdout, syslog, webhook, splunk, elastic, otlp, nats or parquet.
        role: the one role that may read it, by exact name.
        options: as `list_sink_options` has them; never a secret.
        filter: as for `search_events`; left out, all events.
        tenant_ids: whose events; left out, every tenant's.

    Returns:
        Whether that changed anything.

    Raises:
        FilterInvalid: a key or a value of the filter.
        RoleUnknown: there is no such role.
        SinkRefused: it can't be like that; the detail says why.
        TenantUnknown: one isn't registered.
    """
    return _value(
        "define_sink",
        bool,
        name=("text", name),
        kind=("text", kind),
        role=("text", role),
        options=("jsonb", {} if options is None else options),
        filter=("jsonb", {} if filter is None else filter),
        tenant_ids=("uuid[]", None if tenant_ids is None else list(tenant_ids)),
    )


def drop_sink(name: str, reason: str) -> Call[bool]:
    """Forgets a sink and how far it has come; for audit_operator.

    Args:
        name: the sink.
        reason: 10 to 500 characters.

    Returns:
        Whether there was one.

    Raises:
        ReasonInvalid: the reason is too short or too long.
    """
    return _value("drop_sink", bool, name=("text", name), reason=("text", reason))


def set_purge_waits(name: str, waits: bool, reason: str) -> Call[bool]:
    """Sets whether purges leave what a sink hasn't delivered; for audit_operator.

    Args:
        name: the sink.
        waits: whether they do.
        reason: 10 to 500 characters.

    Returns:
        Whether that changed anything.

    Raises:
        ReasonInvalid: the reason is too short or too long.
        SinkUnknown: there is no such sink.
    """
    return _value(
        "set_purge_waits",
        bool,
        name=("text", name),
        waits=("boolean", waits),
        reason=("text", reason),
    )


def list_sinks(tenant_id: Uuid | None = None) -> Call[list[models.Sink]]:
    """Lists sinks, how far each is and what went wrong.

    Args:
        tenant_id: the tenant; left out, all sinks for audit_operator and audit_auditor, and for a
            role of audit_shipper those that it may read.
    """
    return _list("list_sinks", models.Sink, tenant_id=("uuid", tenant_id))


def list_sink_options() -> Call[list[models.SinkOption]]:
    """Lists the options that sinks have; for audit_operator and audit_shipper."""
    return _list("list_sink_options", models.SinkOption)


def approve_sink(name: str, digest: str, reason: str, tenant_id: Uuid | None = None) -> Call[bool]:
    """Lets a sink carry whole events of a tenant; for audit_admin.

    Args:
        name: the sink.
        digest: of the definition that was looked at, from `list_sinks`.
        reason: 10 to 500 characters.
        tenant_id: the tenant.

    Returns:
        Whether that changed anything.

    Raises:
        ReasonInvalid: the reason is too short or too long.
        SinkApprovalRefused: it is defined otherwise by now, carries envelopes, or isn't there.
    """
    return _value(
        "approve_sink",
        bool,
        name=("text", name),
        digest=("text", digest),
        reason=("text", reason),
        tenant_id=("uuid", tenant_id),
    )


def withdraw_sink_approval(name: str, reason: str, tenant_id: Uuid | None = None) -> Call[bool]:
    """No longer lets a sink carry events of a tenant; for audit_admin.

    Args:
        name: the sink.
        reason: 10 to 500 characters.
        tenant_id: the tenant.

    Returns:
        Whether that changed anything.

    Raises:
        ReasonInvalid: the reason is too short or too long.
    """
    return _value(
        "withdraw_sink_approval",
        bool,
        name=("text", name),
        reason=("text", reason),
        tenant_id=("uuid", tenant_id),
    )


def read_sink(
    name: str, batch_size: int = 1000, after: str | None = None
) -> Call[list[models.SinkEvent]]:
    """Gives the next events of a sink, for the role that it names; the same until acknowledged.

    Whoever reads becomes the sink's only consumer, as long as its server process lives and was
    heard of within 15 minutes.

    Args:
        name: the sink.
        batch_size: 1 to 10,000 events.
        after: cursor of a row, to read on behind what isn't acknowledged yet.

    Returns:
        None when there is nothing more for now. Each row's cursor is to be acknowledged in the
        end, that of a row without an event too.

    Raises:
        SinkCursorForeign: `after` isn't of this log: read again without it.
        SinkUnknown: there is no such sink, or it names another role.
        SinkTaken: another consumer reads it.
    """
    return _list(
        "read_sink",
        models.SinkEvent,
        name=("text", name),
        batch_size=("integer", batch_size),
        after=("text", after),
    )


def acknowledge_sink(name: str, cursor: str) -> Call[bool]:
    """Tells that what a sink gave up to a row has arrived, so that it doesn't come again.

    Args:
        name: the sink.
        cursor: of that row.

    Returns:
        Whether that moved it on.

    Raises:
        SinkCursorForeign: the cursor isn't of this log: read again.
        SinkUnknown: there is no such sink, or it names another role.
        SinkTaken: another consumer has taken it over.
    """
    return _value("acknowledge_sink", bool, name=("text", name), cursor=("text", cursor))


def report_sink_error(name: str, error: str | None) -> Call[None]:
    """Tells why a sink couldn't be shipped, until something is acknowledged.

    Args:
        name: the sink.
        error: in a line, without anything of an event in it.

    Raises:
        SinkUnknown: there is no such sink, or it names another role.
        SinkTaken: another consumer reads it.
    """
    return _value("report_sink_error", _nothing, name=("text", name), error=("text", error))


def add_dead_letter(name: str, event_id: Uuid, occurred_at: datetime, error: str) -> Call[None]:
    """Puts an event aside that the receiver refuses for good, so that the others go on.

    Args:
        name: the sink.
        event_id: the event.
        occurred_at: its time, as `read_sink` gave it.
        error: why, in a line, without anything of the event in it.

    Raises:
        DeadLetterRefused: the sink hasn't given such an event.
        SinkUnknown: there is no such sink, or it names another role.
        SinkTaken: another consumer reads it.
    """
    return _value(
        "add_dead_letter",
        _nothing,
        name=("text", name),
        event_id=("uuid", event_id),
        occurred_at=("timestamptz", occurred_at),
        error=("text", error),
    )


def list_dead_letters(name: str) -> Call[list[models.DeadLetter]]:
    """Lists the events that the receiver of a sink refused, oldest first.

    For audit_operator, audit_auditor and the role that the sink names.

    Args:
        name: the sink.

    Raises:
        SinkUnknown: there is no such sink.
    """
    return _list("list_dead_letters", models.DeadLetter, name=("text", name))


def retry_dead_letters(name: str, event_ids: Iterable[Uuid] | None = None) -> Call[int]:
    """Has refused events shipped once more, before all others; for audit_operator.

    Args:
        name: the sink.
        event_ids: which; left out, all.

    Returns:
        How many.

    Raises:
        SinkUnknown: there is no such sink.
    """
    return _value(
        "retry_dead_letters",
        int,
        name=("text", name),
        event_ids=("uuid[]", None if event_ids is None else list(event_ids)),
    )


def discard_dead_letters(
    name: str, reason: str, event_ids: Iterable[Uuid] | None = None
) -> Call[int]:
    """Gives refused events up: the receiver never gets them; for audit_operator.

    Args:
        name: the sink.
        reason: 10 to 500 characters.
        event_ids: which; left out, all.

    Returns:
        How many.

    Raises:
        ReasonInvalid: the reason is too short or too long.
        SinkUnknown: there is no such sink.
    """
    return _value(
        "discard_dead_letters",
        int,
        name=("text", name),
        reason=("text", reason),
        event_ids=("uuid[]", None if event_ids is None else list(event_ids)),
    )


# Archives


def set_hot_days(
    days: int | None, name: str | None, reason: str, tenant_id: Uuid | None = None
) -> Call[datetime | None]:
    """Lets events leave the database early, once a sink has archived them; for audit_admin.

    Whatever shortens waits, as with `set_retention`; holds and floors keep events all the same.

    Args:
        days: 1 to 2,555; None keeps them as long as the retention says.
        name: the sink, of kind parquet with whole events and no filter.
        reason: 10 to 500 characters.
        tenant_id: the tenant.

    Returns:
        When it takes effect; None when nothing changed.

    Raises:
        ReasonInvalid: the reason is too short or too long.
        HotDaysRefused: the days are out of range, or the sink doesn't archive all events.
    """
    return _value(
        "set_hot_days",
        _moment,
        days=("integer", days),
        name=("text", name),
        reason=("text", reason),
        tenant_id=("uuid", tenant_id),
    )


def list_archives(
    name: str | None = None, tenant_id: Uuid | None = None
) -> Call[list[models.ArchivedFile]]:
    """Lists archived files, and which of them still tell of what was erased later.

    Args:
        name: a sink; left out, all of them. A sink's own role names it.
        tenant_id: the tenant; left out by an operator or auditor, all of them.
    """
    return _list(
        "list_archives",
        models.ArchivedFile,
        name=("text", name),
        tenant_id=("uuid", tenant_id),
    )


def find_archives(
    filter: Object | None = None, tenant_id: Uuid | None = None
) -> Call[list[models.FoundArchive]]:
    """Lists the archived files that may hold what a filter finds, newest first.

    Args:
        filter: as for `search_events`.
        tenant_id: the tenant.

    Raises:
        FilterInvalid: the filter has an unknown key or a bad value.
    """
    return _list(
        "find_archives",
        models.FoundArchive,
        filter=("jsonb", filter or {}),
        tenant_id=("uuid", tenant_id),
    )


def search_archive(
    filter: Object | None,
    events: Sequence[Object],
    is_continued: bool = False,
    tenant_id: Uuid | None = None,
) -> Call[list[models.Event]]:
    """Gives those rows of archived files that a filter finds, as a search would show them.

    Args:
        filter: as for `search_events`.
        events: rows of the tenant's files, at most 10,000; `pgwitness.archiving` reads them.
        is_continued: an earlier call was for the same search, so that only what is shown is logged.
        tenant_id: the tenant.

    Raises:
        AccessRequired: no access session is open; also AccessExpired, AccessUncommitted,
            AccessForeign and ReadOnly, as for `search_events`.
        FilterInvalid: the filter has an unknown key or a bad value.
        ArchiveRefused: these are no rows of an archive.
    """
    return _list(
        "search_archive",
        models.Event,
        filter=("jsonb", filter or {}),
        events=("jsonb", events),
        is_continued=("boolean", is_continued),
        tenant_id=("uuid", tenant_id),
    )


def prove_sink(
    name: str, tenant_id: Uuid, event_ids: Iterable[Uuid], old_size: int | None = None
) -> Call[dict[str, Any]]:
    """Gives events that a sink was given as they are sealed, and what proves them.

    Args:
        name: the sink, of kind parquet.
        tenant_id: whose events.
        event_ids: 1 to 10,000 of them; those that are gone, or archived already, come without a
            row.
        old_size: size of the log from which on its growth is proven too; left out, none.

    Returns:
        What `pgwitness.archiving.rows` reads: read_at, events, erased, seals and log.

    Raises:
        SinkUnknown: there is no such sink for the role.
        ArchiveRefused: the sink writes no archive, or doesn't carry the tenant's events.
    """
    return _json(
        "prove_sink",
        name=("text", name),
        tenant_id=("uuid", tenant_id),
        event_ids=("uuid[]", list(event_ids)),
        old_size=("bigint", old_size),
    )


def note_archive(
    name: str,
    tenant_id: Uuid,
    file: str,
    event_ids: Iterable[Uuid],
    sha256: str,
    bytes: int,
    read_at: datetime,
) -> Call[bool]:
    """Notes a file that was written, read back and found right, and logs that.

    Args:
        name: the sink.
        tenant_id: whose events.
        file: path below the sink's address.
        event_ids: of its events, all of one day in UTC.
        sha256: of the file, in hexadecimal.
        bytes: its size.
        read_at: when `prove_sink` gave them.

    Returns:
        Whether it wasn't noted before.

    Raises:
        SinkUnknown: there is no such sink for the role.
        ArchiveRefused: these aren't sealed events of one day.
        ArchiveConflict: another file is noted under this name.
    """
    return _value(
        "note_archive",
        bool,
        name=("text", name),
        tenant_id=("uuid", tenant_id),
        file=("text", file),
        event_ids=("uuid[]", list(event_ids)),
        sha256=("text", sha256),
        bytes=("bigint", bytes),
        read_at=("timestamptz", read_at),
    )


def replace_archive(
    name: str,
    tenant_id: Uuid,
    file: str,
    replacement: str,
    sha256: str,
    bytes: int,
    read_at: datetime,
) -> Call[bool]:
    """Notes a file without what was erased, in place of one that the caller deletes then.

    Args:
        name: the sink.
        tenant_id: whose events.
        file: path of the one before, below the sink's address.
        replacement: path of the new one, with the same events.
        sha256: of the new one, in hexadecimal.
        bytes: its size.
        read_at: when `prove_sink` told what was erased.

    Returns:
        Whether the one before wasn't to go already.

    Raises:
        SinkUnknown: there is no such sink for the role.
        ArchiveMissing: no such file is noted.
        ArchiveConflict: another file is noted under the new name.
    """
    return _value(
        "replace_archive",
        bool,
        name=("text", name),
        tenant_id=("uuid", tenant_id),
        file=("text", file),
        replacement=("text", replacement),
        sha256=("text", sha256),
        bytes=("bigint", bytes),
        read_at=("timestamptz", read_at),
    )


def remove_archive(name: str, tenant_id: Uuid, file: str) -> Call[bool]:
    """Decides that an archived file is to go, and logs that; the caller deletes it then.

    Args:
        name: the sink.
        tenant_id: whose events.
        file: path below the sink's address.

    Returns:
        Whether that wasn't decided before.

    Raises:
        SinkUnknown: there is no such sink for the role.
        ArchiveMissing: no such file is noted.
        ArchiveKept: something in it hasn't expired, or a hold may keep it.
    """
    return _value(
        "remove_archive",
        bool,
        name=("text", name),
        tenant_id=("uuid", tenant_id),
        file=("text", file),
    )


# Jobs


def list_upkeep() -> Call[list[models.Upkeep]]:
    """Lists statements that close partitions without holding anybody back; for audit_operator.

    Each is run alone, in order, outside a transaction, by a login that may become audit_owner.
    `maintain_partitions` does without what wasn't run, and holds imports back for a while.
    """
    return _list("list_upkeep", models.Upkeep)


def schedule_jobs() -> Call[list[models.ScheduledJob]]:
    """Has pg_cron run the jobs as this role; for a login in audit_operator.

    Raises:
        SchedulerMissing: pg_cron isn't here, or not for this role; the hint says what else to do.
    """
    return _list("schedule_jobs", models.ScheduledJob)


def unschedule_jobs(reason: str) -> Call[int]:
    """Takes the jobs that this role handed to pg_cron back; as `schedule_jobs`.

    Args:
        reason: 10 to 500 characters.

    Returns:
        How many there were.

    Raises:
        ReasonInvalid: the reason is too short or too long.
    """
    return _value("unschedule_jobs", int, reason=("text", reason))


def list_jobs() -> Call[list[models.Job]]:
    """Lists the jobs, when they run, and how their last runs ended."""
    return _list("list_jobs", models.Job)


def run_jobs() -> Call[None]:
    """Runs each job that is due; for audit_operator.

    It commits between steps, as `maintain_partitions`.
    """
    return Call("run_jobs", (), None, _nothing, is_procedure=True)


def set_option(name: str, value: str, reason: str) -> Call[bool]:
    """Sets an option of the installation; for audit_operator.

    Args:
        name: the option.
        value: as text.
        reason: 10 to 500 characters.

    Returns:
        Whether that changed anything.

    Raises:
        OptionInvalid: the option is unknown, or the value isn't one for it.
        ReasonInvalid: the reason is too short or too long.
    """
    return _value(
        "set_option", bool, name=("text", name), value=("text", value), reason=("text", reason)
    )


def list_options() -> Call[list[models.Option]]:
    """Lists the options and their values."""
    return _list("list_options", models.Option)


def check_health() -> Call[list[models.HealthCheck]]:
    """Looks for what isn't as it should be; the hints hold the SQL that mends it."""
    return _list("check_health", models.HealthCheck)


def maintain_partitions() -> Call[None]:
    """Makes the partitions ahead; for audit_operator.

    It commits between steps, so it takes a pool, or a connection in autocommit mode and outside a
    transaction (PostgreSQL manual, "Transaction Management" in PL/pgSQL).
    """
    return Call("maintain_partitions", (), None, _nothing, is_procedure=True)


def close_partition(partition: str) -> Call[int]:
    """Makes the indexes that search a partition which is no longer written to; for audit_operator.

    Args:
        partition: name of the partition.

    Returns:
        How many indexes were made.

    Raises:
        PartitionMissing: there is no such partition.
        PartitionOpen: it is still written to.
    """
    return _value("close_partition", int, partition=("text", partition))


def list_partitions() -> Call[list[models.Partition]]:
    """Lists the partitions of the events."""
    return _list("list_partitions", models.Partition)
