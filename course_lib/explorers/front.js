/* The browser's side of all explorers. The kernel keeps the state: this file shows the controls that
 * `spec` lists, sends {event: "change", values} when one is moved, and shows what the kernel answers.
 */

const CONTROLS = { number, radios };
let serial = 0; // ids of elements, unique in a page

export default {
  render({ model, el }) {
    const spec = model.get("spec");
    const root = make("div", { class: "explorer", role: "group", "aria-label": spec.title });
    const controls = {};
    for (const control of spec.controls) {
      const change = (value) => model.send({ event: "change", values: { [control.name]: value } });
      controls[control.name] = CONTROLS[control.kind](control, change);
      root.append(controls[control.name].element);
    }
    const receive = (message) => {
      for (const [name, value] of Object.entries(message.values ?? {})) controls[name].show(value);
    };
    model.on("msg:custom", receive);
    el.append(root);
    model.send({ event: "open" });
    return () => model.off("msg:custom", receive);
  },
};

/* Each control is made from its part of the spec and returns its element and how to show a value. */

function number({ label, unit }, change) {
  const id = `explorer-${serial++}`;
  const input = make("input", { type: "number", step: "any", id });
  input.addEventListener("input", () => change(input.value === "" ? null : input.valueAsNumber));
  const element = make("div", {}, [
    make("label", { for: id, class: "question" }, [label + (unit ? ` (${unit})` : "")]),
    input,
  ]);
  return { element, show: (value) => (input.value = value ?? "") };
}

function radios({ label, texts }, change) {
  const name = `explorer-${serial++}`;
  const inputs = texts.map((value) => make("input", { type: "radio", name, value }));
  for (const input of inputs) input.addEventListener("change", () => change(input.value));
  const choices = inputs.map((input) => make("label", { class: "choice" }, [input, ` ${input.value}`]));
  const element = make("fieldset", {}, [make("legend", {}, [label]), ...choices]);
  return { element, show: (value) => inputs.forEach((input) => (input.checked = input.value === value)) };
}

function make(tag, attributes = {}, children = []) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
