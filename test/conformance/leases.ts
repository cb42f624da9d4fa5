import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import type { Lease, Leases } from "../../src/metadata/lease.ts";

const key = digestOf("key");

/**
 * What every kind of leases must do. `open` gives as many sides as asked for that contend with each other; where there can
 * only be one side, it is given several times.
 */
export function leasesConformance(name: string, open: (sides: number) => readonly Leases[]): void {
  describe(`leases: ${name}`, () => {
    const opened = new Set<Leases>();
    const sides = (count: number): readonly Leases[] => {
      const made = open(count);
      for (const each of made) opened.add(each);
      return made;
    };
    afterEach(async () => {
      for (const each of opened) await each.close();
      opened.clear();
    });

    /** Whether a promise is still open after a while in which the others could have been told. */
    async function isOpen(promise: Promise<unknown>): Promise<boolean> {
      let settled = false;
      const settle = () => {
        settled = true;
      };
      promise.then(settle, settle);
      for (let count = 0; count < 50 && !settled; count++) await turn();
      return !settled;
    }

    async function acquire(leases: Leases, wanted = key): Promise<Lease> {
      for (;;) {
        const lease = await leases.tryAcquire(wanted);
        if (lease) return lease;
        await leases.waitFor(wanted);
      }
    }

    test("one side holds a key at a time", async () => {
      const [a, b] = sides(2) as [Leases, Leases];
      const lease = await a.tryAcquire(key);
      expect(lease).toBeDefined();
      expect(await b.tryAcquire(key)).toBeUndefined();
      expect(await a.tryAcquire(key)).toBeUndefined();
      await lease?.release();
      const next = await b.tryAcquire(key);
      expect(next).toBeDefined();
      expect(await a.tryAcquire(key)).toBeUndefined();
      await next?.release();
    });

    test("keys have nothing to do with each other", async () => {
      const [a, b] = sides(2) as [Leases, Leases];
      const leases = await Promise.all(
        Array.from({ length: 200 }, (_, index) => (index % 2 ? a : b).tryAcquire(digestOf(`${index}`))),
      );
      expect(leases.every((lease) => lease !== undefined)).toBe(true);
      expect(await b.tryAcquire(digestOf("7"))).toBeUndefined();
      await Promise.all(leases.map((lease) => lease?.release()));
      expect(await b.tryAcquire(digestOf("7"))).toBeDefined();
    });

    test("releasing twice gives nothing of another's away", async () => {
      const [a, b] = sides(2) as [Leases, Leases];
      const lease = await a.tryAcquire(key);
      await lease?.release();
      expect(await b.tryAcquire(key)).toBeDefined();
      await lease?.release();
      expect(await a.tryAcquire(key)).toBeUndefined();
    });

    test("waiting ends at once when nobody holds the key", async () => {
      const [a] = sides(1) as [Leases];
      await a.waitFor(key);
      const lease = await a.tryAcquire(key);
      await lease?.release();
      await a.waitFor(key);
    });

    test("everyone who waits is told of the release, and not before", async () => {
      const all = sides(3) as [Leases, Leases, Leases];
      const lease = await all[0].tryAcquire(key);
      const waiting = all.flatMap((each) => [each.waitFor(key), each.waitFor(key)]);
      const others = await all[1].tryAcquire(digestOf("other"));
      await others?.release();
      expect(await isOpen(Promise.race(waiting))).toBe(true);
      await lease?.release();
      await Promise.all(waiting);
    });

    test("waiting is rejected when aborted, with the reason", async () => {
      const [a, b] = sides(2) as [Leases, Leases];
      const lease = await a.tryAcquire(key);
      await expect(b.waitFor(key, AbortSignal.abort("early"))).rejects.toBe("early");
      for (const each of [a, b]) {
        const controller = new AbortController();
        const [aborted, other] = [each.waitFor(key, controller.signal), each.waitFor(key)];
        expect(await isOpen(aborted)).toBe(true);
        controller.abort(new Error("enough"));
        await expect(aborted).rejects.toThrow("enough");
        expect(await isOpen(other)).toBe(true);
      }
      await lease?.release();
      await b.waitFor(key);
    });

    test("closing releases what is held", async () => {
      const [a, b] = sides(2) as [Leases, Leases];
      await a.tryAcquire(key);
      const waiting = b.waitFor(key);
      await a.close();
      await a.close();
      await waiting;
      await expect(a.tryAcquire(key)).rejects.toThrow("closed");
      if (a !== b) expect(await b.tryAcquire(key)).toBeDefined();
    });

    test("two that ask at the same instant do not both get the key", async () => {
      const all = sides(4);
      for (let round = 0; round < 20; round++) {
        const wanted = digestOf(`round ${round}`);
        const got = await Promise.all([...all, ...all].map((each) => each.tryAcquire(wanted)));
        expect(got.filter(Boolean)).toHaveLength(1);
      }
    });

    test("whoever wants a key gets it in the end, one at a time", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 }), fc.nat({ max: 3 })), { maxLength: 20 }),
          async (works) => {
            const all = sides(3);
            const held = new Set<number>();
            await Promise.all(
              works.map(async ([side, which, turns]) => {
                const lease = await acquire(all[side]!, digestOf(`${which}`));
                expect(held.has(which)).toBe(false);
                held.add(which);
                for (let count = 0; count < turns; count++) await turn();
                held.delete(which);
                await lease.release();
              }),
            );
          },
        ),
        { numRuns: 30 },
      );
    });
  });
}
