"""python -m tools.screenshots [--only WORDS]: pictures into DATA_DIR/screenshots, 1 if something is wrong."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mitai.embedded import EmbeddedError, data_folder
from tools.browser import NoBrowser
from tools.screenshots import sheet, site
from tools.screenshots.walk import Walk, folders

LANGUAGES = ("de", "en")


def take(target: Path, only: str) -> list[str]:
    """All pictures of all pages whose name holds `only`; returns what is wrong with them."""
    with site.running() as running:
        from tools.screenshots import scenes

        walks = [
            Walk(scenes.cast(language, model=running.model), running, target, only) for language in LANGUAGES
        ]
        with ThreadPoolExecutor(len(walks)) as pool:
            for done in [pool.submit(walk.run) for walk in walks]:
                done.result()
    findings = [line for walk in walks for line in walk.findings]
    shown = list(folders(LANGUAGES))
    names = sorted(path.stem for path in (target / shown[0]).glob("*.png"))
    sheet.write(target, folders=shown, names=names, findings=findings)
    return findings


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.screenshots", description=__doc__)
    parser.add_argument("--only", default="", help="only pages whose name holds this")
    options = parser.parse_args()
    target = data_folder() / "screenshots"
    if not options.only:
        shutil.rmtree(target, ignore_errors=True)
    for name in folders(LANGUAGES):
        (target / name).mkdir(parents=True, exist_ok=True)
    # Playwright keeps an event loop on each thread while it runs; the ORM works beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    begin = time.monotonic()
    try:
        findings = take(target, options.only)
    except (NoBrowser, EmbeddedError) as error:
        sys.exit(str(error))
    print("\n".join(findings) or "Nothing to mend.")
    print(f"{target / 'index.html'}, after {time.monotonic() - begin:.0f} s")
    sys.exit(bool(findings))


if __name__ == "__main__":
    main()
