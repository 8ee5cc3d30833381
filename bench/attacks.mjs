// @ts-check
/**
 * Runs small attacks against the agent's modules and the computer's, and prints a table: attack,
 * expected, seen. Exits with status 1 if a result differs from the expected one.
 * `node bench/attacks.mjs`
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build } from 'esbuild';
import { forNode } from '../scripts/programs.mjs';
import { removeTempDir, root, tempDir } from '../test/lab/paths.mjs';

const dir = tempDir('attacks');
const outfile = join(dir, 'host.cjs');
await build({ ...forNode, entryPoints: ['bench/attacks/host.ts'], outfile });
console.log('| attack | expected | seen |\n| --- | --- | --- |');
const programs = [
  ['python3', join(root, 'bench/attacks/board.py')],
  [process.execPath, outfile],
];
const failed = programs.filter(([program = '', file = '']) => {
  const { status } = spawnSync(program, [file], {
    stdio: 'inherit',
    env: { ...process.env, TMPDIR: dir },
  });
  return status !== 0;
});
removeTempDir(dir);
process.exitCode = failed.length > 0 ? 1 : 0;
