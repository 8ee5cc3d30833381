import { compileFunction } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { joinPieces } from '../../../scripts/joinPieces.mjs';

// Two programs: `app` runs for long, `tool` ends after one command. Each piece adds its name to `ran` when it runs.

const piece = (name: string, ...needs: string[]) =>
  `ran.push("${name}");${needs.map((n) => `require("./${n}.js")`).join(';')};exports.name="${name}"`;
const output = (entryPoint: string | undefined, needs: string[], later: string[] = []) => ({
  ...(entryPoint === undefined ? {} : { entryPoint }),
  imports: [
    ...needs.map((n) => ({ path: `dist/${n}.js`, kind: 'import-statement' })),
    ...later.map((n) => ({ path: `dist/${n}.js`, kind: 'dynamic-import' })),
  ],
});
const outputs = {
  'dist/app.js': output('src/app.ts', ['both', 'ui', 'log'], ['page']),
  'dist/tool.js': output('src/tool.ts', ['both', 'text', 'table'], ['send', 'log']),
  'dist/send.js': output('src/send.ts', ['wire', 'text']),
  'dist/page.js': output('src/page.ts', []),
  ...Object.fromEntries(
    ['both', 'ui', 'log', 'table'].map((n) => [`dist/${n}.js`, output(undefined, [])]),
  ),
  'dist/text.js': output(undefined, ['wire']),
  'dist/wire.js': output(undefined, ['text']),
};
const starts = [
  { name: 'app', steps: [['src/app.ts']] },
  { name: 'tool', isShort: true, steps: [['src/tool.ts'], ['src/send.ts']] },
];
const sources = new Map(
  Object.entries(outputs).map(([path, { imports }]) => {
    const name = path.slice('dist/'.length, -'.js'.length);
    const needs = imports.filter((i) => i.kind === 'import-statement');
    return [`${name}.js`, piece(name, ...needs.map((i) => i.path.slice(5, -3)))] as const;
  }),
);

/** Runs a program of joined files. @returns the pieces that ran and the files that were read, in order */
function run(files: ReadonlyMap<string, string>, program: string) {
  const ran: string[] = [];
  const read: string[] = [];
  const loaded = new Map<string, { exports: unknown }>();
  const require = (path: string): unknown => {
    const file = path.slice(2);
    const known = loaded.get(file);
    if (known) return known.exports;
    read.push(file);
    const module = { exports: {} };
    loaded.set(file, module);
    const names = ['module', 'exports', 'require', 'ran'];
    const body = compileFunction(files.get(file) ?? 'throw 1', names) as (
      ...all: unknown[]
    ) => void;
    body(module, module.exports, require, ran);
    return module.exports;
  };
  require(`./${program}.js`);
  return { ran, read };
}

describe('pieces that are loaded together', () => {
  const joined = joinPieces(sources, outputs, starts);

  it('are one file for each step of the programs that need them', () => {
    expect([...joined.keys()].sort()).toEqual([
      ...['app.js', 'log.js', 'page.js', 'start-app0-tool0.js', 'start-app0.js'],
      ...['start-tool0.js', 'start-tool1.js', 'tool.js'],
    ]);
  });

  it('run once each, in circles too, as separate pieces did', () => {
    expect(run(joined, 'app')).toEqual({
      ran: ['app', 'both', 'ui', 'log'],
      read: ['app.js', 'start-app0-tool0.js', 'start-app0.js', 'log.js'],
    });
    expect(run(joined, 'tool')).toEqual({
      ran: run(sources, 'tool').ran,
      read: ['tool.js', 'start-app0-tool0.js', 'start-tool0.js'],
    });
    expect(run(sources, 'tool').ran).toEqual(['tool', 'both', 'text', 'wire', 'table']);
  });

  it('are refused for a module that is not imported on demand', () => {
    const wrong = [{ name: 'tool', steps: [['src/table.ts']] }];
    expect(() => joinPieces(sources, outputs, wrong)).toThrow('src/table.ts is no entry');
  });
});
