"""Secrets: named by a sink's options, held by the environment or a file, written nowhere."""

from __future__ import annotations

from pathlib import Path

from pgwitness.shipping.transport import DeliveryFailed, Destination, DestinationInvalid


class Secret:
    """A secret that isn't part of any text: neither of `repr` nor of an error."""

    def __init__(self, option: str, variable: str | None, path: str | None, value: str) -> None:
        """Takes where it is.

        Args:
            option: what it is called in the sink's options.
            variable: the environment variable that held it.
            path: the file that holds it.
            value: what the variable held.
        """
        self._option, self._variable, self._path, self._value = option, variable, path, value

    def __repr__(self) -> str:
        """Names it."""
        return f"Secret({self._option})"

    def reveal(self) -> str:
        """Gives the secret; a file is read each time, so that a new one needs no restart.

        Raises:
            DeliveryFailed: the file can't be read, or has nothing in it.
        """
        if self._path is None:
            return self._value
        try:
            value = Path(self._path).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "it isn't UTF-8"
            raise DeliveryFailed(f"{self._option}_file can't be read: {why}") from None
        if not _is_sendable(value):
            raise DeliveryFailed(f"{self._option}_file holds no {self._option}")
        return value


def find_secret(destination: Destination, option: str) -> Secret | None:
    """Gives a secret by what options call it: `token` for token_env and token_file.

    Returns:
        None when neither option was given.

    Raises:
        DestinationInvalid: the environment variable isn't set, or both options were given.
    """
    variable, path = destination.text(f"{option}_env"), destination.text(f"{option}_file")
    if variable and path:
        raise DestinationInvalid(f"give {option}_env or {option}_file, not both")
    if path:
        return Secret(option, None, path, "")
    if not variable:
        return None
    value = destination.environment.get(variable, "").strip()
    if not _is_sendable(value):
        raise DestinationInvalid(f"the environment variable {variable} holds no {option}")
    return Secret(option, variable, None, value)


def _is_sendable(value: str) -> bool:
    return bool(value) and value.isascii() and value.isprintable()
