import { resolve } from 'node:path';
import * as vscode from 'vscode';
import { type AgentConfig, neededSource, scanWifi, takesCompiled } from '../../core/agent';
import { appFromFolder } from '../../core/apps';
import { asError, CancelledError } from '../../core/errors';
import { type Firmware, MOST_FIRMWARE_BYTES, parseFirmware } from '../../core/flash';
import { HandOver, MadeList, type SetupHost, templateItems } from '../../core/setup';
import { nodeLocalFs } from '../../core/sync';
import { supervisorFiles } from '../../views/apps/supervisorFiles';
import { agentSource } from '../../views/broker';
import type { Needs } from '../../views/context';
import { setUpStubs } from '../../views/packages/stubSetup';
import { askWifi } from '../agent';
import { catalogueOf } from '../flash';
import type { SetupPlan } from './ask';
import type { WindowBoard } from './board';
import { Once } from './once';
import { brokerPlace, type BrokerAnswers } from './broker';
import type { SetupSecrets } from './secrets';
import type { Call } from '../types';

type Networks = NonNullable<AgentConfig['wifi']>;

/** Answers and files of the first board that also apply to the next ones. */
export interface SetupAnswers {
  networks?: Networks;
  readonly broker: BrokerAnswers;
  readonly firmware: Once<Firmware>;
  readonly handOver: Once<HandOver>;
}

export function noAnswers(): SetupAnswers {
  return {
    broker: { addresses: new Once(), logins: new Once() },
    firmware: new Once(),
    handOver: new Once(),
  };
}

/** The services that the steps of a setup use. */
export type HostServices = Needs<
  'extension' | 'log' | 'settings' | 'fleet' | 'brokers' | 'newest' | 'packages'
>;

/** The services for setting up a board, including its ports. */
export type SetupServices = HostServices & Needs<'flashPort' | 'many'>;

/** Creates the window's part of a setup. Each question appears when its step begins. */
export function windowHost(
  context: HostServices,
  target: WindowBoard,
  plan: SetupPlan,
  secrets: SetupSecrets,
  answers: SetupAnswers,
  call: Call,
): SetupHost {
  const { base } = plan;
  return {
    firmware: async (use, signal) =>
      plan.firmware ??
      (await answers.firmware.get(use, async () =>
        parseFirmware(await firmwareBytes(context, base, use, signal)),
      )),
    secret: (name) => secrets.get(name),
    earlier: () => undefined,
    nextName: () => plan.names.next(),
    named: (_uid, name) => {
      context.fleet.rename(target.board, name);
      return Promise.resolve();
    },
    ...(plan.asksWifi
      ? {
          networks: async (fit): Promise<Networks> => {
            if (answers.networks) return answers.networks;
            const scan = () => scanWifi(target, call.signal);
            const fits = new Map([[target.board, fit]]);
            const chosen = await call.ask(() => askWifi(fits, scan));
            if (!chosen) throw new CancelledError();
            answers.networks = chosen;
            return chosen;
          },
        }
      : {}),
    broker: (broker, fit) =>
      brokerPlace(context, target, broker, fit, { base, call, answers: answers.broker }),
    keepKey: async (uid, key) => {
      const { secrets } = context.brokers;
      const known = await secrets.boardKey(uid);
      await secrets.setBoardKey(uid, { role: 'admin', key });
      return known?.key;
    },
    handOver: (passphrase) =>
      answers.handOver.get(passphrase, () => {
        const file = HandOver.fileFor(MadeList.nameFor(plan.file ?? resolve(base, 'boards')));
        return HandOver.open(file, passphrase);
      }),
    agentSource: async (fit) => neededSource(fit, await agentSource(context, takesCompiled(fit))),
    files: (file, signal) => templateItems(nodeLocalFs, base, file, signal),
    app: (folder, signal) => appFromFolder(nodeLocalFs, resolve(base, folder), signal),
    supervisor: () => supervisorFiles(context),
    stubs: async (info, signal) => {
      const [folder] = vscode.workspace.workspaceFolders ?? [];
      if (!folder) return vscode.l10n.t('No folder is open for the type stubs');
      try {
        return (await setUpStubs(context, info, folder, signal)).note;
      } catch (error) {
        if (error instanceof CancelledError) throw error;
        // The board is ready. Code completion concerns only the editor, so its failure is only
        // noted.
        context.log.warn(`Type stubs: ${asError(error).message}`);
        return asError(error).message;
      }
    },
  };
}

async function firmwareBytes(
  context: Needs<'settings' | 'newest' | 'packages'>,
  base: string,
  use: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (/^https?:/i.test(use)) {
    return context.packages.fetcher.get(use, { signal, maxBytes: MOST_FIRMWARE_BYTES });
  }
  const path = resolve(base, use);
  if ((await nodeLocalFs.stat(path))?.type === 'file') return nodeLocalFs.read(path);
  const catalogue = catalogueOf(context);
  return catalogue.download(await catalogue.resolve(use, signal), signal);
}
