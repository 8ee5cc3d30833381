import { expect, it } from 'vitest';
import { currentAgent, recordedAgent } from '../../../scripts/agentVersion.mjs';
import { AGENT_VERSION } from '../../../src/core/agent/agentVersion';

it('has a new version for each change of the files that boards get', async () => {
  // Red? Run `node scripts/agentVersion.mjs`, which raises the version: boards with the files of before are then updated.
  const now = await currentAgent();
  expect(now.version).toBe(AGENT_VERSION);
  expect(now).toEqual(await recordedAgent());
});
