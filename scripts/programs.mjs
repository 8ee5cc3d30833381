// @ts-check
// Bundles the programs for Node as they are shipped: the extension and the command line.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import esbuild from 'esbuild';
import { root } from '../test/lab/paths.mjs';
import { pastDoorsInBundles } from './doors.mjs';
import { joinPieces } from './joinPieces.mjs';

/** Options of every bundle for Node. @type {import('esbuild').BuildOptions} */
export const forNode = {
  absWorkingDir: root,
  bundle: true,
  loader: { '.py': 'text' },
  logLevel: 'warning',
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['vscode', 'bufferutil', 'utf-8-validate', 'kerberos'],
  mainFields: ['module', 'main'],
  plugins: [pastDoorsInBundles],
};

/**
 * Presents VS Code's API as one ES module with named exports. As the CommonJS module that it is, each of our files that uses
 * it would get its own copy of its several hundred properties, which took longer than everything else at the start. @type {import('esbuild').Plugin}
 */
const vscodeOnce = {
  name: 'vscode once',
  setup(build) {
    build.onResolve({ filter: /^vscode$/ }, ({ namespace }) =>
      namespace === 'once'
        ? { path: 'vscode', external: true }
        : { path: 'vscode', namespace: 'once' },
    );
    build.onLoad({ filter: /./, namespace: 'once' }, async () => {
      const types = await readFile(join(root, 'node_modules/@types/vscode/index.d.ts'), 'utf8');
      const value =
        /^(?:\t| {4})export (?:abstract )?(?:class|enum|namespace|const|let|function) (\w+)/gm;
      const names = [...new Set([...types.matchAll(value)].map(([, name]) => name))];
      return {
        contents: `import * as api from 'vscode';\nexport const { ${names.join(', ')} } = api;`,
      };
    });
  },
};

/**
 * The modules that each program needs in each step of its start. Pieces of one step are joined: see joinPieces.
 * @type {import('./joinPieces.mjs').Starts}
 */
const STARTS = [
  { name: 'extension', steps: [['src/extension.ts']] },
  {
    name: 'cli',
    isShort: true,
    steps: [
      ['src/cli/main.ts', 'src/cli/table/verbTable.ts'],
      ['src/cli/verbs/exec.ts', 'src/cli/fleet/history.ts', 'src/transports/index.ts'],
      ['src/transports/serial/serialTransport.ts', 'src/transports/serial/library.ts'],
      ['src/core/files/sessionFiles.ts'],
      ['src/cli/verbs/put.ts', 'src/cli/verbs/get.ts'],
      ['src/cli/verbs/sync.ts'],
    ],
  },
];

/**
 * Returns the options for bundling programs in pieces. Code that is imported on first use is in a file of its own, because
 * reading one big file takes longer than everything else at a window's start and in each `mpyfleet`. esbuild splits only ES
 * modules, so the pieces are converted to CommonJS afterwards: VS Code gives its API only to that.
 * @param {{ entries: Record<string, string>, outdir: string, production: boolean }} what
 * @returns {import('esbuild').BuildOptions}
 */
export function inPieces({ entries, outdir, production }) {
  const starts = STARTS.filter(({ name }) => name in entries);
  return {
    ...forNode,
    format: 'esm',
    splitting: true,
    chunkNames: 'part-[hash]',
    entryPoints: entries,
    outdir,
    minify: production,
    sourcemap: production ? false : 'inline',
    write: false,
    metafile: true,
    plugins: [
      vscodeOnce,
      pastDoorsInBundles,
      {
        name: 'pieces',
        setup: (build) => build.onEnd((made) => toCommonJs(made, production ? starts : undefined)),
      },
    ],
  };
}

/**
 * Writes esbuild's output.
 * @param {import('esbuild').BuildResult} result
 * @param {import('./joinPieces.mjs').Starts | undefined} starts undefined: for debugging, each piece stays a file
 */
async function toCommonJs({ outputFiles = [], metafile }, starts) {
  const { platform, target } = forNode;
  const folder = dirname(outputFiles[0]?.path ?? '');
  const made = outputFiles.map(
    async (/** @type {import('esbuild').OutputFile} */ { path, text }) => {
      const { code } = await esbuild.transform(text, {
        format: 'cjs',
        platform,
        target,
        minify: starts !== undefined,
        sourcemap: starts ? false : 'inline',
        supported: { 'dynamic-import': false },
        sourcefile: path,
        banner: basename(path) === 'cli.js' ? '#!/usr/bin/env node' : '',
      });
      return /** @type {const} */ ([basename(path), code]);
    },
  );
  const files = new Map(await Promise.all(made));
  const written = starts && metafile ? joinPieces(files, metafile.outputs, starts) : files;
  await mkdir(folder, { recursive: true });
  await Promise.all([...written].map(([name, code]) => writeFile(join(folder, name), code)));
}
