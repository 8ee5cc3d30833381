import type { Address } from '../core/address';
import { ConnectError } from '../core/errors';
import type { Log } from '../core/log';
import type { Transport, TransportFactory } from '../core/transport';
import type { DemoSettings } from './demo';
import type { WebReplSettings } from './webrepl';

export interface TransportSettings {
  readonly log: Log;
  /** Baud rate of a serial port by its path; undefined: the usual one. */
  readonly baudRate?: (path: string) => number | undefined;
  /** The brokers behind which boards are; without them there are none. */
  readonly brokers?: {
    transport(address: Address): Transport;
    legacyTransport(address: Address): Promise<Transport>;
  };
  /** Who asks for WebREPL passwords; without it WebREPL boards cannot be reached. */
  readonly webrepl?: WebReplSettings;
  /** What demo boards are made of and where they keep their files; without it there are none. */
  readonly demo?: DemoSettings;
}

/** The factory for every kind of address. What a kind needs is loaded when it is first used. */
export function createTransportFactory(settings: TransportSettings): TransportFactory {
  return async (address) => {
    switch (address.kind) {
      case 'serial': {
        const { serialTransport } = await import('./serial');
        return serialTransport(address, settings.log, settings.baudRate?.(address.rest));
      }
      case 'webrepl': {
        if (!settings.webrepl) throw unsupported(address);
        const { webReplTransport } = await import('./webrepl');
        return webReplTransport(address, settings.webrepl, settings.log);
      }
      case 'demo': {
        if (!settings.demo) throw unsupported(address);
        const { demoTransport } = await import('./demo');
        return demoTransport(address, settings.demo, settings.log);
      }
      case 'mqtt':
        if (!settings.brokers) throw unsupported(address);
        return settings.brokers.transport(address);
      case 'mqboard':
        if (!settings.brokers) throw unsupported(address);
        return settings.brokers.legacyTransport(address);
    }
  };
}

function unsupported(address: Address): ConnectError {
  return new ConnectError(address, 'unsupported', `${address.text} cannot be reached yet`, {
    hint: 'Connect this board with a cable.',
  });
}
