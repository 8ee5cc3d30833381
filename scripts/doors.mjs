// @ts-check
// Folders of src with many files have a door: an index.ts that exports what others use. A program that is split into pieces
// would load everything behind each door that it enters, so builds and tests import the files behind the doors directly.
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

const IMPORT = /^import \{([^}]*)\} from '(\.[^']*)';$/gm;
const EXPORT = /^export (?:type )?\{([^}]*)\} from '(\.[^']*)';$/gm;

/** Splits the content of `{ a, type B, c as d }`. @param {string} inner */
const namesIn = (inner) => inner.split(',').flatMap((name) => name.trim() || []);

/**
 * Reads which file exports each name of the door at a path. Returns undefined if there is no door, or if its index.ts does more
 * than export. @param {string} folder @returns {Map<string, string> | undefined}
 */
function readDoor(folder) {
  const index = join(folder, 'index.ts');
  if (existsSync(`${folder}.ts`) || !existsSync(index)) return undefined;
  const text = readFileSync(index, 'utf8');
  /** @type {Map<string, string>} */
  const files = new Map();
  for (const [, inner = '', file = ''] of text.matchAll(EXPORT)) {
    for (const name of namesIn(inner)) files.set(name.replace(/^type /, ''), join(folder, file));
  }
  const rest = text.replace(EXPORT, '').replace(/\/\*\*.*?\*\//gs, '');
  return rest.trim() === '' ? files : undefined;
}

/**
 * Rewrites imports through a door to imports of the files behind it. Lines keep their numbers.
 * @param {string} text source of a module @param {string} file its path @returns {string}
 */
export function pastDoors(text, file) {
  const home = dirname(file);
  return text.replace(IMPORT, (all, /** @type {string} */ inner, /** @type {string} */ path) => {
    const door = readDoor(join(home, path));
    if (!door) return all;
    const imports = namesIn(inner)
      .filter((name) => !name.startsWith('type '))
      .map((name) => {
        const behind = door.get(name.split(' ')[0] ?? '');
        if (!behind) throw new Error(`${file}: ${path} does not export ${name}`);
        return `import { ${name} } from './${relative(home, behind)}';`;
      });
    return imports.join(' ') + '\n'.repeat(all.split('\n').length - 1);
  });
}

/** Makes esbuild import the files behind the doors. @type {import('esbuild').Plugin} */
export const pastDoorsInBundles = {
  name: 'past doors',
  setup(build) {
    build.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, async ({ path }) => ({
      contents: pastDoors(await readFile(path, 'utf8'), path),
      loader: 'ts',
    }));
  },
};

/** Makes Vitest do the same, so that a test loads only the code that it tests. @type {import('vite').Plugin} */
export const pastDoorsInTests = {
  name: 'past doors',
  enforce: 'pre',
  transform: (code, id) => (/\/src\/.*\.ts$/.test(id) ? pastDoors(code, id) : undefined),
};
