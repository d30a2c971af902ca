"""The card of this floor on the operators' dashboard. It counts members, and shows nothing of anybody."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from membership.dashboard import DAYS, chart
from tracking.readings import Submission


def active_members(request: HttpRequest) -> str:
    """How many members recorded something by hand on each day. One query."""
    now = timezone.now()
    rows = Submission.objects.filter(created_at__gte=now - timedelta(days=DAYS)).order_by()
    days = rows.annotate(day=TruncDate("created_at")).values("day").annotate(n=Count("user", distinct=True))
    values = {row["day"]: row["n"] for row in days}
    today = timezone.localtime(now).date()
    shown = chart(_("Members who recorded something, day by day"), values, today, adds=False)
    return render_to_string("admin/membership/_bars.html", {"chart": shown})
