// Checks the Python that goes to boards: ruff where there is one, else that it compiles and no line is too long.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const WIDTH = 99;

const files = ['board', 'test/lab']
  .flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.py'))
      .map((entry) => join(entry.parentPath, entry.name)),
  )
  .sort();
const ruff = spawnSync('ruff', ['--version']).status === 0;
let bad;
if (ruff) {
  const options = ['--line-length', String(WIDTH), '--no-cache'];
  bad = spawnSync('ruff', ['check', ...options, ...files], { stdio: 'inherit' }).status ?? 1;
} else {
  const compile =
    'import sys\nfor p in sys.argv[1:]: compile(open(p, encoding="utf-8").read(), p, "exec")';
  bad = spawnSync('/usr/bin/python3', ['-c', compile, ...files], { stdio: 'inherit' }).status ?? 1;
  for (const file of files) {
    for (const [i, line] of readFileSync(file, 'utf8').split('\n').entries()) {
      if (line.length <= WIDTH) continue;
      console.error(`${file}:${i + 1}: ${line.length} characters, ${WIDTH} are allowed`);
      bad++;
    }
  }
}
const names = spawnSync('/usr/bin/python3', ['scripts/agentNames.py'], { stdio: 'inherit' });
bad += names.status ?? 1;
console.log(`${files.length} Python files checked${ruff ? ' with ruff' : ''}`);
process.exitCode = bad === 0 ? 0 : 1;
