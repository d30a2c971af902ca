from __future__ import annotations

from membership.views.membership import membership

__all__ = ["membership"]
