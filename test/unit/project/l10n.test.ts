import * as l10n from '@vscode/l10n';
import { readFileSync, readdirSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { bundleFile } from '../../../scripts/l10n.mjs';
import { ProgramRunningError } from '../../../src/core/errors';

const bundle = JSON.parse(readFileSync(bundleFile, 'utf8')) as Record<string, string>;
const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);

// Read with a regular expression, where scripts/l10n.mjs reads syntax trees: what one of them overlooks, the other finds.
const USE = /\bl10n\s*\.\s*t\b/g;
const CALL = /\bl10n\s*\.\s*t\(\s*('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`[^`$\\]*`)/g;

describe('texts that can be translated', () => {
  it.each(files)('%s: each use of l10n.t is a call with a text that is in the bundle', (file) => {
    const source = readFileSync(`src/${file}`, 'utf8').replaceAll(/^\s*(?:\/\/|\/?\*).*$/gm, '');
    const calls = [...source.matchAll(CALL)].map(([, literal]) => valueOf(literal ?? ''));
    expect(calls).toHaveLength([...source.matchAll(USE)].length);
    expect(calls.filter((text) => !Object.hasOwn(bundle, text))).toEqual([]);
  });

  it('are all used: the bundle contains no text that the source has lost', () => {
    const all = files.map((file) => readFileSync(`src/${file}`, 'utf8')).join('\n');
    const used = new Set([...all.matchAll(CALL)].map(([, literal]) => valueOf(literal ?? '')));
    expect(Object.keys(bundle).filter((text) => !used.has(text))).toEqual([]);
  });

  it('are identical in the English bundle and in the code', () => {
    expect(Object.entries(bundle).filter(([key, text]) => key !== text)).toEqual([]);
  });
});

describe("core's errors", () => {
  afterEach(() => l10n.config({ contents: {} }));

  it('come in the language of the window', () => {
    l10n.config({ contents: { 'A program is running on {0}': 'Auf {0} läuft ein Programm' } });
    expect(new ProgramRunningError('kitchen').message).toBe('Auf kitchen läuft ein Programm');
  });

  it('are English if no language was chosen, as in the command line', () => {
    expect(new ProgramRunningError('kitchen').message).toBe('A program is running on kitchen');
  });
});

/** The value of a literal of TypeScript. */
function valueOf(literal: string): string {
  const inner = literal
    .slice(1, -1)
    .replaceAll(/\\(['`])/g, '$1')
    .replaceAll(/(?<!\\)"/g, '\\"')
    .replaceAll('\n', '\\n');
  return JSON.parse(`"${inner}"`) as string;
}
