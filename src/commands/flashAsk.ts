import * as vscode from 'vscode';
import { fullPlace } from '../core/address';
import { FirmwareCatalogue, genericBoard, MOST_FIRMWARE_BYTES } from '../core/flash';
import type { ViewContext } from '../views/context';
import { showInputBox } from '../views/message';
import type { Chosen } from './flashTarget';
import type { Call } from './types';

/** Asks for the firmware and returns its bytes, or undefined if the user cancelled. */
export async function askFirmware(
  context: ViewContext,
  chosen: Chosen,
  call: Call,
): Promise<Uint8Array | undefined> {
  const items = [
    ...(chosen.drive
      ? []
      : [
          {
            label: vscode.l10n.t('$(search) Ask the chip what it is'),
            detail: vscode.l10n.t(
              'Then choose a version of MicroPython for it. For every ESP32 and ESP8266.',
            ),
            get: () => fromChip(context, chosen, call),
          },
        ]),
    {
      label: vscode.l10n.t('$(list-unordered) Choose the board from a list'),
      detail: vscode.l10n.t('All boards of micropython.org, and your own sources.'),
      get: () => fromList(context, call),
    },
    {
      label: vscode.l10n.t('$(file) Choose a file'),
      detail: '.bin, .uf2, .hex, .dfu',
      get: fromFile,
    },
    {
      label: vscode.l10n.t('$(link) Enter an address'),
      detail: 'https://…',
      get: () => fromAddress(context, call),
    },
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Which firmware?'),
    ignoreFocusOut: true,
  });
  return picked?.get();
}

/** Returns the firmware catalogue that the settings define. */
export function catalogueOf({ settings, packages }: ViewContext): FirmwareCatalogue {
  return new FirmwareCatalogue(
    () => ({ main: settings.get('firmwareDownloads'), own: settings.get('firmwareSources') }),
    packages.fetcher,
  );
}

async function fromChip(context: ViewContext, { board, found }: Chosen, call: Call) {
  if (!found) return undefined;
  call.report(vscode.l10n.t('Asking the chip what it is'));
  await board?.disconnect();
  const { identifyEsp } = await import('../core/flash/espFlash');
  const port = await context.flashPort(fullPlace(found.address), found.usb);
  const { chip, description } = await identifyEsp(port, { log: context.log, signal: call.signal });
  return fromVersions(context, genericBoard(chip.name) ?? chip.name, description, call);
}

async function fromList(context: ViewContext, call: Call) {
  const boards = await catalogueOf(context).boards(call.signal);
  const items = boards.map(({ id, name, vendor }) => ({
    label: name,
    description: `${vendor}  ${id}`,
    id,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Firmware for which board?'),
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  return picked && fromVersions(context, picked.id, picked.label, call);
}

/** Asks for the version; the newest release comes first. */
async function fromVersions(context: ViewContext, id: string, name: string, call: Call) {
  const catalogue = catalogueOf(context);
  const files = await catalogue.files(id, call.signal);
  const items = files.map((file) => ({
    label: file.variant ? `${file.version}  ${file.variant}` : file.version,
    description: [file.date, file.preview ? vscode.l10n.t('preview') : '']
      .filter(Boolean)
      .join('  '),
    file,
  }));
  const picked = await call.ask(() =>
    vscode.window.showQuickPick(items, {
      title: vscode.l10n.t('Which version of MicroPython for {0}?', name),
      placeHolder: id,
      ignoreFocusOut: true,
    }),
  );
  if (!picked) return undefined;
  call.report(vscode.l10n.t('Downloading {0}', picked.file.version));
  return catalogue.download(picked.file, call.signal);
}

async function fromFile() {
  const files = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('Firmware to flash'),
    filters: { Firmware: ['bin', 'uf2', 'hex', 'dfu', 'gz'] },
  });
  return files?.[0] && vscode.workspace.fs.readFile(files[0]);
}

async function fromAddress({ packages }: ViewContext, call: Call) {
  const url = await showInputBox({
    title: vscode.l10n.t('Address of the firmware'),
    placeHolder: 'https://micropython.org/resources/firmware/…',
    validateInput: (text) =>
      /^https?:\/\/\S+$/.test(text.trim())
        ? undefined
        : vscode.l10n.t('Enter an address with https://.'),
  });
  if (url === undefined) return undefined;
  call.report(vscode.l10n.t('Downloading'));
  return packages.fetcher.get(url.trim(), { signal: call.signal, maxBytes: MOST_FIRMWARE_BYTES });
}
