import { formatNumber } from "../../text/quantity.ts";
import { type Element, element } from "../element.ts";
import { countKinds } from "../legend.ts";
import type { Picture } from "../model.ts";
import { iconOf, signs } from "../shapes.ts";
import { countStates, describePicture, shownState, stateWords } from "../words.ts";
import { ids } from "./data.ts";

/** What is in the page beside its scripts. */
export function bodyElements(picture: Picture, drawing: Element): readonly Element[] {
  return [
    element(
      "header",
      { class: "bar" },
      element("div", { class: "about" }, element("h1", {}, picture.title), element("p", {}, describePicture(picture))),
      element(
        "div",
        { class: "find", role: "search" },
        element("input", {
          id: ids.search,
          type: "search",
          placeholder: "Find a node   /",
          "aria-label": "Find a node",
          role: "combobox",
          "aria-expanded": "false",
          "aria-controls": ids.results,
          autocomplete: "off",
          spellcheck: "false",
        }),
        element("ul", { id: ids.results, role: "listbox", "aria-label": "Nodes that were found", hidden: "" }),
      ),
    ),
    element("div", { id: ids.filters, role: "group", "aria-label": "Show only" }, ...filterElements(picture)),
    element(
      "main",
      {
        id: ids.frame,
        role: "application",
        tabindex: 0,
        "aria-label": `${picture.title}: ${describePicture(picture)}`,
      },
      element("div", { class: "sheet" }, drawing),
    ),
    element(
      "div",
      { id: ids.tools, role: "toolbar", "aria-label": "View" },
      tool("all", "Show all"),
      tool("stacks", "Unfold stacks"),
      tool("out", "−", "Zoom out"),
      tool("in", "+", "Zoom in"),
      tool("fit", "Fit", "Fit the whole graph"),
      tool("help", "?", "Keys"),
    ),
    element("aside", { id: ids.panel, "aria-live": "polite", "aria-label": "Details", hidden: "" }),
    helpElement(),
  ];
}

/** A button for each state and each kind that is there: a legend, too. */
function filterElements(picture: Picture): readonly Element[] {
  const chip = (filter: string, sign: Element, word: string, count: number) =>
    element(
      "button",
      { type: "button", "data-filter": filter, "aria-pressed": "false" },
      element("svg", { class: "sluice glyph", viewBox: "0 0 16 16", "aria-hidden": "true" }, sign),
      element("span", {}, word),
      element("small", {}, formatNumber(count)),
    );
  return [
    ...countStates(picture.nodes.map(shownState)).map(([status, count]) => {
      const circle = element("circle", { cx: 8, cy: 8, r: 8 });
      const sign = element("g", { class: `sign ${status}` }, circle, element("path", { d: signs[status] }));
      return chip(`status ${status}`, sign, stateWords[status], count);
    }),
    ...[...countKinds(picture)].map(([word, { node, count }]) =>
      chip(`kind ${word}`, element("path", { class: "icon", d: iconOf(node) }), word, count),
    ),
  ];
}

function tool(action: string, text: string, label?: string): Element {
  return element("button", { type: "button", "data-do": action, title: label, "aria-label": label }, text);
}

const keys: readonly (readonly [key: string, meaning: string])[] = [
  ["/", "find a node"],
  ["drag, arrows", "move"],
  ["wheel, pinch, + and -", "zoom"],
  ["0", "fit the whole graph"],
  ["click", "choose a node: what it reads and what reads it stand out"],
  ["arrows", "with a node chosen: to a neighbour (Shift: move)"],
  ["Enter", "read the details of the chosen node"],
  ["o", "show only the chosen node and its relatives; all again"],
  ["e, double click", "unfold and fold stacks: all, one"],
  ["Esc", "one step back"],
];

function helpElement(): Element {
  return element(
    "dialog",
    { id: ids.help, "aria-label": "Keys" },
    element("h2", {}, "Keys"),
    element("dl", {}, ...keys.flatMap(([key, meaning]) => [element("dt", {}, key), element("dd", {}, meaning)])),
    element("form", { method: "dialog" }, element("button", {}, "Close")),
  );
}
