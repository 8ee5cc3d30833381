import { expect, it } from 'vitest';
import { parseRegistry } from '../../../../src/cli/board/registry';
import { fleetFile } from '../../../../src/core/many';

it('writes the boards of a window as the command line reads them, and no secret', () => {
  const board = { state: 'ready', tags: [], brokers: [] };
  const profile = { id: 'office', name: 'Office', url: 'mqtts://mq:8883', username: 'ann' };
  const { text, count, left } = fleetFile(
    [
      { ...board, name: 'kitchen', uid: 'a1', addresses: ['mqtt://office/a1'], tags: ['lab'] },
      { ...board, name: 'kitchen', uid: 'b2', addresses: ['serial:/dev/ttyACM0'] },
      { ...board, name: 'near', uid: 'c3', addresses: ['mqtt://local/c3'] },
      { ...board, name: 'demo', addresses: ['demo:1'] },
    ],
    { house: 'kitchen*' },
    [{ ...profile, password: 'hunter2' } as typeof profile],
  );
  expect([count, left]).toEqual([2, ['near', 'demo']]);
  expect(text).not.toContain('hunter2');
  const registry = parseRegistry(JSON.parse(text));
  expect(registry).toMatchObject({
    boards: [
      { name: 'kitchen', address: { text: 'mqtt://office/a1' }, tags: ['lab'], uid: 'a1' },
      { name: 'kitchen-b2', address: { text: 'serial:/dev/ttyACM0' } },
    ],
    groups: { house: 'kitchen*' },
    brokers: [profile],
  });
});
