export interface Series {
  readonly label: string;
  readonly color: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Chart {
  readonly title: string;
  readonly subtitle: string;
  /** Distance between the marks of each axis. */
  readonly step: readonly [x: number, y: number];
  readonly series: readonly Series[];
}

const width = 760;
const height = 420;
const plot = { left: 56, right: 630, top: 84, bottom: 380 };

/** Draws lines with a label at the end of each, as SVG. The vertical axis starts at zero. */
export function lineChart({ title, subtitle, step, series }: Chart): string {
  const [xs, ys] = [0, 1].map((axis) => series.flatMap(({ points }) => points.map((point) => point[axis]!)));
  const [first, last] = [Math.min(...xs!), Math.max(...xs!)];
  const top = Math.ceil(Math.max(...ys!) / step[1]) * step[1];
  const x = (value: number) => round(plot.left + ((value - first) / (last - first || 1)) * (plot.right - plot.left));
  const y = (value: number) => round(plot.bottom - (value / (top || 1)) * (plot.bottom - plot.top));

  const grid = marks(0, top, step[1]).map(
    (value) => `<line x1="${plot.left}" x2="${plot.right}" y1="${y(value)}" y2="${y(value)}" stroke="#e3e3e3"/>
  <text x="${plot.left - 8}" y="${y(value) + 4}" text-anchor="end">${value}</text>`,
  );
  const years = marks(first, last, step[0]).map(
    (value) => `<text x="${x(value)}" y="${plot.bottom + 20}" text-anchor="middle">${value}</text>`,
  );
  const lines = series.map(({ label, color, points }) => {
    const [endX, endY] = points.at(-1)!;
    return `<polyline points="${points.map(([px, py]) => `${x(px)},${y(py)}`).join(" ")}" fill="none" stroke="${color}" stroke-width="2" stroke-linejoin="round"/>
  <circle cx="${x(endX)}" cy="${y(endY)}" r="3.5" fill="${color}"/>
  <text x="${x(endX) + 10}" y="${y(endY) + 4}" fill="${color}" font-weight="600">${escaped(label)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="#666" role="img">
  <title>${escaped(title)}</title>
  <rect width="${width}" height="${height}" fill="#fff"/>
  <text x="16" y="34" font-size="18" font-weight="600" fill="#222">${escaped(title)}</text>
  <text x="16" y="56" font-size="13">${escaped(subtitle)}</text>
  ${[...grid, ...years, ...lines].join("\n  ")}
</svg>
`;
}

/** The multiples of a step within a range. */
function marks(from: number, to: number, step: number): number[] {
  const start = Math.ceil(from / step);
  return Array.from({ length: Math.floor(to / step) - start + 1 }, (_, index) => (start + index) * step);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
