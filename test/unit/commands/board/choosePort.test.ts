import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import type { Board } from '../../../../src/core/board/board';
import { serialAddress } from '../../../../src/core/parseAddress';
import { tempDir } from '../../../lab/index.mjs';

vi.mock('vscode', async () => (await import('../../rig/vscodeShape')).vscodeShape);

const { existingPorts, hintIfMissing } = await import('../../../../src/commands/board/choosePort');

it('the ports that exist are offered, those of boards by name, and those that are seldom real last', async () => {
  const dev = tempDir('dev');
  for (const name of ['ttyS0', 'ttyAMA0', 'ttyUSB1', 'tty1', 'null', 'rfcomm0']) {
    writeFileSync(join(dev, name), '');
  }
  const link = (path: string, present: boolean) => ({
    present,
    found: { address: serialAddress(path), likely: true, details: {} },
  });
  const boards = [
    { name: 'kitchen', links: [link(`${dev}/ttyUSB1`, true)] },
    { name: 'away', links: [link('/dev/ttyACM7', false)] },
  ] as unknown as Board[];
  const ports = await existingPorts({ boards }, dev);
  expect(ports.map(({ path, of }) => [path.slice(dev.length + 1), of])).toEqual([
    ['ttyUSB1', 'kitchen'],
    ['rfcomm0', ''],
    ['ttyAMA0', ''],
    ['ttyS0', ''],
  ]);
});

it('the reason for a missing port is looked for where only ports that are seldom real exist', async () => {
  const hints = () => Promise.resolve([{ id: 'brltty' as const, text: 'brltty has it' }]);
  const hintFor = async (...paths: string[]) =>
    (
      await hintIfMissing(
        paths.map((path) => ({ path })),
        hints,
      )
    )?.text;
  expect(await hintFor()).toBe('brltty has it');
  expect(await hintFor('/dev/ttyS0', '/dev/ttyS31')).toBe('brltty has it');
  expect(await hintFor('/dev/ttyS0', '/dev/ttyACM0')).toBeUndefined();
});
