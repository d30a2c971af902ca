"""The servers that tests are given do what their fixtures promise."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.mail import EmailMultiAlternatives

from tests.conftest import StartWorker
from tests.servers import SmtpSink, running_in_group


def test_mail_arrives_in_the_sink_parsed(smtp_sink: SmtpSink) -> None:
    message = EmailMultiAlternatives("Größe", "Öffne den Link", "a@mitai.example", ["b@mitai.example"])
    message.attach_alternative("<p>Öffne den Link</p>", "text/html")
    message.send()
    (received,) = smtp_sink.wait_for(1)
    assert received["Subject"] == "Größe"
    html = received.get_body(("html",))
    assert html is not None
    assert "Öffne" in html.get_content()


@pytest.mark.parametrize("turn", [1, 2])
def test_the_cache_is_empty_at_the_start_of_each_test(turn: int) -> None:
    assert cache.get("left-over") is None
    cache.set("left-over", turn)


def test_a_worker_is_a_real_process_with_children_that_can_be_killed(
    celery_worker_process: StartWorker,
) -> None:
    worker = celery_worker_process(LLM_MODEL="only-here")
    environment = Path(f"/proc/{worker.process.pid}/environ").read_bytes().split(b"\0")
    assert b"LLM_MODEL=only-here" in environment
    assert any(b"DATABASE_URL=" in line and b"/test_" in line for line in environment)
    assert worker.process.pid != os.getpid()
    assert len(running_in_group(worker.process.pid)) == 3
    worker.kill()
    assert running_in_group(worker.process.pid) == []
