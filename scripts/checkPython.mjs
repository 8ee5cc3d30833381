// @ts-check
// Checks all Python of the project with a pinned ruff (WebAssembly): its format, and rules E, F and W.
// `--write` formats the files instead.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PositionEncoding, Workspace } from '@astral-sh/ruff-wasm-nodejs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** The oldest syntax that ruff supports; MicroPython has that of Python 3.4 and some newer parts. */
const OPTIONS = { 'line-length': 99, 'target-version': 'py37' };
/** Names that are defined outside a file, by MicroPython's compiler or by its importer, for each part of a path. */
const GIVEN = [
  { of: 'board/', names: ['const'] },
  { of: 'board/agent/shim.py', names: ['__path__'] },
  { of: 'board/app/fleet/__init__.py', names: ['__path__'] },
  { of: '/manifest.py', names: ['include', 'freeze'] },
  { of: 'mqboardResponder.py', names: ['PORT'] },
];
/** Files that delete their names in the last line. Ruff then reports these names as unknown in functions, too. */
const TIDY = ['board/snippets/info.py', 'mpboard/_boot.py', 'uboard/_boot.py'];
/** Snippets are joined before they are sent, so that each may use what another one imports and defines. */
const SNIPPETS = 'board/snippets/';
/** Squeezed into 248 bytes, which a board takes without asking for them. */
const UNFORMATTED = [`${SNIPPETS}webreplFinish.py`, `${SNIPPETS}webreplLook.py`];
/** Programs kept as their authors wrote them, to show that such programs run. */
const FOREIGN = 'test/boards/rig/pythings/';

const write = process.argv.includes('--write');
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.py'], { cwd: root })
  .toString()
  .split('\n')
  .filter((file) => file !== '' && !file.startsWith(FOREIGN))
  .sort();
const texts = new Map(files.map((file) => [file, readFileSync(`${root}/${file}`, 'utf8')]));
const snippets = [...texts].filter(([file]) => file.startsWith(SNIPPETS)).map(([, text]) => text);
/** @type {Map<string, Workspace>} */
const workspaces = new Map();
const problems = [...texts].flatMap(([file, text]) => check(file, text));
for (const problem of problems) console.error(problem);
const names = spawnSync('/usr/bin/python3', ['scripts/agentNames.py'], {
  cwd: root,
  stdio: 'inherit',
});
console.log(`${files.length} Python files checked with ruff ${Workspace.version()}`);
process.exitCode = problems.length === 0 && names.status === 0 ? 0 : 1;

/** Checks the style of one file. @param {string} file @param {string} text @returns {string[]} the problems, one line each */
function check(file, text) {
  const ruff = workspaceOf(file);
  try {
    const formatted = UNFORMATTED.includes(file) ? text : ruff.format(text);
    if (write && formatted !== text) writeFileSync(`${root}/${file}`, formatted);
    /** @type {import('@astral-sh/ruff-wasm-nodejs').Diagnostic[]} */
    const found = ruff.check(write ? formatted : text);
    return [
      ...(write || formatted === text ? [] : [`${file}: not formatted, run npm run format`]),
      ...found.map((d) => `${file}:${d.start_location.row}: ${d.code ?? 'syntax'} ${d.message}`),
    ];
  } catch (error) {
    return [`${file}: ${String(error)}`];
  }
}

/** @param {string} file @returns {Workspace} with the names that are given to the file */
function workspaceOf(file) {
  const builtins = GIVEN.filter(({ of }) => `/${file}`.includes(of)).flatMap(({ names }) => names);
  const snippet = file.startsWith(SNIPPETS);
  if (snippet) builtins.push('given', ...snippets.flatMap(topLevelNames));
  const tidy = TIDY.some((end) => file.endsWith(end));
  const ignore = [...(snippet ? ['F401'] : []), ...(tidy ? ['F821'] : [])];
  const lint = { select: ['E', 'F', 'W'], ignore };
  const key = JSON.stringify([builtins, lint]);
  const known = workspaces.get(key);
  if (known) return known;
  const made = new Workspace({ ...OPTIONS, builtins, lint }, PositionEncoding.Utf32);
  workspaces.set(key, made);
  return made;
}

/** @param {string} text @returns {string[]} names that a snippet imports, defines or assigns */
function topLevelNames(text) {
  const imported = [...text.matchAll(/^ *(?:from \S+ )?import (.+)$/gm)].flatMap(([, list]) =>
    (list ?? '').split(',').map((name) => name.trim().split(' ').at(-1) ?? ''),
  );
  const defined = [...text.matchAll(/^(?:def|class) (\w+)|^(\w+) = /gm)];
  return [...imported, ...defined.map(([, a, b]) => a ?? b ?? '')];
}
