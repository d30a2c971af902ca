"""The one protocol behind which every evaluator stands, and the facts it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Fact:
    """One computed number (or class) of a member, as it is sent.

    `value` is the number written in the member's language, `text` the whole line that is sent and
    that answers are checked against; `number` is the value as printed, None for words.
    """

    id: str
    topic: str
    key: str
    label: str
    value: str
    unit: str
    text: str
    number: float | None = None
    n: int | None = None
    period: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Request:
    """What one stage asks: the messages for a language model, the facts for the rules."""

    stage: str
    language: str
    messages: tuple[dict[str, str], ...]
    facts: tuple[Fact, ...]
    earlier: Mapping[str, str] = field(default_factory=dict)
    max_tokens: int = 1500
    temperature: float = 0.3


@dataclass(frozen=True)
class Answer:
    """A complete answer in Markdown; tokens and cost (millionths of the provider's unit) where given.

    `sent` is the body that was answered, where it is not the one `Provider.body` names.
    """

    text: str
    model: str
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost_micro: int | None = None
    sent: dict[str, Any] | None = None


class ProviderError(Exception):
    """A provider gave no usable answer; `code` is a key of `insights.errors.SENTENCES`.

    `retry_after` is in seconds, where the provider asked for a pause. Carries no text of the
    provider: it may repeat what was sent.
    """

    def __init__(self, code: str, *, retryable: bool = False, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.retryable = retryable
        self.retry_after = retry_after


class Provider(Protocol):
    """An evaluator. `endpoint` is the host the data goes to, empty when it stays in this process."""

    @property
    def label(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def endpoint(self) -> str: ...
    @property
    def is_language_model(self) -> bool: ...

    def body(self, request: Request) -> dict[str, Any]:
        """What leaves this process for `request`, exactly; empty when nothing does."""
        ...

    def complete(self, request: Request, *, deadline_s: float) -> Answer:
        """The answer, within `deadline_s` seconds in all, retries included.

        Raises:
            ProviderError: when there is no usable answer by then.
        """
        ...
