"""A member with two weeks of numbers, and a language model on loopback.

Imports of the application stand inside the fixtures: this file is read before Django is set up.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests import llm_server
from tests.llm_server import LlmServer

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import Settings

    from membership.models import User


@pytest.fixture
def alice(db: None) -> User:
    """A member of the free tier with two weeks of numbers."""
    from tests.insights.members import make_member, two_weeks

    alice = make_member("alice@example.org")
    two_weeks(alice)
    return alice


@pytest.fixture
def browser(alice: User) -> Client:
    """Alice's browser."""
    from django.test import Client

    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def charlie(db: None) -> User:
    from tests.insights.members import make_member

    return make_member("charlie@example.org")


@pytest.fixture
def llm(settings: Settings) -> Iterator[LlmServer]:
    """A language model on loopback that this installation is configured for."""
    with llm_server.running() as server:
        settings.LLM_BASE_URL, settings.LLM_API_KEY, settings.LLM_MODEL = server.url, "geheim", "test/model"
        yield server


@pytest.fixture
def agreed(alice: User, llm: LlmServer) -> User:
    """Alice, who agreed that the language model gets her numbers."""
    from insights import consents
    from tests.insights.members import endpoint

    consents.give(user=alice, endpoint=endpoint(llm))
    return alice
