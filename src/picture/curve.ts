import type { Point } from "./layout/geometry.ts";

/** The arrow's head: so long, and so far to each side. */
const head = { length: 5, half: 3.5 };

/** A wire as the data of an SVG path: level at each of its points, curved between them, with an arrow's head at the end. */
export function wirePath(points: readonly Point[]): string {
  const [start, ...rest] = points;
  if (!start) return "";
  const end = points.at(-1)!;
  let path = `M${at(start)}`;
  let from = start;
  for (const to of rest) {
    if (to.y === from.y) path += `H${number(to.x)}`;
    else {
      const reach = to.x > from.x ? (to.x - from.x) / 2 : Math.min(60, 20 + (from.x - to.x) / 8);
      path += `C${at({ x: from.x + reach, y: from.y })} ${at({ x: to.x - reach, y: to.y })} ${at(to)}`;
    }
    from = to;
  }
  const back = end.x - head.length;
  return `${path}M${at({ x: back, y: end.y - head.half })}L${at(end)}L${at({ x: back, y: end.y + head.half })}`;
}

function at({ x, y }: Point): string {
  return `${number(x)} ${number(y)}`;
}

/** To a tenth of a pixel. */
function number(value: number): string {
  return String(Math.round(value * 10) / 10);
}
