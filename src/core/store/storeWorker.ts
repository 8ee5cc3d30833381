import { parentPort, workerData } from 'node:worker_threads';
import { Database } from 'node-sqlite3-wasm';
import { addMessages, commands, knownSources, messages, putCommand } from './appMessages';
import type { StoreAnswer, StoreCalls, StoreRequest, StoreSettings } from './messages';
import { append, audit, events, series, size } from './queries';
import { prune } from './retention';
import { StoreFile } from './storeFile';

/**
 * The thread of the store. SQLite is synchronous and may wait for another window's lock, which must
 * not block the extension host or a command line.
 */

const send = (answer: StoreAnswer) => parentPort?.postMessage(answer);
const file = new StoreFile(
  (workerData as StoreSettings).file,
  (path) => new Database(path),
  (aside) => send({ type: 'aside', aside }),
);

const calls: { [C in keyof StoreCalls]: (argument: StoreCalls[C]) => unknown } = {
  append: (batch) => file.write((db) => append(db, batch)),
  series: (query) => file.use((db) => series(db, query)),
  events: (query) => file.use((db) => events(db, query)),
  audit: (query) => file.use((db) => audit(db, query)),
  prune: ({ now, ...limits }) => prune(file, limits, now),
  size: () => file.use(size),
  addMessages: (rows) => file.write((db) => addMessages(db, rows)),
  messages: (query) => file.use((db) => messages(db, query)),
  knownSources: (of) => file.use((db) => knownSources(db, of)),
  putCommand: (command) => file.write((db) => putCommand(db, command)),
  commands: (query) => file.use((db) => commands(db, query)),
};

function answer<C extends keyof StoreCalls>({ id, call, argument }: StoreRequest<C>): StoreAnswer {
  try {
    return { type: 'done', id, value: calls[call](argument) };
  } catch (error) {
    return { type: 'failed', id, message: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', (request: StoreRequest) => send(answer(request)));
