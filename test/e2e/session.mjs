// @ts-check
// One window with the packaged extension in it, for a spec file.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { startCodeServer } from '../lab/codeServer.mjs';
import { removeTempDir, tempDir } from '../lab/paths.mjs';
import { packagedExtension } from '../lab/vsix.mjs';
import { Driver } from './driver.mjs';

/**
 * Installs the package as a user would, opens a workspace with the given files in a window, and gives its driver.
 * @param {{ files?: Record<string, string | Uint8Array>, ttys?: string[], settings?: Record<string, unknown>, env?: NodeJS.ProcessEnv }} [options]
 *   `files` of the workspace by path; `ttys`: serial devices that the user has added by path
 * @returns {Promise<{ driver: Driver, workspace: string, server: import('../lab/codeServer.mjs').CodeServer, setSettings: (settings: Record<string, unknown>) => void, close: () => Promise<void> }>}
 */
export async function openSession({ files = {}, ttys = [], settings = {}, env } = {}) {
  const place = tempDir('workspace');
  const workspace = join(place, 'my-project'); // what pictures and messages call it
  mkdirSync(workspace);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true });
    writeFileSync(join(workspace, path), content);
  }
  const vsix = await packagedExtension();
  const server = await startCodeServer({
    workspace,
    vsix,
    settings: { 'mpyFleet.serial.paths': ttys, ...settings },
    ...(env && { env }),
  });
  try {
    const driver = await Driver.open(server.url);
    // The workspace's: the window takes them over at once, which it does not do with the user's.
    const setSettings = (/** @type {Record<string, unknown>} */ own) => {
      mkdirSync(join(workspace, '.vscode'), { recursive: true });
      writeFileSync(join(workspace, '.vscode', 'settings.json'), JSON.stringify(own));
    };
    const close = async () => {
      await driver.close();
      await server.stop();
      removeTempDir(place);
    };
    return { driver, workspace, server, setSettings, close };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
