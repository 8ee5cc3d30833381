import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const FROM = /(?:import|export)\s+(type\s+)?[^'";]*?\sfrom\s+'(\.[^']+)'/g;
const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join('src', name));
const imports = files.flatMap((from): Import[] =>
  [...readFileSync(from, 'utf8').matchAll(FROM)].flatMap(([, type, path = '']) => {
    const at = normalize(join(dirname(from), path));
    const to = [`${at}.ts`, join(at, 'index.ts')].find((file) => existsSync(file));
    return to ? [{ from, to, typeOnly: type !== undefined }] : [];
  }),
);

it('finds the imports that it checks', () => {
  expect(imports.length).toBeGreaterThan(files.length);
  expect(imports).toContainEqual({
    ...{ from: 'src/core/parseAddress.ts', to: 'src/core/errors.ts', typeOnly: false },
  });
});

/** Folders that need no door: contracts, one file each, and verbs, each loaded when it is called. */
const NO_DOOR = ['src/core', 'src/cli/verbs'];

it('has a door in each folder of more than eight files', () => {
  const size = new Map<string, number>();
  for (const file of files) size.set(dirname(file), (size.get(dirname(file)) ?? 0) + 1);
  const big = [...size].filter(([folder, count]) => count > 8 && !NO_DOOR.includes(folder));
  expect(big.length).toBeGreaterThan(10);
  expect(big.map(([folder]) => folder).filter((f) => !existsSync(join(f, 'index.ts')))).toEqual([]);
});

it('has imports between the folders of core and of the transports in one direction only', () => {
  const pairs = new Map<string, string>();
  for (const { from, to } of imports) {
    const [a, b] = [dirname(from), dirname(to)];
    if (a !== b && [a, b].every((d) => /^src\/(core|transports)/.test(d)))
      pairs.set(`${a} ${b}`, from);
  }
  // The folder of all transports makes them; what each needs of the others lies below it.
  const twoWay = [...pairs].filter(([pair]) => pairs.has(pair.split(' ').reverse().join(' ')));
  expect(twoWay.map(([pair, from]) => `${pair}: ${from}`)).toEqual([]);
});

it('has no cycle of files that load one another', () => {
  const next = new Map<string, string[]>();
  for (const { from, to, typeOnly } of imports) {
    if (!typeOnly) next.set(from, [...(next.get(from) ?? []), to]);
  }
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' > '));
    if (done.has(file) || path.includes(file)) return;
    for (const to of next.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expect(cycles).toEqual([]);
});
