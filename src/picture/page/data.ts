import type { Picture } from "../model.ts";

/** What the page's script finds in the page. */
export interface PageData {
  readonly picture: Picture;
  /** Whether the members of stacks were drawn one by one. */
  readonly unfolded: boolean;
  /** Where the cards are: x, y, width, height of each, one after the other. */
  readonly boxes: readonly number[];
  readonly width: number;
  readonly height: number;
}

/** Ids of what the page's script looks for. */
export const ids = {
  data: "data",
  frame: "frame",
  drawing: "drawing",
  search: "search",
  results: "results",
  filters: "filters",
  panel: "panel",
  tools: "tools",
  help: "help",
} as const;
