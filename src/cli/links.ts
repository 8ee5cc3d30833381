import type { Address } from '../core/address';
import type { BoardFiles } from '../core/boardFiles';
import type { BoardInfo } from '../core/boardInfo';
import type { Found } from '../core/discovery';
import type { Session, SessionOptions, Transport } from '../core/transport';
import type { Cli } from './cli';

/** How the command line reaches boards. */
export interface Links {
  openTransport(address: Address): Promise<Transport>;
  createFiles(
    withSession: <T>(
      work: (session: Session) => Promise<T>,
      options?: SessionOptions,
    ) => Promise<T>,
    name: string,
  ): BoardFiles;
  readInfo(session: Session): Promise<BoardInfo>;
  /** What is there now: ports, and boards that brokers know. */
  discover(): Promise<readonly Found[]>;
  close(): Promise<void>;
}

/** Loads the transports. The packages that a link needs are loaded when one of its kind is opened. */
export async function loadLinks(cli: Cli): Promise<Links> {
  const { createTransportFactory } = await import('../transports');
  return {
    openTransport: createTransportFactory({ log: cli.log }),
    createFiles: () => {
      throw new Error('files');
    },
    readInfo: () => {
      throw new Error('info');
    },
    discover: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  };
}
