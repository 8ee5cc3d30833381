import { describe, expect, it } from 'vitest';
import names from '../../../../board/agent/names.json';
import { quotedAgentNames, withAgentNames } from '../../../../src/core/agent/agentNames';

const { tick, quick, jobs, Agent } = names;

describe("names of the agent's build", () => {
  it('are translated back in its frames and in its error', () => {
    const text = [
      '=== agent 0a0b0c0d 512',
      'Traceback (most recent call last):',
      `  File "main", line 1, in ${tick}`,
      `  File "main", line 1, in ${quick}`,
      `AttributeError: '${Agent}' object has no attribute '${jobs}'`,
      '',
    ].join('\n');
    expect(withAgentNames(text)).toBe(
      [
        '=== agent 0a0b0c0d 512',
        'Traceback (most recent call last):',
        '  File "main", line 1, in tick',
        '  File "main", line 1, in quick',
        "AttributeError: 'Agent' object has no attribute 'jobs'",
        '',
      ].join('\n'),
    );
  });

  it('do not change other text', () => {
    const text = [
      `  File "main", line 1, in run`,
      `  File "/main.py", line 3, in ${tick}`,
      `ValueError: '${jobs}'`,
      `a line about '${quick}', and ${quick}`,
      `  File "lib/main", line 3, in ${tick}`,
      `  File "<stdin>", line 3, in ${tick}\r`,
      '  File "main", line 3',
    ].join('\n');
    expect(withAgentNames(text)).toBe(text);
  });

  it('are translated once in a message', () => {
    expect(quotedAgentNames(`no '${jobs}', no 'other', no ${jobs}`)).toBe(
      `no 'jobs', no 'other', no ${jobs}`,
    );
  });

  it('are unambiguous', () => {
    const firmware = Object.values(names);
    expect(new Set(firmware).size).toBe(firmware.length);
    expect(firmware.filter((name) => Object.hasOwn(names, name))).toEqual([]);
  });
});
