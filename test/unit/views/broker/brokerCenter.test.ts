import { expect, it, vi } from 'vitest';
import { ConnectError } from '../../../../src/core/errors';
import { Emitter } from '../../../../src/core/events';
import { silentLog } from '../../../../src/core/log';
import { parseAddress } from '../../../../src/core/parseAddress';
import type { BrokerCenterServices } from '../../../../src/views/broker/brokerCenter';

vi.mock('vscode', () => ({
  l10n: { t: (text: string) => text },
  commands: {},
  window: {},
  env: {},
  Uri: {},
}));
const { BrokerCenter } = await import('../../../../src/views/broker/brokerCenter');

/** A window whose broker's port is taken by a program that proves to be ours, or does not. */
function window(isOurs: boolean) {
  const busy = new ConnectError(parseAddress('mqtt://local/aa'), 'busy', 'the port is in use');
  const connect = vi.fn(() => Promise.resolve());
  const onDidChangeState = vi.fn(() => ({ dispose: () => undefined }));
  const set = vi.fn(() => ({ connect, onDidChangeState }));
  const services = {
    state: { get: () => undefined, update: () => Promise.resolve() },
    settings: { get: () => '', onDidChange: new Emitter<string[]>().event },
    log: silentLog,
    hub: { all: [], onDidChange: new Emitter<void>().event, set },
    local: {
      onDidChange: new Emitter<void>().event,
      start: () => Promise.reject(busy),
      isOurs: () => Promise.resolve(isOurs),
      stop: () => Promise.resolve(),
    },
    secrets: {
      hasLocalSecret: () => Promise.resolve(true),
      localSecret: () => Promise.resolve('secret'),
      storedPassword: () => Promise.resolve(undefined),
    },
  };
  const center = new BrokerCenter(services as unknown as BrokerCenterServices);
  return { center, busy, set, connect };
}

it('logs in to the program on its port only after it has proved to be ours', async () => {
  const stranger = window(false);
  await expect(stranger.center.startLocal(false)).rejects.toBe(stranger.busy);
  expect([stranger.set.mock.calls.length, stranger.connect.mock.calls.length]).toEqual([0, 0]);
  const other = window(true);
  await other.center.startLocal(false);
  expect(other.connect).toHaveBeenCalledOnce();
});
