import { join } from 'node:path';
import { auditError } from '../../core/audit/auditError';
import type { Presence } from '../../core/broker/broker';
import { followBrokers } from '../../core/broker/followBrokers';
import { asError, UsageError } from '../../core/errors';
import { DisposableStore } from '../../core/events';
import { auditAction, PendingFolder, type PendingJob, PendingJobs } from '../../core/many';
import { stateFolder } from '../../core/packages';
import { parseAddress } from '../../core/parseAddress';
import { printable, type Cli } from '../cli';
import { CliBoard, programsOf } from '../board';
import { audited, type Watched } from '.';
import { runJob } from './waitingJob';

/**
 * Runs the jobs that windows left for boards behind brokers: when the boards connect, and jobs that
 * are added while they are connected. An open window does the same; a lock lets only one of them
 * work for a board at a time.
 * @returns a function that stops this; resolves when no job runs any more
 */
export function runWaiting(cli: Cli, { links, hub }: Watched): () => Promise<void> {
  const lifetime = new DisposableStore();
  const said = new Map<string, string>();
  const boots = new Map<string, { readonly broker: string; readonly boot: string }>();
  const seen = new Set<string>();
  const boardOf = ({ uid, board }: PendingJob): CliBoard => {
    const at = boots.get(uid);
    if (!at) throw new UsageError(`${board} is not connected`);
    const address = parseAddress(`mqtt://${at.broker}/${uid}`);
    const known = links.registry.boards.find((b) => b.address.text === address.text);
    return new CliBoard(known?.name ?? board, address, links, programsOf(cli.options), { uid });
  };
  const perform = async (job: PendingJob): Promise<void> => {
    const board = boardOf(job);
    try {
      await audited(cli, auditAction(job.action), async (own) => {
        const who = { uid: job.uid, name: board.name };
        try {
          await runJob(own, board, job);
          own.worked?.({ ...who, ...auditError(undefined) });
        } catch (error) {
          own.worked?.({ ...who, ...auditError(asError(error)) });
          throw error;
        }
        return 0;
      });
      cli.err(printable(`${board.name}: ${job.what}: done\n`));
      said.delete(job.id);
    } finally {
      await board.close();
    }
  };
  const pending = lifetime.add(
    new PendingJobs(
      new PendingFolder(join(stateFolder(cli.env), 'waiting')),
      perform,
      (error, job) => {
        const words = `${job ? `${job.board}: ${job.what}` : 'Waiting jobs'}: ${error.message}`;
        if (said.get(job?.id ?? '') !== words) cli.err(printable(`${words}\n`));
        said.set(job?.id ?? '', words);
      },
    ),
  );
  lifetime.add(
    followBrokers(hub, (broker) => {
      const look = ({ uid, state }: Presence) => {
        if (!state.on) return void boots.delete(uid);
        if (boots.get(uid)?.boot === state.boot) return;
        boots.set(uid, { broker: broker.profile.id, boot: state.boot });
        void pending.boardIsBack(uid);
      };
      for (const [uid, state] of broker.presences) look({ uid, state });
      return broker.onPresence(look);
    }),
  );
  lifetime.add(
    pending.onDidChange(() => {
      for (const { id, uid } of pending.all) {
        if (seen.has(id)) continue;
        seen.add(id);
        if (boots.has(uid)) void pending.boardIsBack(uid);
      }
    }),
  );
  void pending
    .load()
    .catch((error: unknown) =>
      cli.err(printable(`Waiting jobs cannot be read: ${asError(error).message}\n`)),
    );
  return async () => {
    lifetime.dispose();
    await pending.idle();
  };
}
