"""Reads the mails that Django's file backend writes, and finds the links in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default as default_policy
from pathlib import Path

SEPARATOR = b"-" * 79 + b"\n"  # what the file backend writes after each message
LINK = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True)
class Mail:
    to: str
    subject: str
    links: tuple[str, ...]


def _read(content: bytes) -> Mail:
    message = message_from_bytes(content, policy=default_policy)
    body = message.get_body(("plain", "html"))
    text = str(body.get_content()) if body is not None else ""
    return Mail(str(message["To"]), str(message["Subject"]), tuple(dict.fromkeys(LINK.findall(text))))


class MailFolder:
    """New mails of a folder, each reported once; what lies there at the beginning is not new."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen = {path: path.stat().st_size for path in folder.glob("*.log")}

    def new(self) -> Iterator[Mail]:
        for path in sorted(self.folder.glob("*.log")):
            start = self._seen.get(path, 0)
            if path.stat().st_size == start:
                continue
            with path.open("rb") as file:
                file.seek(start)
                fresh = file.read()
            complete = fresh.rfind(SEPARATOR) + len(SEPARATOR)
            if complete < len(SEPARATOR):
                continue  # still being written
            self._seen[path] = start + complete
            for part in fresh[:complete].split(SEPARATOR):
                if part.strip():
                    yield _read(part)
