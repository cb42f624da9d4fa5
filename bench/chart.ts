/** A line of a chart; points with both numbers above 0, from left to right. */
export interface Series {
  readonly label: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** `own` is drawn strong, `floor` dashed, all others thin. */
  readonly role: "own" | "peer" | "floor";
}

export interface Chart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** How a number of the y axis is written. */
  readonly yText: (y: number) => string;
  readonly series: readonly Series[];
}

const width = 800;
const height = 470;
const plot = { left: 70, right: 590, top: 64, bottom: 410 };
/** Distances between labels at the ends of lines, in pixels. */
const labelStep = 15;

/** Of the same lightness each, apart enough for most kinds of colour blindness, for light and dark. */
const colours = {
  own: [
    ["#0b62d6", "#6cb0ff"],
    ["#0b62d6", "#6cb0ff"],
  ],
  floor: [["#6a6a6a", "#a0a0a0"]],
  peer: [
    ["#b3541e", "#f0a35e"],
    ["#8a6d00", "#d9bd45"],
    ["#2e7d32", "#7ccf80"],
    ["#00808a", "#4fd0da"],
    ["#7b3fb5", "#c39af0"],
    ["#b5306b", "#f08fb8"],
    ["#8d3b3b", "#e58f8f"],
    ["#4a5a70", "#a9bdd6"],
    ["#5f7a1f", "#b6d368"],
  ],
} as const;

/** A chart of lines with logarithmic axes, as SVG that follows the reader's light or dark. */
export function lineChart({ title, xLabel, yLabel, yText, series }: Chart): string {
  const shown = series.filter(({ points }) => points.length > 0);
  const all = shown.flatMap(({ points }) => points);
  const x = scale(
    all.map(([at]) => at),
    plot.left,
    plot.right,
  );
  const y = scale(
    all.map(([, at]) => at),
    plot.bottom,
    plot.top,
  );
  const counts = { own: 0, peer: 0, floor: 0 };
  const drawn = shown.map((each) => {
    const at = counts[each.role];
    counts[each.role] += 1;
    return { ...each, name: `${each.role}${at}`, end: each.points.at(-1)! };
  });
  // Lines that end in the same place share a column of labels; one that ends early has its name there.
  const labels = new Map<(typeof drawn)[number], number>();
  for (const column of Map.groupBy(drawn, ({ end }) => end[0]).values()) {
    const places = spread(column.map(({ end }) => y.place(end[1])));
    for (const [at, each] of column.entries()) labels.set(each, places[at]!);
  }
  const parts = [
    ...y.ticks.map((tick) => grid(plot.left, y.place(tick), plot.right, y.place(tick))),
    ...x.ticks.map((tick) => grid(x.place(tick), plot.top, x.place(tick), plot.bottom)),
    ...y.ticks.map((tick) => text(plot.left - 8, y.place(tick) + 4, yText(tick), "tick end")),
    ...x.ticks.map((tick) => text(x.place(tick), plot.bottom + 20, tick.toLocaleString("en"), "tick middle")),
    ...drawn.map(({ points, name, role }) => {
      const path = points
        .map(([px, py], at) => `${at === 0 ? "M" : "L"}${round(x.place(px))} ${round(y.place(py))}`)
        .join("");
      const dots = points.map(
        ([px, py]) =>
          `<circle class="${name}" cx="${round(x.place(px))}" cy="${round(y.place(py))}" r="${role === "own" ? 3.5 : 2.5}"/>`,
      );
      return `<path class="line ${role} ${name}" d="${path}"/>${role === "floor" ? "" : dots.join("")}`;
    }),
    ...drawn.map((each) => {
      const { label, name, role, end } = each;
      const [left, from, to] = [x.place(end[0]), y.place(end[1]), labels.get(each)!];
      const lead = `<path class="lead" d="M${round(left + 5)} ${round(from)}L${round(left + 14)} ${round(to)}"/>`;
      return `${lead}${text(left + 17, to + 4, label, `label ${role} ${name}`)}`;
    }),
    text(plot.left, 26, title, "title"),
    text(plot.left, 46, yLabel, "tick"),
    text((plot.left + plot.right) / 2, height - 18, xLabel, "tick middle"),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
<style>${style()}</style>
<rect class="paper" width="${width}" height="${height}"/>
${parts.join("\n")}
</svg>
`;
}

function style(): string {
  const rules = (theme: 0 | 1) =>
    Object.entries(colours)
      .flatMap(([role, list]) => list.map((pair, at) => `.${role}${at}{--c:${pair[theme]}}`))
      .join("");
  return [
    ":root{color-scheme:light dark;--paper:#fff;--ink:#1c1c1c;--soft:#5c5c5c;--grid:#e6e6e6}",
    rules(0),
    `@media(prefers-color-scheme:dark){:root{--paper:#16181c;--ink:#ececec;--soft:#a8a8a8;--grid:#2c3036}${rules(1)}}`,
    "text{font:12px system-ui,sans-serif;fill:var(--soft)}.title{font-size:16px;font-weight:600;fill:var(--ink)}",
    ".end{text-anchor:end}.middle{text-anchor:middle}.label{fill:var(--c);stroke:var(--paper);stroke-width:4px;paint-order:stroke}.label.own{font-weight:700}",
    ".paper{fill:var(--paper)}.grid{stroke:var(--grid)}.lead{stroke:var(--grid);fill:none}",
    ".line{fill:none;stroke:var(--c);stroke-width:1.6;stroke-linejoin:round}.line.own{stroke-width:3}.line.own1{stroke-dasharray:7 4}",
    ".line.floor{stroke-dasharray:2 4}circle{fill:var(--c)}",
  ].join("");
}

/** From numbers to pixels by their logarithms, over whole powers of ten. */
function scale(values: readonly number[], from: number, to: number) {
  const low = Math.floor(Math.log10(Math.min(...values)) + 1e-9);
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9));
  return {
    ticks: Array.from({ length: high - low + 1 }, (_, at) => 10 ** (low + at)),
    place: (value: number): number => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
  };
}

/** Moves labels apart that would lie on each other, each as little as possible. */
function spread(wanted: readonly number[]): number[] {
  const order = wanted.map((_, at) => at).sort((a, b) => wanted[a]! - wanted[b]!);
  const placed = [...wanted];
  for (let pass = 0; pass < 100; pass += 1) {
    let moved = false;
    for (let at = 1; at < order.length; at += 1) {
      const [above, below] = [order[at - 1]!, order[at]!];
      const missing = labelStep - (placed[below]! - placed[above]!);
      if (missing <= 0.01) continue;
      placed[above]! -= missing / 2;
      placed[below]! += missing / 2;
      moved = true;
    }
    if (!moved) break;
  }
  return placed;
}

function grid(x1: number, y1: number, x2: number, y2: number): string {
  return `<line class="grid" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;
}

function text(x: number, y: number, content: string, classes: string): string {
  return `<text class="${classes}" x="${round(x)}" y="${round(y)}">${escaped(content)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
