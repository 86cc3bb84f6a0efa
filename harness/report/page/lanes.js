// SPDX-License-Identifier: MIT

/* ---- marks ---- */

/* Outcomes differ by shape, and by colour as well. */
function mark(pen, kind, x, y, size, colour) {
  const r = size / 2;
  pen.strokeStyle = pen.fillStyle = colour;
  pen.lineWidth = Math.max(1.5, size / 6);
  pen.beginPath();
  switch (kind) {
  case "done":
    pen.arc(x, y, r, 0, 7); pen.fill(); break;
  case "mixed":
    pen.arc(x, y, r - .5, 0, 7); pen.stroke();
    pen.beginPath(); pen.arc(x, y, r - .5, Math.PI / 2, -Math.PI / 2);
    pen.fill(); break;
  case "late":
    pen.moveTo(x, y - r * 1.1); pen.lineTo(x + r * 1.1, y + r * .9);
    pen.lineTo(x - r * 1.1, y + r * .9); pen.closePath(); pen.fill(); break;
  case "bad":
    pen.rect(x - r * .9, y - r * .9, r * 1.8, r * 1.8); pen.fill(); break;
  case "lost":
    pen.moveTo(x, y - r * 1.2); pen.lineTo(x + r * 1.2, y);
    pen.lineTo(x, y + r * 1.2); pen.lineTo(x - r * 1.2, y);
    pen.closePath(); pen.fill(); break;
  case "none":
    pen.moveTo(x - r * .85, y - r * .85); pen.lineTo(x + r * .85, y + r * .85);
    pen.moveTo(x + r * .85, y - r * .85); pen.lineTo(x - r * .85, y + r * .85);
    pen.lineWidth = Math.max(2, size / 4); pen.stroke(); break;
  case "open":
    pen.setLineDash([2, 2]); pen.arc(x, y, r - .5, 0, 7); pen.stroke();
    pen.setLineDash([]); break;
  default:
    pen.arc(x, y, r * .7, 0, 7); pen.stroke();
  }
}

/* The colours of the sheet as they are now, each read once. */
function colours() {
  const style = getComputedStyle(document.documentElement), known = new Map();
  return (name) => {
    if (!known.has(name))
      known.set(name, style.getPropertyValue(name).trim());
    return known.get(name);
  };
}

function scaled(canvas, width, height) {
  const dots = Math.min(3, window.devicePixelRatio || 1) *
    (matchMedia("print").matches ? 2 : 1);
  canvas.width = Math.round(width * dots);
  canvas.height = Math.round(height * dots);
  const pen = canvas.getContext("2d");
  pen.setTransform(dots, 0, 0, dots, 0, 0);
  return pen;
}

/* ---- time ---- */

/* From milliseconds to a place: to scale, or with pauses folded, where each
 * pause between two moments at which something happens takes room by the
 * logarithm of its length.  Places go from 0 to 1. */
class Axis {
  constructor(moments, end) {
    this.end = Math.max(1, end);
    this.moments = [...new Set(moments.concat(0, this.end))]
      .sort((a, b) => a - b);
    this.places = new Float64Array(this.moments.length);
    for (let i = 1; i < this.moments.length; i++)
      this.places[i] = this.places[i - 1] +
        Math.log2(1 + this.moments[i] - this.moments[i - 1]);
    const last = this.places[this.places.length - 1] || 1;
    for (let i = 0; i < this.places.length; i++) this.places[i] /= last;
    this.isFolded = true;
  }

  /* The last index whose value is not greater. */
  static find(list, value) {
    let low = 0, high = list.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (list[middle] <= value) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  between(from, to, value) {
    const i = Axis.find(from, value);
    if (i + 1 >= from.length) return to[to.length - 1];
    const share = (value - from[i]) / (from[i + 1] - from[i] || 1);
    return to[i] + share * (to[i + 1] - to[i]);
  }

  place(ms) {
    return this.isFolded ? this.between(this.moments, this.places, ms)
      : ms / this.end;
  }

  ms(place) {
    return this.isFolded ? this.between(this.places, this.moments, place)
      : place * this.end;
  }
}

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 3e4,
  6e4, 12e4, 3e5, 6e5, 18e5, 36e5, 72e5, 144e5, 216e5, 432e5, 864e5, 1728e5,
  6048e5];

/* ---- the lanes ---- */

const GUTTER = 104, QUEUE = 110, LANES_MAX = 12, SIZE = 12, TOP = 16;

/* Hosts as columns, time downwards, a mark for each attempt; beside them the
 * queue.  `pick(attempt, how)` is told when one is touched: "point", "keys" or
 * "click"; null: none. */
class Lanes {
  constructor(view, pick) {
    Object.assign(this, view);
    this.pick = pick;
    this.from = 0; this.to = 1;
    this.hover = this.chosen = null;
    this.columns = this.layColumns();
    this.layTracks();
    this.axis = new Axis(this.moments(), this.span);
    this.most = this.queue.reduce((most, p) => Math.max(most, p.most), 0);
    this.canvas = make("canvas", { tabindex: "0", role: "application",
      "aria-roledescription": "swim lanes", "aria-describedby": "keys",
      "aria-label": `Lanes of ${many(this.columns.length, "host")} with ` +
        `${many(this.attempts.length, "attempt")}; arrow keys move` });
    this.heads = make("div", { class: "heads", "aria-hidden": "true" });
    this.element = make("div", { class: "lanes" }, this.heads, this.canvas);
    this.listen();
  }

  moments() {
    const list = [];
    for (const a of this.attempts) {
      list.push(a.began);
      if (a.length > 0) list.push(a.began + a.length);
    }
    for (const p of this.queue) list.push(p.at);
    return list;
  }

  /* The hosts with most connections have a lane each, in their order. */
  layColumns() {
    const hosts = this.hosts.map((host, index) => ({ ...host, index }));
    const kept = [...hosts].sort((a, b) => b.connections - a.connections ||
      a.index - b.index).slice(0, hosts.length > LANES_MAX
        ? LANES_MAX - 1 : LANES_MAX);
    const columns = hosts.filter((host) => kept.includes(host));
    this.columnOf = hosts.map((host) => columns.indexOf(host));
    if (columns.length < hosts.length) {
      this.columnOf = this.columnOf.map((at) => at < 0 ? columns.length : at);
      columns.push({ name: many(hosts.length - columns.length, "other host") });
    }
    return columns;
  }

  /* Attempts that go on at the same time stand side by side in their lane. */
  layTracks() {
    const ends = this.columns.map(() => []);
    for (const a of this.attempts) {
      const tracks = ends[this.columnOf[a.host]];
      let track = tracks.findIndex((end) => end <= a.began);
      if (track < 0) track = tracks.length < 8 ? tracks.length
        : tracks.indexOf(Math.min(...tracks));
      tracks[track] = a.length < 0 ? Infinity : a.began + a.length + .5;
      a.track = track;
    }
    this.tracks = ends.map((tracks) => Math.max(1, tracks.length));
  }

  resize() {
    this.width = this.element.clientWidth ||
      this.element.parentElement?.clientWidth || 800;
    const queue = this.width > 560 ? QUEUE : 56;
    this.gutter = this.width > 560 ? GUTTER : 92;
    this.laneWidth = (this.width - this.gutter - queue) / this.columns.length;
    this.height = Math.max(220, Math.min(560, 90 + this.attempts.length * 34));
    this.canvas.style.height = `${this.height}px`;
    const head = (width, name, more) => {
      const box = make("div", { title: name }, make("b", null, name),
        make("span", null, more));
      box.style.width = `${width}px`;
      box.style.flex = "none";
      return box;
    };
    this.heads.replaceChildren(head(this.gutter, "time", "since start"),
      ...this.columns.map((c) => head(this.laneWidth,
        c.name || "no host", (c.addresses || []).join(", "))),
      head(queue, "queue", `most ${count(this.most)}`));
    this.draw();
  }

  /* ---- drawing ---- */

  y(ms) {
    return TOP + (this.axis.place(ms) - this.from) / (this.to - this.from) *
      (this.height - 2 * TOP);
  }

  ms(y) {
    return this.axis.ms(Math.max(0, Math.min(1, this.from +
      (y - TOP) / (this.height - 2 * TOP) * (this.to - this.from))));
  }

  x(a) {
    const column = this.columnOf[a.host], tracks = this.tracks[column];
    const room = Math.min(20, (this.laneWidth - 18) / tracks);
    return this.gutter + (column + .5) * this.laneWidth +
      (a.track - (tracks - 1) / 2) * room;
  }

  draw() {
    if (!this.width) return;
    const pen = scaled(this.canvas, this.width, this.height);
    this.colour = colours();
    pen.font = "11px " + this.colour("--mono");
    pen.textBaseline = "middle";
    this.drawTime(pen);
    this.drawLanes(pen);
    this.drawQueue(pen);
    this.drawAttempts(pen);
  }

  drawLanes(pen) {
    pen.strokeStyle = this.colour("--lane");
    pen.lineWidth = 1;
    for (let i = 0; i <= this.columns.length; i++) {
      const x = Math.round(this.gutter + i * this.laneWidth) + .5;
      pen.beginPath();
      pen.moveTo(x, 0);
      pen.lineTo(x, this.height);
      pen.stroke();
    }
  }

  /* Where times are told: at moments of their own when pauses are folded, at
   * round ones when time is to scale. */
  ticks() {
    const begin = this.ms(0), end = this.ms(this.height), list = [];
    if (this.axis.isFolded) {
      const moments = this.axis.moments;
      for (let i = Axis.find(moments, begin); i < moments.length &&
          moments[i] <= end; i++)
        list.push(moments[i]);
    } else {
      const step = STEPS.find((s) =>
        Math.abs(this.y(begin + s) - this.y(begin)) >= 34) || STEPS.at(-1);
      for (let at = Math.ceil(begin / step) * step; at <= end; at += step)
        list.push(at);
    }
    return list;
  }

  drawTime(pen) {
    const right = this.gutter - 8;
    let before = -Infinity, told = null;
    pen.textAlign = "right";
    for (const ms of this.ticks()) {
      const y = this.y(ms);
      if (y - before < 17 || y < 6 || y > this.height - 6) continue;
      if (told !== null && this.axis.isFolded && y - before >= 34 &&
          ms - told >= 10000)
        this.drawPause(pen, (before + y) / 2, ms - told);
      pen.fillStyle = this.colour("--dim");
      pen.fillText(clock(ms), right, y);
      pen.strokeStyle = this.colour("--lane");
      pen.lineWidth = 1;
      pen.beginPath();
      pen.moveTo(right + 3, Math.round(y) + .5);
      pen.lineTo(this.gutter + this.columns.length * this.laneWidth,
        Math.round(y) + .5);
      pen.stroke();
      before = y;
      told = ms;
    }
  }

  drawPause(pen, y, ms) {
    pen.fillStyle = this.colour("--dim");
    pen.save();
    pen.font = "italic " + pen.font;
    pen.fillText(`\u22ee ${span(ms)}`, this.gutter - 8, y);
    pen.restore();
  }

  drawQueue(pen) {
    const left = this.gutter + this.columns.length * this.laneWidth + 6;
    const room = this.width - left - 8;
    const x = (value) => left + (this.most ? value / this.most * room : 0);
    pen.fillStyle = this.colour("--queue");
    this.queue.forEach((p, i) => {
      const y = this.y(p.at);
      const next = this.queue[i + 1];
      const end = next ? this.y(next.at) : this.y(this.span);
      if (end < 0 || y > this.height) return;
      pen.fillRect(left, y, x(p.last) - left, Math.max(.5, end - y));
      if (p.most > p.last) pen.fillRect(left, y - .5, x(p.most) - left, 1);
    });
    pen.fillStyle = this.colour("--line");
    pen.fillRect(left, 0, 1, this.height);
  }

  drawAttempts(pen) {
    const shown = this.attempts.filter((a) => {
      const end = a.began + Math.max(0, a.length < 0 ? this.span : a.length);
      return this.y(end) > -SIZE && this.y(a.began) < this.height + SIZE;
    });
    const size = shown.length > 1500 ? 7 : shown.length > 300 ? 9 : SIZE;
    pen.lineWidth = 2;
    pen.globalAlpha = .35;
    for (const a of shown) this.drawSpan(pen, a);
    pen.globalAlpha = 1;
    if (shown.length <= 1500)
      for (const a of shown) this.drawArrow(pen, a);
    this.drawn = shown.filter((a) => this.y(a.began) > -SIZE);
    for (const a of this.visible(this.drawn))
      mark(pen, a.outcome, this.x(a), this.y(a.began), size,
        this.colour(OUTCOMES[a.outcome][1]));
    if (this.drawn.length <= 60) this.drawNames(pen);
    for (const a of new Set([this.chosen, this.hover]))
      if (a) this.drawRing(pen, a, a === this.chosen);
  }

  /* Without those that others like them cover to the dot. */
  visible(attempts) {
    const seen = new Set();
    return attempts.filter((a) => {
      const dot = `${a.outcome} ${Math.round(this.x(a))} ` +
        `${Math.round(this.y(a.began))}`;
      return !seen.has(dot) && seen.add(dot);
    });
  }

  drawSpan(pen, a) {
    if (a.length === 0) return;
    const end = a.length < 0 ? this.span : a.began + a.length;
    pen.strokeStyle = this.colour(OUTCOMES[a.outcome][1]);
    pen.beginPath();
    pen.moveTo(this.x(a), this.y(a.began));
    pen.lineTo(this.x(a), this.y(end));
    pen.stroke();
  }

  /* From the attempt that failed to the one that took over. */
  drawArrow(pen, a) {
    const before = a.from && this.byNumber.get(a.number - a.from);
    if (!before || before.host === a.host) return;
    const x1 = this.x(before), y1 = this.y(before.began + before.failedAt);
    const x2 = this.x(a), y2 = this.y(a.began);
    const side = Math.sign(x2 - x1), tip = x2 - side * (SIZE / 2 + 2);
    pen.strokeStyle = pen.fillStyle = this.colour("--dim");
    pen.lineWidth = 1.2;
    pen.beginPath();
    pen.moveTo(x1 + side * (SIZE / 2 + 1), y1);
    pen.bezierCurveTo((x1 + x2) / 2, y1, (x1 + x2) / 2, y2, tip - side * 5, y2);
    pen.stroke();
    pen.beginPath();
    pen.moveTo(tip, y2);
    pen.lineTo(tip - side * 7, y2 - 3.5);
    pen.lineTo(tip - side * 7, y2 + 3.5);
    pen.fill();
  }

  /* What an attempt is, beside its mark, where there is room. */
  drawNames(pen) {
    const lowest = new Map();
    pen.textAlign = "left";
    pen.fillStyle = this.colour("--ink");
    pen.strokeStyle = this.colour("--card"); /* what lies below gives way */
    pen.lineWidth = 5;
    pen.lineJoin = "round";
    for (const a of this.drawn) {
      const y = this.y(a.began), column = this.columnOf[a.host];
      const text = a.failed ? `${a.how}${a.failed > 1 ? ` \u00d7${a.failed}` : ""}`
        : a.done ? `ok ${a.done}` : "";
      const width = pen.measureText(text).width;
      const begin = this.gutter + column * this.laneWidth;
      const x = this.comesFromRight(a) ? this.x(a) - SIZE / 2 - 5 - width
        : this.x(a) + SIZE / 2 + 5;
      if (y - (lowest.get(column) ?? -Infinity) < 13 || x < begin + 2 ||
          x + width > begin + this.laneWidth - 2) continue;
      pen.strokeText(text, x, y);
      pen.fillText(text, x, y);
      lowest.set(column, y);
    }
  }

  /* Where its arrow comes from there is no room for a name. */
  comesFromRight(a) {
    const before = a.from && this.byNumber.get(a.number - a.from);
    return before && this.columnOf[before.host] > this.columnOf[a.host];
  }

  drawRing(pen, a, isChosen) {
    pen.strokeStyle = this.colour("--accent");
    pen.lineWidth = isChosen ? 3 : 2;
    pen.beginPath();
    pen.arc(this.x(a), this.y(a.began), SIZE * .85, 0, 7);
    pen.stroke();
  }

  /* ---- moving ---- */

  zoom(factor, around) {
    const size = Math.min(1, Math.max(this.smallest(),
      (this.to - this.from) * factor));
    const share = (around - this.from) / (this.to - this.from);
    this.show(around - share * size, size);
  }

  /* A hundred milliseconds, or what a few moments take, fill the lanes. */
  smallest() {
    return this.axis.isFolded ? Math.min(1, 4 / this.axis.moments.length)
      : Math.min(1, 20 / this.axis.end);
  }

  show(from, size) {
    this.from = Math.max(0, Math.min(1 - size, from));
    this.to = this.from + size;
    this.draw();
  }

  reveal(a) {
    const place = this.axis.place(a.began), size = this.to - this.from;
    if (place < this.from + size * .04 || place > this.to - size * .04)
      this.show(place - size / 2, size);
    else this.draw();
  }

  fold(isFolded) {
    const middle = this.chosen ? this.chosen.began : this.ms(this.height / 2);
    this.axis.isFolded = isFolded;
    const size = Math.max(this.smallest(), this.to - this.from);
    this.show(this.axis.place(middle) - size / 2, size);
  }

  choose(a, how) {
    this.chosen = a;
    this.hover = null;
    if (a) this.reveal(a);
    else this.draw();
    this.pick(a, how);
  }

  near(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = event.clientX - box.left, y = event.clientY - box.top;
    let best = null, least = 14 * 14;
    for (const a of this.drawn || []) {
      const far = (this.x(a) - x) ** 2 + (this.y(a.began) - y) ** 2;
      if (far < least) { least = far; best = a; }
    }
    return best;
  }

  listen() {
    const place = (event) => this.from + (this.to - this.from) *
      (event.offsetY - TOP) / (this.height - 2 * TOP);
    let dragged = null;
    this.canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.shiftKey &&
          document.activeElement !== this.canvas) return;
      event.preventDefault();
      this.zoom(Math.exp(event.deltaY / 400), place(event));
    }, { passive: false });
    this.canvas.addEventListener("pointerdown", (event) => {
      dragged = { y: event.clientY, from: this.from, moved: false };
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (dragged && event.buttons === 1) {
        const by = event.clientY - dragged.y, size = this.to - this.from;
        dragged.moved ||= Math.abs(by) > 4;
        if (dragged.moved)
          this.show(dragged.from - by / (this.height - 2 * TOP) * size, size);
        return;
      }
      this.point(this.near(event));
    });
    this.canvas.addEventListener("pointerleave", () => this.point(null));
    this.canvas.addEventListener("click", (event) => {
      if (!dragged?.moved) this.choose(this.near(event), "click");
      dragged = null;
    });
    this.canvas.addEventListener("dblclick", (event) =>
      this.zoom(.4, place(event)));
    this.canvas.addEventListener("keydown", (event) => this.onKey(event));
    new ResizeObserver(() => {
      if (this.element.clientWidth && this.element.clientWidth !== this.width)
        this.resize();
    }).observe(this.element);
  }

  point(a) {
    if (a === this.hover) return;
    this.hover = a;
    this.canvas.style.cursor = a ? "pointer" : "default";
    this.draw();
    this.pick(a || this.chosen, "point");
  }

  /* ---- keys ---- */

  step(by, isWanted) {
    const list = this.attempts;
    let at = this.chosen ? this.chosen.index + by : by > 0 ? 0 : list.length - 1;
    while (list[at] && isWanted && !isWanted(list[at])) at += by;
    if (list[at]) this.choose(list[at], "keys");
  }

  side(by) {
    if (!this.chosen) return this.step(1);
    let column = this.columnOf[this.chosen.host] + by, best = null;
    for (; !best && column >= 0 && column < this.columns.length; column += by)
      for (const a of this.attempts)
        if (this.columnOf[a.host] === column && (!best ||
            Math.abs(a.began - this.chosen.began) <
            Math.abs(best.began - this.chosen.began))) best = a;
    return best && this.choose(best, "keys");
  }

  middle() {
    const place = this.chosen ? this.axis.place(this.chosen.began) : -1;
    return place >= this.from && place <= this.to ? place
      : (this.from + this.to) / 2;
  }

  onKey(event) {
    const size = this.to - this.from;
    const isFailed = (a) => a.failed > 0;
    const keys = {
      ArrowDown: () => this.step(1), ArrowUp: () => this.step(-1),
      ArrowRight: () => this.side(1), ArrowLeft: () => this.side(-1),
      Home: () => this.choose(this.attempts[0] || null, "keys"),
      End: () => this.choose(this.attempts.at(-1) || null, "keys"),
      n: () => this.step(1, isFailed), p: () => this.step(-1, isFailed),
      "+": () => this.zoom(.5, this.middle()),
      "=": () => this.zoom(.5, this.middle()),
      "-": () => this.zoom(2, this.middle()),
      0: () => this.show(0, 1),
      PageDown: () => this.show(this.from + size * .7, size),
      PageUp: () => this.show(this.from - size * .7, size),
      s: () => this.onFold(!this.axis.isFolded),
      Enter: () => this.onEnter(),
      Escape: () => this.choose(null, "keys"),
    };
    if (event.ctrlKey || event.metaKey || event.altKey ||
        !Object.hasOwn(keys, event.key)) return;
    keys[event.key]();
    event.preventDefault();
    event.stopPropagation();
  }
}
