import type { DrawingChoice } from "../../fold.ts";
import { stacksOf } from "../../fold.ts";
import { kindWord, shownState } from "../../words.ts";
import { ids, type PageData } from "../data.ts";
import { nodeDetails, stackDetails } from "../details.ts";
import { type Relations, relationsOf, relativesOf } from "../relations.ts";
import { Canvas } from "./canvas.ts";
import { byId, toDom } from "./dom.ts";
import { setUpKeys } from "./keys.ts";
import { setUpSearch } from "./search.ts";
import { type Covered, Viewport } from "./viewport.ts";

/** What is chosen: a node, or a stack of them. */
type Choice = { readonly node: number } | { readonly stack: string; readonly members: readonly number[] };

/** The page: what is drawn, what is chosen, what is filtered, and what the controls do about it. */
export class Page {
  readonly #data: PageData;
  readonly #relations: Relations;
  readonly #stacks: ReadonlyMap<number, string>;
  readonly #svg = byId<SVGSVGElement>(ids.drawing);
  readonly #frame = byId(ids.frame);
  readonly #panel = byId(ids.panel);
  readonly #canvas: Canvas;
  readonly #viewport: Viewport;
  readonly #unfolded = new Set<string>();
  #only: ReadonlySet<number> | undefined;
  #chosen: Choice | undefined;
  readonly #filters = new Set<string>();

  constructor(data: PageData) {
    this.#data = data;
    this.#relations = relationsOf(data.picture);
    this.#stacks = stacksOf(data.picture.nodes);
    if (data.unfolded) for (const stack of this.#stacks.values()) this.#unfolded.add(stack);
    this.#canvas = new Canvas(data, this.#svg, this.#frame);
    this.#viewport = new Viewport(this.#frame, this.#svg, (scale) => this.#canvas.look(scale));
  }

  start(): void {
    document.documentElement.classList.add("live");
    const search = setUpSearch(this.#data.picture, (node) => this.go(node));
    setUpKeys(this.#frame, {
      search: () => search.focus(),
      fit: () => this.#fit(),
      zoom: (steps) => this.#viewport.zoom(steps),
      pan: (across, down) => this.#viewport.pan(across, down),
      leave: () => this.#leave(),
      move: (direction) => this.#move(direction),
      read: () => this.#panel.querySelector<HTMLElement>("h2")?.focus(),
      only: () => void this.#showOnly(),
      fold: () => void this.#foldAll(),
      help: () => byId<HTMLDialogElement>(ids.help).showModal(),
    });
    this.#frame.addEventListener("click", (event) => {
      if (this.#viewport.dragged) return;
      const card = this.#canvas.cardAt(event.target);
      if (card === undefined) this.#choose(undefined);
      else this.#chooseCard(card);
    });
    this.#frame.addEventListener("dblclick", (event) => {
      const card = this.#canvas.cardAt(event.target);
      if (card !== undefined) void this.#toggleStack(this.#stackOf(card));
    });
    this.#panel.addEventListener("click", (event) => this.#press(event));
    byId(ids.tools).addEventListener("click", (event) => this.#press(event));
    byId(ids.filters).addEventListener("click", (event) => this.#press(event));
    addEventListener("hashchange", () => this.#fromAddress());
    this.#viewport.resize(this.#canvas.width, this.#canvas.height);
    this.#fit();
    this.#fromAddress();
    this.#updateTools();
  }

  /** Chooses a node and brings it into view. */
  go(node: number): void {
    if (this.#canvas.cardOf(node) === undefined) {
      this.#only = undefined;
      void this.#draw().then(() => this.go(node));
      return;
    }
    this.#choose({ node });
    this.#frame.focus({ preventScroll: true });
  }

  #chooseCard(card: number): void {
    const members = this.#canvas.members(card);
    const stack = members.length > 1 ? this.#stacks.get(members[0]!) : undefined;
    this.#choose(stack === undefined ? { node: members[0]! } : { stack, members }, false);
  }

  #choose(choice: Choice | undefined, reveal = true): void {
    this.#chosen = choice;
    const { picture } = this.#data;
    this.#panel.hidden = choice === undefined;
    document.body.classList.toggle("open", choice !== undefined);
    if (choice === undefined) this.#panel.replaceChildren();
    else if ("node" in choice) {
      const id = this.#stacks.get(choice.node);
      const stack = id === undefined ? undefined : { id, folded: !this.#unfolded.has(id) };
      this.#panel.replaceChildren(toDom(nodeDetails(picture, this.#relations, choice.node, stack)));
      history.replaceState(null, "", `#${encodeURIComponent(picture.nodes[choice.node]!.name)}`);
    } else this.#panel.replaceChildren(toDom(stackDetails(picture, choice.members)));
    this.#panel.scrollTop = 0;
    if (choice === undefined && location.hash !== "") history.replaceState(null, "", " ");
    const card = this.#card();
    this.#canvas.choose(card);
    this.#emphasise();
    if (reveal && card !== undefined) this.#viewport.reveal(this.#canvas.box(card), this.#covered());
  }

  #fit(): void {
    this.#viewport.fit(this.#covered());
  }

  /** How much of the drawing the panel covers: on its right, or on a narrow screen from below. */
  #covered(): Covered {
    const { hidden, offsetWidth, offsetHeight } = this.#panel;
    if (hidden) return { right: 0, bottom: 0 };
    return offsetWidth > innerWidth * 0.6 ? { right: 0, bottom: offsetHeight } : { right: offsetWidth, bottom: 0 };
  }

  #card(): number | undefined {
    const chosen = this.#chosen;
    if (chosen === undefined) return undefined;
    return this.#canvas.cardOf("node" in chosen ? chosen.node : chosen.members[0]!);
  }

  #nodes(): readonly number[] {
    const chosen = this.#chosen;
    return chosen === undefined ? [] : "node" in chosen ? [chosen.node] : chosen.members;
  }

  #emphasise(): void {
    if (this.#chosen !== undefined) this.#canvas.emphasise(relativesOf(this.#relations, this.#nodes()));
    else if (this.#filters.size > 0) this.#canvas.emphasise(this.#filtered());
    else this.#canvas.emphasise(undefined);
  }

  /** Nodes of any of the chosen states, and of any of the chosen kinds. */
  #filtered(): ReadonlySet<number> {
    const { nodes } = this.#data.picture;
    const has = (what: string) => [...this.#filters].some((filter) => filter.startsWith(what));
    const passes = (filter: string, what: string) => !has(what) || this.#filters.has(filter);
    const passed = nodes.flatMap((node, i) => {
      const status = shownState(node)?.status ?? "none";
      return passes(`status ${status}`, "status ") && passes(`kind ${kindWord(node)}`, "kind ") ? [i] : [];
    });
    return new Set(passed);
  }

  async #draw(): Promise<void> {
    const choice: DrawingChoice = { unfolded: this.#unfolded, ...(this.#only ? { only: this.#only } : {}) };
    this.#svg.classList.add("busy");
    await this.#canvas.draw(choice);
    this.#svg.classList.remove("busy");
    this.#viewport.resize(this.#canvas.width, this.#canvas.height);
    this.#fit();
    this.#updateTools();
  }

  async #showOnly(): Promise<void> {
    if (this.#only !== undefined && this.#chosen === undefined) return this.#showAll();
    if (this.#chosen === undefined) return;
    this.#only = relativesOf(this.#relations, this.#nodes());
    const chosen = this.#chosen;
    await this.#draw();
    this.#choose(chosen, false);
    this.#fit();
  }

  async #showAll(): Promise<void> {
    this.#only = undefined;
    const chosen = this.#chosen;
    await this.#draw();
    this.#choose(chosen);
  }

  #stackOf(card: number): string | undefined {
    return this.#stacks.get(this.#canvas.members(card)[0]!);
  }

  async #toggleStack(stack: string | undefined): Promise<void> {
    if (stack === undefined) return;
    if (!this.#unfolded.delete(stack)) this.#unfolded.add(stack);
    const chosen = this.#chosen;
    await this.#draw();
    this.#choose(chosen && "stack" in chosen ? { node: chosen.members[0]! } : chosen);
  }

  async #foldAll(): Promise<void> {
    const all = new Set(this.#stacks.values());
    if (all.size === 0) return;
    const unfold = this.#unfolded.size < all.size;
    this.#unfolded.clear();
    if (unfold) for (const stack of all) this.#unfolded.add(stack);
    const chosen = this.#chosen;
    await this.#draw();
    this.#choose(chosen && "stack" in chosen ? undefined : chosen);
  }

  #leave(): void {
    if (this.#chosen !== undefined) this.#choose(undefined);
    else if (this.#filters.size > 0) {
      this.#filters.clear();
      this.#updateTools();
      this.#emphasise();
    } else if (this.#only !== undefined) void this.#showAll();
  }

  /** To a card beside the chosen one; false where nothing is chosen. */
  #move(direction: "left" | "right" | "up" | "down"): boolean {
    const card = this.#card();
    if (card === undefined) return false;
    const { before, after } = this.#canvas.neighbours(card);
    const next =
      direction === "left" ? before[0] : direction === "right" ? after[0] : this.#canvas.beside(card, direction);
    if (next !== undefined) {
      this.#chooseCard(next);
      this.#viewport.reveal(this.#canvas.box(next), this.#covered());
    }
    return true;
  }

  #press(event: Event): void {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!button) return;
    const { go, do: action, filter } = button.dataset;
    if (go !== undefined) this.go(Number(go));
    if (filter !== undefined) {
      if (!this.#filters.delete(filter)) this.#filters.add(filter);
      this.#updateTools();
      if (this.#chosen !== undefined) this.#choose(undefined);
      else this.#emphasise();
    }
    if (action === "close") this.#choose(undefined);
    if (action === "only") void this.#showOnly();
    if (action === "all") void this.#showAll();
    if (action === "fit") this.#fit();
    if (action === "in") this.#viewport.zoom(2);
    if (action === "out") this.#viewport.zoom(-2);
    if (action === "help") byId<HTMLDialogElement>(ids.help).showModal();
    if (action === "stacks") void this.#foldAll();
    if (action === "unfold" || action === "fold") void this.#toggleStack(this.#stacks.get(this.#nodes()[0]!));
  }

  #updateTools(): void {
    const tools = byId(ids.tools);
    const set = (action: string, hidden: boolean, text?: string) => {
      const button = tools.querySelector<HTMLButtonElement>(`[data-do=${action}]`);
      if (!button) return;
      button.hidden = hidden;
      if (text !== undefined) button.textContent = text;
    };
    const stacks = new Set(this.#stacks.values()).size;
    set("all", this.#only === undefined);
    set("stacks", stacks === 0, this.#unfolded.size < stacks ? "Unfold stacks" : "Fold stacks");
    for (const button of byId(ids.filters).querySelectorAll<HTMLButtonElement>("[data-filter]")) {
      button.setAttribute("aria-pressed", String(this.#filters.has(button.dataset.filter!)));
    }
  }

  #fromAddress(): void {
    if (location.hash.length < 2) return;
    let name: string;
    try {
      name = decodeURIComponent(location.hash.slice(1));
    } catch {
      return; // an address that somebody typed: it names nothing
    }
    const node = this.#data.picture.nodes.findIndex((other) => other.name === name);
    if (node >= 0) this.go(node);
  }
}
