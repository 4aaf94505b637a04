from __future__ import annotations

from walls.people import *  # noqa: F403
