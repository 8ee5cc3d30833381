import source from '../../../board/agent/copy/agent.py';

/** Version of the agent that the product contains. */
export const AGENT_VERSION = /^VERSION = "([\w.]+)"$/m.exec(source)?.[1] ?? '';
