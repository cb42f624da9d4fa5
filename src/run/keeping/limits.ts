/** How much a store may keep. What is not given is not limited. */
export interface Limits {
  /** Bytes, of results and their blobs. */
  readonly maxSize?: number;
  /** Milliseconds for which a result is kept after it was last used or made. */
  readonly maxAge?: number;
  /** Names of nodes whose results always stay; `*` stands for any text, `?` for any character. */
  readonly pins?: readonly string[];
}

/** Whether anything is limited at all. */
export function isLimited(limits: Limits | undefined): limits is Limits {
  return limits?.maxSize !== undefined || limits?.maxAge !== undefined;
}
