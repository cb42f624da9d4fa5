/** Remembers what is expensive to derive from content and can always be derived again: analyses, compiled modules. */
export interface DerivedCache {
  get(kind: string, key: string): Uint8Array | undefined;
  put(kind: string, key: string, value: Uint8Array): void;
}
