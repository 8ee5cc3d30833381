import { expect, it, vi } from 'vitest';

vi.mock('vscode', async () => (await import('../../rig/vscodeShape')).vscodeShape);
const { hasEntry } = await import('../../../../src/views/broker/hiddenPort');

it('finds a port that the setting names alone or in a range, and no other', () => {
  const attributes = { 1883: {}, '4000-4010': {}, '\\bbroker 5000\\b': {}, 'localhost:6000': {} };
  const ports = [1883, 4000, 4005, 4010];
  expect(ports.filter((port) => !hasEntry(attributes, port))).toEqual([]);
  expect(
    [1884, 188, 18_830, 3999, 4011, 5000, 6000].filter((p) => hasEntry(attributes, p)),
  ).toEqual([]);
});

it('finds nothing in a setting that is not a table', () => {
  expect([undefined, null, 'x', 7, []].filter((value) => hasEntry(value, 0))).toEqual([]);
});
