// @ts-check
// VS Code's own server with its web client: a real window in a browser, for machines without the desktop program. It is the newest
// VS Code, or with MPYFLEET_VSCODE=oldest the oldest one that the extension supports.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensure } from './ensure.mjs';
import { removeTempDir, tempDir } from './paths.mjs';
import { launch, run } from './process.mjs';

/** Returns whether the current tests use the oldest VS Code. */
export const wantsOldest = () => process.env.MPYFLEET_VSCODE === 'oldest';

/** Settings that keep the window still and readable for the driver. */
const quiet = {
  'workbench.startupEditor': 'none',
  'workbench.reduceMotion': 'on',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.commandCenter.enabled': false,
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'security.workspace.trust.enabled': false,
  'window.dialogStyle': 'custom',
  'editor.minimap.enabled': false,
  'editor.cursorBlinking': 'solid',
  // Selects the DOM renderer, so that a terminal's text can be read from the page.
  'terminal.integrated.gpuAcceleration': 'off',
  'terminal.integrated.enablePersistentSessions': false,
  'terminal.integrated.confirmOnExit': 'never',
};

/**
 * @typedef {object} CodeServerOptions
 * @property {string} workspace the folder that the window opens
 * @property {string} [vsix] a packaged extension, installed as a user would
 * @property {string} [extensionsDir] default: an empty one
 * @property {Record<string, unknown>} [settings] the user's settings, in addition to those that keep the window still
 * @property {NodeJS.ProcessEnv} [env] for the extension host
 * @property {number} [port] default: a free one
 * @property {'newest' | 'oldest'} [vscode] default: the one in MPYFLEET_VSCODE, else the newest
 * @property {boolean} [trust] asks whether the folder is trusted, as VS Code does for a user; default: it is trusted unasked
 * @property {boolean} [testHost] for suites inside the extension host; such a window shows no notifications
 */

/**
 * @typedef {object} CodeServer
 * @property {string} url opens the workspace
 * @property {number} port
 * @property {string} userDataDir
 * @property {() => string} log
 * @property {() => Promise<void>} stop
 */

const partOf = (/** @type {'newest' | 'oldest'} */ vscode) =>
  vscode === 'oldest' ? 'codeserverOldest' : 'codeserver';

const dataOf = (/** @type {string} */ dir, /** @type {string} */ extensions) => [
  ...['--user-data-dir', dir, '--server-data-dir', dir, '--extensions-dir', extensions],
  ...['--accept-server-license-terms', '--disable-telemetry'],
];

/**
 * Installs a packaged extension as a user would, for servers that take the folder as their `extensionsDir`.
 * @param {{ vsix: string, vscode: 'newest' | 'oldest' }} options
 * @returns {Promise<string>} the folder, of `tempDir`
 */
export async function installExtension({ vsix, vscode }) {
  const { node = '', server = '' } = await ensure(partOf(vscode));
  const dir = tempDir('code');
  const extensions = tempDir('extensions');
  await run([node, server, ...dataOf(dir, extensions), '--install-extension', vsix, '--force']);
  removeTempDir(dir);
  return extensions;
}

/**
 * Starts the server. Resolves when the server answers.
 * @param {CodeServerOptions} options
 * @returns {Promise<CodeServer>}
 */
export async function startCodeServer({
  workspace,
  vsix,
  extensionsDir,
  settings = {},
  env,
  port = 0,
  vscode = wantsOldest() ? 'oldest' : 'newest',
  trust = false,
  testHost = false,
}) {
  const { node = '', server = '' } = await ensure(partOf(vscode));
  const dir = tempDir('code');
  const extensions = extensionsDir ?? join(dir, 'extensions');
  mkdirSync(extensions, { recursive: true });
  const asks = { 'security.workspace.trust.enabled': true };
  const all = JSON.stringify({ ...quiet, ...(trust ? asks : {}), ...settings }, null, 2);
  // A window on a server reads settings of machine scope from the machine's file, all others from the user's.
  for (const place of ['User', 'Machine']) {
    mkdirSync(join(dir, place), { recursive: true });
    writeFileSync(join(dir, place, 'settings.json'), all);
  }
  const data = dataOf(dir, extensions);
  if (vsix) await run([node, server, ...data, '--install-extension', vsix, '--force']);

  const running = await launch(
    [
      ...[node, server, ...data, '--host', '127.0.0.1', '--port', String(port)],
      '--without-connection-token',
      ...(trust ? [] : ['--disable-workspace-trust']),
      ...(testHost ? ['--enable-smoke-test-driver'] : []),
    ],
    { ready: /Extension host agent listening on (\d+)/, ...(env ? { env } : {}) },
  );
  const bound = Number(/listening on (\d+)/.exec(running.line)?.[1]);
  return {
    url: `http://127.0.0.1:${bound}/?folder=${encodeURIComponent(workspace)}`,
    port: bound,
    userDataDir: dir,
    log: running.output,
    stop: async () => {
      await running.stop();
      removeTempDir(dir);
    },
  };
}
