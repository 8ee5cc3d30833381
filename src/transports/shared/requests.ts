import { decodeJson, type Frame, Op, type OpCode, type Role } from '../../core/agent';
import { TimeoutError } from '../../core/errors';
import type { SharedFacts, SharedLine } from '../../core/share/sharedLine';
import { complete } from './complete';
import type { ConsoleLog } from './consoleLog';
import type { FileRequests } from './fileRequests';
import type { HostSession } from './hostSessions';
import type { Answers, Flow } from './inflow';
import type { Jobs } from './jobs';
import { checkPath } from './reach';
import { notServed, Refusal } from './refusal';
import { execHead, SharedExec } from './sharedExec';
import { SharedGet } from './sharedGet';
import { putHead, SharedPut } from './sharedPut';

/** A request and its sender. */
export interface Request {
  readonly session: HostSession;
  readonly op: OpCode;
  readonly reqid: number;
  readonly offset: number;
  readonly json: Readonly<Record<string, unknown>>;
  /** The bytes after the JSON, or the whole payload of a request without JSON. */
  readonly body: Uint8Array;
}

/** Services that requests use. */
export interface World {
  readonly answers: Answers;
  readonly line: SharedLine;
  readonly facts: SharedFacts;
  readonly files: FileRequests;
  readonly jobs: Jobs;
  readonly mtu: number;
  readonly log: () => ConsoleLog;
  flow(session: HostSession, reqid: number): Flow | undefined;
  open(flow: Flow): void;
  /** The colleagues' code; undefined before the first. */
  exec: SharedExec | undefined;
  onExec(exec: SharedExec): void;
  readonly leave: (session: HostSession) => void;
  /** Resets the board softly. Everything of this boot ends. */
  reset(): void;
}

type Answer = object | Uint8Array | undefined;
interface Served {
  /** Lowest role that may send the request. */
  readonly role: Role;
  /** It must not run twice, so its answer is kept. */
  readonly isKept: boolean;
  /** Returns the answer. Undefined: it follows later. */
  readonly run: (world: World, request: Request) => Answer;
}

const served = (role: Role, isKept: boolean, run: Served['run']): Served => ({ role, isKept, run });

/** All requests of the protocol, with the roles of the table in docs/protocol.md. */
export const REQUESTS: ReadonlyMap<OpCode, Served> = new Map<OpCode, Served>([
  [Op.ping, served('viewer', false, (_, { body }) => body.subarray(0, 64))],
  [Op.bye, served('viewer', false, bye)],
  [Op.exec, served('admin', true, exec)],
  [Op.stdin, served('operator', false, stdin)],
  [Op.intr, served('operator', false, interrupt)],
  [Op.complete, served('admin', false, completions)],
  [Op.put, served('admin', true, put)],
  [Op.get, served('operator', false, get)],
  [Op.stat, served('viewer', false, onFiles('stat'))],
  [Op.list, served('viewer', false, onFiles('list'))],
  [Op.hash, served('viewer', false, onFiles('hash'))],
  [Op.statfs, served('viewer', false, onFiles('statfs'))],
  [Op.mkdir, served('admin', true, onFiles('mkdir'))],
  [Op.rm, served('admin', true, onFiles('rm'))],
  [Op.mv, served('admin', true, onFiles('mv'))],
  [Op.reset, served('operator', true, reset)],
  [
    Op.time,
    served(
      'operator',
      true,
      adminsIf(({ json }) => 't' in json),
    ),
  ],
  [Op.cfg, served('admin', true, config)],
  [Op.logget, served('viewer', false, logs)],
  [Op.app, served('operator', true, app)],
  [Op.ota, served('admin', true, unserved)],
]);

/** Requests with a payload that is not JSON. */
const PLAIN: readonly OpCode[] = [Op.ping, Op.bye, Op.stdin, Op.intr];

/** Splits a request's payload. @throws ProtocolError, Refusal */
export function parsed(session: HostSession, { op, reqid, offset, payload }: Frame): Request {
  const base = { session, op, reqid, offset };
  if (PLAIN.includes(op)) return { ...base, json: {}, body: payload };
  if (op !== Op.exec) {
    const json = payload.length > 0 ? decodeJson(payload) : {};
    return { ...base, json, body: new Uint8Array() };
  }
  const length = payload.length < 2 ? Infinity : ((payload[0] ?? 0) << 8) | (payload[1] ?? 0);
  if (length + 2 > payload.length) throw new Refusal('EPROTO', 'EXEC needs JSON and code');
  const json = decodeJson(payload.subarray(2, 2 + length));
  return { ...base, json, body: payload.subarray(2 + length) };
}

function unserved(): never {
  throw notServed();
}

function admins({ role }: HostSession): void {
  if (role !== 'admin') throw new Refusal('EROLE', "this key's role may not do that");
}

function adminsIf(test: (request: Request) => boolean): Served['run'] {
  return (_, request) => {
    if (test(request)) admins(request.session);
    throw notServed();
  };
}

function onFiles(what: string): Served['run'] {
  return ({ jobs, files }, { session, reqid, op, json }) => {
    jobs.start(session, reqid, what, (signal) => files.answer(session, op, json, signal));
    return undefined;
  };
}

function bye({ answers, leave }: World, { session, reqid }: Request): undefined {
  answers.finish(session, reqid, {});
  leave(session);
}

function exec(world: World, { session, reqid, json, body }: Request): undefined {
  const { line, exec: before } = world;
  const head = execHead(json);
  if (before && !before.isOver) {
    const isStale = before.isIncomplete && world.answers.clock.now() - before.movedAt > 15_000;
    if (!isStale) {
      throw new Refusal('EBUSY', 'code is running', { app: 0, by: before.session.cid });
    }
  }
  // The next program of the user here would replace the previous one. A colleague's must not do
  // that.
  if (line.state === 'program') throw new Refusal('EBUSY', 'a program is running', { app: 1 });
  before?.drop();
  const next = new SharedExec(
    ...([world.answers, session, reqid, head, line, world.mtu] as const),
    (e) => world.onExec(e),
  );
  world.exec = next;
  world.open(next);
  next.begin(body);
}

function stdin(world: World, { session, reqid, offset, body }: Request): undefined {
  const { exec: running, line, answers } = world;
  if (!line.takesInput) throw new Refusal('ENOSYS', 'this link takes no input while code runs');
  // Code that has ended reads no more. An error here would end its request a second time.
  if (!running?.isRunning) return;
  if (running.session !== session) {
    throw new Refusal('EROLE', 'its input comes from the session that runs it');
  }
  running.feedInput(offset, body).then(
    (taken) => answers.send(session, { op: Op.ack, reqid, offset: taken }),
    () => undefined, // the link has ended, which ends the code with an error of its own
  );
}

function interrupt({ exec: running, line, jobs }: World, { session, reqid }: Request): Answer {
  if (running?.interrupt()) return { hit: 1 };
  if (line.state !== 'program') return { hit: 0 };
  jobs.start(session, reqid, 'interrupt', async () => {
    await line.interrupt();
    return { hit: 1 };
  });
  return undefined;
}

function completions({ jobs, line, exec: running, mtu }: World, request: Request): Answer {
  const { session, reqid, json } = request;
  // Names are wanted only at the prompt, and must not wait for anything.
  const isBusy =
    line.state === 'program' || line.state === 'busy' || (running !== undefined && !running.isOver);
  if (isBusy) return { l: [], more: 0 };
  jobs.start(session, reqid, 'complete', (signal) => complete(line, json.t, mtu, signal));
  return undefined;
}

function put(world: World, { session, reqid, json }: Request): undefined {
  const { answers, files, jobs } = world;
  const head = putHead(checkPath(json.p), json);
  jobs.start(session, reqid, 'hash', async (signal) => {
    if (await files.isSame(head.path, head.size, head.sha256, signal)) return { same: 1 };
    const flow = new SharedPut(answers, session, reqid, head, (content) => {
      jobs.start(session, reqid, 'write', async (stop) => {
        await files.write(head.path, content, stop);
        return { n: head.size };
      });
    });
    world.open(flow);
    flow.greet();
    return undefined;
  });
}

function get(world: World, { session, reqid, json }: Request): undefined {
  const { answers, files, jobs, mtu } = world;
  const open = world.flow(session, reqid);
  if (open) {
    open.greet();
    return undefined;
  }
  const { o: start = 0, w = 8 } = json;
  if (typeof start !== 'number' || typeof w !== 'number' || !Number.isInteger(start)) {
    throw new Refusal('EINVAL', 'o or w');
  }
  jobs.start(session, reqid, 'read', async (signal) => {
    const { content, mtime } = await files.read(session, json, signal);
    if (start < 0 || start > content.length) throw new Refusal('EINVAL', 'o is not in the file');
    const credit = Math.max(1, Math.min(w, 64)) * mtu;
    const flow = new SharedGet(answers, session, reqid, { content, mtime, start, credit, mtu });
    world.open(flow);
    flow.greet();
    return undefined;
  });
}

function reset(world: World, { session, json }: Request): object {
  const { m = 'hard', slot } = json;
  if (slot !== undefined || m === 'safe' || m === 'normal') admins(session);
  if (slot !== undefined || m !== 'soft') throw notServed();
  if (world.line.state === 'busy') {
    throw new Refusal('EBUSY', 'the computer that has the cable works on the board');
  }
  world.reset();
  return {};
}

function config({ facts }: World, { json }: Request): object {
  if (['set', 'x', 'lv', 'try'].some((name) => name in json)) throw notServed();
  return { cfg: Array.isArray(json.k) ? {} : { name: facts.name, keys: [] } };
}

function logs({ log }: World, { session, json }: Request): Uint8Array {
  if ('rm' in json) admins(session);
  if (typeof json.s !== 'number' || 'msg' in json) throw notServed();
  return log().from(json.s);
}

function app({ line, jobs, exec: running }: World, request: Request): Answer {
  const { session, reqid, json } = request;
  if ('a' in json) throw new Refusal('ENOSYS', 'no app was deployed to this board');
  if ('p' in json) admins(session);
  const isProgram = () => line.state === 'program' && !running?.isRunning;
  const answer = (isRunning: boolean) => ({
    run: isRunning ? 1 : 0,
    p: '',
    x: '',
    n: 0,
    tasks: {},
  });
  if (json.do === 'start') throw notServed();
  // A board that has sent nothing may run a silent program.
  if (json.do !== 'stop' || !(isProgram() || line.state === 'unknown')) return answer(isProgram());
  jobs.start(session, reqid, 'stop', async () => {
    try {
      await line.interrupt();
      return answer(isProgram());
    } catch (error) {
      if (error instanceof TimeoutError) return answer(true); // it catches every interrupt; the host tries again
      throw error;
    }
  });
  return undefined;
}
