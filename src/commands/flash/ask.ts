import * as vscode from 'vscode';
import { fullPlace } from '../../core/address';
import {
  type BoardClues,
  type CatalogueBoard,
  CIRCUITPYTHON,
  FirmwareCatalogue,
  genericBoard,
  type MakerAnswer,
  MOST_FIRMWARE_BYTES,
  proposeBoards,
  stepsText,
} from '../../core/flash';
import type { Needs } from '../../views/context';
import { showInformationMessage, showInputBox } from '../../views/message';
import type { Chosen } from './target';
import type { Call } from '../types';

/** The services that most functions here use. */
type Services = Needs<'log' | 'settings' | 'flashPort' | 'newest' | 'packages'>;

/** Asks for the firmware and returns its bytes, or undefined if the user cancelled. */
export async function askFirmware(
  context: Services,
  chosen: Chosen,
  call: Call,
): Promise<Uint8Array | undefined> {
  const items = [
    ...(chosen.drive
      ? []
      : [
          {
            label: vscode.l10n.t('$(search) Detect the chip'),
            detail: vscode.l10n.t(
              'Then choose a version of MicroPython for it. For every ESP32 and ESP8266.',
            ),
            get: () => fromChip(context, chosen, call),
          },
        ]),
    {
      label: vscode.l10n.t('$(list-unordered) Choose the board from a list'),
      detail: vscode.l10n.t('All boards of micropython.org, and your own sources.'),
      get: () => fromList(context, chosen, call),
    },
    {
      label: vscode.l10n.t('$(list-unordered) Choose CircuitPython from a list'),
      detail: vscode.l10n.t('All boards of circuitpython.org.'),
      get: () => fromList(context, chosen, call, circuitPython(context)),
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
export function catalogueOf({
  settings,
  packages,
  newest,
}: Needs<'settings' | 'newest' | 'packages'>): FirmwareCatalogue {
  return new FirmwareCatalogue(
    () => ({ main: settings.get('firmwareDownloads'), own: settings.get('firmwareSources') }),
    packages.fetcher,
    (files) => newest.see(files),
  );
}

async function fromChip(context: Services, { board, found }: Chosen, call: Call) {
  if (!found) return undefined;
  call.report(vscode.l10n.t('Detecting the chip'));
  await board?.disconnect();
  const { identifyEsp } = await import('../../core/flash/espFlash');
  const port = await context.flashPort(fullPlace(found.address), found.usb);
  const { chip, description } = await identifyEsp(port, { log: context.log, signal: call.signal });
  const catalogue = catalogueOf(context);
  return fromVersions(catalogue, genericBoard(chip.name) ?? chip.name, description, call);
}

function circuitPython({ packages }: Needs<'packages'>): FirmwareCatalogue {
  return new FirmwareCatalogue(() => ({ main: '', own: [CIRCUITPYTHON] }), packages.fetcher);
}

async function fromList(
  context: Needs<'settings' | 'newest' | 'packages'>,
  chosen: Chosen,
  call: Call,
  catalogue = catalogueOf(context),
) {
  const boards = await catalogue.boards(call.signal);
  const entry = ({ id, name, vendor }: CatalogueBoard) => ({
    label: name,
    description: `${vendor}  ${id}`,
    id,
  });
  const proposed = proposeBoards(boards, cluesOf(chosen));
  const separator = (label: string) => ({
    label,
    id: '',
    kind: vscode.QuickPickItemKind.Separator,
  });
  const items = [
    ...(proposed.length > 0 ? [separator(vscode.l10n.t('Fits this board'))] : []),
    ...proposed.map(entry),
    ...(proposed.length > 0 ? [separator(vscode.l10n.t('All boards'))] : []),
    ...boards.map(entry),
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Firmware for which board?'),
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  return picked && fromVersions(catalogue, picked.id, picked.label, call);
}

function cluesOf({ board, found, drive }: Chosen): BoardClues {
  const machine = board?.info?.machine;
  return {
    ...(found?.usb ? { usb: found.usb } : {}),
    ...(machine === undefined ? {} : { machine }),
    ...(drive ? { drive } : {}),
  };
}

/** Asks for the version. The newest release comes first. */
async function fromVersions(catalogue: FirmwareCatalogue, id: string, name: string, call: Call) {
  const { files, maker, isByHand } = await catalogue.board(id, call.signal);
  if (maker && isByHand) return showMaker(name, maker, call);
  const items = files.map((file) => ({
    label: file.variant ? `${file.version}  ${file.variant}` : file.version,
    description: [file.date, file.preview ? vscode.l10n.t('preview') : '']
      .filter(Boolean)
      .join('  '),
    file,
  }));
  const picked = await call.ask(() =>
    vscode.window.showQuickPick(items, {
      title: vscode.l10n.t('Which version for {0}?', name),
      placeHolder: id,
      ignoreFocusOut: true,
    }),
  );
  if (!picked) return undefined;
  call.report(vscode.l10n.t('Downloading {0}', picked.file.version));
  return catalogue.download(picked.file, call.signal);
}

/** Shows the maker's steps for a board that cannot be flashed from here, with its page behind a button. */
async function showMaker(name: string, maker: MakerAnswer, call: Call): Promise<undefined> {
  const page = vscode.l10n.t("Open the Board's Page");
  const answer = await call.ask(() =>
    showInformationMessage(
      vscode.l10n.t("{0} is flashed with its maker's tool", name),
      { modal: true, detail: stepsText(maker) },
      page,
    ),
  );
  if (answer === page) await vscode.env.openExternal(vscode.Uri.parse(maker.page));
  return undefined;
}

async function fromFile() {
  const files = await vscode.window.showOpenDialog({
    title: vscode.l10n.t('Firmware to flash'),
    filters: { Firmware: ['bin', 'uf2', 'hex', 'dfu', 'gz'] },
  });
  return files?.[0] && vscode.workspace.fs.readFile(files[0]);
}

async function fromAddress({ packages }: Needs<'packages'>, call: Call) {
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
