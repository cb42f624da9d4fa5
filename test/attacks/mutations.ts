/** Numbers that look random and come again for the same seed (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to less than `below`, whole. */
  next(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.next(list.length)]!;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.next(256)));
  }
}

type Mutation = (bytes: Buffer, random: Random) => Buffer;

const page = 4096;

/** A place in the file where SQLite keeps what it lives by: file header, page headers, cell pointers, or anywhere. */
function place(bytes: Buffer, random: Random): number {
  const start = random.next(Math.max(1, Math.floor(bytes.length / page))) * page;
  const inPage = random.pick([random.next(100), random.next(12), 12 + random.next(200), random.next(page)]);
  return Math.min(Math.max(0, bytes.length - 1), start + inPage);
}

/** What can happen to the bytes of a database, or of its log. */
export const mutations: Readonly<Record<string, Mutation>> = {
  "bits flipped": (bytes, random) => {
    for (let i = random.next(20); i >= 0; i--) bytes[place(bytes, random)]! ^= 1 << random.next(8);
    return bytes;
  },
  "bytes of a header changed": (bytes, random) => {
    for (let i = random.next(4); i >= 0; i--) bytes[random.next(Math.min(100, bytes.length))] = random.next(256);
    return bytes;
  },
  "a run of bytes overwritten": (bytes, random) => {
    const at = place(bytes, random);
    const length = 1 + random.next(random.pick([8, 200, 3 * page]));
    const fill = random.pick([() => 0, () => 255, () => random.next(256)]);
    for (let i = at; i < Math.min(bytes.length, at + length); i++) bytes[i] = fill();
    return bytes;
  },
  "pages swapped": (bytes, random) => {
    const [one, two] = [random.next(bytes.length / page) * page, random.next(bytes.length / page) * page];
    const kept = Buffer.from(bytes.subarray(one, one + page));
    bytes.copy(bytes, one, two, two + page);
    kept.copy(bytes, two);
    return bytes;
  },
  "a page copied over another": (bytes, random) => {
    const [from, to] = [random.next(bytes.length / page) * page, random.next(bytes.length / page) * page];
    bytes.copy(bytes, to, from, from + page);
    return bytes;
  },
  "cut short": (bytes, random) =>
    bytes.subarray(0, random.pick([random.next(bytes.length), place(bytes, random) & ~511])),
  "made longer": (bytes, random) => Buffer.concat([bytes, random.bytes(1 + random.next(2 * page))]),
  "a number made enormous": (bytes, random) => {
    const at = Math.min(place(bytes, random), Math.max(0, bytes.length - 9));
    random
      .pick([Buffer.alloc(2, 255), Buffer.alloc(4, 255), Buffer.alloc(9, 255), Buffer.from([0x7f, 255, 255, 255])])
      .copy(bytes, at);
    return bytes;
  },
};
