import * as vscode from 'vscode';
import type { LinkKind } from '../core/address';
import type { Encryption } from '../core/broker/broker';
import type { Event } from '../core/events';
import { DEFAULT_INDEX, DEFAULT_PYPI } from '../core/packages';
import type { MappingSetting } from '../core/sync';

/** Every setting with its default; a test compares the table with the manifest's. */
export const SETTINGS = {
  autoConnect: true as boolean,
  identify: true as boolean,
  linkOrder: ['serial', 'webrepl', 'telnet', 'demo', 'mqtt', 'mqboard'] as LinkKind[],
  showOtherPorts: false as boolean,
  'serial.paths': [] as string[],
  'serial.baudRate': 115200 as number,
  'serial.baudRates': {} as Record<string, number>,
  'webrepl.addresses': [] as string[],
  'webrepl.discover': true as boolean,
  'repl.pasteMode': true as boolean,
  'repl.log': false as boolean,
  'repl.logFolder': '' as string,
  'run.stopRunningProgram': 'ask' as 'ask' | 'stop' | 'stopAndRestart',
  'files.confirmDelete': true as boolean,
  brokers: [] as unknown[],
  'localBroker.port': 1883 as number,
  'localBroker.certFile': '' as string,
  'localBroker.keyFile': '' as string,
  'localBroker.caFile': '' as string,
  'localBroker.encrypt': 'off' as Encryption,
  'demoBoard.program': 'micropython' as string,
  groups: {} as Record<string, string>,
  macros: {} as Record<string, unknown>,
  'fleet.concurrency': 32 as number,
  'fleet.timeout': 0 as number,
  'sync.mappings': [] as MappingSetting[],
  'sync.ignore': [] as string[],
  'sync.protect': [] as string[],
  'sync.onSave': false as boolean,
  'sync.preview': 'firstTime' as 'always' | 'firstTime' | 'never',
  'sync.deviceFolders': [] as string[],
  'sync.dialect': 'auto' as 'auto' | 'seed' | 'head',
  'packages.index': DEFAULT_INDEX as string,
  'packages.pypi': DEFAULT_PYPI as string,
  'packages.target': '/lib' as string,
  'packages.compile': false as boolean,
  updateKeys: [] as string[],
  firmwareSources: [] as string[],
  firmwareDownloads: 'https://micropython.org/download/' as string,
  compileOnUpload: false as boolean,
  'clock.setOnConnect': 5 as number,
  'history.server': '' as string,
  'history.maxSize': 500 as number,
  'history.maxAge': 90 as number,
  'history.logLevel': 'warning' as 'off' | 'error' | 'warning' | 'info' | 'debug' | 'everything',
};

export type SettingName = keyof typeof SETTINGS;
type Value<K extends SettingName> = (typeof SETTINGS)[K];

export const SECTION = 'mpyFleet';

/** The user's settings with types. They are read on every use, so no value is outdated. */
export class Settings {
  get<K extends SettingName>(name: K): Value<K> {
    return vscode.workspace.getConfiguration(SECTION).get<Value<K>>(name, SETTINGS[name]);
  }

  /** Writes to the workspace if it has its own value, else to the user's settings. */
  async set<K extends SettingName>(name: K, value: Value<K>): Promise<void> {
    const configuration = vscode.workspace.getConfiguration(SECTION);
    const own = configuration.inspect(name)?.workspaceValue !== undefined;
    const target = own ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
    await configuration.update(name, value, target);
  }

  /** Fired with the names that may have changed. */
  readonly onDidChange: Event<readonly SettingName[]> = (listener) =>
    vscode.workspace.onDidChangeConfiguration((event) => {
      const names = (Object.keys(SETTINGS) as SettingName[]).filter((name) =>
        event.affectsConfiguration(`${SECTION}.${name}`),
      );
      if (names.length > 0) listener(names);
    });
}
