import { expect, it, vi } from 'vitest';
import { serialAddress } from '../../../../src/core/parseAddress';
import { silentLog } from '../../../../src/core/log';
import { openSerial } from '../../../../src/transports/serial/serialStream';

// Calls to the serial port: a board is reset by its DTR and RTS lines, so they must not be touched.

const asked: { call: string; args: unknown[] }[] = [];
vi.mock('serialport/dist/serialport.js', () => {
  /** Records every call, and answers like a healthy port. */
  class SerialPort {
    readonly path = '/dev/ttyNone';
    isOpen = false;
    constructor(...args: unknown[]) {
      asked.push({ call: 'new', args });
      return new Proxy(this, {
        get: (port, name, proxy) => {
          if (name === 'isOpen' || name === 'path')
            return Reflect.get(port, name, proxy) as unknown;
          return (...given: unknown[]) => {
            asked.push({ call: String(name), args: given });
            if (name === 'open') port.isOpen = true;
            if (name === 'close') port.isOpen = false;
            const last = given.at(-1);
            if (typeof last === 'function' && name !== 'on') (last as (error: null) => void)(null);
          };
        },
      });
    }
  }
  return { SerialPort };
});

it('opens, uses and closes a port without touching DTR, RTS or break', async () => {
  const stream = await openSerial(
    serialAddress('/dev/ttyNone'),
    9600,
    silentLog,
    AbortSignal.timeout(5000),
  );
  await stream.write(Uint8Array.of(13));
  await stream.close();
  expect(asked[0]?.args).toEqual([
    { path: '/dev/ttyNone', baudRate: 9600, autoOpen: false, hupcl: false, rtscts: false },
  ]);
  const calls = new Set(asked.map(({ call }) => call));
  expect([...calls].sort()).toEqual(['close', 'new', 'on', 'open', 'write']);
});
