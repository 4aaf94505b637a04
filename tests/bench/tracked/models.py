# mypy: disable-error-code="import-untyped, import-not-found", allow-untyped-decorators
# mypy: allow-subclassing-any
"""The bench's table as models, once for each level that django-pghistory captures at.

The tables themselves are the bench's; django-pghistory makes those for its events.
"""

from __future__ import annotations

import pghistory
from django.db import models


class Document(models.Model):
    """The columns of the table."""

    tenant_id = models.UUIDField()
    owner_id = models.UUIDField()
    title = models.TextField()
    slug = models.TextField()
    summary = models.TextField()
    state = models.TextField()
    revision = models.IntegerField()
    is_public = models.BooleanField()
    settings = models.JSONField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        abstract = True


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class ByRow(Document):
    """Captured row by row, as is the default."""

    class Meta:
        managed = False
        db_table = "by_row"


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    level=pghistory.Statement,
)
class ByStatement(Document):
    """Captured statement by statement."""

    class Meta:
        managed = False
        db_table = "by_statement"
