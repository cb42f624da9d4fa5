import { type Drawing, type DrawingChoice, drawingOf } from "../../fold.ts";
import type { Box } from "../../layout/geometry.ts";
import type { Picture } from "../../model.ts";
import { cardElements, frameElements, sceneOf, wireElements } from "../../scene.ts";
import type { PageData } from "../data.ts";
import { toDom } from "./dom.ts";

/** Below this scale a card's texts cannot be read, and are not painted. */
const readable = 0.3;

/** The cards and wires that are drawn, and which of them stand out. */
export class Canvas {
  readonly #picture: Picture;
  readonly #svg: SVGSVGElement;
  /** What has the focus while one moves from card to card. */
  readonly #frame: Element;
  readonly #layers: Readonly<Record<"frames" | "wires" | "nearWires" | "cards" | "nearCards", Element>>;
  #drawing: Drawing;
  #boxes: readonly Box[];
  #cards: Element[];
  #wires: Element[];
  readonly #numbers = new WeakMap<Element, number>();
  #cardOf = new Map<number, number>();
  width: number;
  height: number;

  /** Takes over what is drawn in the page already. */
  constructor(data: PageData, svg: SVGSVGElement, frame: Element) {
    const { picture, unfolded, boxes, width, height } = data;
    this.#picture = picture;
    this.#svg = svg;
    this.#frame = frame;
    const [frames, wires, cards] = svg.children as unknown as [Element, Element, Element];
    const layer = (name: string) => toDom({ tag: "g", attributes: { class: name }, children: [] });
    this.#layers = { frames, wires, nearWires: layer("wires near"), cards, nearCards: layer("cards near") };
    wires.after(this.#layers.nearWires);
    svg.append(this.#layers.nearCards);
    this.#drawing = drawingOf(picture, unfolded ? { unfolded: "all" } : {});
    this.#boxes = this.#drawing.cards.map((_, i) => {
      const [x, y, w, h] = boxes.slice(i * 4, i * 4 + 4) as [number, number, number, number];
      return { x, y, width: w, height: h };
    });
    this.#cards = [...cards.children];
    this.#wires = [...wires.children];
    this.width = width;
    this.height = height;
    this.#number();
  }

  /** Draws another choice of the picture. */
  async draw(choice: DrawingChoice): Promise<void> {
    const scene = await sceneOf(this.#picture, drawingOf(this.#picture, choice));
    this.#drawing = scene.drawing;
    this.#boxes = scene.layout.boxes;
    this.width = scene.layout.width;
    this.height = scene.layout.height;
    this.#cards = cardElements(scene).map(toDom);
    this.#wires = wireElements(scene).map(toDom);
    this.#layers.nearWires.replaceChildren();
    this.#layers.nearCards.replaceChildren();
    this.#layers.frames.replaceChildren(...frameElements(scene).map(toDom));
    this.#layers.wires.replaceChildren(...this.#wires);
    this.#layers.cards.replaceChildren(...this.#cards);
    this.#number();
  }

  /** The card that stands for a node; undefined for one that is not drawn. */
  cardOf(node: number): number | undefined {
    return this.#cardOf.get(node);
  }

  /** The card that an element is part of. */
  cardAt(target: EventTarget | null): number | undefined {
    const card = target instanceof Element ? target.closest(".card") : null;
    return card ? this.#numbers.get(card) : undefined;
  }

  members(card: number): readonly number[] {
    return this.#drawing.cards[card]!.members;
  }

  idOf(card: number): string {
    return this.#drawing.cards[card]!.id;
  }

  box(card: number): Box {
    return this.#boxes[card]!;
  }

  /** Cards that are joined to a card by a wire: those that it reads from, and those that read it. */
  neighbours(card: number): { readonly before: readonly number[]; readonly after: readonly number[] } {
    const { wires } = this.#drawing;
    return {
      before: wires.filter(({ to }) => to === card).map(({ from }) => from),
      after: wires.filter(({ from }) => from === card).map(({ to }) => to),
    };
  }

  /** The nearest card above or below one, in its column. */
  beside(card: number, direction: "up" | "down"): number | undefined {
    const own = this.#boxes[card]!;
    let best: number | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const [i, { x, y }] of this.#boxes.entries()) {
      const distance = direction === "up" ? own.y - y : y - own.y;
      if (x === own.x && distance > 0 && distance < least) [best, least] = [i, distance];
    }
    return best;
  }

  /** Lets cards with one of these nodes, and the wires between them, stand out; all are alike without. */
  emphasise(nodes: ReadonlySet<number> | undefined): void {
    const { wires, nearWires, cards, nearCards } = this.#layers;
    const near = new Set<number>();
    for (const node of nodes ?? []) {
      const card = this.#cardOf.get(node);
      if (card !== undefined) near.add(card);
    }
    const isAll = nodes === undefined;
    this.#svg.classList.toggle("some", !isAll);
    // The rest is dimmed as one, which is cheap however many there are.
    for (const [i, card] of this.#cards.entries()) move(card, !isAll && near.has(i) ? nearCards : cards);
    for (const [i, { from, to }] of this.#drawing.wires.entries()) {
      move(this.#wires[i]!, !isAll && near.has(from) && near.has(to) ? nearWires : wires);
    }
  }

  /** Marks the card that was chosen, for eyes and for screen readers. */
  choose(card: number | undefined): void {
    for (const marked of this.#svg.querySelectorAll(".chosen")) {
      marked.classList.remove("chosen");
      marked.removeAttribute("id");
    }
    this.#frame.removeAttribute("aria-activedescendant");
    if (card === undefined) return;
    this.#cards[card]!.classList.add("chosen");
    this.#cards[card]!.setAttribute("id", "chosen");
    this.#frame.setAttribute("aria-activedescendant", "chosen");
  }

  /** Leaves out what is too small to be read. */
  look(scale: number): void {
    this.#svg.classList.toggle("far", scale < readable);
  }

  #number(): void {
    this.#cardOf = new Map();
    for (const [i, { members }] of this.#drawing.cards.entries()) {
      this.#numbers.set(this.#cards[i]!, i);
      this.#cards[i]!.setAttribute("role", "img");
      for (const member of members) this.#cardOf.set(member, i);
    }
  }
}

function move(element: Element, into: Element): void {
  if (element.parentNode !== into) into.append(element);
}
