import { decodeJson, encodeJsonAndBytes, Op, type Frame } from '../../core/agentProtocol';
import { concat, text, utf8 } from '../../core/bytes';
import { asError, FileError, type PythonError } from '../../core/errors';
import { pythonError } from '../../core/python';
import type { ExecOptions } from '../../core/transport';
import { Interrupter } from './interrupter';
import type { AgentClient, Exchange } from './agentClient';
import { ChunkSender } from './chunkSender';

/** The host acknowledges output at least this often (docs/protocol.md section 6). */
const ACK_EVERY_BYTES = 512;
/** A command that has not begun by then is not run any more: nobody waits for it. */
const START_WITHIN_MS = 60_000;
const STDERR = 2;

/** Where the name of the code in tracebacks comes from; the same as the raw REPL's. */
const FILE_NAME = '<stdin>';

/** Output that the board had to drop is said in so many words where it is missing. */
function dropped(bytes: number): Uint8Array {
  return Buffer.from(`\r\n[${bytes} bytes of output were lost]\r\n`);
}

/** Collects OUT frames by offset: in order, without gaps, each byte once. */
class OutputReader {
  readonly #parts: Uint8Array[] = [];
  readonly #traceback: Uint8Array[] = [];
  #offset = 0;
  #acked = 0;
  #lost = 0;

  constructor(private readonly onStdout: ((chunk: Uint8Array) => void) | undefined) {}

  get offset(): number {
    return this.#offset;
  }

  get stdout(): Uint8Array {
    return concat(this.#parts);
  }

  get traceback(): string {
    return text(concat(this.#traceback));
  }

  take(frame: Frame, exchange: Exchange): void {
    const skip = this.#offset - frame.offset;
    if (skip < 0) {
      exchange.post(Op.nak, { offset: this.#offset });
      return;
    }
    const fresh = frame.payload.subarray(skip);
    if (fresh.length > 0) {
      this.#offset += fresh.length;
      if (frame.aux === STDERR) this.#traceback.push(fresh);
      else this.#show(fresh);
    }
    if (this.#offset - this.#acked >= ACK_EVERY_BYTES || frame.offset < this.#acked) {
      this.#acked = this.#offset;
      exchange.post(Op.ack, { offset: this.#offset });
    }
  }

  /** The board has dropped output: what comes next begins `total` bytes further on. */
  noteLoss(total: number): void {
    if (total <= this.#lost) return;
    this.#show(dropped(total - this.#lost));
    this.#lost = total;
  }

  #show(chunk: Uint8Array): void {
    this.#parts.push(chunk);
    this.onStdout?.(chunk);
  }
}

/**
 * Runs code through the agent (EXEC): output as it comes, stdin, interruption.
 * @param mode `exec` as the raw REPL does, `single` as the REPL does (a value is printed)
 */
export async function agentExec(
  client: AgentClient,
  code: Uint8Array,
  options: ExecOptions & { mode?: 'exec' | 'single' } = {},
): Promise<Uint8Array> {
  const output = new OutputReader(options.onStdout);
  await client.open(options.signal);
  const head = {
    n: code.length,
    mode: options.mode ?? 'exec',
    f: FILE_NAME,
    dl: client.deadline(START_WITHIN_MS),
  };
  const room = client.mtu - 2 - Buffer.byteLength(JSON.stringify(head));
  const first = code.subarray(0, room);
  const rest = new ChunkSender(code, first.length, client.mtu);
  const stdin = new StdinSender(client);
  const stop = new Interrupter(client, options);
  let running = false;
  try {
    const frame = await client.request(Op.exec, encodeJsonAndBytes(head, first), {
      signal: stop.abandoned,
      // Code may run silently for hours; a board that is away for good shows as such.
      isPatient: () => running && client.birth !== undefined,
      onFrame: (f, exchange) => {
        if (f.op === Op.out) {
          stop.heard();
          output.take(f, exchange);
        } else if (f.op === Op.busy) {
          const { drop } = decodeJson(f.payload);
          if (typeof drop === 'number') output.noteLoss(drop);
          if (running) return;
          running = true;
          stdin.begin(exchange, options.onStart);
        } else if (f.op === Op.ack && running) stdin.acknowledge(f.offset);
        else rest.onFrame(f, exchange);
      },
    });
    const result = await finish(client, frame, output).catch((error: unknown) => asError(error));
    if (stop.reason) throw stop.reason;
    if (result instanceof Error) throw result;
    return result;
  } finally {
    stdin.end();
    stop.dispose();
  }
}

async function finish(
  client: AgentClient,
  frame: Frame,
  output: OutputReader,
): Promise<Uint8Array> {
  const result = decodeJson(frame.payload);
  if (typeof result.drop === 'number') output.noteLoss(result.drop);
  if (output.offset < frame.offset) await fetchRest(client, frame, output);
  if (result.ok === 1) return output.stdout;
  throw tracebackError(output.traceback, result.x);
}

/** OK has come before the last output: the board keeps that until the next EXEC. */
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

/** Feeds bytes to `sys.stdin` of running code, as fast as the board takes them. */
class StdinSender {
  #queue: Uint8Array = new Uint8Array();
  #base = 0;
  #sent = 0;
  #waiting: (() => void)[] = [];
  #exchange: Exchange | undefined;

  constructor(private readonly client: AgentClient) {}

  begin(exchange: Exchange, onStart: ExecOptions['onStart']): void {
    this.#exchange = exchange;
    onStart?.((data) => this.#write(data));
  }

  acknowledge(offset: number): void {
    const taken = Math.min(Math.max(offset - this.#base, 0), this.#queue.length);
    this.#queue = this.#queue.subarray(taken);
    this.#base += taken;
    this.#sent = this.#base;
    if (this.#queue.length > 0) this.#pump();
    else for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** The code has ended: nobody reads any more. */
  end(): void {
    this.#exchange = undefined;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #write(data: Uint8Array): Promise<void> {
    if (!this.client.birth?.caps.has('stdin')) {
      throw new FileError('EACCES', '', 'Code on this board cannot be fed with input');
    }
    this.#queue = concat([this.#queue, data]);
    const taken = new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#pump();
    return taken;
  }

  #pump(): void {
    const exchange = this.#exchange;
    if (!exchange || this.#sent > this.#base) return;
    const chunk = this.#queue.subarray(0, this.client.mtu);
    this.#sent = this.#base + chunk.length;
    exchange.post(Op.stdin, { offset: this.#base, payload: chunk });
  }
}
