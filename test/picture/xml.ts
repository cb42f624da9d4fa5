/** An element of a parsed document. */
export interface Parsed {
  readonly tag: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly (Parsed | string)[];
}

const name = /^[A-Za-z_][\w:.-]*/;
const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

/** A parser for the XML that pictures use, and for nothing more: it throws at whatever is not well formed. */
export function parseXml(text: string): Parsed {
  const root = { tag: "", attributes: new Map<string, string>(), children: [] as (Parsed | string)[] };
  const open: (typeof root)[] = [root];
  let at = 0;
  const fail = (what: string): never => {
    throw new Error(`${what} at ${at}: ${text.slice(at, at + 60)}`);
  };
  while (at < text.length) {
    const top = open.at(-1)!;
    if (text[at] !== "<") {
      const end = text.indexOf("<", at);
      const raw = text.slice(at, end < 0 ? undefined : end);
      top.children.push(unescaped(raw, fail));
      at += raw.length;
    } else if (text.startsWith("</", at)) {
      const tag = name.exec(text.slice(at + 2))?.[0] ?? fail("no name");
      if (tag !== top.tag || text[at + 2 + tag.length] !== ">") fail(`wrong end of ${top.tag}`);
      open.pop();
      at += tag.length + 3;
    } else {
      const tag = name.exec(text.slice(at + 1, at + 80))?.[0] ?? fail("no name");
      const made = { tag, attributes: new Map<string, string>(), children: [] };
      top.children.push(made);
      at += 1 + tag.length;
      for (;;) {
        const attribute = /^ ([A-Za-z_][\w:.-]*)="([^"<]*)"/.exec(text.slice(at, at + 100_000));
        if (!attribute) break;
        if (made.attributes.has(attribute[1]!)) fail(`${attribute[1]} twice`);
        made.attributes.set(attribute[1]!, unescaped(attribute[2]!, fail));
        at += attribute[0].length;
      }
      if (text.startsWith("/>", at)) at += 2;
      else if (text[at] === ">") {
        at++;
        open.push(made);
      } else fail(`in ${tag}`);
    }
  }
  if (open.length !== 1) throw new Error(`${open.at(-1)!.tag} has no end`);
  const elements = root.children.filter((child) => typeof child !== "string");
  const [only] = elements;
  if (!only || elements.length > 1) throw new Error("not one document");
  return only;
}

function unescaped(raw: string, fail: (what: string) => never): string {
  if (/[[\p{Cc}\p{Cs}\ufffe\uffff]--[\t\n\r]]/v.test(raw)) fail("a character that XML has not");
  return raw.replace(/&([^;]*);?/g, (whole, entity: string) => entities[entity] ?? fail(`the entity ${whole}`));
}

/** All elements below one, itself included. */
export function* all(element: Parsed): Generator<Parsed> {
  const open = [element];
  for (let next = open.pop(); next; next = open.pop()) {
    yield next;
    open.push(...next.children.filter((child) => typeof child !== "string").reverse());
  }
}

/** Elements that have this class. */
export function ofClass(element: Parsed, wanted: string): readonly Parsed[] {
  return [...all(element)].filter(({ attributes }) => attributes.get("class")?.split(" ").includes(wanted));
}

export function textOf({ children }: Parsed): string {
  return children.map((child) => (typeof child === "string" ? child : textOf(child))).join("");
}
