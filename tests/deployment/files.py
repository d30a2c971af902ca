"""What the files under docker/ say, read as their tools read them."""

from __future__ import annotations

import json
import re
import shlex
from fnmatch import fnmatch
from typing import Any

import yaml

from tests.servers import ROOT

DOCKER = ROOT / "docker"


class _Loader(yaml.SafeLoader):
    """YAML with the tags of Compose's overlays, which stand before an ordinary value."""


def _untagged(loader: _Loader, node: yaml.Node) -> Any:
    return loader.construct_sequence(node) if isinstance(node, yaml.SequenceNode) else None


_Loader.add_constructor("!reset", _untagged)
_Loader.add_constructor("!override", _untagged)


def compose(name: str = "compose.yml") -> dict[str, Any]:
    """One compose file, not merged with others."""
    return dict(yaml.load((DOCKER / name).read_text(), Loader=_Loader))  # noqa: S506 - a safe loader


def words(service: str) -> list[str]:
    """The command of a service of compose.yml."""
    command = compose()["services"][service]["command"]
    return shlex.split(command) if isinstance(command, str) else list(command)


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile as (instruction, rest), comments and line ends taken out."""
    text = re.sub(r"^#.*\n", "", (DOCKER / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n", " ", text).splitlines()
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines if line)]


def image_command() -> list[str]:
    """What the image starts when nothing else is said."""
    return list(json.loads(next(rest for name, rest in instructions() if name == "CMD")))


def in_the_image(path: str) -> bool:
    """Whether .dockerignore lets a file of the repository into the image: the last line that fits decides."""
    inside = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        if not pattern or pattern.startswith("#"):
            continue
        parts = path.split("/")
        heads = ["/".join(parts[: number + 1]) for number in range(len(parts))]
        names = parts if pattern.startswith("**/") else heads
        if any(fnmatch(name, pattern.removeprefix("**/")) for name in names):
            inside = line.startswith("!")
    return inside
