import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as vscode from 'vscode';
import { removeTempDir, tempDir } from '../../../lab/paths.mjs';

vi.mock('vscode', async () => (await import('../../rig/vscodeShape')).vscodeShape);
const { LoaderDrives } = await import('../../../../src/views/tree/loaders');

// Boards in their loader are rows of the tree; test/e2e/flash.spec.ts flashes one of them.

let place: string;
let before: string | undefined;
let visible: boolean;
let changed: () => void;
let looks: InstanceType<typeof LoaderDrives>;
const drive = () => join(place, 'DRIVE');
const appear = (name: string) => {
  mkdirSync(drive(), { recursive: true });
  writeFileSync(join(drive(), 'INFO_UF2.TXT'), `UF2 Bootloader v3.0\r\nBoard-ID: ${name}\r\n`);
};
const names = () => looks.nodes.map((node) => node.drive.name);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  place = tempDir('loaders');
  before = process.env.MPYFLEET_DRIVES;
  process.env.MPYFLEET_DRIVES = drive();
  visible = true;
  looks = new LoaderDrives({ warn: (message) => expect.fail(message) });
  looks.lookFor({
    get visible() {
      return visible;
    },
    onDidChangeVisibility: (listener: () => void) => {
      changed = listener;
      return { dispose: () => undefined };
    },
  } as unknown as vscode.TreeView<unknown>);
});
afterEach(() => {
  looks.dispose();
  vi.useRealTimers();
  process.env.MPYFLEET_DRIVES = before;
  if (before === undefined) delete process.env.MPYFLEET_DRIVES;
  removeTempDir(place);
});

/** Waits for the next look, and returns what it found. */
async function look(): Promise<readonly string[]> {
  const seen = new Promise<void>((resolve) => {
    looks.onDidChange(() => resolve());
  });
  vi.advanceTimersByTime(2_000);
  await seen;
  // The look after it begins when this one has ended.
  while (vi.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve));
  return names();
}

it('finds a drive, keeps its row, and drops it when the drive is gone', async () => {
  expect(looks.nodes).toEqual([]);
  appear('RPI-RP2');
  expect(await look()).toEqual(['RPI-RP2']);
  const [row] = looks.nodes;
  writeFileSync(join(drive(), 'other.txt'), 'x');
  renameSync(drive(), join(place, 'away'));
  expect(await look()).toEqual([]);
  rmSync(join(place, 'away'), { recursive: true });
  appear('SAMD21');
  expect(await look()).toEqual(['SAMD21']);
  expect(looks.nodes[0]).not.toBe(row);
});

it('searches only while its view is visible', async () => {
  appear('RPI-RP2');
  expect(await look()).toEqual(['RPI-RP2']);
  visible = false;
  changed();
  expect(vi.getTimerCount()).toBe(0);
  visible = true;
  changed();
  expect(vi.getTimerCount()).toBe(1);
  looks.dispose();
  expect(vi.getTimerCount()).toBe(0);
});
