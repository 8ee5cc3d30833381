import { execFileSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { batchShim, writeShims } from '../../../src/core/shims';
import { tempDir } from '../../lab/index.mjs';

it('runs the script with every argument as it is, from any path', async () => {
  const dir = join(tempDir('shim'), "it's $HOME");
  const script = join(dir, 'say.js');
  await writeShims(dir, 'say', { node: process.execPath, script });
  writeFileSync(
    script,
    'console.log(JSON.stringify([process.argv.slice(2), process.env.ELECTRON_RUN_AS_NODE]))',
  );
  const out = execFileSync(join(dir, 'say'), ['a b', '$x', "'", '']).toString();
  expect(JSON.parse(out)).toEqual([['a b', '$x', "'", ''], '1']);
  const made = statSync(join(dir, 'say')).mtimeMs;
  await writeShims(dir, 'say', { node: process.execPath, script });
  expect(statSync(join(dir, 'say')).mtimeMs).toBe(made);
});

it('hands cmd a path with a per cent sign and all arguments', () => {
  expect(batchShim({ node: 'C:\\Code.exe', script: 'C:\\100%\\cli.js' })).toBe(
    '@echo off\r\nsetlocal\r\nset ELECTRON_RUN_AS_NODE=1\r\n"C:\\Code.exe" "C:\\100%%\\cli.js" %*\r\n',
  );
});
