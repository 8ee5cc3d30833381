import type { Address } from '../../core/address';
import type { BoardFiles } from '../../core/boardFiles';
import { type BoardInfo, type Found, portHints } from '../../core/board';
import { ConnectError } from '../../core/errors';
import type { Session, SessionOptions, Transport } from '../../core/transport';
import { CliBrokers } from '../broker';
import { type Cli, printable } from '../cli';
import { addressesIn } from './choose';
import { FILE_NAME, isForeign } from './project';
import { loadRegistry, type Registry } from './registry';

/** Opens links to boards for the command line. */
export interface Links {
  openTransport(address: Address): Promise<Transport>;
  createFiles(
    withSession: <T>(
      work: (session: Session) => Promise<T>,
      options?: SessionOptions,
    ) => Promise<T>,
    name: string,
  ): BoardFiles;
  readInfo(session: Session, signal?: AbortSignal): Promise<BoardInfo>;
  /** Lists the ports of this computer. */
  discover(): Promise<readonly Found[]>;
  /** Reasons why a board that is plugged in may be missing from the list. */
  portHints(): Promise<readonly string[]>;
  readonly brokers: CliBrokers;
  readonly registry: Registry;
  /**
   * Makes the link at this address close after each use from now on: another program needs its
   * port.
   */
  handOver?(address: Address): void;
  close(): Promise<void>;
}

/**
 * Returns the links of the window, or creates the transports. The packages of a kind of link are
 * loaded when the first one is opened.
 */
export async function loadLinks(cli: Cli): Promise<Links> {
  if (cli.window) return cli.window.links(cli);
  const { createTransportFactory } = await import('../../transports');
  const { SessionFiles } = await import('../../core/files/sessionFiles');
  const registry = await loadRegistry(cli.cwd, cli.env, (reason) =>
    cli.err(printable(`A device file cannot be read, so its names are not known: ${reason}\n`)),
  );
  const brokers = new CliBrokers(cli, registry.brokers, { foreign: registry.foreign.brokers });
  brokers.named(registry.boards.map(({ address }) => address));
  const password = (address: Address, { wrong }: { wrong: boolean }) =>
    linkPassword(cli, address, wrong, registry);
  const settings = {
    log: cli.log,
    baudRate: () => cli.options.baud,
    webrepl: { getPassword: password },
    telnet: { getPassword: password },
  };
  const open = createTransportFactory(settings);
  const mounted =
    cli.mount &&
    (await import('./mountedLinks')).mountedFactory(cli, cli.mount, (overSerial) =>
      createTransportFactory({ ...settings, overSerial }),
    );
  return {
    brokers,
    registry,
    openTransport: (address) =>
      mounted
        ? mounted(address)
        : address.kind === 'mqtt'
          ? brokers.transport(address)
          : address.kind === 'mqboard'
            ? brokers.legacyTransport(address)
            : open(address),
    createFiles: (withSession) => new SessionFiles(withSession),
    readInfo: async (session, signal) =>
      (await import('../../core/board/readInfo')).readInfo(session, signal),
    discover: async () => (await import('../../transports/serial/ports')).listPorts(),
    portHints: async () => {
      const { surroundings } = await import('../../transports/serial/surroundings');
      return portHints(await surroundings()).map((hint) => hint.text);
    },
    close: () => brokers.close(),
  };
}

/**
 * Reads the password from MPYFLEET_PASSWORD, never from an argument, which every user of the
 * computer could read.
 */
function linkPassword(
  cli: Cli,
  address: Address,
  wrong: boolean,
  { foreign }: Registry,
): Promise<string | undefined> {
  const password = cli.env.MPYFLEET_PASSWORD;
  const named = cli.options.board?.join(',') ?? cli.env.MPYFLEET_BOARD ?? '';
  const isNamed = () => addressesIn(named).some((a) => a.text === address.text);
  if (password !== undefined && isForeign(address, foreign) && !isNamed()) {
    const message = `${address.text} is named only by the project's ${FILE_NAME}, so no password is sent to it`;
    return Promise.reject(
      new ConnectError(address, 'passwordNeeded', message, {
        hint: `Give the address itself with -b, or set MPYFLEET_CONFIG to the project's file.`,
      }),
    );
  }
  if (password !== undefined && !wrong) return Promise.resolve(password);
  const [reason, message] =
    password === undefined
      ? (['passwordNeeded', `${address.text} needs its password`] as const)
      : (['wrongPassword', `${address.text} rejects the password in MPYFLEET_PASSWORD`] as const);
  return Promise.reject(
    new ConnectError(address, reason, message, {
      hint: 'Set the variable MPYFLEET_PASSWORD.',
    }),
  );
}
