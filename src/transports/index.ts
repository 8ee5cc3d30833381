import * as l10n from '@vscode/l10n';
import type { Address, MqboardAddress, MqttAddress } from '../core/address';
import { ConnectError } from '../core/errors';
import type { Log } from '../core/log';
import type { ByteStream, Transport, TransportFactory } from '../core/transport';
import type { DemoSettings } from './demo';
import type { TelnetSettings } from './telnet/telnetTransport';
import type { WebReplSettings } from './webrepl';

export interface TransportSettings {
  readonly log: Log;
  /** Baud rate of a serial port by its path; undefined: the default. */
  readonly baudRate?: (path: string) => number | undefined;
  /** Wraps an opened serial port; default: it is used as it is. */
  readonly overSerial?: (line: ByteStream) => ByteStream;
  /** The brokers that boards connect to; without them there are none. */
  readonly brokers?: {
    transport(address: MqttAddress): Transport;
    legacyTransport(address: MqboardAddress): Promise<Transport>;
  };
  /** Supplies WebREPL passwords; without it, WebREPL boards cannot be reached. */
  readonly webrepl?: WebReplSettings;
  /** Supplies passwords of telnet servers; without it, their boards cannot be reached. */
  readonly telnet?: TelnetSettings;
  /** Parts and storage of demo boards; without them there are none. */
  readonly demo?: DemoSettings;
}

/**
 * Creates the factory for all kinds of addresses. The code for each kind is loaded on first use.
 */
export function createTransportFactory(settings: TransportSettings): TransportFactory {
  return async (address) => {
    switch (address.kind) {
      case 'serial': {
        const { serialTransport } = await import('./serial/serialTransport');
        const { log, baudRate, overSerial } = settings;
        return serialTransport(address, log, baudRate?.(address.path), overSerial);
      }
      case 'webrepl': {
        if (!settings.webrepl) throw unsupported(address);
        const { webReplTransport } = await import('./webrepl/webReplTransport');
        return webReplTransport(address, settings.webrepl, settings.log);
      }
      case 'telnet': {
        if (!settings.telnet) throw unsupported(address);
        const { TelnetTransport } = await import('./telnet/telnetTransport');
        return new TelnetTransport(address, settings.telnet, settings.log);
      }
      case 'demo': {
        if (!settings.demo) throw unsupported(address);
        const { demoTransport } = await import('./demo/demoTransport');
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
  return new ConnectError(
    address,
    'unsupported',
    l10n.t('{0} cannot be reached yet', address.text),
    {
      hint: l10n.t('Connect this board with a cable.'),
    },
  );
}
