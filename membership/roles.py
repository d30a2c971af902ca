"""What people who are no operators may do in the admin: Django groups with exactly the rights they need."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission

SUPPORT = "Support"
# Accounts with what was used, never what anybody recorded: no right on tracking or insights belongs here, nor
# one on addresses of e-mail, whose owner could be given another one that way.
RIGHTS = {
    SUPPORT: {
        "user": ("view", "change"),
        "accessgrant": ("view", "add"),  # who may add may revoke
        "restriction": ("view", "add", "change", "delete"),
        "tierlimit": ("view",),
    }
}


def seed_roles() -> None:
    """Make missing roles with their rights; one that exists keeps what operators made of it."""
    for name, rights in RIGHTS.items():
        role, created = Group.objects.get_or_create(name=name)
        if created:
            role.permissions.set(permissions(rights))


def permissions(rights: dict[str, tuple[str, ...]]) -> list[Permission]:
    """The rows of these rights on models of this app."""
    wanted = [f"{action}_{model}" for model, actions in rights.items() for action in actions]
    return list(Permission.objects.filter(content_type__app_label="membership", codename__in=wanted))
