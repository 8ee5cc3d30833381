import * as l10n from '@vscode/l10n';
import { UsageError } from '../errors';

/** Maximum number of names in one hostlist, so that a typing error cannot fill the memory. */
export const MAX_NAMES = 100_000;

/** Maximum digits of a number in a range; longer ones are not counters (and not safe integers). */
const MAX_DIGITS = 15;

/** One part of a hostlist between its commas. */
export interface HostlistTerm {
  /** The text as written, without the quotes of a literal. */
  readonly text: string;
  /** Written in double quotes: a literal name. */
  readonly literal: boolean;
}

/**
 * Splits at commas outside brackets and double quotes; empty parts are skipped. A lone `-` is a
 * term: it subtracts what follows.
 * @throws UsageError for an unclosed bracket or quote
 */
export function splitTerms(list: string): HostlistTerm[] {
  const terms: HostlistTerm[] = [];
  const pattern = /\s*(?:"((?:[^"\\]|\\.)*)"|((?:\[[^\]]*\]|[^,["])*))\s*(,|$)/gy;
  let end = 0;
  while (end < list.length) {
    pattern.lastIndex = end;
    const match = pattern.exec(list);
    if (!match) throw malformed(list, end);
    const [all, quoted, plain = ''] = match;
    const text = quoted === undefined ? plain.trim() : quoted.replace(/\\(.)/g, '$1');
    if (text !== '') terms.push({ text, literal: quoted !== undefined });
    end += all.length;
  }
  return terms;
}

function malformed(list: string, from: number): UsageError {
  const rest = list.slice(from).trim();
  const what = rest.includes('"') ? 'a quote is not closed' : 'a "[" has no "]"';
  return new UsageError(l10n.t('"{0}" cannot be read: {1}', rest, what), {
    hint: l10n.t('Write boards as kitchen,esp32-[01-12] and put other names in double quotes.'),
  });
}

/**
 * Expands one term: `a[1-2]b[8,10]` is a1b8, a1b10, a2b8, a2b10. If a range's start has a leading
 * zero, numbers are padded to the width of its end: `[08-11]` is 08 to 11, `[9-11]` is 9 to 11.
 * @throws UsageError for reversed or malformed ranges and for more than {@link MAX_NAMES} names
 */
export function expandTerm(term: string): string[] {
  let names = [''];
  for (const part of term.match(/\[[^\]]*\]|[^[]+|\[/g) ?? []) {
    if (part === '[' || (!part.startsWith('[') && part.includes(']'))) {
      throw new UsageError(l10n.t('"{0}" has an unmatched bracket', term));
    }
    const choices = part.startsWith('[') ? expandBracket(part.slice(1, -1), term) : [part];
    if (names.length * choices.length > MAX_NAMES) throw tooMany(term);
    names = names.flatMap((name) => choices.map((choice) => name + choice));
  }
  return [...new Set(names)];
}

function expandBracket(inner: string, term: string): string[] {
  const values: string[] = [];
  for (const item of inner.split(',')) {
    const match = /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/.exec(item);
    const [, start, end = start] = match ?? [];
    if (
      start === undefined ||
      end === undefined ||
      Math.max(start.length, end.length) > MAX_DIGITS
    ) {
      throw new UsageError(
        l10n.t('"{0}" in "{1}" is neither a number nor a range', item.trim(), term),
        {
          hint: l10n.t('Inside brackets write numbers and ranges: [1,3,7] or [01-12].'),
        },
      );
    }
    if (Number(end) < Number(start)) {
      throw new UsageError(l10n.t('The range "{0}" in "{1}" runs backwards', item.trim(), term), {
        hint: l10n.t('Write it as {0}-{1}.', end, start),
      });
    }
    if (values.length + Number(end) - Number(start) >= MAX_NAMES) throw tooMany(term);
    const width = /^0\d/.test(start) ? end.length : 0;
    for (let n = Number(start); n <= Number(end); n++) {
      values.push(match?.[2] === undefined ? start : String(n).padStart(width, '0'));
    }
  }
  return values;
}

function tooMany(term: string): UsageError {
  return new UsageError(l10n.t('"{0}" stands for more than {1} names', term, MAX_NAMES), {
    hint: l10n.t('Use a smaller range, a pattern such as esp32-*, or a tag.'),
  });
}

/**
 * Expands a hostlist to distinct names in the order written. A term after a lone `-` is subtracted
 * from everything before it: `foo[01-10],-,foo[04-06]`.
 * @throws UsageError
 */
export function expandHostlist(list: string): string[] {
  return combine(splitTerms(list), (term) => (term.literal ? [term.text] : expandTerm(term.text)));
}

/**
 * Combines the results of terms in order, without duplicates; a term after `-` is subtracted.
 * @throws UsageError for a `-` without a term before or after it
 */
export function combine<T>(
  terms: readonly HostlistTerm[],
  resolve: (term: HostlistTerm) => Iterable<T>,
): T[] {
  const chosen = new Set<T>();
  let takeAway = false;
  for (const [i, term] of terms.entries()) {
    if (term.text === '-' && !term.literal) {
      if (i === 0 || takeAway || i === terms.length - 1) {
        throw new UsageError(l10n.t('"-" needs boards before it and after it'), {
          hint: l10n.t('For example, all,-,kitchen selects every board except kitchen.'),
        });
      }
      takeAway = true;
      continue;
    }
    for (const item of resolve(term)) {
      if (takeAway) chosen.delete(item);
      else chosen.add(item);
    }
    if (chosen.size > MAX_NAMES) throw tooMany(term.text);
    takeAway = false;
  }
  return [...chosen];
}

interface Counted {
  readonly head: string;
  readonly digits: string;
  readonly tail: string;
}

/** A piece of a compressed list, its sort key and the number of its names. */
interface Part {
  readonly first: string;
  readonly text: string;
  readonly count: number;
}

/**
 * Returns a short, sorted form of `names` that {@link expandHostlist} expands to the same names:
 * `foo1, foo[3-4]`. Ranges use the last number in a name.
 */
export function compressHostlist(names: readonly string[]): string {
  return joined(partsOf(names));
}

/**
 * Returns a compressed list of about `most` characters for a place that is too narrow for more:
 * `kit-[1-3], kit-5 and 4 more`. Names and ranges are whole, and there is at least one.
 */
export function shortHostlist(names: readonly string[], most: number): string {
  const parts = partsOf(names);
  const [first, ...others] = parts;
  let shown = first?.text ?? '';
  let at = 1;
  for (const { text } of others) {
    if (shown.length + 2 + text.length > most) break;
    shown += `, ${text}`;
    at += 1;
  }
  const more = parts.slice(at).reduce((sum, { count }) => sum + count, 0);
  return more === 0 ? shown : l10n.t('{0} and {1} more', shown, more);
}

function joined(parts: readonly Part[]): string {
  return parts.map((p) => p.text).join(', ');
}

/** Returns the pieces of a compressed list in natural order. */
function partsOf(names: readonly string[]): Part[] {
  const families = new Map<string, Counted[]>();
  const parts: Part[] = [];
  for (const name of new Set(names)) {
    const match = /^(.*?)(\d+)(\D*)$/s.exec(name);
    const [, head = '', digits = '', tail = ''] = match ?? [];
    if (!match || digits.length > MAX_DIGITS || needsQuotes(name)) {
      parts.push({ first: name, text: quoted(name), count: 1 });
      continue;
    }
    const key = JSON.stringify([head, tail]);
    const family = families.get(key) ?? [];
    family.push({ head, digits, tail });
    families.set(key, family);
  }
  for (const family of families.values()) parts.push(...compressFamily(family));
  return parts.sort((a, b) => naturally(a.first, b.first));
}

/** Finds runs of numbers among names that differ only in that number. */
function compressFamily(family: readonly Counted[]): Part[] {
  const paddedWidths = new Set(
    family.filter((c) => /^0\d/.test(c.digits)).map((c) => c.digits.length),
  );
  // Names without a leading zero join padded ones of the same length (09, 10). Others form their
  // own ranges.
  const widthOf = (c: Counted) => (paddedWidths.has(c.digits.length) ? c.digits.length : 0);
  const sorted = [...family].sort(
    (a, b) => widthOf(a) - widthOf(b) || Number(a.digits) - Number(b.digits),
  );
  const runs: Counted[][] = [];
  for (const item of sorted) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    const follows =
      last && widthOf(last) === widthOf(item) && Number(last.digits) + 1 === Number(item.digits);
    if (run && follows) run.push(item);
    else runs.push([item]);
  }
  return runs.map((run) => {
    const { head, digits: from, tail } = run[0] ?? { head: '', digits: '', tail: '' };
    const to = run.at(-1)?.digits ?? from;
    const first = head + from + tail;
    const text = from === to ? quoted(first) : `${head}[${from}-${to}]${tail}`;
    return { first, text, count: run.length };
  });
}

/** Returns whether a bare `name` would be parsed as something else. */
function needsQuotes(name: string): boolean {
  return /[[\]",*?\\]|^@|^(tag|platform|state|broker|uid):|^(-|all|)$|^\s|\s$/.test(name);
}

/** Quotes `name`, so that it is parsed as a literal. */
function quoted(name: string): string {
  return needsQuotes(name) ? `"${name.replace(/["\\]/g, '\\$&')}"` : name;
}

let collator: Intl.Collator | undefined; // making one takes 6 ms, which most commands need not spend

/** Compares two names in natural order: esp32-2 before esp32-10. */
export function naturally(a: string, b: string): number {
  collator ??= new Intl.Collator('en', { numeric: true });
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}
