/** An element of SVG or HTML as data. It becomes text or a live element in one place each, so names can only be text in it. */
export interface Element {
  readonly tag: string;
  readonly attributes: Attributes;
  readonly children: readonly (Element | string)[];
}

/** Attributes; those that are undefined are left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

export function element(tag: string, attributes: Attributes, ...children: readonly (Element | string)[]): Element {
  return { tag, attributes, children };
}

/** The element as XML, which is HTML too where every element that has no children may be closed at once, as in SVG. */
export function toXml({ tag, attributes, children }: Element): string {
  let text = `<${tag}`;
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) text += ` ${name}="${escapeXml(String(value))}"`;
  }
  if (children.length === 0) return `${text}/>`;
  text += ">";
  for (const child of children) text += typeof child === "string" ? escapeXml(child) : toXml(child);
  return `${text}</${tag}>`;
}

/** What XML cannot carry at all, not even escaped. */
const forbidden = /[[\p{Cc}\ufffe\uffff]--[\t\n\r]]/gv;

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(forbidden, "\ufffd")
    .replace(/[&<>"']/g, (character) => escapes[character]!);
}
