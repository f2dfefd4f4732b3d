/* The browser's side of all explorers. The kernel keeps the state: this file shows the controls that
 * `spec` lists, tells the kernel which one moved, and shows the picture and the sentence it answers.
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
    const name = spec.picture ? "explorer" : "explorer asks";
    const root = make("div", { class: name, role: "group", "aria-label": spec.title });
    const panel = make("div", { class: "controls" });
    const picture = spec.picture && makePicture(spec.picture);
    const error = make("p", { class: "error", role: "alert" });

    const controls = {};
    let waiting = {}; // moved, but not yet sent
    let isBusy = false; // a request is on its way

    const flush = () => {
      if (isBusy || Object.keys(waiting).length === 0) return;
      isBusy = Boolean(picture); // nothing is drawn for a question, so nothing needs to be awaited
      model.send({ event: "change", values: waiting });
      waiting = {};
    };
    const receive = async (message, buffers) => {
      error.textContent = message.error ?? "";
      for (const [name, texts] of Object.entries(message.texts ?? {})) controls[name].rename(texts);
      for (const [name, value] of Object.entries(message.values ?? {})) {
        if (!(name in waiting)) controls[name].show(value);
      }
      if (buffers?.length) await picture.show(message, buffers[0]);
      isBusy = false;
      for (const control of Object.values(controls)) control.shown?.();
      flush();
    };

    for (const control of spec.controls) {
      controls[control.name] = CONTROLS[control.kind](control, (value) => {
        waiting[control.name] = value;
        flush();
      });
      panel.append(controls[control.name].element);
    }
    root.append(panel, ...(picture ? picture.elements : []), error);
    root.addEventListener("keydown", keepFromNotebook);
    el.append(root);
    model.on("msg:custom", receive);
    model.send({ event: "open" });
    const leave = () => model.send({ event: "close" });
    addEventListener("pagehide", leave); // a page that is left or loaded again
    return () => {
      removeEventListener("pagehide", leave);
      model.off("msg:custom", receive);
      for (const control of Object.values(controls)) control.stop?.();
      picture?.free();
      leave();
    };
  },
};

/* Arrows, letters and Enter are commands of the notebook, which would move to another cell. */
function keepFromNotebook(event) {
  const isCommand = event.ctrlKey || event.metaKey || event.altKey || event.key === "Escape";
  if (!isCommand && !(event.shiftKey && event.key === "Enter")) event.stopPropagation();
}

/* The picture, what it shows in words, and the line of code that repeats it. */

function makePicture({ width, height }) {
  const image = make("img", { width, height, alt: "", decoding: "sync" });
  const sentence = make("p", { class: "sentence", "aria-hidden": "true" }); // the same as alt
  const heard = make("p", { class: "heard", "aria-live": "polite" });
  const code = make("code");
  const copy = make("button", { type: "button" }, ["Copy"]);
  copy.setAttribute("aria-label", "Copy this line of code");
  const share = make("div", { class: "share" }, [code, copy]);
  let url = null;
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

  async function show(message, png) {
    const next = URL.createObjectURL(new Blob([png], { type: "image/png" }));
    await loaded(next); // so that the picture is never blank; it is unpacked as it is painted
    image.src = next;
    image.alt = sentence.textContent = message.sentence;
    code.textContent = message.code;
    if (url) URL.revokeObjectURL(url);
    url = next;
    clearTimeout(timer);
    timer = setTimeout(() => (heard.textContent = message.sentence), SETTLED);
  }

  function free() {
    clearTimeout(timer);
    if (url) URL.revokeObjectURL(url);
  }

  return { elements: [image, sentence, heard, share], show, free };
}

/* Each control is made from its part of the spec. It returns its element and how to show a value;
 * `change` is called with the number of what was chosen, and for a question with the answer itself.
 */

function slider({ label, texts, plays }, change) {
  const id = newId();
  const input = make("input", { type: "range", id, min: 0, max: texts.length - 1, step: 1 });
  const value = make("span", { class: "value", "aria-hidden": "true" });
  const write = () => {
    value.textContent = texts[input.value];
    input.setAttribute("aria-valuetext", texts[input.value]);
  };
  const show = (index) => {
    input.value = index;
    write();
  };
  input.addEventListener("input", () => {
    write();
    change(Number(input.value));
  });
  const row = make("div", { class: "row" }, [input]);
  const element = make("div", { class: "slider" }, [
    make("label", { for: id }, [label]),
    value,
    row,
  ]);
  const rename = (others) => {
    texts = others;
    input.max = texts.length - 1;
  };
  const move = (index) => {
    show(index);
    change(index);
  };
  return { element, show, rename, ...(plays ? addPlayer(row, input, label, move) : {}) };
}

/* Buttons that play a slider from where it stands, picture by picture, and move it by one step. */
function addPlayer(row, input, label, move) {
  const play = make("button", { type: "button", "aria-label": `Play: ${label}` }, ["▶ Play"]);
  const step = make("button", { type: "button", "aria-label": `Step: ${label}` }, ["Step"]);
  let isPlaying = false;
  let timer = null;

  const isAtEnd = () => Number(input.value) >= Number(input.max);
  const set = (playing) => {
    isPlaying = playing;
    clearTimeout(timer);
    play.textContent = isPlaying ? "❚❚ Pause" : "▶ Play";
    play.setAttribute("aria-label", `${isPlaying ? "Pause" : "Play"}: ${label}`);
  };
  play.addEventListener("click", () => {
    set(!isPlaying);
    if (isPlaying) move(isAtEnd() ? 0 : Number(input.value) + 1);
  });
  step.addEventListener("click", () => {
    set(false);
    move(isAtEnd() ? 0 : Number(input.value) + 1);
  });
  input.addEventListener("input", () => set(false));
  row.append(play, step);

  // The next step follows when the picture of this one is seen.
  const shown = () => {
    if (!isPlaying) return;
    if (isAtEnd()) return set(false);
    clearTimeout(timer);
    timer = setTimeout(() => move(Number(input.value) + 1), 40);
  };
  return { shown, stop: () => set(false) };
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
  input.addEventListener("input", () => change(input.value === "" ? null : input.valueAsNumber));
  const element = make("div", {}, [
    make("label", { for: id, class: "question" }, [label]),
    input,
    make("span", { id: unitId, class: "unit" }, [unit]),
  ]);
  return { element, show: (value) => (input.value = value ?? "") };
}

function loaded(url) {
  const image = new Image();
  return new Promise((resolve) => {
    image.onload = image.onerror = resolve; // if it is broken, the next one must still come
    image.src = url;
  });
}

function make(tag, attributes = {}, children = []) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
