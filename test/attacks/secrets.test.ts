import { randomBytes } from "node:crypto";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { type Files, type RigProject, rig } from "../rig/rig.ts";
import { type Canary, canary, contentsOf, isSeen, sightings } from "./canaries.ts";

/*
 * Secrets in every place where a pipeline can come across one. Each has a canary of its own, so that whatever comes out says by which
 * way. Afterwards nothing that Sluice has written or printed may hold one: in whatever form, in whatever file or page.
 */

const canaries = Object.fromEntries(
  [
    "DECLARED", // env()
    "PARAM", // a secret parameter
    "PARTS", // a member of a secret parameter
    "PLAIN_TOKEN", // process.env as a plain input
    "DEEP_SECRET", // the same, deep inside
    "UNNAMED", // the same of a variable whose name tells nothing
    "DEFAULT_TOKEN", // as the default of a parameter
    "PASSED", // a variable that a command passes
    "ARGUMENT_KEY", // an argument of a command
    "SHELL_TOKEN", // a word of a shell command
    "THROWN_TOKEN", // read by code, and thrown
    "HEADER", // in a header, from nowhere that could be known
    "URLPASS", // a password in a URL that nobody could know
    "DATABASE_URL", // a URL in the environment with a password, and the password by itself
    "META_TOKEN",
    "CHECKED_TOKEN",
    "ITEM_TOKEN",
    "CAPTURED_TOKEN",
    "CONFIG", // in a file that is there to hold secrets
    "MAPPED", // items of a secret list
  ].map((name) => [name, canary(name, `q${randomBytes(9).toString("hex")}z`)]),
) as Record<string, Canary>;
const text = (name: string): string => canaries[name]!.text;
const isInUrl = (name: string): boolean => ["DATABASE_URL", "URLPASS"].includes(name);

const pipeline: Files = {
  "pipeline.ts": `
import { appendFileSync } from "node:fs";
import { command, env, map, param, stage } from "sluice";

const b64 = (text: string) => Buffer.from("user:" + text).toString("base64");
const say = (log: { info(text: string): void }, text: string) => {
  log.info("plain " + text);
  log.info("url " + encodeURIComponent(text));
  log.info("basic " + b64(text));
  log.info("json " + JSON.stringify({ text }));
  log.info("params " + new URLSearchParams({ text }));
  console.log("console", { text });
  console.error("long " + "x".repeat(200) + text + "y".repeat(20_000));
};

export const declared = env("DECLARED");
export const secretParam = param("none", { secret: true });
export const secretParts = param({ user: "ann", password: "none" }, { secret: true });
export const withDefault = param(process.env.DEFAULT_TOKEN!);
export const parts = param({ list: [process.env.DEFAULT_TOKEN] });

export const logs = stage({ declared, secretParam, secretParts }, ({ declared, secretParam, secretParts }, { log }) => {
  for (const each of [declared, secretParam, secretParts.password]) say(log, each);
  return "logged";
});
export const plain = stage(
  {
    token: process.env.PLAIN_TOKEN,
    config: { a: { b: { c: { headers: [["authorization", "Bearer " + process.env.DEEP_SECRET]] } } }, more: "x".repeat(500) },
    unnamed: process.env.UNNAMED,
    url: "https://ann:" + process.env.URLPASS_ENCODED + "@example.org/x",
    database: process.env.DATABASE_URL,
    withDefault,
    parts,
  },
  ({ token }, { log }) => {
    say(log, token!);
    log.info("connecting to " + process.env.DATABASE_URL);
    log.info("with the password " + process.env.DATABASE_PASS_ONLY);
    log.info("https://ann:" + process.env.URLPASS_ENCODED + "@example.org/x?page=2");
    return "plain";
  },
);
export const headers = stage({}, (_, { log }) => {
  const token = process.env.HEADER!;
  log.info("authorization: Bearer " + encodeURIComponent(token));
  log.info(JSON.stringify({ headers: { Authorization: "Basic " + b64(token) } }));
  console.log({ headers: { authorization: "Bearer " + encodeURIComponent(token), cookie: "session=" + b64(token) } });
  log.info("GET /x?page=1&api_key=" + encodeURIComponent(token));
  return "headers";
});
export const meta = stage({}, (_, { meta }) => {
  meta("token", process.env.META_TOKEN!);
  meta("deep", { list: [{ url: "https://x.org/?sig=1", auth: b64(process.env.META_TOKEN!) }] });
  return "meta";
});
export const checked = stage({}, () => "checked", {
  check: { name: "warns", level: "warn", test: () => "not with " + process.env.CHECKED_TOKEN },
});
export const items = map([1, 2, 3], {}, (item, _, { log, meta }) => {
  log.info("item " + process.env.ITEM_TOKEN);
  meta("token", process.env.ITEM_TOKEN!);
  return item;
}, { key: (item) => item + " " + process.env.ITEM_TOKEN });
export const secretItems = map(stage({}, () => [1, 2]), { declared }, (item, { declared }, { log }) => {
  log.info(declared);
  return item;
});

function capturing(value: string) {
  return stage({}, () => value.length, { name: "captured" });
}
export const captured = capturing(process.env.CAPTURED_TOKEN!);

export const passes = command({ declared }, ["sh", "-c", "echo $PASSED; echo $TOKEN >&2; printf %s $TOKEN | base64"], {
  env: { PASSED: true, TOKEN: "{declared}" },
});
export const argument = command({}, ["echo", "--header", "X-Key: " + process.env.ARGUMENT_KEY, "--secret=" + process.env.ARGUMENT_KEY]);
export const shell = command({}, "echo " + JSON.stringify(process.env.SHELL_TOKEN).replaceAll("$", ""), { shell: true });
export const config = command({}, ["wc", "-c", ".env.production"]);

export const retried = stage({}, () => {
  appendFileSync("tries.txt", "x");
  throw new Error("no luck with " + process.env.THROWN_TOKEN);
}, { retries: { times: 1, delay: 1 } });
export const thrown = stage({ declared }, ({ declared }) => {
  const cause = Object.assign(new Error("denied: " + declared), { headers: { authorization: declared } });
  throw Object.assign(new Error("cannot log in with " + declared + " / " + b64(declared), { cause }), { token: declared });
});
export const thrownText = stage({ declared }, ({ declared }) => {
  throw { declared, toString: () => "thrown " + declared };
});
export const failing = command({ declared }, ["sh", "-c", "echo $TOKEN; echo denied: $TOKEN >&2; exit 3"], { env: { TOKEN: "{declared}" } });
export const failingLong = command({ declared }, ["sh", "-c", "printf %0280d 7; echo $TOKEN; exit 3"], { env: { TOKEN: "{declared}" } });
export const failingItems = map([1, 2], (item) => {
  throw new Error("item " + item + " " + process.env.ITEM_TOKEN);
}, { key: (item) => item + " " + process.env.ITEM_TOKEN });
`,
  ".env.production": `CONFIG=${text("CONFIG")}\n`,
};

const env: Record<string, string> = Object.fromEntries(
  Object.keys(canaries)
    .filter((name) => !["PARAM", "PARTS", "CONFIG", "MAPPED"].includes(name) && !isInUrl(name))
    .map((name) => [name, text(name)]),
);
env.URLPASS_ENCODED = encodeURIComponent(text("URLPASS"));
env.DATABASE_URL = `postgres://ann:${encodeURIComponent(text("DATABASE_URL"))}@db.example.org/sales`;
env.DATABASE_PASS_ONLY = text("DATABASE_URL");

const given = [
  "--set",
  `secretParam=${text("PARAM")}`,
  "--set",
  `secretParts=${JSON.stringify({ user: "ann", password: text("PARTS") })}`,
];
const good = "logs plain headers meta checked items secretItems captured passes argument shell config".split(" ");
const bad = "retried thrown thrownText failing failingLong failingItems".split(" ");

test("the search finds what is there", () => {
  const one = canary("one", "q0123456789abcdefz");
  const { text } = one;
  for (const seen of [
    text,
    `{"a":${JSON.stringify(text)}}`,
    `?x=${encodeURIComponent(text)}`,
    new URLSearchParams({ text }).toString(),
    ...["", "u", "us", "user:"].map((before) => Buffer.from(before + text).toString("base64")),
    Buffer.from(`user:${text}`).toString("base64url"),
    Buffer.from(text).toString("hex"),
  ]) {
    expect(isSeen(one, seen), seen).toBe(true);
  }
  expect(isSeen(one, "k9/+")).toBe(false);
});

describe("secrets", { timeout: 120_000 }, () => {
  /** Everything that was printed, by the command that printed it. */
  const printed: (readonly [place: string, text: string])[] = [];

  async function sluice(project: RigProject, ...args: string[]) {
    const end = await project.sluiceWith({ env }, ...args);
    const place = `the output of sluice ${args.filter((arg) => !arg.includes("k9/")).join(" ")}`;
    printed.push([`${place} (stdout)`, end.stdout], [`${place} (stderr)`, end.stderr]);
    return end;
  }

  test("come out nowhere", async () => {
    await using project = await rig.project(pipeline);
    const first = await sluice(project, "run", ...good, "--json", "--verbose", ...given);
    expect(first.code, first.stderr).toBe(0);
    await sluice(project, "run", ...good, ...given);
    // By memory, where a run is remembered.
    await sluice(project, "run", ...good, "--verbose", ...given);
    await sluice(project, "run", "logs", "headers", ...given);
    await sluice(project, "run", "logs", "headers", "--verbose", ...given);
    const failed = await sluice(project, "run", ...bad, "--keep-going", "--json", ...given);
    expect(failed.code).toBe(1);
    expect(
      Object.values(failed.json().nodes as Record<string, { status: string }>).filter(
        ({ status }) => status === "failed",
      ),
    ).toHaveLength(bad.length);
    await sluice(project, "run", ...bad, "--keep-going", ...given);

    // With other secrets everything is explained by what it was before.
    const others = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replace("k9", "k8")]));
    const asked = process.env.SLUICE_LONG
      ? [...good, ...bad]
      : ["plain", "argument", "shell", "items", "thrown", "captured"];
    const explained = async (node: string): Promise<void> => {
      const why = await project.sluiceWith({ env: others }, "why", node, ...given);
      printed.push([`why ${node}`, why.stdout + why.stderr]);
    };
    await Promise.all(asked.map(explained));
    await sluice(project, "why", "plain", "--json", ...given);
    await sluice(project, "plan", ...good, "--json", ...given);
    const changed = await project.sluiceWith({ env: others }, "run", ...good, "--json", "--verbose", ...given);
    printed.push(["a run with others", changed.stdout + changed.stderr]);
    const runs = await sluice(project, "runs", "--json");
    const [last, before] = (runs.json().runs as { id?: string; runId?: string }[]).map((run) => run.id ?? run.runId!);
    await sluice(project, "diff", before!, last!, "--json");
    await sluice(project, "diff", before!, last!);
    for (const args of [
      ["plan", ...given],
      ["ls"],
      ["ls", "--json"],
      ["logs", "--json"],
      ["logs", before!],
      ["check", "--json"],
      ["cache", "ls", "--json"],
      ["cache", "stats"],
      ["cache", "verify"],
      ["show", "declared", ...given],
      ["show", "secretParam", ...given],
      ["show", "secretParts", "--json", ...given],
      ["show", "meta", "--json", ...given],
      ["graph", "--format", "text"],
      ["graph", "--format", "json"],
      ["graph", "--format", "mermaid"],
      ["graph", "--format", "dot"],
      ["graph", "--format", "svg"],
      ["graph", "--format", "html"],
      ["verify", "logs", "passes", "--json", ...given],
      ["run", "nothing-of-this-name", ...given],
      ["run", "--set", `unknown=${text("PARAM")}`],
      ["run", "--set", `secretParts=${text("PARAM")}`],
    ]) {
      await sluice(project, ...args);
    }
    const gc = await sluice(project, "cache", "gc");
    expect(gc.code, gc.stderr).toBe(0);

    await project.write("exported/note.txt", "beside the archive");
    const exported = await sluice(project, "cache", "export", "exported/all.slua");
    expect(exported.code, exported.stderr).toBe(0);

    const folders = [".sluice", "exported"].map((name) => path.join(project.dir, name));
    const places = [...printed, ...folders.flatMap((folder) => [...contentsOf(folder)])];
    expect(places.length).toBeGreaterThan(90);
    const found = places.flatMap(([place, text]) => sightings(place, text, Object.values(canaries)));
    expect(found).toEqual([]);
    expect(printed.some(([, text]) => text.includes("***"))).toBe(true);
  });
});
