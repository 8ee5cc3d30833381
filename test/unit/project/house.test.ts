import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

// The rules of CONTRIBUTING.md ("Style") that a machine can check.

/** Longest file, in lines. */
const MOST_LINES = 300;

/** Exports that only tests and scripts use. Remove an entry together with its export, and add none. */
const OUTSIDE = new Set<string>([
  'media/src/parts/toolkit.ts: checkControl',
  'media/src/parts/toolkit.ts: valueControl',
  'src/core/boardConfig/template.ts: isTemplate',
  'src/core/files/places.ts: USUAL_PLACES',
  'src/core/log.ts: silentLog',
  'src/core/many/health.ts: marksOf',
  'src/manifest/index.ts: commandEntries',
  'src/manifest/keys.ts: terminalKeys',
]);

const read = (file: string) => readFileSync(file, 'utf8');
const filesIn = (folder: string, end = '.ts') =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((name) => name.endsWith(end) && !name.endsWith('.d.ts'));

const product = [...filesIn('src'), ...filesIn('media/src')].sort();
const sources = new Map(product.map((file) => [file, read(file)]));

/** The comments of a file. */
function commentsOf(source: string): string[] {
  return source.match(/\/\*[\s\S]*?\*\/|(?:^\s*\/\/.*\n)+/gm) ?? [];
}

function withoutComments(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}

describe('files', () => {
  it(`have at most ${MOST_LINES} lines`, () => {
    const tools = filesIn('test', '.mjs').map((file) => [file, read(file)] as const);
    const long = [...sources, ...tools]
      .map(([file, source]) => [file, source.split('\n').length - 1] as const)
      .filter(([, lines]) => lines > MOST_LINES);
    expect(Object.fromEntries(long)).toEqual({});
  });
});

describe('exports', () => {
  const words = (source: string) => source.match(/[A-Za-z_$][\w$]*/g) ?? [];
  const isDoor = (file: string) =>
    file.endsWith('/index.ts') && !/^(import|export (?!type \{|\{))/m.test(sources.get(file) ?? '');
  const inProduct = new Map<string, Set<string>>();
  // An export through a door does not count as a use.
  for (const [file, source] of [...sources].filter(([f]) => !isDoor(f)))
    for (const word of words(source))
      inProduct.set(word, (inProduct.get(word) ?? new Set<string>()).add(file));
  const EXPORT = /^export (?:async )?(?:abstract )?(?:function\*?|class|const|let) (\w+)/gm;
  const local = [...sources].flatMap(([file, source]) =>
    [...source.matchAll(EXPORT)]
      .map(([, name = '']) => ({ file, name, own: words(withoutComments(source)) }))
      .filter(({ name }) => (inProduct.get(name)?.size ?? 0) < 2),
  );

  it('are used by the product, not by tests only', () => {
    const dead = local
      .filter(({ name, own }) => own.filter((word) => word === name).length < 2)
      .map(({ file, name }) => `${file}: ${name}`);
    expect(dead.filter((name) => !OUTSIDE.has(name))).toEqual([]);
  });
});

describe('references in comments and documents exist', () => {
  it('sections of docs/protocol.md', () => {
    const sections = new Set(
      [...read('docs/protocol.md').matchAll(/^## (\d+)/gm)].map(([, number]) => number),
    );
    const wrong = [...sources].flatMap(([file, source]) =>
      commentsOf(source).flatMap((comment) =>
        [...comment.matchAll(/docs\/protocol\.md[,)]? sections? ([\d, and to]+)/g)]
          .flatMap(([, list = '']) => list.match(/\d+/g) ?? [])
          .filter((number) => !sections.has(number))
          .map((number) => `${file}: section ${number}`),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('files, named by their path', () => {
    const PATH =
      /(?<![\w./-])(?:src|test|board|docs|media|scripts|bench)\/[\w./-]*\.(?:ts|mjs|py|md)\b/g;
    const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'board/agent/README.md'];
    const texts = [
      ...documents.map((file) => [file, read(file)] as const),
      ...[...sources].map(([file, source]) => [file, commentsOf(source).join('\n')] as const),
    ];
    const wrong = texts.flatMap(([file, text]) =>
      (text.match(PATH) ?? [])
        .filter((path) => !existsSync(path))
        .map((path) => `${file}: ${path}`),
    );
    expect(wrong).toEqual([]);
  });

  it('places on the map, which may leave out the first folders', () => {
    const roots = ['', 'src', 'src/core', 'src/commands', 'test'];
    const wrong = [...read('ARCHITECTURE.md').matchAll(/`([\w./-]*\w\/\w[\w./-]*)`/g)]
      .map(([, place = '']) => place)
      .filter((place) => !roots.some((root) => existsSync(join(root, place))));
    expect(wrong).toEqual([]);
  });

  it('names in {@link}', () => {
    const everything = [...sources.values()].join('\n').replaceAll(/\/\*[\s\S]*?\*\//g, '');
    const words = new Set(everything.match(/[A-Za-z_$][\w$]*/g));
    const wrong = [...sources].flatMap(([file, source]) =>
      [...source.matchAll(/\{@link ([\w.$]+)/g)]
        .flatMap(([, name = '']) => name.split('.'))
        .filter((name) => !words.has(name))
        .map((name) => `${file}: ${name}`),
    );
    expect(wrong).toEqual([]);
  });
});
