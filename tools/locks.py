"""The pinned requirements: check, update, audit.

A lock names versions and hashes and no host, so it works with every mirror and says nothing about ours.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {"production": [], "embedded": ["embedded"], "development": ["embedded", "dev"]}
PIN = re.compile(r"^(?P<name>[\w.-]+)(?:\[[^]]*\])?==(?P<version>[^\s;\\]+)(?:\s*;[^\\]*)?\s*\\?$")
HASH = re.compile(r"^\s+--hash=sha256:[0-9a-f]{64}(?: \\)?$")


def addresses(text: str) -> list[int]:
    """Numbers of the lines that name an address."""
    return [number for number, line in enumerate(text.splitlines(), 1) if re.search(r"://|https?\b", line)]


def pins(text: str) -> Iterator[tuple[str, Version, int]]:
    """(name, version, number of hashes) of each pin; ValueError at a line that is neither pin nor hash."""
    name, version, hashes = "", Version("0"), 0
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        if HASH.match(line):
            hashes += 1
            continue
        found = PIN.match(line)
        if found is None:
            raise ValueError(f"line {number} is neither a pin nor a hash: {line}")
        if name:
            yield name, version, hashes
        name, version, hashes = canonicalize_name(found["name"]), Version(found["version"]), 0
    if name:
        yield name, version, hashes


def problems(root: Path = ROOT) -> Iterator[str]:
    """One line for each thing that is wrong with the locks."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    wanted = {"": project["project"]["dependencies"], **project["dependency-groups"]}
    below: set[tuple[str, Version]] = set()
    for lock, groups in LOCKS.items():
        path = root / "requirements" / f"{lock}.txt"
        text = path.read_text()
        for number in addresses(text):
            yield f"{path.name}:{number} names an address"
        try:
            found = list(pins(text))
        except ValueError as error:
            yield f"{path.name}: {error}"
            continue
        yield from (f"{path.name}: {name} has no hash" for name, _, hashes in found if not hashes)
        here = {(name, version) for name, version, _ in found}
        yield from (f"{path.name}: {name}=={version} is missing" for name, version in below - here)
        below = here
        for line in [entry for group in ["", *groups] for entry in wanted[group]]:
            requirement = Requirement(line)
            versions = [version for name, version in here if name == canonicalize_name(requirement.name)]
            if not any(requirement.specifier.contains(version) for version in versions):
                pinned = ", ".join(map(str, versions)) or "nothing"
                yield f"{path.name}: pyproject.toml wants {line}, pinned is {pinned}"
    for name in ("package-lock.json", "package.json"):
        text = (root / name).read_text() if (root / name).exists() else ""
        yield from (f"{name}:{number} names an address" for number in addresses(text))


def check() -> int:
    found = list(problems())
    print("\n".join(found) or "locks are hashed, complete and name no host")
    return bool(found)


def _run(*words: str) -> int:
    return subprocess.run([sys.executable, "-m", *words], cwd=ROOT, check=False).returncode


def update() -> int:
    """Resolve again with uv, for all platforms, from wheels alone."""
    if _run("pip", "install", "--quiet", "--no-cache-dir", "uv"):
        return 1
    options = ["--universal", "--generate-hashes", "--no-emit-index-url", "--no-annotate", "--no-header"]
    options += ["--upgrade", "--only-binary", ":all:", "--quiet"]
    for lock, groups in LOCKS.items():
        words = [word for group in groups for word in ("--group", group)]
        target = f"requirements/{lock}.txt"
        if _run("uv", "pip", "compile", *options, "pyproject.toml", *words, "-o", target):
            return 1
    return check()


def audit() -> int:
    if _run("pip", "install", "--quiet", "--no-cache-dir", "pip-audit"):
        return 1
    return _run("pip_audit", "--require-hashes", "--disable-pip", "-r", "requirements/production.txt")


def main() -> None:
    verbs = {"check": check, "update": update, "audit": audit}
    if len(sys.argv) != 2 or sys.argv[1] not in verbs:
        sys.exit(f"python -m tools.locks {'|'.join(verbs)}")
    sys.exit(verbs[sys.argv[1]]())


if __name__ == "__main__":
    main()
