// @ts-check
// `npm run demo`: VS Code with the extension and three boards to play with, on a machine that has only Node, npm, apt and
// git. Options: --server (uses the browser even if VS Code is installed), --port N (of the server).
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir, lab, root, tempDir } from './paths.mjs';

if (!existsSync(join(root, 'node_modules', '.bin', 'vsce'))) {
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(1);
}
const { startCodeServer } = await import('./codeServer.mjs');
const { run } = await import('./process.mjs');
const { startUboard } = await import('./uboard.mjs');
const { packagedExtension } = await import('./vsix.mjs');

const option = (/** @type {string} */ name) => process.argv.indexOf(name);
const port = portOption();
const program = (/** @type {string} */ file) => readFileSync(join(lab, 'demo', file), 'utf8');

/** Returns the port of the option, or 0 (any free port) without it. */
function portOption() {
  if (option('--port') < 0) return 0;
  const text = process.argv[option('--port') + 1] ?? '';
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65535) return Number(text);
  console.error(
    `--port wants a number from 0 to 65535, not "${text}". Example: npm run demo -- --port 8000`,
  );
  process.exit(64);
}

/** @type {{ stop: () => Promise<void> }[]} */
const started = [];
let ending = false;
async function end(status = 0) {
  if (ending) return;
  ending = true;
  console.log('\nStopping.');
  // One part that does not stop must not keep the others running.
  const stops = await Promise.allSettled(started.map((part) => part.stop()));
  const failed = stops.filter((stop) => stop.status === 'rejected');
  for (const { reason } of failed) console.error(reason);
  process.exit(status || (failed.length > 0 ? 1 : 0));
}
process.on('SIGINT', () => void end());
process.on('SIGTERM', () => void end());

/**
 * Starts the boards. They keep their flash from one demo to the next, like real ones.
 * @returns {Promise<string[]>} their serial devices
 */
async function startBoards() {
  const flashes = join(cacheDir(), 'demo');
  mkdirSync(flashes, { recursive: true });
  /** @type {Record<string, Record<string, string>>} */
  const boards = {
    kitchen: { 'main.py': program('kitchen.py') },
    greenhouse: { 'main.py': program('greenhouse.py') },
    workbench: {
      'main.py': 'import lights\n\nlights.show()\n',
      'lib/lights.py': program('lights.py'),
    },
  };
  const devices = tempDir('boards');
  const ttys = [];
  for (const [name, files] of Object.entries(boards)) {
    const flash = join(flashes, `${name}.img`);
    const board = await startUboard({
      name,
      flash,
      tty: join(devices, name),
      ...(existsSync(flash) ? {} : { files }),
    });
    started.push(board);
    ttys.push(board.tty);
  }
  return ttys;
}

/** @param {string[]} ttys */
async function openVSCode(ttys) {
  const workspace = join(tempDir('demo'), 'my-project');
  mkdirSync(workspace, { recursive: true });
  cpSync(join(lab, 'demo', 'project'), workspace, { recursive: true });
  const vsix = await packagedExtension();
  const settings = { 'mpyFleet.serial.paths': ttys };
  const code = option('--server') < 0 && spawnSync('code', ['--version']).status === 0;
  if (!code) {
    const server = await startCodeServer({ workspace, vsix, settings, port });
    started.push(server);
    console.log(`\nOpen ${server.url} in a browser. Ctrl-C ends the demo.`);
    return;
  }
  // Its own profile, so that the user's settings and extensions stay unchanged.
  const profile = tempDir('profile');
  mkdirSync(join(profile, 'User'), { recursive: true });
  writeFileSync(join(profile, 'User', 'settings.json'), JSON.stringify(settings, null, 2));
  const data = ['--user-data-dir', profile, '--extensions-dir', join(profile, 'extensions')];
  if (process.getuid?.() === 0) data.push('--no-sandbox');
  await run(['code', ...data, '--install-extension', vsix], { show: true });
  console.log('\nVS Code opens. Close its window, or press Ctrl-C here, to end the demo.');
  await run(['code', ...data, '--new-window', '--wait', workspace], { show: true });
  await end();
}

try {
  const ttys = await startBoards().catch((error) => {
    console.error(`The boards cannot be built here: ${error.message}`);
    console.error('Use "MicroPython: Start a Demo Board" in the window instead.');
    return [];
  });
  await openVSCode(ttys);
} catch (error) {
  if (!ending) {
    console.error(error);
    await end(1);
  }
}
