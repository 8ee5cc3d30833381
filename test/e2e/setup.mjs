// @ts-check
// For vitest's projects with a window: makes the package and installs it once for all windows, before the time limit of the first
// test starts.
import { installExtension } from '../lab/codeServer.mjs';
import { removeTempDir } from '../lab/paths.mjs';
import { packagedExtension } from '../lab/vsix.mjs';

/** @param {{ config: { env: NodeJS.ProcessEnv } }} project */
export async function setup({ config }) {
  const vscode = config.env.MPYFLEET_VSCODE === 'oldest' ? 'oldest' : 'newest';
  const extensions = await installExtension({ vsix: await packagedExtension(), vscode });
  process.env.MPYFLEET_EXTENSIONS = extensions;
  return () => removeTempDir(extensions);
}
