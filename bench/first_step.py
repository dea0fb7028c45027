"""The booking page's first step as a cold phone sees it: bytes over the line, and when the first choice can be tapped.

Chromium at 150 ms round trip, 1.6 Mbit/s and a processor four times slower; a fresh profile each time. Chromium delays
every answer by the round trip and does not count the handshake of a connection, so one round trip is added for it.
"""

from __future__ import annotations

import shutil
import statistics
import sys
from typing import Any

ROUND_TRIP_MS = 150
BYTES_PER_SECOND = 1_600_000 / 8
TIMES_SLOWER = 4
RUNS = 5
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "locale": "es-CL"}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]

# A choice is tappable once it is painted, lies under the finger, and the page answers.
_WATCH = """
(() => {
  const look = () => {
    const choice = document.querySelector("a.choice");
    const box = choice && choice.getBoundingClientRect();
    const hit = box && box.width && document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    const painted = performance.getEntriesByName("first-contentful-paint")[0];
    if (hit && choice.contains(hit) && painted)
      setTimeout(() => { window.tappableAt = Math.max(performance.now(), painted.startTime); }, 0);
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""


def measure(url: str, *, runs: int = RUNS) -> dict[str, float]:
    """Medians of `runs` cold visits: {"kilobytes", "tappable_ms", "requests"}."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        try:
            return medians([visit(browser, url) for _ in range(runs)])
        finally:
            browser.close()


def medians(visits: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(one[name] for one in visits), 1) for name in visits[0]}


def visit(browser: Any, url: str) -> dict[str, float]:
    """One cold visit in a window of its own."""
    context = browser.new_context(**PHONE)
    page = context.new_page()
    line = context.new_cdp_session(page)
    received: list[float] = []
    line.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    line.send("Network.enable")
    line.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": ROUND_TRIP_MS,
            "downloadThroughput": BYTES_PER_SECOND,
            "uploadThroughput": BYTES_PER_SECOND,
        },
    )
    line.send("Emulation.setCPUThrottlingRate", {"rate": TIMES_SLOWER})
    page.add_init_script(_WATCH)
    page.goto(url, wait_until="networkidle")
    while not page.evaluate("window.tappableAt || 0"):
        page.wait_for_timeout(50)
    tappable = page.evaluate("window.tappableAt") + ROUND_TRIP_MS
    context.close()
    return {"kilobytes": sum(received) / 1000, "tappable_ms": tappable, "requests": float(len(received))}


if __name__ == "__main__":
    for address in sys.argv[1:]:
        print(address, measure(address))
