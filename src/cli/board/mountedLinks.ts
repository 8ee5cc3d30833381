import { UsageError } from '../../core/errors';
import { MountedTransport, MountStream, newMark } from '../../core/mount';
import type { ByteStream, TransportFactory } from '../../core/transport';
import { printable, type Cli, type CliMount } from '../cli';

/**
 * Creates the factory for links on which a folder is mounted.
 * @param factory creates the one for serial ports that are wrapped
 */
export function mountedFactory(
  cli: Cli,
  { folder, at }: CliMount,
  factory: (over: (line: ByteStream) => ByteStream) => TransportFactory,
): TransportFactory {
  const say = (words: string) => cli.err(`mpyfleet: ${printable(words)}.\n`);
  return async (address) => {
    if (address.kind !== 'serial') {
      throw new UsageError(`A folder cannot be mounted over ${address.text}, only over a cable`, {
        hint: 'mpyfleet run FILE runs a local file there, mpyfleet sync FOLDER sends what has changed.',
      });
    }
    const mark = newMark();
    const open = factory((line) => new MountStream(line, folder, mark, say));
    return new MountedTransport(await open(address), mark, at, say);
  };
}
