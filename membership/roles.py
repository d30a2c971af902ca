"""What people who are no operators may do in the admin: Django groups with exactly the rights they need."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

SUPPORT = "Support"
# Accounts with what was used, never what anybody recorded: no right on what belongs to members in tracking or
# insights comes here, nor one on addresses of e-mail, whose owner could be given another one that way.
RIGHTS: dict[str, dict[str, tuple[str, ...]]] = {
    SUPPORT: {
        "membership.user": ("view", "change"),
        "membership.accessgrant": ("view", "add"),  # who may add may revoke
        "membership.restriction": ("view", "add", "change", "delete"),
        "membership.tierlimit": ("view",),
        "membership.creditentry": ("view", "add"),  # who may add may refund
    }
}


def allow(role: str, model: str, *actions: str) -> None:
    """Have the role made with these rights too, on a model ("app.model") of an upper floor."""
    RIGHTS[role][model] = actions


def seed_roles() -> None:
    """Make missing roles with their rights; one that exists keeps what operators made of it."""
    for name, rights in RIGHTS.items():
        role, created = Group.objects.get_or_create(name=name)
        if created:
            role.permissions.set(permissions(rights))


def permissions(rights: dict[str, tuple[str, ...]]) -> list[Permission]:
    """The rows of these rights."""
    wanted = Q(pk__in=[])
    for label, actions in rights.items():
        app, model = label.split(".")
        names = [f"{action}_{model}" for action in actions]
        wanted |= Q(content_type__app_label=app, codename__in=names)
    return list(Permission.objects.filter(wanted))
