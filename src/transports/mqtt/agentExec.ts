import { sha256 } from '../../core/hash';
import { decodeJson, encodeJsonAndBytes, Flag, type Frame, Op } from '../../core/agent';
import { utf8 } from '../../core/bytes';
import { asError, type PythonError } from '../../core/errors';
import { pythonError } from '../../core/python/python';
import type { ExecOptions } from '../../core/transport';
import type { AgentClient } from './agentClient';
import type { Exchange } from './agentRequest';
import { ChunkSender } from './chunkSender';
import { Interrupter } from './interrupter';
import { OutputReader } from './outputReader';
import { StdinSender } from './stdinSender';

/**
 * A command that has not started within this many milliseconds is not run, because no one waits for
 * it any more.
 */
const START_WITHIN_MS = 60_000;

/** The file name of code in tracebacks, the same as in the raw REPL. */
const FILE_NAME = '<stdin>';

/**
 * Runs code through the agent (EXEC): streamed output, stdin, interruption.
 * @param options `mode`: `exec` like the raw REPL, `single` like the friendly REPL (prints a
 * value); `onUnread` receives input that the code has not read
 */
export async function agentExec(
  client: AgentClient,
  code: Uint8Array,
  options: ExecOptions & { mode?: 'exec' | 'single'; onUnread?: (input: Uint8Array) => void } = {},
): Promise<Uint8Array> {
  await client.open(options.signal);
  const output = new OutputReader(client.mtu, options.onStdout);
  const head = {
    n: code.length,
    h: sha256(code),
    mode: options.mode ?? 'exec',
    f: FILE_NAME,
    ...(options.isProgram ? { run: 1 } : {}),
    dl: client.deadline(START_WITHIN_MS),
  };
  const room = Math.max(0, client.mtu - 2 - Buffer.byteLength(JSON.stringify(head)));
  const first = code.subarray(0, room);
  const rest = new ChunkSender(code, first.length, client.mtu);
  const stdin = new StdinSender(client);
  const stop = new Interrupter(client, options);
  let running = false;
  const begin = (exchange: Exchange) => {
    if (running) return;
    running = true;
    stdin.begin(exchange, options.onStart);
  };
  const onBusy = (frame: Frame, exchange: Exchange) => {
    const { drop } = decodeJson(frame.payload);
    if (typeof drop === 'number') output.noteLoss(drop);
    if (running) {
      // This answers a repeated question: what either side is waiting for may have been lost.
      output.acknowledge(exchange);
      stdin.repeat();
    }
    begin(exchange);
  };
  const payload = encodeJsonAndBytes(head, first);
  try {
    const frame = await client.request(Op.exec, payload, {
      signal: stop.abandoned,
      // Code may run silently for hours; a board that is away for good is detected by its presence.
      isPatient: () => running && client.birth !== undefined,
      // BUSY only shows that the code is running; a silent program is asked less and less often.
      isSignOfLife: (f) => f.op === Op.busy,
      // Code that has started must not be sent again: if the board has dropped the request, it
      // would run twice.
      onSilence: (exchange) => {
        if (running) exchange.post(Op.exec);
        else if (rest.hasBegun) rest.onSilence(exchange);
        else exchange.post(Op.exec, { payload, flags: Flag.first });
      },
      onFrame: (f, exchange) => {
        if (f.op === Op.out) {
          stop.heard();
          begin(exchange);
          output.take(f, exchange);
        } else if (f.op === Op.busy) onBusy(f, exchange);
        else if (f.op === Op.ack && running) stdin.acknowledge(f.offset);
        else rest.onFrame(f, exchange);
      },
    });
    const result = await finish(client, frame, output).catch((error: unknown) => asError(error));
    if (stop.reason) throw stop.reason;
    tellUnread(frame, stdin, options.onUnread);
    if (result instanceof Error) throw result;
    return result;
  } finally {
    stdin.end();
    stop.dispose();
  }
}

/** Reports unread input. Input that the board accepted and did not report as unread was read. */
function tellUnread(frame: Frame, stdin: StdinSender, tell?: (input: Uint8Array) => void): void {
  const read = decodeJson(frame.payload).in;
  const unread = stdin.unread(typeof read === 'number' ? read : Number.MAX_SAFE_INTEGER);
  if (unread.length > 0) tell?.(unread);
}

async function finish(
  client: AgentClient,
  frame: Frame,
  output: OutputReader,
): Promise<Uint8Array> {
  const result = decodeJson(frame.payload);
  if (typeof result.drop === 'number') output.noteLoss(result.drop);
  // An OK for a repeated EXEC answers the question but does not end the output.
  while (output.offset < frame.offset) await fetchRest(client, frame, output);
  if (result.ok === 1) return output.stdout;
  throw tracebackError(output.traceback, result.x);
}

/** Fetches output that is missing when OK arrives. The board keeps it until the next EXEC. */
async function fetchRest(client: AgentClient, frame: Frame, output: OutputReader): Promise<void> {
  await client.request(Op.nak, new Uint8Array(), {
    reqid: frame.reqid,
    offset: output.offset,
    flags: 0,
    onFrame: (f, exchange) => {
      if (f.op === Op.out) output.take(f, exchange);
      if (output.offset >= frame.offset) exchange.finish(f);
    },
  });
}

function tracebackError(traceback: string, said: unknown): PythonError {
  return pythonError(utf8(traceback || (typeof said === 'string' ? said : 'unknown error')));
}
