# SPDX-License-Identifier: MIT
"""The page of faultpost-mock in headless Chromium: what it shows, what its
switches do, without a mouse, in a narrow window, and with hostile mail."""
import os
import smtplib
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from browser import (attributes, complaints, open_browser, texts, until,
                     window_of)
from mock_api import Api, admin_address, start_mock

SCENARIO = {
    "title": "t", "hosts": {
        "exchange1": {"address": "10.1.1.11", "rules": [
            {"on": "rcpt", "to": "bob@*", "reply": "550 5.1.1 no bob"},
            {"on": "eod", "nth": 3, "reply": "452 4.3.1 Mail system full"}]},
        "exchange2": {"address": "10.1.1.12"}},
}
HOSTILE = ("<img src=x onerror=\"document.title='owned'\">"
           "<script>document.title='owned'</script>")


@pytest.fixture(scope="module", name="mock")
def running_mock(bin_dir, tmp_path_factory):
    mock = start_mock(bin_dir / "faultpost-mock",
                      tmp_path_factory.mktemp("page"), SCENARIO)
    yield mock
    mock.stop()


@pytest.fixture(scope="module", name="browser")
def running_browser():
    browser = open_browser()
    yield browser
    browser.quit()


@pytest.fixture(scope="module", name="api")
def admin_api(mock):
    return Api(admin_address(mock))


def make_anew(mock, api):
    """As it was at its start, whatever the last test has left: hosts that
    listen, rules that are on, and nothing kept."""
    for host in api.get("/v1/hosts")["hosts"]:
        fresh = api.get(f"/v1/hosts/{host['name']}", method="PATCH",
                        body={"state": "up", "rule_state": "start"})
        for place in mock.places:
            for at in fresh["addresses"]:
                if place.get("address") == at["address"]:
                    place["real"] = at["real"]
    for rule in api.get("/v1/rules")["rules"]:
        api.get(f"/v1/rules/{rule['id']}", method="PATCH",
                body={"enabled": True})
    api.get("/v1/reset", method="POST")


@pytest.fixture
def page(mock, browser, api):
    make_anew(mock, api)
    ip, port = api.address
    browser.set_window_size(1100, 900)
    browser.get(f"http://{ip}:{port}/")
    until(browser, lambda: browser.find_element(By.ID, "live").text == "live"
          and browser.find_elements(By.CSS_SELECTOR, ".lane"))
    return browser


def send(mock, host="exchange1", sender="a@b.example", subject="hello"):
    with smtplib.SMTP(*mock.address(host), timeout=20) as client:
        client.sendmail(sender, ["c@d.example"],
                        f"Subject: {subject}\r\nX-Note: {HOSTILE}\r\n\r\n"
                        f"{HOSTILE}\r\n")


def test_lanes_and_live_attempts(mock, page):
    assert attributes(page, ".lane", "aria-label") == [
        "Host exchange1", "Host exchange2"]
    with smtplib.SMTP(*mock.address("exchange2"), timeout=20) as client:
        until(page, lambda: texts(page, ".attempts .open"))
        client.quit()
    until(page, lambda: not texts(page, ".attempts .open")
          and texts(page, ".attempts .closed"))


def test_switch_of_a_rule(mock, page, api):
    """By the keyboard alone: the switch is reached with Tab and toggled with
    the space bar, and the rule acts no more."""
    with smtplib.SMTP(*mock.address("exchange1"), timeout=20) as client:
        client.helo("c")
        client.mail("a@b.example")
        assert client.rcpt("bob@d.example")[0] == 550
        until(page, lambda: any("acted 1 time" in t
                                for t in texts(page, ".rules li")))
        for _ in range(20):
            page.switch_to.active_element.send_keys(Keys.TAB)
            name = page.switch_to.active_element.get_attribute("id")
            if name.startswith("rule"):
                break
        page.switch_to.active_element.send_keys(Keys.SPACE)
        until(page, lambda: not api.get("/v1/rules/" + name[4:])["enabled"])
        assert client.rcpt("bob@d.example")[0] == 250
        assert not page.find_element(By.ID, name).is_selected()
        # It is the same element still, and has the focus.
        assert page.switch_to.active_element.get_attribute("id") == name


def test_message_and_transcript(mock, page):
    """Mail is text: what would be markup is seen, and does nothing."""
    send(mock, subject=HOSTILE)
    until(page, lambda: texts(page, "#messages tr"))
    (row,) = texts(page, "#messages tr")
    assert "<a@b.example>" in row and HOSTILE in row
    page.find_element(By.CSS_SELECTOR, "#messages button").send_keys(Keys.ENTER)
    until(page, lambda: HOSTILE in page.find_element(By.ID, "dialog-body").text)
    assert "in clear" in page.find_element(By.ID, "dialog-body").text
    page.find_element(By.XPATH, "//dialog//button[starts-with(., 'Connection')]"
                      ).send_keys(Keys.ENTER)
    until(page, lambda: page.find_elements(By.ID, "transcript"))
    shown = page.find_element(By.ID, "transcript").text
    assert "220 " in shown and "mail FROM:<a@b.example>" in shown
    assert "\\r\\n" in shown and HOSTILE in shown
    page.switch_to.active_element.send_keys(Keys.ESCAPE)
    until(page, lambda: not page.find_element(By.ID, "dialog").is_displayed())
    assert page.title == "faultpost-mock"
    assert page.find_elements(By.TAG_NAME, "img") == []
    assert len(page.find_elements(By.TAG_NAME, "script")) == 1


def test_nothing_from_elsewhere(page):
    """One document and the API; the policy has nothing to complain of."""
    loaded = page.execute_script(
        "return performance.getEntriesByType('resource').map(e => e.name)")
    origin = page.execute_script("return location.origin")
    assert loaded and all(name.startswith(origin + "/v1/") for name in loaded)
    assert complaints(page) == []


def test_policy_stops_what_is_not_of_the_page(page):
    page.execute_script(
        "const s = document.createElement('script');"
        "s.textContent = \"document.title = 'owned'\";"
        "document.body.append(s); s.remove();")
    assert page.title == "faultpost-mock"


@pytest.mark.parametrize("width", [500, 320])
def test_narrow_window(mock, page, width):
    send(mock, sender="somebody.with.a.rather.long.name@mail.b.example")
    with window_of(page, width, 700):
        until(page, lambda: texts(page, "#messages tr"))
        assert page.execute_script("return innerWidth") == width
        assert page.execute_script(
            "return document.documentElement.scrollWidth") <= width


def test_reset_and_refusing(mock, page, api):
    send(mock)
    until(page, lambda: texts(page, "#messages tr"))
    switch = page.find_element(By.ID, "host-exchange2")
    switch.click()
    until(page, lambda: api.get("/v1/hosts/exchange2")["state"] == "refuse")
    with pytest.raises(ConnectionRefusedError):
        smtplib.SMTP(*mock.address("exchange2"), timeout=20)
    assert not switch.is_selected()
    switch.click()
    until(page, lambda: api.get("/v1/hosts/exchange2")["state"] == "up")
    page.find_element(By.ID, "reset").click()
    until(page, lambda: not texts(page, "#messages tr"))


def test_switch_stays_as_it_was_put(page, api):
    """An answer from before does not put it back, however late it comes."""
    page.execute_script("""
      const asked = window.fetch;
      window.held = [];
      window.fetch = (path, how) => asked(path, how).then((answer) =>
        path.startsWith("/v1/hosts?") && window.held !== null
          ? new Promise((go) => window.held.push(() => go(answer))) : answer);
      refresh();""")
    until(page, lambda: page.execute_script("return held.length") == 1)
    switch = page.find_element(By.ID, "host-exchange2")
    switch.click()
    until(page, lambda: api.get("/v1/hosts/exchange2")["state"] == "refuse")
    page.execute_script("""
      const { get, set } = Object.getOwnPropertyDescriptor(
        HTMLInputElement.prototype, "checked");
      window.seen = [];
      Object.defineProperty(arguments[0], "checked", {
        get() { return get.call(this); },
        set(value) { seen.push(value); set.call(this, value); } });
      const go = held[0];
      window.held = null;
      go();""", switch)
    # The page has shown what is, and never what was.
    until(page, lambda: page.execute_script("return seen.length"))
    assert not any(page.execute_script("return seen"))
    assert not switch.is_selected()


# ---- many hosts ----

MANY = 3000


@pytest.fixture
def crowd(bin_dir, tmp_path, browser):
    """A mock of so many hosts, and its page."""
    hosts = {f"h{i}": {"address": f"127.{1 + i // 250}.{1 + i % 250}.1",
                       "rules": SCENARIO["hosts"]["exchange1"]["rules"]}
             for i in range(MANY)}
    with open(tmp_path / "said", "w", encoding="utf-8") as said:
        mock = start_mock(bin_dir / "faultpost-mock", tmp_path,
                          {"title": "t", "hosts": hosts}, "--base-port", "0",
                          output=said)
    ip, port = admin_address(mock)
    browser.get(f"http://{ip}:{port}/")
    until(browser, lambda: browser.find_element(By.ID, "live").text == "live"
          and browser.find_elements(By.CSS_SELECTOR, ".lane"))
    yield mock
    browser.get("about:blank")
    mock.stop()


def test_page_of_thousands_of_hosts(crowd, browser):
    """It asks for what it shows, shows those where something happens, and
    finds the others by their names.  Counted is what it loads and works, not
    the time that it takes on this machine."""
    def lanes():
        return attributes(browser, ".lane", "aria-label")
    assert lanes() == [f"Host h{i}" for i in range(100)]
    assert texts(browser, "#more-hosts") == [
        "3000 hosts; 100 are shown, those with connections first"]
    browser.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
    sizes, worked = browser.execute_async_script("""
      const done = arguments[0];
      (async () => {
        performance.clearResourceTimings();
        await refresh();
        done([performance.getEntriesByType("resource").map(
          (e) => e.decodedBodySize)]);
      })();"""), browser.execute_cdp_cmd("Performance.getMetrics", {})
    browser.execute_cdp_cmd("Performance.disable", {})
    assert 4 <= len(sizes[0]) <= 9 and sum(sizes[0]) < 300_000
    work = {m["name"]: m["value"] for m in worked["metrics"]}["TaskDuration"]
    print(f"{sum(sizes[0])} bytes, {work:.2f} s of work")
    assert 0 < work < 2
    with smtplib.SMTP(*crowd.address("h2997"), timeout=20):
        until(browser, lambda: lanes()[0] == "Host h2997")
    browser.find_element(By.ID, "filter").send_keys("H299")
    until(browser, lambda: lanes() == ["Host h299"] + [
        f"Host h{i}" for i in range(2990, 3000)])
    switch = browser.find_element(By.ID, "host-h2991")
    switch.click()
    until(browser, lambda: Api(admin_address(crowd)).get(
        "/v1/hosts/h2991")["state"] == "refuse")
    browser.find_element(By.ID, "filter").send_keys("x")
    until(browser, lambda: lanes() == [])


def test_screenshot(mock, page, tmp_path):
    """The picture in docs/, made anew when FAULTPOST_SCREENSHOT names it."""
    with smtplib.SMTP(*mock.address("exchange1"), timeout=20) as client:
        for i, name in enumerate(("anna", "bob", "carl", "dora")):
            with smtplib.SMTP(*mock.address("exchange2"), timeout=20) as other:
                other.sendmail(f"{name}@example.net", ["dora@example.com"],
                               f"Subject: Report {i + 1}\r\n\r\nx\r\n")
        client.sendmail("anna@example.net",
                        ["bob@example.com", "carl@example.com"],
                        "Subject: Lunch\r\n\r\nx\r\n")
        until(page, lambda: len(texts(page, "#messages tr")) == 5
              and texts(page, ".attempts .open"))
        page.set_window_size(900, 720)
        path = Path(os.environ.get("FAULTPOST_SCREENSHOT", tmp_path / "x.png"))
        assert page.save_screenshot(str(path))
    assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
