/** What stands in the place of a secret. */
export const hidden = "***";

/** `https://user:password@host`, and a token by itself before the `@`; a plain user name stays. */
const credentials = /([a-z][a-z0-9+.-]{0,20}:\/\/)(?:[^\s/?#"'<>`@:]*:[^\s/?#"'<>`]*|[^\s/?#"'<>`@:]{20,})@/gi;

/** `?token=...`, `&X-Amz-Signature=...`. */
const parameter =
  /([?&][\w.%-]{0,40}(?:token|secret|passw(?:or)?d|api[-_]?key|signature|credential|sig)[\w.%-]{0,40}=)[^&\s"'`#<>]+/gi;

/** `Authorization: Bearer ...`, `"x-api-key": "..."`, as text, as JSON and as Node shows an object. */
const header =
  /\b((?:proxy-)?authorization|x-api-key|api-key|x-auth-token|set-cookie|cookie)(\\?["']?\s*[:=]\s*)(?:(\\?["'`])[^"'`\n]*?\3|(?:(?:bearer|basic|digest|negotiate|token)\s+)?[^\s"'`,;)}\]]+)/gi;

const bearer = /\b(bearer\s+)(?=[\w.~+/=-]*\d)[\w.~+/=-]{8,}/gi;

/** `password=...` of a connection text, `PASSWORD '...'` of SQL. */
const password =
  /\b((?:\w+[-_])?passw(?:or)?d\s*=\s*|\b(?:password|identified\s+by)\s+(?=["']))(["'`]?)[^\s"'`;,&]+\2/gi;

/** Takes credentials in URLs out of a text. */
export function withoutCredentials(text: string): string {
  return text.includes("://") ? text.replace(credentials, `$1${hidden}@`) : text;
}

/** Takes out of a text whatever looks like a secret by what stands before it: in URLs, headers and connection texts. */
export function withoutPatterns(text: string): string {
  return withoutCredentials(text)
    .replace(parameter, `$1${hidden}`)
    .replace(header, `$1$2${hidden}`)
    .replace(bearer, `$1${hidden}`)
    .replace(password, `$1${hidden}`);
}

/** The passwords and tokens in the URLs of a text, as they are written and as they are meant. */
export function credentialsIn(text: string): readonly string[] {
  if (!text.includes("://")) return [];
  const found: string[] = [];
  for (const [match] of text.matchAll(credentials)) {
    const user = match.slice(match.indexOf("://") + 3, -1);
    const written = user.slice(user.indexOf(":") + 1);
    found.push(written);
    try {
      found.push(decodeURIComponent(written));
    } catch {
      // A stray percent sign: it is meant as it is written.
    }
  }
  return found;
}
