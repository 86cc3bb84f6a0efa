// SPDX-License-Identifier: MIT

/* ---- verdicts ---- */

const VERDICTS = {
  held: "\u2713 held", failed: "\u2717 failed", invalid: "! invalid",
  error: "! error", interrupted: "\u25a0 stopped",
  "not run": "\u2013 not run", waived: "\u2013 waived",
  "not judged": "? not judged",
};
const verdictClass = (verdict) =>
  ({ error: "invalid", "not judged": "unjudged", "not run": "unjudged" })[verdict] || verdict;

function verdict(word, tag = "span", name = "verdict") {
  return make(tag, { class: `${name} ${verdictClass(word)}` },
    VERDICTS[word] || word);
}

const isHeld = (result) => result.verdict === "held";

/* ---- one scenario ---- */

/* What stands in a scenario that is open; made when it is opened first. */
class Scenario {
  constructor(result, block) {
    this.result = result;
    this.chart = JSON.parse(block.textContent);
    this.sections = [this.head(), this.findings()];
    if (this.chart) this.addChart();
    this.element = make("div", { class: "body" }, ...this.sections);
  }

  head() {
    const r = this.result;
    const fact = (name, value) => value
      ? make("span", null, `${name} `, make("b", null, value)) : null;
    return make("section", null,
      make("p", { class: "facts" }, fact("source", r.case),
        r.seed === undefined ? null : fact("seed", String(r.seed)),
        r.seconds_virtual === undefined ? null
          : fact("lasted", clock(r.seconds_virtual * 1000)),
        this.chart ? fact("connections",
          count(this.chart.attempts.count)) : null),
      r.error ? make("p", { class: "mono failed" }, r.error) : null,
      r.replay ? make("code", { class: "replay" }, r.replay) : null);
  }

  /* ---- findings ---- */

  findings() {
    const r = this.result;
    const groups = [["expectations", r.expectations], ["invariants",
      r.invariants], ["endings", r.endings]];
    const list = make("ul", { class: "findings" });
    this.told = new Set();
    let number = 0;
    for (const [name, findings] of groups) {
      const quiet = [];
      for (const finding of findings || []) {
        const sight = this.chart?.seen[number++] ?? -1;
        if (name === "invariants" && finding.verdict === "held")
          quiet.push(finding.subject.replace("invariant ", ""));
        else list.append(this.finding(finding, sight));
      }
      if (quiet.length > 0)
        list.append(make("li", null, verdict("held", "span", "word"),
          make("div", null, many(quiet.length, "invariant"), ": ",
            make("span", { class: "dim" }, quiet.join(", ")))));
    }
    return make("section", { "aria-label": "Expectations" },
      make("h3", null, "Expectations and invariants"), list);
  }

  finding(finding, sight) {
    const isBad = finding.verdict === "failed";
    const row = (name, value) => value ? [make("dt", null, name),
      make("dd", { class: value.includes("\n") ? "mono" : undefined },
        ...this.linked(value))] : [];
    const more = finding.failures > 1
      ? `, the first of ${count(finding.failures)}` : "";
    const when = finding.seconds_virtual === undefined ? ""
      : ` at ${clock(finding.seconds_virtual * 1000)}`;
    const line = finding.line ? [" ", this.cite(finding.line)] : [];
    const body = make("div", null, finding.subject + when + more, ...line,
      finding.place ? make("div", { class: "dim mono" }, finding.place) : null,
      make("dl", { class: "why" }, ...row("because", finding.because),
        ...row("wanted", finding.wanted), ...row("found", finding.found),
        ...row("nearest", finding.nearest), ...row("lacking", finding.lacking)));
    if (isBad && sight >= 0) body.append(this.sight(sight));
    return make("li", { class: isBad ? "bad-one" : undefined },
      verdict(finding.verdict, "span", "word"), body);
  }

  /* Lines that a text names can be gone to. */
  linked(text) {
    return text.split(/(\bline \d+)/).map((part) => {
      const line = /^line (\d+)$/.exec(part);
      return line ? this.cite(Number(line[1])) : part;
    });
  }

  cite(line) {
    this.cited = (this.cited || new Set()).add(line);
    if (!this.chart) return `line ${line}`;
    return make("button", { type: "button", class: "cite",
      onclick: () => this.goToLine(line) }, `line ${line}`);
  }

  /* Told once, at the first finding of that moment. */
  sight(at) {
    if (this.told.has(at))
      return make("p", { class: "dim" }, "What was seen there stands above.");
    this.told.add(at);
    const { log, talk } = this.chart.sights[at];
    const part = (name, text) => text ? [make("h3", null, name),
      make("pre", null, text)] : [];
    return make("details", { class: "sight" },
      make("summary", null, "What the log and the hosts saw there"),
      ...part("Log", log), ...part("Dialogue", talk));
  }

  /* ---- lanes ---- */

  addChart() {
    const chart = this.chart;
    this.attempts = readAttempts(chart.attempts);
    this.byNumber = new Map(this.attempts.map((a) => [a.number, a]));
    this.followed = new Map();
    for (const a of this.attempts)
      if (a.from) this.followed.set(a.number - a.from, a);
    this.log = new Log(chart.log);
    this.queue = readQueue(chart.queue);
    if (this.attempts.length > 0 || this.queue.length > 1)
      this.sections.push(this.lanesSection());
    this.sections.push(this.sharesSection());
    if (this.attempts.length > 0) this.sections.push(this.attemptsSection());
    this.sections.push(this.logSection());
  }

  lanesSection() {
    const end = Math.max((this.result.seconds_virtual || 0) * 1000,
      ...this.attempts.slice(-50).map((a) => a.began + Math.max(0, a.length)));
    this.lanes = new Lanes({ hosts: this.chart.hosts, attempts: this.attempts,
      byNumber: this.byNumber, queue: this.queue, span: end },
      (a, how) => this.pick(a, how));
    this.lanes.onFold = (isFolded) => {
      scale.checked = !isFolded;
      this.lanes.fold(isFolded);
    };
    this.lanes.onEnter = () => this.goToAttempt();
    const scale = make("input", { type: "checkbox",
      onchange: () => this.lanes.fold(!scale.checked) });
    const button = (text, name, act) => make("button", { type: "button",
      "aria-label": name, onclick: act }, text);
    const lanes = this.lanes, middle = () => lanes.middle();
    this.picked = make("p", { class: "picked", role: "status" });
    return make("section", { "aria-label": "Lanes" },
      make("div", { class: "bar" }, make("h3", null, "Attempts by host"),
        make("span", { class: "gap" }),
        make("label", null, scale, "time to scale"),
        button("+", "Zoom in", () => lanes.zoom(.5, middle())),
        button("\u2212", "Zoom out", () => lanes.zoom(2, middle())),
        button("All", "Zoom to all", () => lanes.show(0, 1))),
      lanes.element, this.legend(), this.picked, this.queueText());
  }

  legend() {
    const seen = new Map();
    for (const a of this.attempts)
      seen.set(a.outcome, (seen.get(a.outcome) || 0) + 1);
    this.signs = [];
    const items = Object.keys(OUTCOMES).filter((kind) => seen.has(kind))
      .map((kind) => {
        const sign = make("canvas", { "aria-hidden": "true" });
        this.signs.push([sign, kind]);
        return make("li", null, sign,
          `${OUTCOMES[kind][0]} ${count(seen.get(kind))}`);
      });
    const left = this.chart.attempts.count - this.attempts.length;
    if (left > 0)
      items.push(make("li", null,
        `${many(left, "attempt")} in the middle not kept`));
    return make("ul", { class: "legend", "aria-label": "What the marks mean" },
      ...items);
  }

  queueText() {
    const points = this.queue;
    const top = points.reduce((most, p) => p.most > most.most ? p : most,
      { most: 0, at: 0 });
    const last = points.length ? points[points.length - 1].last : 0;
    return make("p", { class: "dim" }, top.most === 0
      ? "The queue was empty all the time."
      : `Queue: at most ${many(top.most, "recipient")}, at ${clock(top.at)}; ` +
        `${last} at the end.`);
  }

  redraw() {
    if (!this.lanes) return;
    const colour = colours();
    for (const [canvas, kind] of this.signs)
      mark(scaled(canvas, 16, 16), kind, 8, 8, 11, colour(OUTCOMES[kind][1]));
    this.lanes.resize();
  }

  describe(a) {
    const host = this.chart.hosts[a.host].name || "an address of no host";
    const next = this.followed.get(a.number);
    const before = a.from && this.byNumber.get(a.number - a.from);
    const name = (b) => `DCID ${b.dcid} to ` +
      (this.chart.hosts[b.host].name || "an address of no host");
    return [make("b", null, `DCID ${a.dcid} to ${host}`),
      ` at ${clock(a.began)}: ${OUTCOMES[a.outcome][0]}` +
      (a.failed ? ` (${a.how}${a.failed > 1 ? `, ${count(a.failed)} times` : ""})`
        : "") + (a.done ? `, ${many(a.done, "message")} done` : "") +
      (a.length > 0 ? `, lasted ${span(a.length)}` : "") +
      (before ? `; took over from ${name(before)}` : "") +
      (next ? `; ${name(next)} took over` : "") +
      (a.rule ? `; rule ${a.rule}` : "") + "."];
  }

  /* ---- what is touched ---- */

  pick(a, how) {
    this.touched = a;
    this.picked.replaceChildren(...(a ? this.describe(a)
      : [make("span", { class: "dim" }, this.attempts.length
        ? "Touch an attempt, or move with the arrow keys: its lines of the " +
          "log are marked." : "No attempt was made.")]));
    if (how !== "point" && a) {
      this.table?.go(a.index);
      const row = this.list.rows.indexOf(this.log.rowsOf.get(a.number)?.[0]);
      if (this.only?.checked) this.filter();
      else if (row >= 0 && how !== "log") this.list.go(row);
    } else if (how !== "point" && this.only?.checked) {
      this.filter();
    }
    this.list?.draw();
  }

  chooseNumber(number) {
    const a = this.byNumber.get(number);
    if (a) this.lanes.choose(a, "log");
  }

  goToAttempt() {
    if (!this.touched) return;
    this.list.element.focus();
    this.list.element.scrollIntoView({ block: "nearest" });
  }

  goToLine(line) {
    this.only.checked = false;
    this.search.value = "";
    this.filter();
    const row = this.log.rowOfLine(line);
    this.chooseNumber(this.log.attemptOf[row]);
    this.list.go(row);
    this.list.element.focus({ preventScroll: true });
    this.list.element.scrollIntoView({ block: "center" });
  }

  /* ---- shares ---- */

  sharesSection() {
    const hosts = this.chart.hosts;
    const sum = (key) => hosts.reduce((all, host) => all + host[key], 0);
    const track = (host, key, name) => {
      const all = sum(key), share = all ? host[key] / all : 0;
      const bar = make("i", { class: name });
      bar.style.width = `${share * 100}%`;
      return make("td", { class: "share", title: `${(share * 100).toFixed(1)} %` },
        make("div", { class: "track", "aria-hidden": "true" }, bar));
    };
    const cell = (text) => make("td", { class: "number" }, text);
    const part = (host, key) => {
      const all = sum(key);
      return cell(all ? `${(host[key] / all * 100).toFixed(1)} %` : "\u2013");
    };
    const rows = hosts.slice(0, 200).map((host) => make("tr", null,
      make("th", { scope: "row" }, host.name || "addresses of no host"),
      cell(count(host.connections)), part(host, "connections"),
      track(host, "connections", ""), cell(count(host.refused)),
      cell(count(host.delayed)), cell(count(host.bounced)),
      cell(count(host.done)), part(host, "done"), track(host, "done", "ok")));
    const head = (text, isNumber, span) => make("th", { scope: "col",
      colspan: span, class: isNumber ? "number" : undefined }, text);
    return make("section", { "aria-label": "Shares" },
      make("h3", null, "Shares of the hosts"),
      make("table", null, make("thead", null, make("tr", null,
        head("host"), head("connections", true), head("share", true),
        make("td", { class: "share" }), head("no connect", true),
        head("4xx", true), head("5xx", true), head("messages", true),
        head("share", true), make("td", { class: "share" }))),
      make("tbody", null, ...rows)),
      hosts.length > 200 ? make("p", { class: "dim" },
        `${count(hosts.length - 200)} more hosts are not shown.`) : null);
  }

  /* ---- lists ---- */

  attemptsSection() {
    this.table = new List("Attempts", (at, row) => {
      const a = this.attempts[at];
      row.append(make("span", { class: "at when" }, clock(a.began)),
        `DCID ${String(a.dcid).padEnd(6)} ` +
        `${(this.chart.hosts[a.host].name || "?").padEnd(16)} ` +
        `${OUTCOMES[a.outcome][0]}` + (a.failed ? ` (${a.how})` : "") +
        (a.done ? `, ${a.done} done` : ""));
      if (a === this.touched) this.markHit(row);
    }, (at) => this.lanes.choose(this.attempts[at], "table"));
    this.table.set(this.attempts.map((a) => a.index));
    const details = make("details", { class: "inner",
      ontoggle: () => this.table.draw() },
      make("summary", null, `List of ${many(this.attempts.length, "attempt")}`),
      this.table.element);
    return make("section", { "aria-label": "List of attempts" }, details);
  }

  markHit(row) {
    row.classList.add("hit");
    row.setAttribute("aria-selected", "true");
  }

  logSection() {
    const log = this.log;
    this.list = new List("Mail log", (at, row) => this.logRow(at, row),
      (at) => this.chooseNumber(log.attemptOf[at]),
      (at) => this.lanes?.point(
        this.byNumber.get(log.attemptOf[at]) || null));
    this.list.element.addEventListener("mouseleave",
      () => this.lanes?.point(null));
    this.search = make("input", { type: "search", "aria-label": "Find in the log",
      placeholder: "Find in the log", autocomplete: "off",
      oninput: () => this.filter() });
    this.only = make("input", { type: "checkbox",
      onchange: () => this.filter() });
    this.found = make("span", { class: "dim", role: "status" });
    this.filter();
    return make("section", { "aria-label": "Log" },
      make("div", { class: "bar" }, make("h3", null, "Mail log"),
        this.found, make("span", { class: "gap" }),
        make("label", null, this.only, "this attempt only"),
        make("label", null, this.search)),
      this.list.element,
      log.leftOut > 0 ? make("p", { class: "dim" },
        `${count(log.leftOut)} of ${many(log.count, "line")} are not in this ` +
        "page: a log has more than a page should (--log FILE writes all of " +
        "it), or lines that are no records.") : null);
  }

  logRow(at, row) {
    const log = this.log;
    const isHit = this.touched && log.attemptOf[at] === this.touched.number;
    const isCited = this.cited?.has(log.lineOf[at]);
    row.append(
      make("span", { class: "at no" }, String(log.lineOf[at])),
      make("span", { class: "at when" }, clock(log.ms[at])),
      make("span", { class: "sign" }, isHit ? "\u25b8" : isCited ? "!" : ""),
      log.text(at));
    if (isHit) this.markHit(row);
    if (isCited) row.classList.add("cited");
    if (log.isGap(at)) row.classList.add("left");
  }

  filter() {
    const wanted = this.search.value.toLowerCase(), log = this.log;
    let rows;
    if (this.only.checked)
      rows = this.touched ? log.rowsOf.get(this.touched.number) || [] : [];
    else rows = log.lineOf.map((_, row) => row);
    if (wanted)
      rows = rows.filter((row) => log.text(row).toLowerCase().includes(wanted));
    this.list.set(rows);
    this.found.textContent = wanted || this.only.checked
      ? `${count(rows.length)} of ${many(log.count, "line")}`
      : many(log.count, "line");
  }

  /* ---- paper ---- */

  /* Of a long log what is cited and what is touched, and a few lines around. */
  printedRows() {
    const log = this.log, all = log.lineOf.length;
    if (all <= 150) return log.lineOf.map((_, row) => row);
    const rows = new Set();
    const around = (row) => {
      for (let at = row - 4; at <= row + 4; at++)
        if (at >= 0 && at < all) rows.add(at);
    };
    for (const line of this.cited || []) around(log.rowOfLine(line));
    if (this.touched)
      (log.rowsOf.get(this.touched.number) || []).slice(0, 50).forEach(around);
    if (rows.size === 0) for (let at = 0; at < 40; at++) rows.add(at);
    return [...rows].sort((a, b) => a - b).slice(0, 400);
  }

  beginPrint() {
    this.redraw();
    for (const sight of this.element.querySelectorAll(".sight"))
      sight.open = true;
    if (!this.chart) return;
    const rows = this.printedRows();
    this.list.print(rows);
    if (rows.length < this.log.lineOf.length)
      this.found.textContent =
        `${count(rows.length)} of ${many(this.log.count, "line")} printed`;
  }

  endPrint() {
    this.redraw();
    if (this.chart) this.filter();
  }
}

/* ---- the run ---- */

const entries = results.map((result, index) => {
  const body = make("div");
  const name = result.file + (result.variant ? `::${result.variant}` : "");
  const summary = make("summary", null, verdict(result.verdict),
    make("h2", null, result.title || result.file),
    make("span", { class: "span dim" }, result.seconds_virtual === undefined
      ? "" : clock(result.seconds_virtual * 1000)),
    make("span", { class: "file dim mono" }, name));
  const element = make("details", { id: `s${index + 1}` }, summary, body);
  const entry = { result, element, summary, scenario: null,
    words: `${name} ${result.title || ""} ${result.case || ""}`.toLowerCase() };
  entry.open = () => {
    if (!entry.scenario) {
      entry.scenario = new Scenario(result, charts[index]);
      body.replaceWith(entry.scenario.element);
      if (entry.scenario.lanes) entry.scenario.pick(null, "point");
    }
    element.open = true;
    entry.scenario.redraw();
  };
  element.addEventListener("toggle", () => {
    if (element.open && !entry.scenario) entry.open();
  });
  return entry;
});

function tellRun() {
  const failed = entries.filter((e) => !isHeld(e.result)).length;
  const all = entries.length;
  const heading = $("verdict");
  heading.className = failed ? "failed" : "held";
  if (all === 0) heading.textContent = "No scenario was run";
  else if (failed === 0)
    heading.textContent = `\u2713 ${many(all, "scenario")} held`;
  else
    heading.textContent = all === 1 ? "\u2717 1 scenario did not hold"
      : `\u2717 ${count(failed)} of ${many(all, "scenario")} did not hold`;
  document.title = `${heading.textContent} \u2013 faultpost`;
  $("totals").textContent = totals ? `${many(all, "scenario")} in ` +
    `${count(totals.wall_ms)} ms` : "The run ended before this page did.";
  $("tools").hidden = all < 2;
}

function showFound() {
  const wanted = $("find").value.toLowerCase();
  let shown = 0;
  for (const e of entries) {
    const isShown = e.words.includes(wanted) &&
      !($("failed-only").checked && isHeld(e.result));
    e.element.hidden = !isShown;
    shown += isShown;
  }
  $("shown").textContent = shown === entries.length ? ""
    : `${count(shown)} of ${count(entries.length)} shown`;
}

/* The next scenario from the one that has the focus. */
function go(by, isWanted) {
  const at = entries.findIndex((e) =>
    e.element.contains(document.activeElement));
  let next = at < 0 ? by > 0 ? 0 : entries.length - 1 : at + by;
  while (entries[next] && (entries[next].element.hidden ||
      (isWanted && !isWanted(entries[next].result)))) next += by;
  entries[next]?.summary.focus();
  entries[next]?.element.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey ||
      /^(input|textarea)$/i.test(event.target.tagName)) return;
  const keys = { j: () => go(1), k: () => go(-1),
    f: () => go(1, (result) => !isHeld(result)), "/": () => $("find").focus() };
  if (!Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
});

const opened = () => entries.filter((e) => e.element.open && e.scenario);
function redrawAll() {
  for (const e of opened()) e.scenario.redraw();
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);

const PRINTED_MAX = 20;
addEventListener("beforeprint", () => {
  entries.filter((e) => !isHeld(e.result)).slice(0, PRINTED_MAX)
    .forEach((e) => e.open());
  for (const e of opened()) e.scenario.beginPrint();
});
addEventListener("afterprint", () => {
  for (const e of opened()) e.scenario.endPrint();
});

$("find").addEventListener("input", showFound);
$("failed-only").addEventListener("change", showFound);
$("scenarios").append(...entries.map((e) => e.element));
tellRun();
const first = entries.length === 1 ? entries[0]
  : entries[Number(location.hash.slice(2)) - 1] ||
    entries.find((e) => !isHeld(e.result));
first?.open();
