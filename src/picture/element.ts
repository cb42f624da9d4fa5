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

/** The element as XML. */
export function toXml(plan: Element): string {
  return serialise(plan, (_, children) => children === 0);
}

/** Elements of HTML that have no end. */
const endless = new Set(["input", "br", "hr"]);

/** The element as HTML, where only some elements have no end. */
export function toHtml(plan: Element): string {
  return serialise(plan, (tag) => endless.has(tag));
}

function serialise(
  { tag, attributes, children }: Element,
  isEmpty: (tag: string, children: number) => boolean,
): string {
  let text = `<${tag}`;
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) text += ` ${name}="${escapeXml(String(value))}"`;
  }
  if (isEmpty(tag, children.length)) return `${text}/>`;
  text += ">";
  for (const child of children) text += typeof child === "string" ? escapeXml(child) : serialise(child, isEmpty);
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
