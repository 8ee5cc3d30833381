// @ts-check
// The packaged extension, as a user would install it.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './ensure.mjs';
import { root } from './paths.mjs';
import { run } from './process.mjs';

/** The sources of the package. If one of them is newer, the package is made again. */
const sources = [
  'src',
  'media',
  'board',
  'esbuild.mjs',
  'scripts',
  'package.json',
  'package.nls.json',
  '.vscodeignore',
  'README.md',
];

/**
 * Packs the extension unless the package is newer than its sources. `$MPYFLEET_VSIX` names a package made elsewhere instead.
 * @returns {Promise<string>} path of the .vsix
 */
export async function packagedExtension() {
  if (process.env.MPYFLEET_VSIX) return process.env.MPYFLEET_VSIX;
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const vsix = join(root, `${name}-${version}.vsix`);
  await withLock('package', async () => {
    const made = existsSync(vsix) ? statSync(vsix).mtimeMs : 0;
    if (sources.every((source) => newest(join(root, source)) < made)) return;
    await run(['npm', 'run', '--silent', 'package'], { cwd: root });
  });
  return vsix;
}

/** Returns when a file, or anything in a folder, was last changed, in milliseconds since 1970. @param {string} path @returns {number} */
function newest(path) {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}
