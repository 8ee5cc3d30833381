import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

// Readers type command titles from pages and messages into the palette, so these titles must exist.

const file = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const json = (path: string) => JSON.parse(file(path)) as Record<string, string>;
const words = json('package.nls.json');
const commands = Object.entries(words).filter(([key]) => key.startsWith('command.'));
const titles = new Set(commands.map(([, title]) => plain(title)));
const beginnings = new Set([...titles].filter((t) => t.includes(' ')).map(beginning));

const pages = [
  'README.md',
  ...readdirSync(new URL('../../../docs', import.meta.url)).map((f) => `docs/${f}`),
];
const named: [string, string][] = [
  ...pages.flatMap((page) => matches(page, file(page), /\*\*([A-Z][^*]+)\*\*/g)),
  ...Object.keys(json('l10n/bundle.l10n.json')).flatMap((t) =>
    matches('a text', t, /"([A-Z][^"]+)"/g),
  ),
  ...Object.values(words).flatMap((t) => matches('package.nls.json', t, /"([A-Z][^"]+)"/g)),
];

function matches(where: string, text: string, pattern: RegExp): [string, string][] {
  return [...text.matchAll(pattern)].map((m) => [where, (m[1] ?? '').replace(/\s+/g, ' ')]);
}

function plain(title: string): string {
  return title.replace(/^MicroPython: /, '').replace(/…$/, '');
}

function beginning(title: string): string {
  return title.split(' ').slice(0, 2).join(' ').toLowerCase();
}

it('finds the commands that pages and messages name', () => {
  expect(named.filter(([, name]) => titles.has(plain(name))).length).toBeGreaterThan(10);
});

it('names no command that the palette does not have', () => {
  const meant = named.filter(
    ([, name]) => name.startsWith('MicroPython: ') || beginnings.has(beginning(plain(name))),
  );
  const unknown = meant.filter(([, name]) => !titles.has(plain(name)));
  expect(unknown).toEqual([]);
});
