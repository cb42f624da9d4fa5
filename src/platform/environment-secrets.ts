import { partsOf } from "./secret-forms.ts";
import { credentialsIn } from "./secret-patterns.ts";

/** Names of variables that hold secrets, by what people call them. In small letters: a pattern that ignores case takes V8 ten times as long to make. */
const secretName =
  /(?:^|[_.-])(?:tokens?|secrets?|passw(?:or)?d|pass|passphrase|pwd|key|apikey|auth|credentials?|cookie|pat|jwt|dsn)(?:$|[_.-])|(?:token|secret|password|passwd|apikey|accesskey|privatekey)$/;

/** Names that look like it: the current folder, sockets, files and numbers of keys. */
const harmless = /^(?:old)?pwd$|_(?:sock|socket|file|path|dir|name|type)$/;

/** Shorter texts are words that are everywhere: to take `true` out of every log would hide nothing. */
const shortest = 6;

/**
 * The secrets that the environment holds, whole and in parts: values of variables that are called like secrets, and passwords in
 * URLs.
 */
export function environmentSecrets(env: NodeJS.ProcessEnv): ReadonlySet<string> {
  const secrets = new Set<string>();
  for (const [name, value] of Object.entries(env)) {
    if (!value || value.length < shortest) continue;
    for (const each of credentialsIn(value)) if (each.length >= shortest) secrets.add(each);
    if (isSecretName(name.toLowerCase())) for (const each of [value, ...partsOf(value)]) secrets.add(each);
  }
  return secrets;
}

function isSecretName(name: string): boolean {
  return secretName.test(name) && !harmless.test(name);
}

/**
 * What of the environment no text that is kept may hold: its secrets, and every value that looks as if nobody had thought it up,
 * whatever its variable is called.
 */
export function privateTexts(env: NodeJS.ProcessEnv): ReadonlySet<string> {
  const texts = new Set(environmentSecrets(env));
  for (const value of Object.values(env)) if (value && looksRandom(value)) texts.add(value);
  return texts;
}

function looksRandom(value: string): boolean {
  const [run = ""] = /[A-Za-z0-9+/=_]{16,}/.exec(value) ?? [];
  return !/^[~.]?\//.test(value) && /\d/.test(run) && /[a-z]/i.test(run);
}
