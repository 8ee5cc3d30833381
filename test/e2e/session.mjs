// @ts-check
// A window with the packaged extension for one spec file.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { startCodeServer } from '../lab/codeServer.mjs';
import { removeTempDir, tempDir } from '../lab/paths.mjs';
import { packagedExtension } from '../lab/vsix.mjs';
import { Driver } from './driver/index.mjs';
import { nowServing } from './seen.mjs';

/**
 * Installs the package as a user would, opens a workspace with the given files in a window, and returns its driver.
 * @param {{ files?: Record<string, string | Uint8Array>, ttys?: string[], settings?: Record<string, unknown>, env?: NodeJS.ProcessEnv, trust?: boolean }} [options]
 *   `files` of the workspace by path; `ttys`: serial devices that the user has added by path; `trust`: VS Code asks
 *   whether the folder is trusted
 * @returns {Promise<{ driver: Driver, workspace: string, server: import('../lab/codeServer.mjs').CodeServer, setSettings: (settings: Record<string, unknown>) => void, close: () => Promise<void> }>}
 */
export async function openSession({ files = {}, ttys = [], settings = {}, env, trust } = {}) {
  const place = tempDir('workspace');
  const workspace = join(place, 'my-project'); // appears in pictures and messages
  mkdirSync(workspace);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true });
    writeFileSync(join(workspace, path), content);
  }
  const extensionsDir = process.env.MPYFLEET_EXTENSIONS; // set by test/e2e/setup.mjs
  const server = await startCodeServer({
    workspace,
    ...(extensionsDir ? { extensionsDir } : { vsix: await packagedExtension() }),
    settings: {
      'mpyFleet.serial.paths': ttys,
      // After a redraw, VS Code gives the focus to the tree that had it, even if a question opens in that moment (TreeView.doRefresh
      // reads a flag that a queued event clears), and would close the question.
      'workbench.quickOpen.closeOnFocusLost': false,
      ...settings,
    },
    // The product's state is shared by all windows of a computer; here each session has its own.
    env: { XDG_STATE_HOME: join(place, 'state'), ...env },
    ...(trust && { trust }),
  });
  const ended = nowServing(server.userDataDir);
  try {
    const driver = await Driver.open(server.url);
    // Workspace settings: unlike the user's settings, the window applies them at once.
    const setSettings = (/** @type {Record<string, unknown>} */ own) => {
      mkdirSync(join(workspace, '.vscode'), { recursive: true });
      writeFileSync(join(workspace, '.vscode', 'settings.json'), JSON.stringify(own));
    };
    const close = async () => {
      await driver.close();
      ended();
      await server.stop();
      removeTempDir(place);
    };
    return { driver, workspace, server, setSettings, close };
  } catch (error) {
    ended();
    await server.stop();
    throw error;
  }
}
