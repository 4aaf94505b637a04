"""The FastAPI recipe, served and called."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import create_async_engine

from client.recipes.fastapi_app import create_app
from client.sources import ASYNC_DRIVERS, Written, alchemy_url

from databases import Database

with warnings.catch_warnings():
    # Newer releases ask for another HTTP library than older ones have.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient


@pytest.fixture(params=ASYNC_DRIVERS)
def web(
    request: pytest.FixtureRequest, loaded_database: Database, users: None
) -> Iterator[TestClient]:
    """The application over each driver, in a service's role."""
    url = alchemy_url(loaded_database, loaded_database.role("service"), request.param)
    engine = create_async_engine(url, poolclass=NullPool)
    with TestClient(create_app(engine), raise_server_exceptions=False) as made:
        made.headers = {
            "x-tenant": str(loaded_database.tenant_a),
            "x-user": "ann",
            "x-request-id": "r1",
            "user-agent": "probe/1",
        }
        yield made


def test_a_request_leaves_an_event(web: TestClient, written: Written, names: Any) -> None:
    answer = web.put("/users/1", params={"name": "Eva"})
    assert answer.status_code == 200
    (row,) = written()
    assert answer.json() == {"event": str(row["id"])}
    assert names() == {1: "Eva"}
    assert (row["actor_id"], row["actor_type"]) == ("ann", "user")
    assert (row["request_id"], row["user_agent"], row["ip"]) == ("r1", "probe/1", None)
    assert row["description"] == "Renamed user 1 to Eva"
    assert row["recorded_by"] == "test_service"


def test_a_refused_request_leaves_a_failure(web: TestClient, written: Written, names: Any) -> None:
    assert web.put("/users/9", params={"name": "Eva"}).status_code == 404
    assert web.put("/users/1", params={"name": ""}).status_code == 500
    missing, empty = written()
    assert names() == {1: "Ida"}
    assert missing["error_message"] == "HTTPException: 404: no such user"
    assert "IntegrityError" in empty["error_message"]
    for row in (missing, empty):
        assert (row["outcome"], row["actor_id"], row["request_id"]) == ("failure", "ann", "r1")


def test_tenants_are_kept_apart(
    loaded_database: Database, web: TestClient, written: Written
) -> None:
    other = {"x-tenant": str(loaded_database.tenant_b), "x-user": "bob"}
    web.put("/users/1", params={"name": "Eva"})
    web.put("/users/1", params={"name": "Isa"}, headers=other)
    assert [(row["tenant_id"], row["actor_id"]) for row in written()] == [
        (loaded_database.tenant_a, "ann"),
        (loaded_database.tenant_b, "bob"),
    ]


def test_reading_takes_a_justification(web: TestClient) -> None:
    web.put("/users/1", params={"name": "Eva"})
    asked = {"entity_id": "1", "access": str(UUID(int=1))}
    assert web.get("/events", params=asked).status_code == 500
    why = {"reason": "user_support", "justification": "the user asked who renamed her"}
    asked |= web.post("/access", params=why).json()
    answer = web.get("/events", params=asked)
    assert answer.json() == [{"description": "Renamed user 1 to Eva", "outcome": "success"}]
