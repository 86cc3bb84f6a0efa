# SPDX-License-Identifier: MIT
"""Headless Chromium, for the tests of pages."""
import contextlib

from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait as Wait


def open_browser():
    """A browser, which the caller quits."""
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu",
                     "--disable-dev-shm-usage", "--window-size=1100,900"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options)


def until(browser, holds):
    return Wait(browser, 60, 0.05, ignored_exceptions=[Exception]).until(
        lambda _: holds())


def texts(browser, selector):
    """What is shown of each such element, at one moment of the page."""
    return browser.execute_script("""
      return [...document.querySelectorAll(arguments[0])].map((e) =>
        e.checkVisibility() ? e.innerText.trim().replace(/\\t/g, " ") : "");
      """, selector)


def attributes(browser, selector, name):
    """Of each such element, at one moment."""
    return browser.execute_script("""
      return [...document.querySelectorAll(arguments[0])].map(
        (e) => e.getAttribute(arguments[1]));""", selector, name)


def complaints(browser):
    """Errors of the page, and what its policy stopped, since the last call."""
    return [e for e in browser.get_log("browser")
            if e["level"] == "SEVERE" or "Security" in e["message"]]


@contextlib.contextmanager
def window_of(browser, width, height):
    """A window of that size, also one narrower than windows can be."""
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": height, "deviceScaleFactor": 1,
        "mobile": False})
    try:
        yield
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@contextlib.contextmanager
def media_of(browser, **features):
    """With those features of media: prefers_color_scheme="dark"."""
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
        {"name": name.replace("_", "-"), "value": value}
        for name, value in features.items()]})
    try:
        yield
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                {"features": []})
