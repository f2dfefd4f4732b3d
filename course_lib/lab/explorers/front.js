/* The browser's side of all explorers. The kernel keeps the state: this file shows the controls that
 * `spec` lists, tells the kernel which one moved, and shows the scene and the sentence it answers.
 *
 * At most one request is on its way. What moves meanwhile is kept and sent with the next, so that a
 * drag never runs ahead of the pictures, and always ends on the right one.
 */

const CONTROLS = { slider, radios, checks, number };
const SETTLED = 400; // ms without a change after which the sentence is spoken

/* Each explorer of a page has its own copy of this file, so that counting alone repeats itself. */
const copy = Math.random().toString(36).slice(2);
let serial = 0;
const newId = () => `explorer-${copy}-${serial++}`;

export default {
  render({ model, el }) {
    const spec = model.get("spec");
    const name = spec.draws ? "explorer" : "explorer asks";
    const root = make("div", { class: name, role: "group", "aria-label": spec.title });
    const panel = make("div", { class: "controls" });
    const error = make("p", { class: "error", role: "alert" });

    const controls = {};
    let waiting = {}; // moved, but not yet sent
    let pressed = null; // a place in a panel, not yet sent
    let isBusy = false; // a request is on its way

    const flush = () => {
      if (isBusy || (Object.keys(waiting).length === 0 && !pressed)) return;
      isBusy = Boolean(shown); // nothing is drawn for a question, so nothing needs to be awaited
      model.send({ event: "change", values: waiting, ...(pressed && { pick: pressed }) });
      waiting = {};
      pressed = null;
    };
    const move = (name, value) => {
      waiting[name] = value;
      flush();
    };
    const pick = (...place) => {
      pressed = place;
      flush();
    };
    const shown = spec.draws && makeShown(makePicture({ drag: move, pick }));

    const receive = (message, buffers) => {
      error.textContent = message.error ?? "";
      for (const [name, texts] of Object.entries(message.texts ?? {})) controls[name].rename(texts);
      for (const [name, value] of Object.entries(message.values ?? {})) {
        if (!(name in waiting)) controls[name]?.show(value);
      }
      if (message.scene) shown.show(message, buffers?.[0]);
      isBusy = false;
      flush();
    };

    for (const control of spec.controls) {
      if (control.kind === "handle") continue; // it is in the picture
      const change = (value) => move(control.name, value);
      controls[control.name] = CONTROLS[control.kind](control, change, shown?.play);
      panel.append(controls[control.name].element);
    }
    root.append(panel, ...(shown ? shown.elements : []), error);
    root.addEventListener("keydown", keepFromNotebook);
    el.append(root);
    model.on("msg:custom", receive);
    model.send({ event: "open" });
    return () => {
      model.off("msg:custom", receive);
      for (const control of Object.values(controls)) control.stop?.();
      shown?.free();
    };
  },
};

/* Arrows, letters and Enter are commands of the notebook, which would move to another cell. */
function keepFromNotebook(event) {
  const isCommand = event.ctrlKey || event.metaKey || event.altKey || event.key === "Escape";
  if (!isCommand && !(event.shiftKey && event.key === "Enter")) event.stopPropagation();
}

/* The picture, what it shows in words and numbers, a goal, and the line of code that repeats it. */

function makeShown(picture) {
  const sentence = make("p", { class: "sentence" });
  const heard = make("p", { class: "heard", "aria-live": "polite" });
  const goal = makeGoal();
  const table = make("table");
  const numbers = make("details", {}, [make("summary", {}, ["The numbers"]), table]);
  const code = make("code");
  const copy = make("button", { type: "button" }, ["Copy"]);
  copy.setAttribute("aria-label", "Copy this line of code");
  const share = make("div", { class: "share" }, [code, copy]);
  let timer = null;

  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      heard.textContent = copy.textContent = "Copied";
    } catch {
      copy.textContent = "Not allowed: mark the line and copy it";
    }
    setTimeout(() => (copy.textContent = "Copy"), 1500);
  });

  function show(message, buffer) {
    picture.update(message.scene, buffer);
    sentence.textContent = message.sentence;
    code.textContent = message.code;
    goal.show(message.goal);
    numbers.hidden = message.table.length === 0;
    table.replaceChildren(...message.table.map((row, i) => rowOf(row, i === 0)));
    clearTimeout(timer);
    timer = setTimeout(() => (heard.textContent = message.sentence), SETTLED);
  }

  function free() {
    clearTimeout(timer);
    picture.free();
  }

  const elements = [goal.element, ...picture.elements, sentence, heard, numbers, share];
  return { elements, show, free, play: picture.show };
}

function rowOf(words, isHead) {
  const cell = (word, i) => make(isHead || i === 0 ? "th" : "td", {}, [word]);
  return make("tr", {}, words.map(cell));
}

/* What there is to reach, how far it is reached, and a hint for whoever asks. */
function makeGoal() {
  const words = make("p");
  const state = make("p", { class: "state" });
  const hint = make("details", {}, [make("summary", {}, ["Hint"]), make("p")]);
  const element = make("div", { class: "goal" }, [words, state, hint]);
  const show = (goal) => {
    element.hidden = !goal;
    if (!goal) return;
    words.textContent = `Goal: ${goal.words}`;
    state.textContent = goal.met ? `${goal.state} ★` : goal.state;
    element.classList.toggle("met", goal.met);
    hint.lastChild.textContent = goal.hint;
  };
  return { element, show };
}

/* Each control is made from its part of the spec. It returns its element and how to show a value;
 * `change` is called with the number of what was chosen, and for a question with the answer itself.
 */

function slider({ label, texts, plays }, change, play) {
  const id = newId();
  const input = make("input", { type: "range", id, min: 0, max: texts.length - 1, step: 1 });
  const value = make("span", { class: "value", "aria-hidden": "true" });
  const show = (index) => {
    input.value = index;
    value.textContent = texts[input.value];
    input.setAttribute("aria-valuetext", texts[input.value]);
    if (plays) play(Number(input.value)); // at once: the kernel only adds the sentence
  };
  const move = (index) => {
    show(index);
    change(Number(input.value));
  };
  input.addEventListener("input", () => move(input.value));
  const row = make("div", { class: "row" }, [input]);
  const element = make("div", { class: plays ? "slider plays" : "slider" }, [
    make("label", { for: id }, [label]),
    value,
    row,
  ]);
  const rename = (others) => {
    texts = others;
    input.max = texts.length - 1;
  };
  if (!plays) return { element, show, rename };
  const player = makePlayer(input, label, show, change);
  row.append(...player.elements);
  return { element, rename, stop: player.stop, show: (i) => player.isPlaying() || show(i) };
}

const SECONDS = 3.3; // to play all frames at the speed of 1: 200 of them at 60 a second
const TOLD = 250; // ms between two frames of which the kernel is told while it plays

/* Play from where the slider stands, at the rate of the screen; step by step; again and again. */
function makePlayer(input, label, show, change) {
  const play = make("button", { type: "button" });
  const step = make("button", { type: "button", "aria-label": `Step: ${label}` }, ["Step"]);
  const speeds = [0.25, 0.5, 1, 2, 4].map((x) => make("option", { value: x }, [`${x} ×`]));
  const speed = make("select", { "aria-label": `Speed: ${label}` }, speeds);
  speed.value = "1";
  const again = make("input", { type: "checkbox" });
  const repeat = make("label", { class: "choice" }, [again, "repeat"]);
  let request = null; // of the next frame, while it plays
  let told = 0;

  const last = () => Number(input.max);
  const isAtEnd = () => Number(input.value) >= last();
  const name = (isPlaying) => {
    play.textContent = isPlaying ? "❚❚ Pause" : "▶ Play";
    play.setAttribute("aria-label", `${isPlaying ? "Pause" : "Play"}: ${label}`);
  };
  const stop = () => {
    if (request === null) return;
    cancelAnimationFrame(request);
    request = null;
    name(false);
    change(Number(input.value));
  };
  const start = () => {
    let at = isAtEnd() ? 0 : Number(input.value);
    let before = performance.now();
    name(true);
    const next = (now) => {
      at += ((now - before) / 1000 / SECONDS) * last() * Number(speed.value);
      before = now;
      if (at >= last() && again.checked) at = 0;
      show(Math.min(Math.floor(at), last()));
      if (at >= last()) return stop();
      if (now - told > TOLD) {
        told = now;
        change(Number(input.value));
      }
      request = requestAnimationFrame(next);
    };
    request = requestAnimationFrame(next);
  };
  name(false);
  play.addEventListener("click", () => (request === null ? start() : stop()));
  step.addEventListener("click", () => {
    stop();
    show(isAtEnd() ? 0 : Number(input.value) + 1);
    change(Number(input.value));
  });
  input.addEventListener("input", stop);
  const pause = (event) => {
    const isPress = event.target === play && (event.key === " " || event.key === "Enter");
    if (!isPress && event.key !== "Tab" && event.key !== "Shift") stop();
  };
  addEventListener("keydown", pause, true);
  const free = () => {
    removeEventListener("keydown", pause, true);
    if (request !== null) cancelAnimationFrame(request);
  };
  return { elements: [play, step, speed, repeat], stop: free, isPlaying: () => request !== null };
}

function radios({ label, texts }, change) {
  return choices("radio", label, texts, (chosen) => change(chosen[0]));
}

function checks({ label, texts }, change) {
  return choices("checkbox", label, texts, change);
}

function choices(type, label, texts, change) {
  const name = newId();
  const inputs = texts.map(() => make("input", { type, name }));
  const chosen = () => inputs.flatMap((input, index) => (input.checked ? [index] : []));
  for (const input of inputs) input.addEventListener("change", () => change(chosen()));
  const element = make("fieldset", {}, [
    make("legend", {}, [label]),
    ...inputs.map((input, i) => make("label", { class: "choice" }, [input, texts[i]])),
  ]);
  const show = (index) => {
    const shown = [index].flat();
    inputs.forEach((input, i) => (input.checked = shown.includes(i)));
  };
  return { element, show };
}

function number({ label, unit }, change) {
  const id = newId();
  const unitId = `${id}-unit`;
  const input = make("input", { type: "number", step: "any", id, "aria-describedby": unitId });
  const noted = make("span", { class: "noted", role: "status" });
  const note = () => (noted.textContent = input.value === "" ? "" : "✓ noted");
  input.addEventListener("input", () => {
    noted.textContent = "";
    change(input.value === "" ? null : input.valueAsNumber);
  });
  input.addEventListener("change", note); // on Enter, or when the box is left
  const element = make("div", {}, [
    make("label", { for: id, class: "question" }, [label]),
    input,
    make("span", { id: unitId, class: "unit" }, [unit]),
    noted,
  ]);
  const show = (value) => {
    input.value = value ?? "";
    note();
  };
  return { element, show };
}

function make(tag, attributes = {}, children = []) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
