"""What a person is told when the answer is no. One root; each class has one HTTP status."""

from __future__ import annotations

from django.utils.functional import Promise


class Refusal(Exception):
    """An answer to a person: what was wrong and what helps, in their language."""

    status = 400

    def __init__(self, message: str | Promise) -> None:
        super().__init__(message)
        self.message = message


class Forbidden(Refusal):
    """The account may not do this (now)."""

    status = 403


class Conflict(Refusal):
    """The state changed in between; nothing was saved."""

    status = 409


class Invalid(Refusal):
    """What was sent cannot be used."""

    status = 422


class TooMany(Refusal):
    """Too many attempts; `retry_after` is in seconds, if known."""

    status = 429

    def __init__(self, message: str | Promise, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
