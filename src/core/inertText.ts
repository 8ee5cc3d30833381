/** Longest untrusted text in a message, in characters. */
const PART_LIMIT = 300;

/** Control characters of both sets, line and paragraph separators. */
// eslint-disable-next-line no-control-regex -- control characters are what this is about
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
/** The same, except line feeds and tabs. */
// eslint-disable-next-line no-control-regex -- as above
const CONTROLS_IN_LINES = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]+/g;
/** Bidirectional marks and overrides, zero-width characters, and lone surrogates. */
const HIDDEN =
  /[\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * Makes untrusted text from a board, broker, web page or workspace harmless in a message of the
 * window: one line without control, bidirectional and invisible characters, at most `limit`
 * characters, and without links. VS Code turns `[text](command:…)` in messages and prompts into a
 * link that runs a command, so a zero-width character is inserted between the brackets; the text
 * looks the same.
 */
export function inertText(text: string, limit = PART_LIMIT): string {
  return withoutLinks(cut(clean(text, limit).replace(CONTROLS, ' '), limit));
}

/** Like {@link inertText}, for multi-line text such as the detail of a modal question. */
export function inertLines(text: string, limit: number): string {
  const lines = clean(text, limit).replace(/\r\n?/g, '\n').replace(CONTROLS_IN_LINES, ' ');
  return withoutLinks(cut(lines, limit));
}

/** Examines no more than can remain, so that megabytes of text cost nothing. */
function clean(text: string, limit: number): string {
  return text.slice(0, 4 * limit).replace(HIDDEN, '');
}

function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

function withoutLinks(text: string): string {
  return text.replace(/\](?=\()/g, ']\u200b');
}
