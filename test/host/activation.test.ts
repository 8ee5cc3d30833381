import assert from 'node:assert/strict';
import * as vscode from 'vscode';

const LIMIT_MS = 100; // a newcomer must not feel the extension when VS Code starts

describe('activation', () => {
  it(`takes less than ${LIMIT_MS} ms`, async function () {
    const extension = vscode.extensions.getExtension('micropython-fleet.micropython-fleet');
    assert.ok(extension, 'the packaged extension is installed');
    assert.equal(extension.isActive, false, 'nothing has activated it before it is measured');
    const start = performance.now();
    const startCpu = process.cpuUsage();
    await extension.activate();
    const wall = performance.now() - start;
    const cpu = process.cpuUsage(startCpu);
    // On a busy machine other programs' time would be counted too: the processor time of this one is what it costs.
    const took = Math.min(wall, (cpu.user + cpu.system) / 1000);
    if (this.test)
      this.test.title += ` (${took.toFixed(1)} ms; ${wall.toFixed(1)} ms on the clock)`;
    assert.ok(took < LIMIT_MS, `it took ${took.toFixed(1)} ms`);
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
