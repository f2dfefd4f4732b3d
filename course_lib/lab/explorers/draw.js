/* Draws a scene (see scene.py) as SVG. Panels stand beside each other, or below on a narrow page;
 * colours follow the theme of the page. Marks of several frames are played here, without the kernel;
 * what is dragged or pressed is told to `drag` and `pick` in the numbers of its panel.
 */

const HEIGHT = 250; // of the plotted area, in px, where no shape is asked for
const EDGE = 1e4; // px: an infinite number ends so far outside

function makePicture({ drag, pick }) {
  const legend = make("div", { class: "legend", "aria-hidden": "true" });
  const row = make("div", { class: "panels" });
  const panels = new Map();
  let marks = [];
  let order = ""; // which mark stands where; another order is built anew
  let frame = null;

  const shape = (mark) => [mark.kind, mark.panel, mark.halo, mark.drag].join();
  const redraw = (chosen) => {
    for (const mark of marks) {
      if (chosen(mark)) panels.get(mark.panel).draw(mark, rowsAt(mark, frame));
    }
  };
  const resized = new ResizeObserver(() => {
    for (const panel of panels.values()) panel.fit();
    redraw(() => true);
  });
  resized.observe(row);

  function update({ panels: described, n_marks, changed }, buffer) {
    const numbers = buffer ? new Float32Array(buffer.buffer.slice(buffer.byteOffset)) : null;
    if (described) {
      const names = described.map(({ name }) => name).join();
      if (names !== [...panels.keys()].join()) {
        panels.clear();
        for (const each of described) panels.set(each.name, makePanel(drag, pick));
        row.replaceChildren(...[...panels.values()].map(({ element }) => element));
        order = "";
      }
      for (const each of described) panels.get(each.name).describe(each);
    }
    marks.length = Math.min(marks.length, n_marks);
    for (const sent of changed) marks[sent.index] = { ...sent, ...unpack(sent, numbers) };
    const now = marks.map(shape).join(";");
    const isNew = now !== order;
    if (isNew) {
      for (const panel of panels.values()) panel.clear();
      for (const mark of marks) panels.get(mark.panel).add(mark);
      order = now;
    }
    const indices = new Set(changed.map(({ index }) => index));
    redraw((mark) => isNew || described || indices.has(mark.index));
    if (changed.length) showLegend(legend, marks);
  }

  function show(index) {
    frame = index;
    redraw((mark) => mark.spans);
  }

  return { elements: [legend, row], update, show, free: () => resized.disconnect() };
}

function unpack(sent, numbers) {
  const read = (place) => place && numbers.subarray(place[0], place[0] + place[1]);
  return { points: read(sent.points), spans: read(sent.spans), shades: read(sent.shades) };
}

const COLUMNS = { line: 2, points: 2, text: 2, band: 3, segments: 4, areas: 4 };

/* The rows that a frame shows; all without frames. */
function rowsAt({ kind, points, spans }, frame) {
  const columns = COLUMNS[kind];
  const [start, stop] =
    spans && frame !== null
      ? [spans[2 * frame], spans[2 * frame + 1]]
      : [0, points.length / columns];
  const rows = [];
  for (let i = start; i < stop; i++) rows.push(points.subarray(columns * i, columns * (i + 1)));
  return rows;
}

/* A panel: its title and the label of y above it, the axes, and a layer of marks that it clips. */
function makePanel(drag, pick) {
  const title = make("div", { class: "title" });
  const yLabel = make("div", { class: "axis" });
  const xLabel = make("div", { class: "axis below" });
  const svg = draw("svg", { class: "plot" });
  const grid = draw("g", { class: "grid" });
  const clip = draw("clipPath", { id: newId() }, [draw("rect")]);
  const ground = draw("rect", { class: "ground" });
  const layer = draw("g", { "clip-path": `url(#${clip.id})` });
  const handles = draw("g");
  svg.append(clip, grid, ground, layer, handles);
  const element = make("div", { class: "panel" }, [title, yLabel, svg, xLabel]);
  let spec = null;
  let box = null; // of the plotted area, in px
  const x = (value) => place(value, spec.x, box.left, box.left + box.width);
  const y = (value) => place(value, spec.y, box.top + box.height, box.top);
  const scale = { x, y, spec: () => spec, box: () => box };

  function describe(described) {
    spec = described;
    element.style.flexGrow = spec.share;
    title.textContent = spec.title;
    yLabel.textContent = spec.y.label && `↑ ${spec.y.label}`;
    xLabel.textContent = spec.x.label && `${spec.x.label} →`;
    svg.classList.toggle("picks", spec.picks);
    fit();
  }

  function fit() {
    const wide = Math.max(120, element.clientWidth);
    const letters = Math.max(0, ...spec.y.words.map(({ length }) => length));
    const left = 12 + 7 * letters;
    const width = wide - left - 14;
    const height = spec.shape ? Math.min(width * spec.shape, 420) : HEIGHT;
    box = { left, top: 8, width: spec.shape ? height / spec.shape : width, height };
    set(svg, { width: wide, height: height + 34, viewBox: `0 0 ${wide} ${height + 34}` });
    const area = { x: left, y: box.top, width: box.width, height };
    set(clip.firstChild, area);
    set(ground, area);
    svg.dataset.box = JSON.stringify(box); // where what is drawn can be looked up by tests
    grid.replaceChildren(...axisOf("x", scale), ...axisOf("y", scale));
  }

  const there = (event) => {
    const { left, top } = svg.getBoundingClientRect();
    return [
      back(event.clientX - left, spec.x, box.left, box.left + box.width),
      back(event.clientY - top, spec.y, box.top + box.height, box.top),
    ];
  };
  const press = (event) => {
    if (spec.picks && event.buttons === 1) pick(spec.name, ...there(event));
  };
  svg.addEventListener("pointerdown", press);
  svg.addEventListener("pointermove", press);

  const clear = () => (layer.replaceChildren(), handles.replaceChildren());
  const add = (mark) => {
    mark.element = mark.drag ? makeHandle(mark, scale, there, drag) : null;
    const layers = mark.drag ? handles : layer;
    layers.append((mark.element ??= draw(mark.kind === "text" ? "text" : "g")));
    set(mark.element, { "data-mark": mark.index });
  };
  const drawMark = (mark, rows) => {
    mark.rows = rows;
    mark.element ??= svg.querySelector(`[data-mark="${mark.index}"]`);
    if (mark.drag) mark.element.take(mark);
    else SHAPES[mark.kind](mark, rows, scale);
  };
  return { element, describe, fit, clear, add, draw: drawMark };
}

/* From numbers to px, and back. */

function place(value, { low, high, log }, from, to) {
  const part = log
    ? Math.log(Math.max(value, Number.MIN_VALUE) / low) / Math.log(high / low)
    : (value - low) / (high - low);
  const at = from + part * (to - from);
  return Math.max(-EDGE, Math.min(EDGE, at));
}

function back(at, { low, high, log }, from, to) {
  const part = Math.max(0, Math.min(1, (at - from) / (to - from)));
  return log ? low * (high / low) ** part : low + part * (high - low);
}

/* Grid, ticks and their words; where words would touch, only each second or third is written. */
function axisOf(which, scale) {
  const axis = scale.spec()[which];
  const { left, top, width, height } = scale.box();
  const bottom = top + height;
  const isX = which === "x";
  const room = isX ? Math.max(...axis.words.map(({ length }) => length)) * 7 + 10 : 18;
  const length = isX ? width : height;
  const every = Math.max(1, Math.ceil((room * axis.ticks.length) / length));
  return axis.ticks.flatMap((tick, i) => {
    const at = scale[which](tick);
    const line = isX
      ? { x1: at, x2: at, y1: top, y2: bottom }
      : { x1: left, x2: left + width, y1: at, y2: at };
    const words = isX
      ? { x: at, y: bottom + 18, "text-anchor": "middle" }
      : { x: left - 7, y: at + 4, "text-anchor": "end" };
    const written = (axis.ticks.length - 1 - i) % every === 0;
    return [draw("line", line), ...(written ? [draw("text", words, [axis.words[i]])] : [])];
  });
}

/* How each kind of mark is drawn into its element. */

const color = ([light, dark]) => `light-dark(${light}, ${dark})`;

const SHAPES = {
  line: (mark, rows, { x, y }) => stroke(mark, path(rows, x, y)),
  segments: (mark, rows, { x, y }) =>
    stroke(mark, rows.map(([a, b, c, d]) => `M${x(a)} ${y(b)}L${x(c)} ${y(d)}`).join("")),
  band(mark, rows, { x, y }) {
    const lower = rows.map(([at, low]) => [at, low]);
    const upper = rows.map(([at, , high]) => [at, high]).reverse();
    fill(mark, [`${path([...lower, ...upper], x, y)}Z`]);
  },
  areas(mark, rows, { x, y }) {
    const box = ([a, b, c, d]) => `M${x(a)} ${y(b)}H${x(c)}V${y(d)}H${x(a)}Z`;
    if (!mark.shades) return fill(mark, [rows.map(box).join("")]);
    fill(mark, rows.map(box), mark.shades);
  },
  points(mark, rows, { x, y }) {
    const half = mark.size / 2;
    const finite = rows.filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b));
    const dots = finite.map(([a, b]) => `M${x(a)} ${y(b)}${MARKERS[mark.marker](half)}`);
    outline(mark, dots.join(""));
  },
  text(mark, rows, { x, y }) {
    const [[a, b] = [0, 0]] = rows;
    const at = { x: x(a), y: y(b), "text-anchor": mark.anchor, "dominant-baseline": "middle" };
    set(mark.element, { ...at, class: "words" });
    mark.element.style.fill = color(mark.color);
    mark.element.textContent = rows.length ? mark.words : "";
  },
};

function path(rows, x, y) {
  let pen = "M";
  let d = "";
  for (const [a, b] of rows) {
    if (Number.isNaN(a) || Number.isNaN(b)) {
      pen = "M";
      continue;
    }
    d += `${pen}${x(a).toFixed(2)} ${y(b).toFixed(2)}`;
    pen = "L";
  }
  return d;
}

function paths(element, n) {
  while (element.childElementCount < n) element.append(draw("path"));
  while (element.childElementCount > n) element.lastChild.remove();
  return [...element.children];
}

function stroke(mark, d) {
  const [under, over] = paths(mark.element, 2);
  set(under, { d: mark.halo ? d : "", class: "halo", "stroke-width": mark.width + 3 });
  const style = { d, fill: "none", "stroke-width": mark.width, "stroke-dasharray": mark.dash };
  set(over, { ...style, "stroke-linejoin": "round", opacity: mark.opacity });
  over.style.stroke = color(mark.color);
}

function fill(mark, ds, shades = null) {
  const all = paths(mark.element, ds.length);
  all.forEach((each, i) => {
    set(each, { d: ds[i], opacity: mark.opacity });
    const part = shades ? `color-mix(in oklab, ${color(mark.color)} ${100 * shades[i]}%, ` : "";
    each.style.fill = shades ? `${part}var(--explorer-page))` : color(mark.color);
  });
}

function outline(mark, d) {
  const [dots] = paths(mark.element, 1);
  const isCross = mark.marker === "x";
  set(dots, { d, opacity: mark.opacity, "stroke-width": isCross ? 2.5 : mark.fill ? 2 : 1 });
  dots.style.fill = isCross ? "none" : color(mark.fill ?? mark.color);
  dots.style.stroke = mark.fill || isCross ? color(mark.color) : "var(--explorer-page)";
}

/* The outline of a marker around where the pen stands, of a half width. */
const MARKERS = {
  o: (r) => `m${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`,
  s: (r) => `m${-0.9 * r} ${-0.9 * r}h${1.8 * r}v${1.8 * r}h${-1.8 * r}z`,
  D: (r) => `m0 ${-1.15 * r}l${1.15 * r} ${1.15 * r}l${-1.15 * r} ${1.15 * r}l${-1.15 * r} ${-1.15 * r}z`,
  "^": (r) => `m0 ${-1.1 * r}l${1.1 * r} ${2 * r}h${-2.2 * r}z`,
  v: (r) => `m0 ${1.1 * r}l${1.1 * r} ${-2 * r}h${-2.2 * r}z`,
  P: (r) => `m${-r / 3} ${-r}h${r / 1.5}v${r / 1.5}h${r / 1.5}v${r / 1.5}h${-r / 1.5}v${r / 1.5}h${-r / 1.5}v${-r / 1.5}h${-r / 1.5}v${-r / 1.5}h${r / 1.5}z`,
  x: (r) => `m${-r} ${-r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`,
};

function showLegend(legend, marks) {
  const seen = new Map();
  for (const mark of marks) if (mark.label && !seen.has(mark.label)) seen.set(mark.label, mark);
  legend.replaceChildren(...[...seen.values()].map(sampleOf));
}

function sampleOf(mark) {
  const sample = draw("svg", { width: 34, height: 14, viewBox: "0 0 34 14" });
  const element = draw("g");
  const kind = mark.kind === "band" ? "areas" : mark.kind;
  const rows = { points: [[17, 7]], areas: [[2, 1, 32, 13]], segments: [[2, 7, 32, 7]] }[kind];
  const same = { x: (value) => value, y: (value) => value };
  const size = Math.min(mark.size, 11);
  SHAPES[kind]({ ...mark, element, shades: null, size }, rows ?? [[2, 7], [32, 7]], same);
  sample.append(element);
  return make("span", {}, [sample, mark.label]);
}

/* Points that can be dragged, or moved by the arrow keys once they have the focus. */
function makeHandle(mark, scale, there, drag) {
  const dots = draw("g");
  const ring = draw("circle", { class: "ring", r: mark.size / 2 + 5 });
  const group = draw("g", { class: "handle", tabindex: 0, role: "slider" }, [dots, ring]);
  let now = mark;
  let chosen = 0;
  let isHeld = false;
  const many = () => now.rows.length > 1;
  const send = (x, y) => {
    now.rows[chosen].set([x, y]); // it follows at once; the rest follows with the answer
    show();
    drag(now.drag, many() ? [chosen, x, y] : [x, y]);
  };
  function show() {
    SHAPES.points({ ...now, element: dots }, now.rows, scale);
    const [x, y] = now.rows[chosen] ?? [0, 0];
    set(ring, { cx: scale.x(x), cy: scale.y(y) });
    const spec = scale.spec();
    const number = (value) => Number(value.toPrecision(3)).toLocaleString("en");
    set(group, {
      "aria-label": many() ? `${now.name} ${chosen + 1} of ${now.rows.length}` : now.name,
      "aria-valuenow": Number(x.toPrecision(3)),
      "aria-valuetext": `${spec.x.label} ${number(x)}, ${spec.y.label} ${number(y)}`,
      "aria-roledescription": many() ? "point: arrows move it, Page Up and Down choose" : "point: arrow keys move it",
    });
  }
  group.addEventListener("pointerdown", (event) => {
    const [x, y] = there(event);
    const far = ([a, b]) => Math.hypot(scale.x(a) - scale.x(x), scale.y(b) - scale.y(y));
    chosen = now.rows.reduce((best, row, i) => (far(row) < far(now.rows[best]) ? i : best), 0);
    group.setPointerCapture(event.pointerId);
    isHeld = true;
    group.focus();
    event.stopPropagation();
  });
  group.addEventListener("pointermove", (event) => {
    if (isHeld) send(...there(event));
  });
  group.addEventListener("lostpointercapture", () => (isHeld = false));
  group.addEventListener("keydown", (event) => {
    const { x: xAxis, y: yAxis } = scale.spec();
    const step = event.shiftKey ? 0.1 : 0.02;
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const turns = { PageUp: -1, PageDown: 1 };
    if (event.key in turns && many()) {
      chosen = (chosen + turns[event.key] + now.rows.length) % now.rows.length;
      show();
    } else if (event.key in moves) {
      const [right, up] = moves[event.key];
      const [x, y] = now.rows[chosen];
      const go = (from, axis, by) => back(place(from, axis, 0, 1) + by * step, axis, 0, 1);
      send(go(x, xAxis, right), go(y, yAxis, up));
    } else return;
    event.preventDefault();
  });
  group.take = (mark) => {
    const held = isHeld ? [...now.rows[chosen]] : null;
    now = mark;
    chosen = Math.min(chosen, Math.max(0, now.rows.length - 1));
    if (held) now.rows[chosen].set(held); // an answer must not pull it back under the pointer
    show();
  };
  return group;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}

function draw(tag, attributes = {}, children = []) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  set(element, attributes);
  element.append(...children);
  return element;
}
