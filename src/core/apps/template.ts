import blinky from '../../../board/examples/blinky/main.py';
import logger from '../../../board/examples/logger/main.py';
import luminosityManagement from '../../../board/examples/luminosity/management_task.py';
import luminosityWorker from '../../../board/examples/luminosity/worker_task.py';
import { utf8 } from '../bytes';
import { MANIFEST } from './appManifest';

/**
 * `worker`: classes in the form of Pythings; `task`: one coroutine; the others are examples of
 * board/examples.
 */
export const TEMPLATES = ['worker', 'task', 'luminosity', 'blinky', 'logger'] as const;
export type TemplateKind = (typeof TEMPLATES)[number];

const WORKER = `import gc


class WorkerTask:
    """call() runs every "worker" seconds (app.json); what it returns is sent."""

    def call(self):
        return {"free_memory": gc.mem_free()}
`;

const MANAGEMENT = `class ManagementTask:
    """call() runs for each message to the app, and every "management" seconds without one."""

    def call(self, message):
        if message is None:
            return None
        return "You said " + message
`;

const TASK = `import asyncio
import gc

import fleet


def answer(text):
    """Answers messages to the app: "every 5" sends every 5 seconds."""
    word, _, value = text.partition(" ")
    if word != "every":
        return "I know: every SECONDS"
    fleet.interval("worker", float(value))
    return "every %s s" % value


fleet.on_message(answer)


async def main():
    while True:
        fleet.send({"free_memory": gc.mem_free()})
        await asyncio.sleep(fleet.interval("worker"))
`;

/** For each template, its files and the extra entries of its app.json. */
const CONTENT: Readonly<
  Record<TemplateKind, { readonly code: readonly (readonly [string, string])[]; more: object }>
> = {
  worker: {
    code: [
      ['worker_task.py', WORKER],
      ['management_task.py', MANAGEMENT],
    ],
    more: { worker: 10, management: 5 },
  },
  task: { code: [['main.py', TASK]], more: { worker: 10, management: 5 } },
  luminosity: {
    code: [
      ['worker_task.py', luminosityWorker],
      ['management_task.py', luminosityManagement],
    ],
    more: {
      ...{ worker: 60, management: 5 },
      config: { light: 0, led: { red: 15, green: 12, blue: 13 } },
    },
  },
  blinky: { code: [['main.py', blinky]], more: { config: { led: 2, hz: 1 } } },
  logger: {
    code: [['main.py', logger]],
    more: { sleep: 600, wake: 2, config: { dht: 4, battery: 35 } },
  },
};

/**
 * Returns the files of a new app, by path. Those of `worker` and `task` run unchanged on every
 * board.
 */
export function appTemplate(name: string, kind: TemplateKind): ReadonlyMap<string, Uint8Array> {
  const { code, more } = CONTENT[kind];
  const manifest = { name, version: '0.1.0', ...more, files: ['*.py'] };
  const all = [[MANIFEST, `${JSON.stringify(manifest, undefined, 2)}\n`] as const, ...code];
  return new Map(all.map(([path, text]) => [path, utf8(text)]));
}
