/** What keys do. */
export interface KeyActions {
  search(): void;
  fit(): void;
  zoom(steps: number): void;
  pan(across: number, down: number): void;
  /** One step back: from what is chosen, from filters, from a part to the whole. */
  leave(): void;
  /** To a neighbour of what is chosen; false where nothing is. */
  move(direction: "left" | "right" | "up" | "down"): boolean;
  /** To the details of what is chosen. */
  read(): void;
  only(): void;
  fold(): void;
  help(): void;
}

const arrows = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" } as const;
const ways = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] } as const;

export function setUpKeys(drawing: Element, actions: KeyActions): void {
  const simple: Readonly<Record<string, () => void>> = {
    "/": actions.search,
    "0": actions.fit,
    "+": () => actions.zoom(1),
    "=": () => actions.zoom(1),
    "-": () => actions.zoom(-1),
    Escape: actions.leave,
    o: actions.only,
    e: actions.fold,
    "?": actions.help,
  };
  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (target instanceof Element && target.matches("input, textarea")) return;
    const onDrawing = target === drawing || target === document.body;
    if (onDrawing && Object.hasOwn(arrows, key)) {
      const direction = arrows[key as keyof typeof arrows];
      if (event.shiftKey || !actions.move(direction)) actions.pan(ways[direction][0], ways[direction][1]);
    } else if (onDrawing && key === "Enter") actions.read();
    else if (Object.hasOwn(simple, key)) simple[key]!();
    else return;
    event.preventDefault();
  });
}
