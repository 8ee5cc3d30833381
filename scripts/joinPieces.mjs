// @ts-check
// Joins pieces of a program that are loaded together. esbuild makes a piece for each set of entry points that need a module, so
// a hundred imports on demand make dozens of files with a function or two, and opening a file takes longer than running it.
import { basename } from 'node:path';

/**
 * The start of a program: for each of its steps, the modules with which the step begins. `isShort`: it ends after one command,
 * so it cannot afford to load a file with more than it needs.
 * @typedef {{ name: string, steps: readonly (readonly string[])[], isShort?: boolean }} Start
 * @typedef {readonly Start[]} Starts
 * @typedef {Readonly<Record<string, { entryPoint?: string, imports: readonly { path: string, kind: string }[] }>>} Outputs
 */

/**
 * Returns the text of a file with several pieces. It exports a function that returns a piece by its name and runs it the first
 * time, as `require` does with files. @param {ReadonlyMap<string, string>} pieces code by name
 */
function joined(pieces) {
  const parts = [...pieces].map(
    ([name, code]) => `${JSON.stringify(name)}(module,exports,require){${code}\n}`,
  );
  return `"use strict";const made={};const parts={${parts.join(',')}};module.exports=(name)=>{let module=made[name];if(!module){module=made[name]={exports:{}};parts[name](module,module.exports,require)}return module.exports};\n`;
}

/**
 * Follows imports from pieces on. @param {Outputs} outputs @param {readonly string[]} from
 * @param {(kind: string) => boolean} follows @returns {ReadonlySet<string>}
 */
function reached(outputs, from, follows) {
  const seen = new Set(from);
  for (const path of seen) {
    for (const { path: next, kind } of outputs[path]?.imports ?? []) {
      if (next in outputs && follows(kind)) seen.add(next);
    }
  }
  return seen;
}

/**
 * Returns which pieces are joined: those that are first needed in the same step of each program. A piece that a short
 * program needs only sometimes is not joined, because the program would have to load the whole file.
 * @param {Outputs} outputs @param {Starts} starts @returns {ReadonlyMap<string, string>} name of a piece to name of its file
 */
function groups(outputs, starts) {
  const pieceOf = (/** @type {string} */ module) => {
    const found = Object.keys(outputs).find((path) => outputs[path]?.entryPoint === module);
    if (!found) throw new Error(`${module} is no entry: it is not imported on demand any more`);
    return found;
  };
  const programs = starts.map(({ name, steps, isShort }) => {
    const first = steps.map((modules) =>
      reached(outputs, modules.map(pieceOf), (kind) => kind === 'import-statement'),
    );
    const all = isShort ? reached(outputs, steps.flat().map(pieceOf), () => true) : undefined;
    return { name, first, all };
  });
  /** @type {Map<string, string>} */
  const fileOf = new Map();
  for (const path of Object.keys(outputs)) {
    const needs = programs.map(({ name, first, all }) => {
      const step = first.findIndex((pieces) => pieces.has(path));
      return { label: step < 0 ? '' : `${name}${step}`, isRare: step < 0 && all?.has(path) };
    });
    const label = needs.flatMap((need) => need.label || []).join('-');
    const isProgram = programs.some(({ name }) => basename(path) === `${name}.js`);
    if (isProgram || label === '' || needs.some(({ isRare }) => isRare)) continue;
    fileOf.set(basename(path), `start-${label}.js`);
  }
  return fileOf;
}

/**
 * Joins pieces, and changes what requires them.
 * @param {ReadonlyMap<string, string>} files CommonJS text by file name
 * @param {Outputs} outputs esbuild's list of its output files @param {Starts} starts
 * @returns {ReadonlyMap<string, string>} text by file name
 */
export function joinPieces(files, outputs, starts) {
  const fileOf = groups(outputs, starts);
  /** @type {Map<string, string>} */
  const result = new Map();
  /** @type {Map<string, Map<string, string>>} */
  const grouped = new Map();
  for (const [name, text] of files) {
    const code = text.replace(
      /\brequire\("\.\/([\w.-]+\.js)"\)/g,
      (all, /** @type {string} */ piece) => {
        const file = fileOf.get(piece);
        return file ? `require("./${file}")("${piece}")` : all;
      },
    );
    const file = fileOf.get(name);
    if (file) grouped.set(file, (grouped.get(file) ?? new Map()).set(name, code));
    else result.set(name, code);
  }
  for (const [name, pieces] of grouped) result.set(name, joined(pieces));
  return result;
}
