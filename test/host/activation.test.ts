import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { measured, quiet, slowness } from './quiet';

const LIMIT_MS = 100; // a newcomer must not feel the extension when VS Code starts

/**
 * Milliseconds that reading the extension's code takes. The first time it is read among all else that a window starts; so it is
 * read once more, by another name and with another text, or it would come from a cache.
 */
async function loadAgain(extensionPath: string): Promise<number> {
  const dist = join(extensionPath, 'dist');
  const copy = join(dist, 'extension.again.js');
  await writeFile(copy, `${await readFile(join(dist, 'extension.js'), 'utf8')}\n// again`);
  try {
    const { clock, processor } = await measured(() => createRequire(copy)(copy) as unknown);
    return Math.min(clock, processor);
  } finally {
    await rm(copy);
  }
}

describe('activation', () => {
  it(`takes less than ${LIMIT_MS} ms`, async function () {
    const extension = vscode.extensions.getExtension('micropython-fleet.micropython-fleet');
    assert.ok(extension, 'the packaged extension is installed');
    const api = (await extension.activate()) as { activationMs: number; activationCpuMs: number };
    // On a busy machine the clock counts other programs' time too.
    const start = Math.min(api.activationMs, api.activationCpuMs);
    await quiet();
    const load = await loadAgain(extension.extensionPath);
    const slower = await slowness();
    const took = load + start;
    const figures = `${took.toFixed(1)} ms: ${load.toFixed(1)} to load, ${start.toFixed(1)} to start; machine ${slower.toFixed(1)} times slower than the limit's`;
    if (this.test) this.test.title += ` (${figures})`;
    assert.ok(took / slower < LIMIT_MS, figures);
  });

  it('registers every command that the manifest lists', async () => {
    const extension = vscode.extensions.getExtension('micropython-fleet.micropython-fleet');
    const manifest = extension?.packageJSON as {
      contributes: { commands?: { command: string }[] };
    };
    const known = new Set(await vscode.commands.getCommands(true));
    const listed = (manifest.contributes.commands ?? []).map(({ command }) => command);
    assert.ok(listed.length > 0, 'the manifest lists commands');
    assert.deepEqual(
      listed.filter((command) => !known.has(command)),
      [],
    );
  });
});
