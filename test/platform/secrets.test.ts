import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { environmentSecrets, privateTexts } from "../../src/platform/environment-secrets.ts";
import { credentialsIn, withoutPatterns } from "../../src/platform/secret-patterns.ts";
import { Redactor } from "../../src/platform/secrets.ts";

describe("what looks like a secret is taken out", () => {
  test.each([
    ["postgres://ann:s3cret@db/sales", "postgres://***@db/sales"],
    ["see https://ann:p%40ss@x.org/a?b=1 there", "see https://***@x.org/a?b=1 there"],
    ["https://a:b:c@x.org", "https://***@x.org"],
    ["https://ann:p@ss@x.org/", "https://***@x.org/"],
    ["git+https://ghp_0123456789abcdefghij@github.com/x", "git+https://***@github.com/x"],
    ["redis://:pass@cache:6379", "redis://***@cache:6379"],
    ["?page=2&api_key=abc&x=1", "?page=2&api_key=***&x=1"],
    ["https://x.org/a?X-Amz-Signature=0f0f&b=1", "https://x.org/a?X-Amz-Signature=***&b=1"],
    ["Authorization: Bearer abc.def", "Authorization: ***"],
    ["authorization: Basic dXNlcjpwYXNz", "authorization: ***"],
    ['{"Authorization":"Basic dXNlcjpwYXNz","a":1}', '{"Authorization":***,"a":1}'],
    ["{ authorization: 'Bearer abc', a: 1 }", "{ authorization: ***, a: 1 }"],
    ['"{\\"authorization\\":\\"Bearer abc\\"}"', '"{\\"authorization\\":***}"'],
    ["x-api-key=abc", "x-api-key=***"],
    ["cookie: session=abc", "cookie: ***"],
    ["sent with bearer abc123def456", "sent with bearer ***"],
    ["Server=db;Password=hunter22;Timeout=3", "Server=db;Password=***;Timeout=3"],
    ["CREATE USER ann IDENTIFIED BY 'hunter22'", "CREATE USER ann IDENTIFIED BY ***"],
    ["ALTER ROLE ann PASSWORD 'hunter22' LOGIN", "ALTER ROLE ann PASSWORD *** LOGIN"],
  ])("%s", (text, clean) => {
    expect(withoutPatterns(text)).toBe(clean);
    expect(withoutPatterns(clean)).toBe(clean);
  });

  test.each([
    "https://x.org/a?page=2",
    "ssh://git@github.com/x.git",
    "mail ann@x.org about http://x.org/@ann",
    "the bearer of this",
    "basic authentication failed",
    "password is wrong",
    "12:30 // 13:40@x",
    "file:///tmp/a:b/c@d",
    "the token 3 is unexpected",
  ])("left as it is: %s", (text) => {
    expect(withoutPatterns(text)).toBe(text);
  });

  test("in time that grows with the text, not faster", () => {
    for (const piece of [
      "a://",
      "a:",
      "x?token=",
      "authorization: ",
      "password=",
      "bearer ",
      "https://a:@",
      "=\"'`",
      "-_",
    ]) {
      const text = piece.repeat(200_000 / piece.length);
      // A pattern that tries every way would not come to an end.
      expect(withoutPatterns(text).length).toBeGreaterThan(0);
    }
  });

  test("credentials in a URL are known by themselves", () => {
    expect(credentialsIn("a postgres://ann:p%2Fq@db and redis://:%zz@c")).toEqual(["p%2Fq", "p/q", "%zz"]);
  });
});

describe("what the environment holds", () => {
  const env = {
    API_TOKEN: "tok-123456",
    "my.secret": "dotted-secret",
    npm_config__authToken: "npm-123456",
    AWS_SECRET_ACCESS_KEY: "aws/1234567890",
    DB_PASS: "hunter22",
    DATABASE_URL: "postgres://ann:pa%3Ass1@db/x",
    SERVICE_CREDENTIALS: '{"user":"ann","key":"part-of-json"}',
    PLAIN: "ghs0123456789abcdef0123",
    PWD: "/home/ann/password",
    SSH_AUTH_SOCK: "/run/agent.1234567890abcdef",
    SORT_KEY: "name",
    NODE_ENV: "production",
    AWS_REGION: "ap-southeast-1",
    LANG: "en_US.UTF-8",
    HOME: "/home/ann0123456789abcdef",
    EMPTY_TOKEN: "",
  };

  test("secrets are found by the names of variables and by their form", () => {
    expect([...environmentSecrets(env)].sort()).toEqual(
      [
        "tok-123456",
        "dotted-secret",
        "npm-123456",
        "aws/1234567890",
        "hunter22",
        "pa%3Ass1",
        "pa:ss1",
        env.SERVICE_CREDENTIALS,
        "part-of-json",
      ].sort(),
    );
  });

  test("what looks random is private, words and paths are not", () => {
    const more = [...privateTexts(env)].filter((text) => !environmentSecrets(env).has(text));
    expect(more).toEqual([env.PLAIN]);
  });
});

describe("a redactor", () => {
  test("takes a secret out in every form and at every place of base64", () => {
    const secret = fc.string({ unit: "grapheme", minLength: 8, maxLength: 40 }).filter((text) => /\S{6}/.test(text));
    fc.assert(
      fc.property(secret, fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 }), (text, before, after) => {
        const redactor = new Redactor();
        redactor.add(text);
        const wrapped = before + text + after;
        const bytes = Buffer.from(text);
        for (const form of [wrapped, JSON.stringify(wrapped), encodeURIComponent(wrapped), bytes.toString("hex")]) {
          const clean = redactor.redact(form);
          expect(clean).toContain("***");
          expect(clean).not.toContain(text);
        }
        for (const encoding of ["base64", "base64url"] as const) {
          const clean = redactor.redact(Buffer.from(wrapped).toString(encoding));
          const left = Buffer.from(clean.replaceAll("*", ""), encoding).toString("latin1");
          expect(left).not.toContain(bytes.subarray(2, -2).toString("latin1"));
        }
      }),
      { numRuns: 300 },
    );
  });

  test("looks into values, but not at words that are everywhere", () => {
    const redactor = new Redactor();
    redactor.add({
      user: "ann",
      on: true,
      keys: new Map([["a", ["deep-secret"]]]),
      pin: 482913,
      url: new URL("http://x.org/abcd"),
    });
    expect(redactor.redact("ann is true: deep-secret 482913")).toBe("ann is true: *** ***");
  });

  test("leaves no beginning where a text was cut", () => {
    const redactor = new Redactor();
    redactor.add("abcdefghij");
    expect(redactor.redact("x abcdefgh… y abc… abcdefghij")).toBe("x ***… y abc… ***");
  });

  test("leaves no part of a secret that has another in it", () => {
    const redactor = new Redactor();
    redactor.add("inner-secret");
    redactor.add("the inner-secret of all");
    expect(redactor.redact("<the inner-secret of all>")).toBe("<***>");
  });

  test("takes a text with half a character", () => {
    const redactor = new Redactor();
    redactor.add("secret\ud800");
    expect(redactor.redact("a secret\ud800")).toBe("a ***");
  });
});
