"""Pictures of pages at three sizes, light and dark, to be looked at: `python tests/ui/shots.py FOLDER URL...`.

`--log-in URL` is opened first in each window; `--wait SELECTOR` must be seen before a picture is taken.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

SIZES = {"phone": (360, 740), "tablet": (768, 1024), "desk": (1440, 900)}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def main() -> None:
    given = _arguments()
    given.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for size in given.sizes:
            for scheme in given.schemes:
                width, height = SIZES[size]
                window = browser.new_context(
                    viewport={"width": width, "height": height},
                    color_scheme=scheme,
                    has_touch=size == "phone",
                    locale=given.locale,
                )
                page = window.new_page()
                page.on(
                    "console", lambda message: message.type == "error" and print("console:", message.text)
                )
                page.on("pageerror", lambda error: print("script:", error))
                if given.log_in:
                    page.goto(given.log_in)
                for url in given.urls:
                    take(page, url, given.folder / f"{_name(url)}-{size}-{scheme}.png", wait=given.wait)
                window.close()
        browser.close()


def take(page: Page, url: str, file: Path, *, wait: str) -> None:
    page.goto(url)
    page.wait_for_load_state("networkidle")
    if wait:
        page.wait_for_selector(wait, timeout=5_000)
    page.screenshot(path=file)


def _name(url: str) -> str:
    return (
        re.sub(r"[^a-z0-9]+", "-", url.split("//", 1)[-1].split("/", 1)[-1].lower()).strip("-")[:60]
        or "index"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("urls", nargs="+")
    parser.add_argument("--log-in", default="")
    parser.add_argument("--wait", default="")
    parser.add_argument("--locale", default="es-CL")
    parser.add_argument("--sizes", nargs="+", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--schemes", nargs="+", default=["light", "dark"], choices=["light", "dark"])
    return parser.parse_args()


if __name__ == "__main__":
    main()
