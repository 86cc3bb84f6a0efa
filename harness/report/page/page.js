// SPDX-License-Identifier: MIT
"use strict";

/* ---- what is in the page ---- */

const results = [...document.querySelectorAll("script.result")].map(
  (block) => JSON.parse(block.textContent));
const charts = [...document.querySelectorAll("script.chart")];
const totals = JSON.parse(
  document.querySelector("script.totals")?.textContent || "null");
const $ = (id) => document.getElementById(id);

/* An element; whatever is text stays text. */
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {}))
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined)
      element.setAttribute(name, value);
  element.append(...children.filter((child) => child != null));
  return element;
}

/* ---- numbers ---- */

const DIGITS = new Int8Array(128);
[..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"]
  .forEach((digit, value) => { DIGITS[digit.charCodeAt(0)] = value; });

/* Reads base64 VLQ: see vlq.h.  Past 31 bits shifts would wrap. */
function reader(text) {
  let at = 0;
  return {
    more: () => at < text.length,
    next() {
      let value = 0, scale = 1, digit;
      do {
        digit = DIGITS[text.charCodeAt(at++)];
        value += (digit & 31) * scale;
        scale *= 32;
      } while (digit & 32);
      return value % 2 ? -(value - 1) / 2 : value / 2;
    },
  };
}

const pad = (number, width) => String(number).padStart(width, "0");
const count = (number) => number.toLocaleString("en-US");
const many = (number, one, more) =>
  `${count(number)} ${number === 1 ? one : more || one + "s"}`;

/* 1:02:03.004, as in every other output. */
function clock(ms) {
  const left = Math.max(0, Math.round(ms));
  return `${Math.floor(left / 3600000)}:${pad(Math.floor(left / 60000) % 60, 2)}:` +
    `${pad(Math.floor(left / 1000) % 60, 2)}.${pad(left % 1000, 3)}`;
}

/* About so long, in the two largest units. */
function span(ms) {
  const units = [[86400000, "d"], [3600000, "h"], [60000, "min"], [1000, "s"]];
  for (let i = 0; i < units.length; i++) {
    const [size, name] = units[i];
    if (ms < size) continue;
    const whole = Math.floor(ms / size), next = units[i + 1];
    const rest = next ? Math.floor((ms % size) / next[0]) : 0;
    return `${whole} ${name}${rest > 0 ? ` ${rest} ${next[1]}` : ""}`;
  }
  return `${Math.round(ms)} ms`;
}

/* ---- reading a chart ---- */

/* What came of an attempt: its mark, and the word for it. */
const OUTCOMES = {
  done: ["delivered", "--good"],
  mixed: ["delivered in part", "--mixed"],
  late: ["answered 4xx", "--late"],
  bad: ["answered 5xx", "--bad"],
  lost: ["broke off", "--lost"],
  none: ["no connection", "--bad"],
  idle: ["nothing sent", "--dim"],
  open: ["still open", "--dim"],
};
const NO_CONNECTION = new Set(["refused", "timeout", "no route"]);

function outcome(a) {
  if (a.failed > 0) {
    if (a.done > 0) return "mixed";
    if (/^4/.test(a.how)) return "late";
    if (/^5/.test(a.how)) return "bad";
    return NO_CONNECTION.has(a.how) && a.length === 0 ? "none" : "lost";
  }
  if (a.done > 0) return "done";
  return a.length < 0 ? "open" : "idle";
}

function readAttempts(packed) {
  const from = reader(packed.rows), list = [];
  let number = 0, dcid = 0, began = 0;
  while (from.more()) {
    const a = { number: number += from.next(), dcid: dcid += from.next(),
      host: from.next(), began: began += from.next(), length: from.next() - 1,
      done: from.next(), failed: from.next(), how: "", failedAt: 0 };
    if (a.failed > 0) {
      a.how = packed.hows[from.next()];
      a.failedAt = from.next();
    }
    a.rule = packed.rules[from.next() - 1];
    a.from = from.next();
    a.outcome = outcome(a);
    a.index = list.length;
    list.push(a);
  }
  return list;
}

function readQueue(text) {
  const from = reader(text), points = [];
  let at = 0, value = 0;
  while (from.more()) {
    at += from.next();
    const most = value + from.next();
    value = most + from.next();
    points.push({ at, most, last: value });
  }
  return points;
}

/* The log, by row; texts are put together when somebody reads them. */
class Log {
  constructor(packed) {
    this.shapes = packed.shapes;
    this.count = packed.count;
    this.leftOut = packed.left_out;
    this.lineOf = []; this.ms = []; this.attemptOf = [];
    this.shapeOf = []; this.valuesAt = []; this.values = [];
    this.rowsOf = new Map(); /* an attempt's number -> rows */
    this.read(this.steps(packed.steps), packed.lines);
  }

  steps(text) {
    const from = reader(text), steps = [];
    this.flags = this.shapes.map((shape) => shape[0].length);
    while (from.more()) {
      const shape = from.next();
      const length = this.flags[shape] + this.shapes[shape].length - 2;
      steps.push([shape, Array.from({ length }, () => from.next())]);
    }
    return steps;
  }

  read(steps, text) {
    const last = this.shapes.map((shape, i) =>
      new Array(this.flags[i] + shape.length - 2).fill(0));
    const from = reader(text);
    let line = 0, ms = 0;
    while (from.more()) {
      const step = from.next();
      if (step === 0) {
        const left = from.next();
        this.add(line + 1, ms, -1, left);
        line += left;
        continue;
      }
      const [shape, differences] = steps[step - 1];
      const values = last[shape];
      for (let i = 0; i < values.length; i++) values[i] += differences[i];
      ms += from.next();
      this.add(++line, ms, shape, values);
    }
  }

  add(line, ms, shape, values) {
    const row = this.lineOf.length;
    this.lineOf.push(line);
    this.ms.push(ms);
    this.shapeOf.push(shape);
    this.valuesAt.push(this.values.length);
    if (shape < 0) {
      this.values.push(values);
      this.attemptOf.push(-1);
      return;
    }
    const attempt = this.shapes[shape][0].startsWith("a") ? values[0] : -1;
    for (let i = this.flags[shape]; i < values.length; i++)
      this.values.push(values[i]);
    this.attemptOf.push(attempt);
    if (attempt < 0) return;
    if (this.rowsOf.has(attempt)) this.rowsOf.get(attempt).push(row);
    else this.rowsOf.set(attempt, [row]);
  }

  isGap(row) { return this.shapeOf[row] < 0; }

  text(row) {
    const at = this.valuesAt[row];
    if (this.isGap(row))
      return `${many(this.values[at], "line")} left out`;
    const parts = this.shapes[this.shapeOf[row]];
    let text = parts[1];
    for (let i = 2; i < parts.length; i++)
      text += this.values[at + i - 2] + parts[i];
    return text;
  }

  /* The row of a line, or that of the gap which it is in. */
  rowOfLine(line) {
    let low = 0, high = this.lineOf.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.lineOf[middle] <= line) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/* ---- lists of any length ---- */

const ROW = 21;

/* A list of which only what can be seen is in the document.  `fill(row,
 * element)` says what a row looks like, `choose(row)` that one is touched. */
class List {
  constructor(label, fill, choose, point) {
    Object.assign(this, { fill, choose, point, rows: [], active: 0 });
    this.id = `list${++List.made}`;
    this.inner = make("div", { class: "rows" });
    this.element = make("div", { class: "list", tabindex: "0", role: "listbox",
      "aria-label": label }, this.inner);
    this.element.addEventListener("scroll", () => this.draw());
    this.element.addEventListener("keydown", (event) => this.onKey(event));
    this.element.addEventListener("focus", () => this.draw());
    this.inner.addEventListener("click", (event) => this.onPoint(event, true));
    this.inner.addEventListener("mouseover", (e) => this.onPoint(e, false));
  }

  set(rows) {
    this.rows = rows;
    this.active = Math.min(this.active, Math.max(0, rows.length - 1));
    this.inner.style.height = `${rows.length * ROW}px`;
    this.element.classList.toggle("short", rows.length <= 16);
    this.draw();
  }

  make(at) {
    const row = this.rows[at];
    const element = make("div", { class: "row", role: "option",
      id: `${this.id}-${at}`, "aria-posinset": at + 1,
      "aria-setsize": this.rows.length, "aria-selected": "false" });
    element.dataset.at = at;
    element.style.top = `${at * ROW}px`;
    this.fill(row, element);
    if (at === this.active) element.classList.add("active");
    return element;
  }

  draw() {
    const height = this.element.clientHeight || 16 * ROW;
    const first = Math.max(0, Math.floor(this.element.scrollTop / ROW) - 8);
    const end = Math.min(this.rows.length, first + Math.ceil(height / ROW) + 16);
    const seen = [];
    for (let at = first; at < end; at++) seen.push(this.make(at));
    if (this.active < this.rows.length &&
        (this.active < first || this.active >= end))
      seen.push(this.make(this.active));
    this.inner.replaceChildren(...seen);
    this.element.setAttribute("aria-activedescendant",
      `${this.id}-${this.active}`);
  }

  /* Makes a row the active one, and seen. */
  go(at) {
    if (this.rows.length === 0) return;
    this.active = Math.max(0, Math.min(this.rows.length - 1, at));
    const top = this.active * ROW, box = this.element;
    if (top < box.scrollTop + ROW) box.scrollTop = top - 3 * ROW;
    else if (top > box.scrollTop + box.clientHeight - 3 * ROW)
      box.scrollTop = top - Math.max(3 * ROW, box.clientHeight / 3);
    this.draw();
  }

  onKey(event) {
    const page = Math.max(1, Math.floor(this.element.clientHeight / ROW) - 2);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page,
      Home: -Infinity, End: Infinity };
    if (event.key in moves) this.go(this.active + moves[event.key]);
    else if (event.key === "Enter" || event.key === " ")
      this.choose(this.rows[this.active]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  onPoint(event, isClick) {
    const at = event.target.closest(".row")?.dataset.at;
    if (at === undefined) return;
    if (isClick) {
      this.active = Number(at);
      this.choose(this.rows[this.active]);
      this.draw();
    } else if (this.point) {
      this.point(this.rows[at]);
    }
  }

  /* On paper these rows stand one below the other. */
  print(rows) {
    const kept = this.rows;
    this.rows = rows;
    this.inner.replaceChildren(...rows.map((_, at) => this.make(at)));
    this.rows = kept;
  }
}
List.made = 0;
