import type { AgentControl } from './agentControl';
import type { LogBatch } from './agentProtocolLog';

/** LOGGET answers read for earlier records; a board's ring holds a few kilobytes. */
const MOST_BATCHES = 64;

/** Generates the records that a board still has, in batches, oldest first. */
export async function* keptRecords(
  agent: Pick<AgentControl, 'logFrom'>,
  signal?: AbortSignal,
): AsyncGenerator<LogBatch> {
  let from = 0;
  for (let i = 0; i < MOST_BATCHES; i++) {
    const batch = await agent.logFrom(from, signal);
    if (batch.records.length === 0) return;
    yield batch;
    from = batch.first + batch.records.length;
  }
}
