"""Alice, and her browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from membership.models import User


@pytest.fixture
def alice(db: None) -> User:
    """A member who has the first steps behind her."""
    from django.utils import timezone

    from tests.factories import setup_user
    from tracking.profile import Profile

    member = setup_user("alice")
    Profile.objects.create(user=member, welcomed_at=timezone.now())
    return member


@pytest.fixture
def browser_of_alice(alice: User) -> Client:
    from django.test import Client

    client = Client()
    client.force_login(alice)
    return client
