/*
 * Checked by `tsc --noEmit`, never run: what compiles, what it is inferred as, and which wrong calls do not compile.
 */
import { type CacheKey, openCache, type Result } from "sluice/cache";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function same<A, B>(same: Equal<A, B>): void;

await using cache = await openCache(".sluice", {
  maxSize: "20GB",
  maxAge: "30d",
  hooks: { hit: ({ savedMs }) => savedMs },
});
const key = cache
  .key("x")
  .file("a.csv")
  .bytes(new Uint8Array())
  .bytes("b", Buffer.from(""))
  .env("TZ")
  .version("1")
  .build();
same<typeof key, CacheKey>(true);

// The value is what the function gives, awaited or not.
const number = await cache.wrap(key, () => 5);
same<typeof number, number>(true);
const list = await cache.wrap(key, async () => [{ a: 1, b: "x" }], { format: "json", maxAge: "1h" });
same<typeof list, { a: number; b: string }[]>(true);

// With `read`, it is what that gives.
const text = await cache.wrap(key, ({ put, tmp }) => put.file("f", tmp), {
  read: async (result, { status }) => {
    same<typeof result, Result>(true);
    same<typeof status, "hit" | "made" | "shared">(true);
    return result.value<string>("v");
  },
});
same<typeof text, string>(true);

// A function that remembers has the arguments of the other one, and gives a promise of what it gives.
const area = cache.memo((width: number, height?: number, ...more: readonly string[]) => ({
  area: width * (height ?? 1),
  more,
}));
same<
  typeof area,
  (width: number, height?: number, ...more: readonly string[]) => Promise<{ area: number; more: readonly string[] }>
>(true);
const later = cache.memo(async (name: string) => new Map([[name, 1n]]), { name: "later", version: "1" });
same<typeof later, (name: string) => Promise<Map<string, bigint>>>(true);

using result = await cache.get(key);
same<typeof result, Result | undefined>(true);
const value = await result!.value();
same<typeof value, unknown>(true);

// @ts-expect-error a builder is no key
await cache.get(cache.key().file("a"));
// @ts-expect-error a text is no key
await cache.wrap("key", () => 1);
// @ts-expect-error there is no such unit
await openCache(".sluice", { maxSize: "20 gigs" });
// @ts-expect-error metadata is JSON
cache.put(key).meta("m", 1n);
// @ts-expect-error bytes are no object
cache.put(key).bytes("b", { a: 1 });
// @ts-expect-error a name is missing
cache.key().string("x");
// @ts-expect-error the argument is a number
await area("5");
// @ts-expect-error there is no such option
await cache.wrap(key, () => 1, { ttl: 5 });
