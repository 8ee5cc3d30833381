import * as vscode from 'vscode';
import { DisposableStore } from '../../core/events';
import { callCommand } from '../../views/callCommand';
import type { Needs } from '../../views/context';
import { showInformationMessage } from '../../views/message';
import { serialPorts } from './ports';

type Way = 'again' | 'port' | 'loader' | 'demo';
type Item = vscode.QuickPickItem & { readonly way: Way };

/**
 * Shows, while no board is plugged in, what the user can do. A board that is plugged in meanwhile ends the question.
 * @returns whether to look for boards again
 */
export async function helpWithoutBoard(
  context: Needs<'fleet' | 'portHints' | 'tree'>,
  title: string,
): Promise<boolean> {
  const hints = (await context.portHints()).map(({ text }) => text);
  switch (await choose(context, title, hints[0] ?? '')) {
    case 'again':
      return true;
    case 'port':
      await callCommand('mpyFleet.addPort');
      return true;
    case 'loader':
      await showInformationMessage(vscode.l10n.t('How to start the loader of a board'), {
        modal: true,
        detail: [...loaderSteps(), ...hints].join('\n\n'),
      });
      return true;
    case 'demo':
      await callCommand('mpyFleet.startDemo');
      return false;
    case undefined:
      return false;
  }
}

function choose(
  { fleet, tree: { loaders } }: Needs<'fleet' | 'tree'>,
  title: string,
  hint: string,
): Promise<Way | undefined> {
  const box = vscode.window.createQuickPick<Item>();
  box.title = title;
  box.placeholder = vscode.l10n.t('No board is plugged in. Plug one in with a USB data cable');
  box.items = ways(hint);
  box.ignoreFocusOut = true;
  const lifetime = new DisposableStore();
  lifetime.add(box);
  return new Promise<Way | undefined>((resolve) => {
    const seePorts = () => {
      if (serialPorts(fleet).length > 0) resolve('again');
    };
    const seeDrives = () => {
      if (loaders.nodes.length > 0) resolve('again');
    };
    lifetime.add(loaders.watch());
    lifetime.add(loaders.onDidChange(seeDrives));
    lifetime.add(fleet.onDidChangeList(seePorts));
    lifetime.add(fleet.onDidChangeBoard(seePorts));
    box.onDidAccept(() => resolve(box.activeItems[0]?.way));
    box.onDidHide(() => resolve(undefined));
    box.show();
  }).finally(() => lifetime.dispose());
}

function ways(hint: string): Item[] {
  return [
    { label: vscode.l10n.t('$(refresh) Look again'), detail: hint, way: 'again' },
    {
      label: vscode.l10n.t('$(plug) Choose a port…'),
      detail: vscode.l10n.t('For ports that are not detected automatically'),
      way: 'port',
    },
    {
      label: vscode.l10n.t('$(question) The board does not appear'),
      detail: vscode.l10n.t('How to hold BOOT, and what keeps a port from appearing'),
      way: 'loader',
    },
    {
      label: vscode.l10n.t('$(beaker) Start a demo board'),
      detail: vscode.l10n.t('A simulated board in this window, to try things without hardware'),
      way: 'demo',
    },
  ];
}

/** Returns the steps that bring boards into their loader by hand, by their chip. */
function loaderSteps(): string[] {
  return [
    vscode.l10n.t('ESP32, ESP8266: hold BOOT, press and release RESET, release BOOT.'),
    vscode.l10n.t('RP2040, RP2350: hold BOOTSEL while you plug the board in.'),
    vscode.l10n.t('SAMD, nRF52: press RESET twice, quickly.'),
    vscode.l10n.t('STM32: hold BOOT0, or connect it to 3.3 V, while you plug the board in.'),
  ];
}
