import { formatCount, formatDuration, formatNumber } from "../../text/quantity.ts";
import { type Element, element } from "../element.ts";
import { groupsOf, type NodeState, type Picture, type PictureNode } from "../model.ts";
import { iconOf, signs } from "../shapes.ts";
import { countStates, describeCounts, describeState, kindWord, shownState, stateWords } from "../words.ts";
import type { Relations } from "./relations.ts";

/** Neighbours and members that are listed: lists of thousands help nobody, and searching finds the rest. */
const mostListed = 300;

/** What the page can be asked to do from its panel. */
export type Action = "only" | "all" | "unfold" | "fold" | "close";

/** A button whose press the page's script understands. */
export function actionButton(action: Action, text: string): Element {
  return element("button", { type: "button", "data-do": action }, text);
}

/** All that is known of a node, with links to its neighbours. */
export function nodeDetails(
  picture: Picture,
  { inputs, readers }: Relations,
  node: number,
  stack: { readonly id: string; readonly folded: boolean } | undefined,
): Element {
  const { name, about, description, tags, where, state: whole, inputs: declared, family } = picture.nodes[node]!;
  const word = kindWord(picture.nodes[node]!);
  const state = shownState(picture.nodes[node]!);
  const plain = declared
    .filter(({ from }) => from === undefined)
    .map((input) => element("li", {}, `${input.name} `, quiet("value")));
  return article(
    heading(picture.nodes[node]!, name, `${word}${about === undefined ? "" : ` · ${about}`}`),
    ...(description === undefined ? [] : [element("p", { class: "text" }, description)]),
    ...(tags === undefined || tags.length === 0
      ? []
      : [element("p", {}, ...tags.map((tag) => element("span", { class: "tag" }, tag)))]),
    ...(state ? stateDetails(state, picture) : []),
    facts([
      ["part of", groupsOf(picture.nodes[node]!).join(" / ") || undefined],
      ["declared", where],
      ["key", whole?.key],
    ]),
    ...section("Reads", [
      ...inputs[node]!.map((from) => {
        const names = declared.filter((input) => input.from === from).map((input) => input.name);
        return nodeLink(picture, from, names.filter((input) => input !== picture.nodes[from]!.name).join(", "));
      }),
      ...plain,
    ]),
    ...section(
      "Read by",
      readers[node]!.map((to) => nodeLink(picture, to)),
    ),
    element(
      "p",
      { class: "actions" },
      actionButton("only", "Show only its relatives"),
      ...(stack
        ? [actionButton(stack.folded ? "unfold" : "fold", `${stack.folded ? "Unfold" : "Fold"} ${family}`)]
        : []),
    ),
  );
}

/** What a stack stands for. */
export function stackDetails(picture: Picture, members: readonly number[]): Element {
  const nodes = members.map((i) => picture.nodes[i]!);
  const [first] = nodes as [PictureNode];
  const counts = countStates(nodes.map(shownState));
  const ordered = counts.flatMap(([status]) => members.filter((i) => shownState(picture.nodes[i]!)?.status === status));
  return article(
    heading(first, first.family ?? first.name, formatCount(nodes.length, kindWord(first))),
    ...(counts.length === 0 ? [] : [element("p", {}, describeCounts(counts))]),
    facts([["declared", first.where]]),
    element(
      "p",
      { class: "actions" },
      actionButton("unfold", "Unfold"),
      actionButton("only", "Show only their relatives"),
    ),
    ...section(
      "Members",
      (ordered.length === members.length ? ordered : members).map((i) => nodeLink(picture, i)),
    ),
  );
}

/** What is to be seen before anything is chosen. */
export function nodeLink(picture: Picture, node: number, remark = ""): Element {
  const { name } = picture.nodes[node]!;
  const state = shownState(picture.nodes[node]!);
  return element(
    "li",
    {},
    element(
      "button",
      { type: "button", class: "link", "data-go": node },
      icon(picture.nodes[node]!),
      element("span", { class: "name" }, name),
      ...(remark === "" ? [] : [quiet(remark)]),
      ...(state ? [sign(state)] : []),
    ),
  );
}

function stateDetails(state: NodeState, { states }: Picture): readonly Element[] {
  const { status, reasons, note, durationMs, expectedMs, savedMs, madeBy, items } = state;
  const time = (ms: number | undefined) => (ms === undefined ? undefined : formatDuration(ms));
  return [
    element(
      "p",
      { class: `state ${status}` },
      sign(state),
      element("strong", {}, stateWords[status]),
      quiet(states?.of === "run" ? `in run ${states.runId}` : "if run now"),
    ),
    ...(note === undefined ? [] : [element("p", { class: "text failure" }, note)]),
    ...(reasons.length === 0
      ? []
      : [element("ul", { class: "reasons" }, ...reasons.map((reason) => element("li", {}, reason)))]),
    facts([
      ["items", items && itemsText(items)],
      ["took", time(durationMs)],
      ["took last time", time(expectedMs)],
      [states?.of === "run" ? "saved" : "saves", time(savedMs)],
      ["made by run", madeBy],
    ]),
  ];
}

function itemsText({ total, made, reused, failed }: NonNullable<NodeState["items"]>): string {
  const parts = [
    [made, "ran"],
    [reused, "reused"],
    [failed, "failed"],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, word]) => `${formatNumber(count)} ${word}`);
  return [formatNumber(total), ...(told.length > 0 ? [told.join(", ")] : [])].join(": ");
}

function article(...children: readonly Element[]): Element {
  return element(
    "article",
    {},
    element("button", { type: "button", class: "close", "data-do": "close", "aria-label": "Close" }, "×"),
    ...children,
  );
}

function heading(node: PictureNode, name: string, below: string): Element {
  return element("header", {}, icon(node), element("div", {}, element("h2", { tabindex: -1 }, name), quiet(below)));
}

function section(title: string, items: readonly Element[]): readonly Element[] {
  if (items.length === 0) return [];
  const more = items.length - mostListed;
  return [
    element("h3", {}, `${title} `, quiet(formatNumber(items.length))),
    element(
      "ul",
      { class: "nodes" },
      ...items.slice(0, mostListed),
      ...(more > 0 ? [element("li", {}, quiet(`and ${formatNumber(more)} more`))] : []),
    ),
  ];
}

function facts(rows: readonly (readonly [string, string | undefined])[]): Element {
  const known = rows.filter((row): row is readonly [string, string] => row[1] !== undefined);
  return element("dl", {}, ...known.flatMap(([what, value]) => [element("dt", {}, what), element("dd", {}, value)]));
}

function quiet(text: string): Element {
  return element("small", {}, text);
}

function icon(node: PictureNode): Element {
  return element(
    "svg",
    { class: "sluice glyph", viewBox: "0 0 16 16", "aria-hidden": "true" },
    element("path", { class: "icon", d: iconOf(node) }),
  );
}

function sign(state: NodeState): Element {
  return element(
    "svg",
    { class: "sluice glyph", viewBox: "0 0 16 16", role: "img", "aria-label": describeState(state) },
    element(
      "g",
      { class: `sign ${state.status}` },
      element("circle", { cx: 8, cy: 8, r: 8 }),
      element("path", { d: signs[state.status] }),
    ),
  );
}
