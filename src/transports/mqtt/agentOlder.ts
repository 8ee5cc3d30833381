import { Op, type OpCode } from '../../core/agent';
import { text } from '../../core/bytes';

/** Operations that only read. */
const READS: readonly OpCode[] = [
  ...[Op.ping, Op.bye, Op.stat, Op.list, Op.hash, Op.statfs, Op.get, Op.logget, Op.nak],
];
const WRITES: readonly OpCode[] = [Op.put, Op.mkdir, Op.rm];

/**
 * Returns whether a request may be sent to a board with protocol 1: requests that read, and those
 * that install and try a new agent.
 */
export function isForOlder(op: OpCode, payload: Uint8Array, about = ''): boolean {
  if (op === Op.reset) return text(payload).includes('"slot"');
  return READS.includes(op) || (WRITES.includes(op) && about.startsWith('/mpyfleet/'));
}
