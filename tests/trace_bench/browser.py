"""Headless Chromium, for tests of the report."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
)


def programs() -> tuple[str, str]:
    """Chromium and its driver; the test is skipped without them, unless they are called for."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    driver = shutil.which("chromedriver")
    if not (chromium and driver):
        if os.environ.get("TRACE_BENCH_NEEDS_BROWSER"):
            pytest.fail("chromium and chromium-driver are needed: apt-get install both")
        pytest.skip("chromium and chromedriver are not installed")
    pytest.importorskip("selenium")
    return chromium, driver


@contextmanager
def opened(profile: Path) -> Iterator[Any]:
    """A browser with a new profile in a folder."""
    chromium, driver = programs()
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield browser
    finally:
        browser.quit()


def requested(browser: Any) -> list[str]:
    """The addresses that were asked for since the last call."""
    messages = [json.loads(e["message"])["message"] for e in browser.get_log("performance")]
    sent = [m["params"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    return [params["request"]["url"] for params in sent]


def complaints(browser: Any) -> list[str]:
    """What the console said since the last call."""
    return [f"{e['level']}: {e['message']}" for e in browser.get_log("browser")]
