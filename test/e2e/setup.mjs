// @ts-check
// vitest's projects with a window: the package is made, and installed once for all windows, before the first test's clock runs.
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
