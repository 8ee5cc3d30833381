import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compressHostlist,
  expandHostlist,
  MAX_NAMES,
  shortHostlist,
} from '../../../../src/core/many/hostlist';

/**
 * A second implementation of the rules, in another way: rewrites the first bracket until none is
 * left, and reads the list letter by letter.
 */
function referenceExpand(list: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const letter of list + ',') {
    if (letter === '[') depth += 1;
    if (letter === ']') depth -= 1;
    if (letter === ',' && depth === 0) {
      if (part.trim() !== '') parts.push(part.trim());
      part = '';
    } else part += letter;
  }
  let result: string[] = [];
  for (let i = 0; i < parts.length; i++) {
    if (parts[i] === '-') {
      const without = unroll(parts[++i] ?? '');
      result = result.filter((name) => !without.includes(name));
    } else result = result.concat(unroll(parts[i] ?? ''));
  }
  return result.filter((name, at) => result.indexOf(name) === at);
}

function unroll(term: string): string[] {
  const open = term.indexOf('[');
  if (open < 0) return [term];
  const close = term.indexOf(']');
  const all: string[] = [];
  for (const item of term.slice(open + 1, close).split(',')) {
    const dash = item.indexOf('-');
    if (dash < 0) {
      all.push(...unroll(term.slice(0, open) + item + term.slice(close + 1)));
      continue;
    }
    const first = item.slice(0, dash);
    const last = item.slice(dash + 1);
    for (let n = parseInt(first, 10); n <= parseInt(last, 10); n += 1) {
      let digits = String(n);
      if (first.length > 1 && first.startsWith('0'))
        while (digits.length < last.length) digits = '0' + digits;
      all.push(...unroll(term.slice(0, open) + digits + term.slice(close + 1)));
    }
  }
  return all;
}

const word = fc.stringMatching(/^[a-z][a-z-]{0,3}$/);
const number = fc
  .tuple(fc.nat(120), fc.integer({ min: 0, max: 4 }))
  .map(([n, width]) => String(n).padStart(width, '0'));
const range = fc
  .tuple(fc.nat(110), fc.nat(9), fc.integer({ min: 0, max: 4 }))
  .map(([from, more, width]) => {
    const end = String(from + more).padStart(width, '0');
    return `${String(from).padStart(width === 0 ? 0 : end.length, '0')}-${end}`;
  });
const bracket = fc
  .array(fc.oneof(number, range), { minLength: 1, maxLength: 3 })
  .map((items) => `[${items.join(',')}]`);
const term = fc
  .tuple(word, fc.array(fc.tuple(bracket, fc.oneof(word, fc.constant(''))), { maxLength: 2 }))
  .map(([head, rest]) => head + rest.map((r) => r.join('')).join(''));
const hostlist = fc
  .tuple(
    term,
    fc.array(fc.tuple(fc.constantFrom(',', ', ', ',-,', ', - ,'), term), { maxLength: 4 }),
  )
  .map(([first, rest]) => first + rest.map((r) => r.join('')).join(''));

describe('hostlist expansion', () => {
  it.each([
    [
      'esp8266-0[08-11],wipy2-[1,3,7]',
      'esp8266-008 esp8266-009 esp8266-010 esp8266-011 wipy2-1 wipy2-3 wipy2-7',
    ],
    ['a[09-11]', 'a09 a10 a11'],
    ['a[9-11]', 'a9 a10 a11'],
    ['foo[01-10],-,foo[04-06]', 'foo01 foo02 foo03 foo07 foo08 foo09 foo10'],
    ['a[1-2]b[1-2]', 'a1b1 a1b2 a2b1 a2b2'],
    ['foo1, foo[3-4]', 'foo1 foo3 foo4'],
    ['b,a,b,a[1-2],a1', 'b a a1 a2'],
    ['x[0-2]', 'x0 x1 x2'],
    ['a,,b,', 'a b'],
    ['"Kitchen, left [1]"', 'Kitchen, left [1]'.replaceAll(' ', '\u00a0')],
  ])('%s', (list, names) => {
    expect(expandHostlist(list)).toEqual(names.split(' ').map((n) => n.replaceAll('\u00a0', ' ')));
  });

  it.each([
    ['a[3-1]', /"3-1".*runs backwards/],
    ['a[1', /cannot be read: a "\[" has no "\]"/],
    ['a1]', /unmatched bracket/],
    ['a[x-y]', /"x-y".*neither a number nor a range/],
    ['a[]', /neither a number nor a range/],
    ['"a', /a quote is not closed/],
    ['-,a', /needs boards before it/],
    ['a,-', /needs boards before it and after it/],
    ['a,-,-,b', /needs boards before it/],
    [`a[1-${MAX_NAMES + 1}]`, /more than/],
    ['a[1-9999][1-9999]', /more than/],
    ['a[1-999999999999999]', /more than/],
  ])('refuses %s', (list, message) => {
    expect(() => expandHostlist(list)).toThrow(message);
  });

  it('agrees with the second implementation', () => {
    fc.assert(
      fc.property(hostlist, (list) => {
        expect(expandHostlist(list)).toEqual(referenceExpand(list));
      }),
      { numRuns: 5000 },
    );
  });
});

describe('hostlist compression', () => {
  it.each([
    [['foo1', 'foo3', 'foo4'], 'foo1, foo[3-4]'],
    [['a10', 'a09', 'a08', 'a11'], 'a[08-11]'],
    [['a9', 'a10', 'a11'], 'a[9-11]'],
    [['x1y', 'x2y', 'x2z'], 'x[1-2]y, x2z'],
    [['Kitchen, left', 'b'], 'b, "Kitchen, left"'],
    [['b', '@x'], '"@x", b'],
    [['all'], '"all"'],
    [[], ''],
  ])('%j', (names, list) => {
    expect(compressHostlist(names)).toBe(list);
  });

  const name = fc.oneof(
    fc
      .tuple(fc.constantFrom('a', 'b-', 'c1d'), number, fc.constantFrom('', 'x'))
      .map((p) => p.join('')),
    fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme' }),
  );

  it('names the same boards in both implementations', () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 40 }), (names) => {
        const list = compressHostlist(names);
        expect(expandHostlist(list).sort()).toEqual([...names].sort());
        if (!list.includes('"')) expect(referenceExpand(list).sort()).toEqual([...names].sort());
      }),
      { numRuns: 5000 },
    );
  });

  it('makes one range of any run of equally padded numbers', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.integer({ min: 1, max: 60 }), (from, more) => {
        const names = Array.from(
          { length: more + 1 },
          (_, i) => `n${String(from + i).padStart(4, '0')}`,
        );
        expect(compressHostlist(names)).toBe(
          `n[${names[0]?.slice(1) ?? ''}-${names.at(-1)?.slice(1) ?? ''}]`,
        );
      }),
    );
  });
});

describe('a hostlist for a narrow place', () => {
  const gaps = ['kit-01', 'kit-02', 'kit-04', 'kit-05', 'kit-06', 'kit-10', 'kit-12', 'kit-12'];

  it.each([
    [80, 'kit-[01-02], kit-[04-06], kit-10, kit-12'],
    [40, 'kit-[01-02], kit-[04-06], kit-10, kit-12'],
    [39, 'kit-[01-02], kit-[04-06], kit-10 and 1 more'],
    [30, 'kit-[01-02], kit-[04-06] and 2 more'],
    [20, 'kit-[01-02] and 5 more'],
    [3, 'kit-[01-02] and 5 more'],
  ])('of %i characters keeps names and ranges whole', (most, list) => {
    expect(shortHostlist(gaps, most)).toBe(list);
  });

  it('is empty without names', () => {
    expect(shortHostlist([], 20)).toBe('');
  });
});
