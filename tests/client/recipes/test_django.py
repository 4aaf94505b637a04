# mypy: disable-error-code="import-untyped"
"""The Django recipe, with settings.configure and Django's own test client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import django
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client as WebClient

from client.sources import Written

from databases import Database

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "unset"}},
        MIDDLEWARE=["client.recipes.django_app.AuditMiddleware"],
        ROOT_URLCONF="client.recipes.django_app",
        SECRET_KEY="for tests only",
        USE_TZ=True,
    )
    django.setup()

from client.recipes import django_app


@pytest.fixture
def web(
    loaded_database: Database, users: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[WebClient]:
    """The application in a service's role."""
    role = loaded_database.role("service")
    place = {
        "NAME": loaded_database.name,
        "USER": role,
        "HOST": loaded_database.host,
        "PORT": loaded_database.port,
    }
    for name, value in place.items():
        monkeypatch.setitem(connection.settings_dict, name, value)
    monkeypatch.setattr(django_app, "FAILURES", [loaded_database.dsn(role)])
    yield WebClient(
        raise_request_exception=False,
        headers={
            "x-tenant": str(loaded_database.tenant_a),
            "x-user": "ann",
            "x-request-id": "r1",
            "user-agent": "probe/1",
        },
    )
    connection.close()


def test_a_request_leaves_an_event(web: WebClient, written: Written, names: Any) -> None:
    answer = web.get("/users/1", {"name": "Eva"})
    assert answer.status_code == 200
    (row,) = written()
    assert answer.json() == {"event": str(row["id"])}
    assert names() == {1: "Eva"}
    assert (row["actor_id"], row["request_id"], row["user_agent"]) == ("ann", "r1", "probe/1")
    assert str(row["ip"]) == "127.0.0.1"


def test_a_refused_request_leaves_a_failure(web: WebClient, written: Written, names: Any) -> None:
    assert web.get("/users/9", {"name": "Eva"}).status_code == 404
    assert web.get("/users/1", {"name": ""}).status_code == 500
    missing, empty = written()
    assert names() == {1: "Ida"}
    assert missing["error_message"] == "Http404: no such user"
    assert empty["error_message"].startswith("IntegrityError: ")
    for row in (missing, empty):
        assert (row["outcome"], row["actor_id"], row["request_id"]) == ("failure", "ann", "r1")


def test_nothing_outlives_a_request(web: WebClient, written: Written) -> None:
    web.get("/users/1", {"name": "Eva"})
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('pgwitness.tenant_id', true)")
        assert cursor.fetchone() in [("",), (None,)]


def test_a_rolled_back_outer_block_takes_the_event_with_it(
    loaded_database: Database, web: WebClient, written: Written
) -> None:
    from django.db import transaction

    from pgwitness import Context, use_context

    context = Context(tenant_id=loaded_database.tenant_a, actor_id="ann")
    with use_context(context), transaction.atomic():
        with django_app.audited() as audit:
            audit.log_event("user_updated", "user", 1, "kept by nobody", {"a": ["\x00"]})
        transaction.set_rollback(True)
    assert written() == []


def test_rows_come_typed_through_djangos_connection(
    loaded_database: Database, web: WebClient
) -> None:
    from django.db import transaction

    with transaction.atomic():
        (first, *_) = django_app.audit_client().list_toggles(loaded_database.tenant_a)
    assert isinstance(first.category_titles, dict)
