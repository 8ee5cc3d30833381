import * as l10n from '@vscode/l10n';
import { sameUid, type Device, type Diagnostic } from './model';
import { parseDeviceFile, type ParseOptions } from './parse';

/** The boards of all device files, and the errors in them. */
export interface DeviceRegistry {
  readonly devices: readonly Device[];
  readonly diagnostics: readonly Diagnostic[];
  /** Finds a board by name, else by unique id. */
  find(nameOrUid: string): Device | undefined;
}

/** Reads all device files together. A name or uid that occurs twice, also in different files, is an error at the second place. */
export function readRegistry(
  files: readonly { readonly file: string; readonly text: string }[],
  options: ParseOptions = {},
): DeviceRegistry {
  const devices: Device[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const { file, text } of files) {
    const parsed = parseDeviceFile(file, text, options);
    diagnostics.push(...parsed.diagnostics);
    for (const device of parsed.devices) {
      const clash = devices.find((d) => d.name === device.name || sameUid(d.uid, device.uid));
      if (clash)
        diagnostics.push({ ...device.place, severity: 'error', message: words(clash, device) });
      else devices.push(device);
    }
  }
  return { devices, diagnostics, find: (nameOrUid) => find(devices, nameOrUid) };
}

function words(first: Device, second: Device): string {
  const where = `${first.place.file}:${first.place.line}`;
  return first.name === second.name
    ? l10n.t('Board "{0}" is already configured in {1}', second.name, where)
    : l10n.t('"{0}" has the uid of "{1}" ({2})', second.name, first.name, where);
}

function find(devices: readonly Device[], nameOrUid: string): Device | undefined {
  return (
    devices.find((device) => device.name === nameOrUid) ??
    devices.find((device) => sameUid(device.uid, nameOrUid))
  );
}
