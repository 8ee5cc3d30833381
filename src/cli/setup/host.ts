import { resolve } from 'node:path';
import { neededSource, takesCompiled } from '../../core/agent';
import { appFromFolder, type AppPackage } from '../../core/apps';
import { parseFirmware, type Firmware } from '../../core/flash';
import { HandOver, templateItems, type NameRange, type SetupHost } from '../../core/setup';
import { nodeLocalFs } from '../../core/sync';
import { secretsOf } from '../input';
import { bundledAgent, bundledFiles } from '../files';
import type { Cli } from '../cli';
import { loadFirmware } from '../firmware';
import type { Links } from '../board';
import { brokerPlace } from './brokerPlace';
import type { Made } from './made';

/** Creates the command line's part of a setup. `base` is the template's folder. */
export function setupHost(
  cli: Cli,
  links: Links,
  base: string,
  made: Made,
  names: NameRange,
): SetupHost {
  const firmwares = once<Firmware>();
  const apps = once<AppPackage>();
  const handOvers = once<HandOver>();
  return {
    firmware: (use) =>
      firmwares(use, async () =>
        parseFirmware((await loadFirmware({ ...cli, cwd: base }, use)).data),
      ),
    secret: secretsOf(cli),
    earlier: (board) => made.of(board),
    nextName: () => names.next(),
    broker: (broker, fit) => brokerPlace(cli, links.brokers, base, broker, fit),
    keepKey: (uid, key) => made.keepKey(uid, key),
    handOver: (passphrase) =>
      handOvers(passphrase, () => HandOver.open(made.handOverFile, passphrase)),
    agentSource: async (fit) => neededSource(fit, await bundledAgent(takesCompiled(fit))),
    files: (file, signal) => templateItems(nodeLocalFs, base, file, signal),
    app: (folder, signal) => {
      const path = resolve(base, folder);
      return apps(path, () => appFromFolder(nodeLocalFs, path, signal));
    },
    supervisor: () => bundledFiles('fleet'),
    stubs: () => Promise.resolve('Type stubs are set up in VS Code'),
  };
}

/** Loads each thing once, for all boards. */
function once<T>(): (name: string, load: () => Promise<T>) => Promise<T> {
  const loads = new Map<string, Promise<T>>();
  return (name, load) => {
    const loading = loads.get(name) ?? load();
    loads.set(name, loading);
    return loading;
  };
}
