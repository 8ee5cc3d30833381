import source from '../../../board/agent/copy/agent.py';

/** Version of the agent that is in the product. */
export const AGENT_VERSION = /^VERSION = "([\w.]+)"$/m.exec(source)?.[1] ?? '';
