"""The report in headless Chromium, as a person uses it."""

import threading
import time
from urllib.parse import quote

import pytest

from trace_bench.exhibits import exhibits
from trace_bench.experiments import load
from trace_bench.plan import plan
from trace_bench.report import page, write
from trace_bench.report.server import Server, Watched
from trace_bench.results import results
from trace_bench.runner import execute
from trace_bench.store import RunFolder
from trace_bench.tables import as_csv

from .browser import complaints, opened, requested
from .test_curves import save
from .test_rows import row

HOSTILE = "</script><script>window.stolen = 1</script><img src=x onerror='window.stolen = 1'>"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("profile")) as found:
        yield found


def ran(out, *overrides):
    for run in plan(["task=numerical", "iterations=4", "llm=mock", *overrides], multirun=True):
        execute(run, RunFolder(out / run.id), lambda row: None)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    out = tmp_path_factory.mktemp("results") / "runs"
    ran(out, "optimizer=optoprime,adam", "seed=range(6)")
    save(out, 0, [3.0, 2.0], status="failed", error=f"ValueError: {HOSTILE}")
    steps = out / "toy-walk-s0" / "steps.jsonl"
    steps.write_text("".join(row(i, 1.0, feedback=HOSTILE).line() for i in range(2)))
    return out


@pytest.fixture(scope="module")
def report(runs):
    (file,) = write(runs, runs.parent / "report.html")
    return file


def go(browser, file, place=""):
    browser.get("about:blank")
    complaints(browser), requested(browser)
    browser.get(f"{file.as_uri() if hasattr(file, 'as_uri') else file}{place}")
    wait_for(browser, "main *")


def find(browser, css):
    return browser.find_elements("css selector", css)


def texts(browser, css):
    """What elements say; read again if the page has written them anew meanwhile."""
    from selenium.common.exceptions import StaleElementReferenceException

    for _ in range(20):
        try:
            return [element.text for element in find(browser, css)]
        except StaleElementReferenceException:
            continue
    raise AssertionError(f"{css} is written anew again and again")


def wait_for(browser, css, condition=bool):
    """Until elements are there and as they should be."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if find(browser, css) and condition(texts(browser, css)):
            return find(browser, css)
        time.sleep(0.05)
    raise AssertionError(f"{css} did not come: {texts(browser, css)}")


def press(browser, keys):
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(browser).send_keys(keys).perform()


def the_run(runs, part):
    return next(path.name for path in sorted(runs.iterdir()) if part in path.name)


def assert_quiet(browser):
    assert complaints(browser) == []
    assert [url for url in requested(browser) if not url.startswith(("file:", "data:"))] == []
    assert browser.execute_script("return window.stolen") is None


def test_it_opens_with_figure_and_table_and_asks_nobody_for_anything(browser, report):
    go(browser, report)
    wait_for(browser, "#at-fig5a_numerical svg.chart .line")
    assert "trace-bench" in browser.title
    assert "MOCK LLM" in texts(browser, "#at-fig5a_numerical .watermark")
    assert len(find(browser, "#at-fig5a_numerical .paper")) == 3
    assert any("1 runs failed" in text for text in texts(browser, ".notices li"))
    assert_quiet(browser)


def test_the_table_is_the_one_that_reproduce_writes(browser, report, runs):
    go(browser, report)
    (exhibit,) = exhibits(load("fig5a_numerical"), results(runs))
    (table,) = exhibit.tables.values()
    shown = [[cell.text for cell in line.find_elements("css selector", "th, td")]
             for line in find(browser, "#at-fig5a_numerical .scroll tr")]  # fmt: skip
    assert shown == [list(table.columns), *map(list, table.rows)]
    assert "optoprime (mock LLM" in as_csv(table)


def test_statistic_and_axis_can_be_chosen(browser, report):
    go(browser, report)
    before = wait_for(browser, "#at-fig5a_numerical svg.chart .line")[0].get_attribute("points")
    find(browser, "input[name='statistic-fig5a_numerical'][value='iqm'] + span")[0].click()
    after = wait_for(browser, "#at-fig5a_numerical svg.chart .line")[0].get_attribute("points")
    assert after != before
    assert not find(browser, "#at-fig5a_numerical .paper")
    find(browser, "input[name='axis-fig5a_numerical'][value='tokens'] + span")[0].click()
    names = wait_for(browser, "#at-fig5a_numerical .chart .name")
    assert names[0].text == "tokens, sent and received"
    assert_quiet(browser)


def test_runs_are_searched_and_filtered(browser, report):
    from selenium.webdriver.support.ui import Select

    go(browser, report, "#/runs")
    wait_for(browser, "#found", lambda t: t == ["13 of 13 runs"])
    Select(find(browser, "#filter-optimizer")[0]).select_by_value("adam")
    wait_for(browser, "#found", lambda t: t == ["6 of 13 runs"])
    Select(find(browser, "#filter-seed")[0]).select_by_value("3")
    wait_for(browser, "#found", lambda t: t == ["1 of 13 runs"])
    assert "adam" in texts(browser, "tbody tr")[0]
    assert "optimizer=adam" in browser.current_url
    find(browser, "#reset")[0].click()
    for name, value, count in [("llm", "mock", 6), ("status", "failed", 1), ("task", "toy", 1)]:
        Select(wait_for(browser, f"#filter-{name}")[0]).select_by_value(value)
        wait_for(browser, "#found", lambda t, count=count: t == [f"{count} of 13 runs"])
        find(browser, "#reset")[0].click()
        wait_for(browser, "#found", lambda t: t == ["13 of 13 runs"])
    find(browser, "#search")[0].send_keys("ValueError toy")
    wait_for(browser, "#found", lambda t: t == ["1 of 13 runs"])
    assert_quiet(browser)


def test_runs_are_sorted_by_a_column(browser, report):
    go(browser, report, "#/runs?task=numerical")
    wait_for(browser, "#order-final")[0].click()
    wait_for(browser, "th[aria-sort='ascending']")
    finals = [float(text) for text in texts(browser, "tbody td:nth-child(4)")]
    assert finals == sorted(finals)


def test_a_run_shows_its_curve_steps_and_configuration(browser, report, runs):
    run = the_run(runs, "numerical-optoprime")
    go(browser, report, f"#/run/{run}")
    wait_for(browser, "svg.chart .line")
    assert len(find(browser, "td a[href*='/step/']")) == 5
    assert any("task.chain_length" in text for text in texts(browser, "details table tr"))
    assert "budget" in " ".join(texts(browser, ".facts"))
    assert_quiet(browser)


def test_a_step_shows_trace_prompt_reply_change_and_feedback(browser, report, runs):
    run = the_run(runs, "numerical-optoprime")
    row = RunFolder(runs / run).rows()[2]
    after = RunFolder(runs / run).rows()[3]
    go(browser, report, f"#/run/{run}/step/2")
    wait_for(browser, ".trace svg rect")
    picture = " ".join(texts(browser, ".trace svg text"))
    assert repr(row.parameters["input_x"]) in picture
    assert "Feedback to" in picture
    assert "\ue000" not in picture
    assert row.feedback in texts(browser, ".feedback")[0]
    assert f"{row.parameters['input_x']} → {after.parameters['input_x']}" in texts(
        browser, ".words"
    )
    prompt, reply = " ".join(texts(browser, ".prompt")), texts(browser, ".exchange pre")[-1]
    assert "#Variables" in prompt
    assert "suggestion" in reply
    assert_quiet(browser)


def test_the_keyboard_is_enough(browser, report, runs):
    from selenium.webdriver.common.keys import Keys

    run = the_run(runs, "numerical-adam")
    go(browser, report, f"#/run/{run}/step/1")
    wait_for(browser, "#step-next")
    press(browser, "j")
    wait_for(browser, ".pager.top span", lambda t: "step 2 of 4" in t)
    press(browser, Keys.ARROW_LEFT)
    wait_for(browser, ".pager.top span", lambda t: "step 1 of 4" in t)
    press(browser, Keys.ESCAPE)
    wait_for(browser, "td a[href*='/step/']")
    press(browser, Keys.ESCAPE)
    wait_for(browser, "#found")
    press(browser, "/")
    assert browser.switch_to.active_element.get_attribute("id") == "search"
    press(browser, "adam")
    wait_for(browser, "#found", lambda t: t == ["6 of 13 runs"])
    press(browser, Keys.ESCAPE)
    press(browser, "g")
    wait_for(browser, "#at-fig5a_numerical")
    press(browser, "?")
    assert find(browser, "dialog[open]")
    press(browser, Keys.ESCAPE)
    assert not find(browser, "dialog[open]")


def test_a_chart_is_read_by_keyboard_and_pointer(browser, report, runs):
    from selenium.webdriver.common.keys import Keys

    go(browser, report, f"#/run/{the_run(runs, 'numerical-adam')}")
    chart = wait_for(browser, "svg.chart")[0]
    chart.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert texts(browser, ".tip strong") == ["iteration 1"]
    chart.send_keys(Keys.ENTER)
    wait_for(browser, ".pager.top span", lambda t: "step 1 of 4" in t)


def test_what_an_llm_or_an_error_says_is_text_and_nothing_else(browser, report):
    go(browser, report, "#/runs?task=toy")
    wait_for(browser, ".error-line", lambda t: "</script>" in t[0])
    go(browser, report, "#/run/toy-walk-s0/step/1")
    wait_for(browser, ".feedback", lambda t: t == [HOSTILE])
    assert_quiet(browser)


def test_many_steps_are_loaded_from_beside_the_page_when_asked_for(browser, runs, monkeypatch):
    monkeypatch.setattr(page, "EMBEDDED", 1000)
    file, beside = write(runs, runs.parent / "large" / "report.html")
    assert len(list(beside.glob("*.js"))) == 13
    go(browser, file, "#/runs")
    wait_for(browser, "#found")
    assert not [url for url in requested(browser) if url.endswith(".js")]
    run = the_run(runs, "numerical-adam")
    browser.execute_script("location.hash = arguments[0]", f"#/run/{quote(run)}/step/0")
    wait_for(browser, ".trace svg rect")
    assert [url for url in requested(browser) if url.endswith(".js")] == [
        (beside / f"{run}.js").as_uri()
    ]
    (beside / f"{run}.js").unlink()
    go(browser, file, f"#/run/{run}")
    wait_for(browser, "main [role=alert]", lambda t: "must stay together" in t[0])


def test_a_run_that_is_not_there_is_said(browser, report, runs):
    go(browser, report, "#/run/nothing")
    wait_for(browser, "main [role=alert]", lambda t: t == ["There is no run nothing here."])
    go(browser, report, f"#/run/{the_run(runs, 'numerical-adam')}/step/77")
    wait_for(browser, "main [role=alert]", lambda t: "no step 77" in t[0])


def colour(browser):
    return browser.execute_script("return getComputedStyle(document.body).backgroundColor")


def test_it_is_light_dark_and_printable(browser, report):
    go(browser, report)
    emulate = "Emulation.setEmulatedMedia"
    dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    browser.execute_cdp_cmd(emulate, dark)
    assert colour(browser) == "rgb(16, 20, 25)"
    browser.execute_script("document.getElementById('theme').click()")
    assert colour(browser) == "rgb(255, 255, 255)"
    browser.execute_cdp_cmd(emulate, {"media": "print", **dark})
    assert not find(browser, "header.bar")[0].is_displayed()
    assert find(browser, "#at-fig5a_numerical table")[0].is_displayed()
    browser.execute_script("document.documentElement.dataset.theme = 'dark'")
    assert colour(browser) == "rgb(255, 255, 255)"  # ink is not wasted
    browser.execute_script("delete document.documentElement.dataset.theme")
    browser.execute_cdp_cmd(emulate, {"media": "", "features": []})


def test_a_narrow_window_has_no_sideways_scrolling(browser, report, runs):
    go(browser, report)
    metrics = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        for place in ("", "#/runs", f"#/run/{the_run(runs, 'numerical-optoprime')}/step/1"):
            browser.execute_script("location.hash = arguments[0]", place)
            wait_for(browser, "main *")
            script = "return document.documentElement.scrollWidth"
            assert browser.execute_script(script) <= 390, place
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_view_follows_runs_that_go_on(browser, tmp_path):
    out = tmp_path / "runs"
    ran(out, "optimizer=adam", "seed=0")
    with Server(Watched(out), 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        go(browser, server.url, "#/runs")
        wait_for(browser, "#found", lambda t: t == ["1 of 1 runs"])
        wait_for(browser, "#live.on")
        ran(out, "optimizer=random_search", "seed=0")
        wait_for(browser, "#found", lambda t: t == ["2 of 2 runs"])
        run = the_run(out, "random_search")
        browser.execute_script("location.hash = arguments[0]", f"#/run/{run}/step/1")
        wait_for(browser, ".trace svg rect")
        assert complaints(browser) == []
        assert all(url.startswith((server.url, "data:")) for url in requested(browser))
        server.shutdown()
        thread.join()
    wait_for(browser, "#live.off")
