import { expect, it } from 'vitest';
import { parseNetworks } from '../../../src/core/wifiNetworks';

it('reads networks as the board prints them: each once, without hidden ones and nonsense', () => {
  const hex = (name: string) => Buffer.from(name).toString('hex');
  const said = [
    `net ${hex('lab')} -70 3`,
    `net ${hex('lab')} -40 3`,
    `net ${hex('café')} -50 0`,
    'net  -20 3',
    'net zz -1 0',
    `net ${'61'.repeat(33)} -10 0`,
    'Traceback',
  ].join('\r\n');
  expect(parseNetworks(said)).toEqual([
    { name: 'lab', signal: -40, open: false },
    { name: 'café', signal: -50, open: true },
  ]);
});
