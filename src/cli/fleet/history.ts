import { join } from 'node:path';
import { loginName } from '../../core/audit/loginName';
import { UsageError } from '../../core/errors';
import { stateFolder } from '../../core/packages';
import { type AuditBoard, type AuditEntry, handOver, isPostgres, Store } from '../../core/store';
import type { Cli } from '../cli';

const MEGABYTE = 1024 * 1024;
const DAY_MS = 86_400_000;
/** Limits of the command line's history, equal to the window's default settings. */
const LIMITS = { maxBytes: 500 * MEGABYTE, maxAgeMs: 90 * DAY_MS };

/**
 * Opens the history of the command line: that of the window in whose terminal it runs, else its own
 * file in the state folder. The first row or question opens it. MPYFLEET_STORE, or the window's
 * setting, names a PostgreSQL server to use instead.
 * @param file another file
 */
export function openHistory(
  { env, err, window }: Pick<Cli, 'env' | 'err' | 'window'>,
  file?: string,
): Store {
  const server = file === undefined ? serverOf(env) : undefined;
  const store = new Store({
    file: file ?? historyFile({ env, window }),
    ...(server ? { url: server } : {}),
    worker: join(__dirname, server ? 'storePg.js' : 'store.js'),
    limits: () => LIMITS,
    ...(window && file === undefined && !server ? { server: () => window.historyServer() } : {}),
  });
  store.onNotice((text) => err(`mpyfleet: ${text}\n`));
  store.onDidFail((error) => err(`mpyfleet: ${error.message}\n`));
  return store;
}

/** Returns the address of a PostgreSQL server in MPYFLEET_STORE. @throws UsageError */
function serverOf(env: Cli['env']): string | undefined {
  const server = env.MPYFLEET_STORE;
  if (!server || isPostgres(server)) return server;
  throw new UsageError('MPYFLEET_STORE is not an address such as postgres://user:password@host/db');
}

function historyFile({ env, window }: Pick<Cli, 'env' | 'window'>): string {
  return window?.historyFile ?? join(stateFolder(env), 'history.db');
}

/**
 * Runs a verb as one operation of the audit. Removes logins in addresses from `what`.
 * MPYFLEET_HISTORY=off records nothing.
 */
export async function audited(
  cli: Cli,
  what: string,
  run: (cli: Cli) => Promise<number>,
): Promise<number> {
  if (cli.env.MPYFLEET_HISTORY === 'off') return run(cli);
  serverOf(cli.env); // a wrong address is reported before anything is done
  const boards: AuditBoard[] = [];
  const at = Date.now();
  try {
    return await run({ ...cli, worked: (board) => boards.push(board) });
  } finally {
    // A command that fails before it reaches a board changes nothing.
    if (boards.length > 0) {
      const ms = Date.now() - at;
      const who = loginName();
      await keep(cli, { at, who, origin: 'shell', what: withoutLogins(what), ms, boards });
    }
  }
}

/** Adds an operation to the history. Prints failures. */
async function keep(cli: Cli, entry: AuditEntry): Promise<void> {
  const isServer = serverOf(cli.env) ?? (await cli.window?.historyServer());
  // If the entry cannot be left, the history cannot be written either, and reports why.
  if (!isServer && (await handOver(historyFile(cli), entry).catch(() => false))) return;
  const store = openHistory(cli);
  store.addAudit(entry);
  await store.close();
}

/** Removes user and token from `https://user:token@host/…`. */
function withoutLogins(text: string): string {
  return text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, '$1');
}
