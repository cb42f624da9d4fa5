import { isWork, type NodeKind } from "../core/node.ts";
import type { PictureNode, Role, Status } from "./model.ts";

/** Icons are lines on a square of 16 pixels. */
const icons: Readonly<Partial<Record<NodeKind | Role, string>>> = {
  file: "M4 1.5h5.5l3 3v10H4zM9.5 1.5v3h3",
  glob: "M6 1.5h4.5l3 3v7H6zM10.5 1.5v3h3M3 4.5v10h7.5",
  dir: "M1.5 3.5H6l1.5 2h7v8h-13z",
  param: "M1.5 5h6.5M12 5h2.5M1.5 11H4M8 11h6.5M10 3v4M6 9v4",
  env: "M11.5 4.8C11 3.6 9.8 3 8 3 6 3 4.6 3.9 4.6 5.4c0 3.5 6.9 1.7 6.9 5.2 0 1.5-1.5 2.4-3.6 2.4-1.9 0-3.1-.7-3.6-1.9M8 1v14",
  stage: "M11.5 2.6c-2-.7-3 .3-3.3 2.1L7 11.3c-.3 1.8-1.2 2.8-3 2.2M4.8 6.6h5.6",
  command: "M2.5 3.5 7 8l-4.5 4.5M8.5 12.5h5",
  input: "M7 2.5h5.5v11H7M2 8h7.5M6.8 5.2 9.6 8l-2.8 2.8",
  override: "M2.5 13.5l.7-3L10.6 3.1l2.3 2.3-7.4 7.4zM9 4.7 11.3 7",
  loader: "M8 1.5v8M4.8 6.6 8 9.8l3.2-3.2M2 11v3h12v-3",
  saver: "M8 9.8V1.8M4.8 5 8 1.8 11.2 5M2 11v3h12v-3",
  map: "M8 1.8 14.5 5 8 8.2 1.5 5zM1.5 8 8 11.2 14.5 8M1.5 11 8 14.2 14.5 11",
};

/** The icon of a node: that of its role, or of its kind; those that have none of their own share that of a stage. */
export function iconOf({ kind, role }: Pick<PictureNode, "kind" | "role">): string {
  return (role && icons[role]) ?? icons[kind] ?? icons.stage!;
}

/** Signs of states, on a square of 16 pixels: what the sign's shape says, its colour says again. */
export const signs: Readonly<Record<Status, string>> = {
  hit: "M4.5 8.3 7 10.8l4.6-5.2",
  run: "M6.3 4.8v6.4L11.5 8z",
  executed: "M6.3 4.8v6.4L11.5 8z",
  maybe: "M5.9 6.3c.1-1.4 1-2.1 2.2-2.1 1.2 0 2.1.8 2.1 1.9 0 1.5-2.1 1.7-2.1 3.2M8.1 11.4v.4",
  failed: "M5.3 5.3l5.4 5.4M10.7 5.3l-5.4 5.4",
  skipped: "M4.5 5.2 7.3 8l-2.8 2.8M8.7 5.2 11.5 8l-2.8 2.8",
  cancelled: "M5.5 5.5h5v5h-5z",
};

/** The outline of a card: sources are round at both ends, functions are rounded, programs have corners. */
export function outlineOf(kind: NodeKind, width: number, height: number): string {
  const radius = kind === "command" ? 1.5 : isWork(kind) ? 8 : height / 2;
  const right = width - radius;
  const low = height - radius;
  const arc = (x: number, y: number) => `A${radius} ${radius} 0 0 1 ${x} ${y}`;
  return `M${radius} 0H${right}${arc(width, radius)}V${low}${arc(right, height)}H${radius}${arc(0, low)}V${radius}${arc(radius, 0)}Z`;
}
