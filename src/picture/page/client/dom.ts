import type { Element as Plan } from "../../element.ts";

const svg = "http://www.w3.org/2000/svg";
const svgTags = new Set(["svg", "g", "path", "rect", "circle", "text", "title", "desc"]);

/** A live element. Text can only become text, and what an attribute holds is never code: no name of an event is ever one. */
export function toDom(plan: Plan): Element {
  const { tag, attributes, children } = plan;
  const made = svgTags.has(tag) ? document.createElementNS(svg, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) made.setAttribute(name, String(value));
  }
  for (const child of children) made.append(typeof child === "string" ? child : toDom(child));
  return made;
}

/** The page's element with this id. */
export function byId<T extends Element = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found as unknown as T;
}
