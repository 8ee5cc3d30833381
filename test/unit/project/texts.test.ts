import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../../', import.meta.url);
const json = (path: string) =>
  JSON.parse(readFileSync(new URL(path, root), 'utf8')) as Record<string, string>;
const window = Object.keys(json('l10n/bundle.l10n.json'));
/** Titles and descriptions of the manifest: VS Code shows these as Markdown. */
const manifest = Object.values(json('package.nls.json'));

/** Characters that an input box of usual width shows of its placeholder. */
const PLACEHOLDER = 78;

describe('texts of the window', () => {
  it('have no marks of Markdown, which messages show as they are', () => {
    expect(window.filter((text) => /`|\*\*|\]\(/.test(text))).toEqual([]);
  });

  it('write an ellipsis as one character', () => {
    expect([...window, ...manifest].filter((text) => text.includes('...'))).toEqual([]);
  });

  it('call a time, an id and a start by their names', () => {
    const house = /\b(this start|cause of the start|orders signed)\b/i;
    expect(window.filter((text) => house.test(text))).toEqual([]);
  });

  it('call one action by one name, and name the things', () => {
    const all = [...window, ...manifest];
    // A second name for a command that has one, or words that leave the reader to guess.
    const other =
      /\b(stop the running program \(|run this file|open the repl\b|show the files in the explorer|restart in safe mode, or|run one line|nothing installed from here|what they say|no sync on save)/i;
    expect(all.filter((text) => other.test(text))).toEqual([]);
  });

  it('fit into the box if they are placeholders', () => {
    const files = readdirSync(new URL('src/', root), { recursive: true, encoding: 'utf8' });
    const long = files
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => {
        const source = readFileSync(new URL(`src/${file}`, root), 'utf8');
        const given = /place[hH]older\s*[:=]\s*(?:vscode\.l10n\.t\(\s*)?(?:'([^']+)'|"([^"]+)")/g;
        return [...source.matchAll(given)].map((m) => m[1] ?? m[2] ?? '');
      })
      .filter((text) => text.length > PLACEHOLDER);
    expect(long).toEqual([]);
  });
});
