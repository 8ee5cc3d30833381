import { describe, expect, it } from 'vitest';
import type { AgentControl } from '../../../../src/core/agent/agentControl';
import { auditedControl } from '../../../../src/core/audit/auditedControl';
import { auditResults } from '../../../../src/core/audit/auditError';
import { Operations } from '../../../../src/core/audit/operations';
import { Queue } from '../../../../src/core/async';
import { CancelledError, PythonError, TimeoutError } from '../../../../src/core/errors';
import { auditAction } from '../../../../src/core/many/fleetActions';
import type { AuditEntry } from '../../../../src/core/store';

const kitchen = { id: 'uid:aa', uid: 'aa', name: 'kitchen' };
const hall = { id: 'uid:bb', uid: 'bb', name: 'hall' };

function start() {
  const entries: AuditEntry[] = [];
  let now = 1000;
  const operations = new Operations({
    origin: 'window',
    record: (entry) => entries.push(entry),
    now: () => (now += 5),
  });
  const words = () =>
    entries.map(
      ({ what, boards }) => `${what} | ${boards.map((b) => `${b.name} ${b.status}`).join(', ')}`,
    );
  return { entries, operations, words };
}

describe('the audit has one entry for each operation', () => {
  it('records a command in one entry, with user, time and duration', async () => {
    const { entries, operations } = start();
    await operations.run('Upload to Board…', async () => {
      operations.worked(kitchen, 'Writing /main.py');
      await Promise.resolve();
      operations.worked(hall, 'Writing /main.py', new TimeoutError('no answer'));
    });
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({
      origin: 'window',
      what: 'Upload to Board: Writing /main.py',
      boards: [
        { uid: 'aa', name: 'kitchen', status: 'ok' },
        { uid: 'bb', name: 'hall', status: 'failed', error: 'timeout: no answer' },
      ],
    });
    expect(entries[0]?.who).not.toBe('');
    expect(entries[0]?.ms).toBeGreaterThan(0);
  });

  it('writes nothing for a command that did nothing, even if it was cancelled or failed', async () => {
    const { entries, operations } = start();
    await operations.run('Delete', () => Promise.resolve());
    await expect(operations.run('Delete', () => Promise.reject(new Error('x')))).rejects.toThrow();
    expect(entries).toEqual([]);
  });

  it('records a command that failed after its work as failed, and a cancelled one as cancelled', async () => {
    const { operations, words } = start();
    for (const error of [new Error('hash differs'), new CancelledError()]) {
      const work = () => {
        operations.worked(kitchen, 'Writing');
        return Promise.reject(error);
      };
      await expect(operations.run('Upload', work)).rejects.toThrow();
    }
    expect(words()).toEqual([
      'Upload: Writing | kitchen failed',
      'Upload: Writing | kitchen cancelled',
    ]);
  });

  it('gives work outside of a command its own entry, also work that a command left running', async () => {
    const { operations, words } = start();
    let later: (() => void) | undefined;
    await operations.run('Connect', () => {
      const wait = new Promise<void>((resolve) => (later = resolve));
      void wait.then(() => operations.worked(kitchen, 'Writing /late.py'));
      return Promise.resolve();
    });
    later?.();
    await Promise.resolve();
    operations.worked(hall, 'Writing /saved.py');
    expect(words()).toEqual(['Writing /late.py | kitchen ok', 'Writing /saved.py | hall ok']);
  });

  it('attributes work to its command when the queue of a board runs it later', async () => {
    const { operations, words } = start();
    const queue = new Queue();
    const work = (what: string) =>
      operations.run(what, () =>
        queue.run(async () => {
          await Promise.resolve();
          operations.worked(kitchen, '');
        }),
      );
    await Promise.all([work('first'), work('second')]);
    expect(words()).toEqual(['first | kitchen ok', 'second | kitchen ok']);
  });

  it('takes the boards of a job from its results, and writes no entry for its command', async () => {
    const { operations, words } = start();
    await operations.run('Run on Boards…', () =>
      operations.run(
        'Run main.py',
        () => {
          operations.worked(kitchen, 'Run main.py');
          return Promise.resolve();
        },
        () => [
          { name: 'kitchen', status: 'ok' },
          { name: 'hall', status: 'cancelled' },
        ],
      ),
    );
    expect(words()).toEqual(['Run main.py | kitchen ok, hall cancelled']);
  });
});

describe('the audit holds neither code nor output nor secrets', () => {
  it('keeps the kind of an exception and not its text', async () => {
    const traceback = 'Traceback (most recent call last):\nValueError: password hunter2\n';
    const { entries, operations } = start();
    operations.worked(
      kitchen,
      'Running main.py',
      new PythonError(traceback, 'ValueError', 'password hunter2'),
    );
    expect(entries[0]?.boards[0]?.error).toBe('python: ValueError');
    const error = { code: 'python', message: 'ValueError: password hunter2', traceback };
    const result = { board: 'hall', id: 'x', status: 'failed', output: 'hunter2', error } as const;
    expect(auditResults([result], () => 'bb')).toEqual([
      { uid: 'bb', name: 'hall', status: 'failed', error: 'python: ValueError' },
    ]);
    await Promise.resolve();
  });

  it('names a file that is run, but contains no typed code', () => {
    const code = 'wlan.connect("home", "hunter2")';
    expect(auditAction({ kind: 'exec', code, label: code.slice(0, 60) })).toBe('Run code');
    expect(auditAction({ kind: 'exec', code, label: 'main.py' })).toBe('Run main.py');
    expect(auditAction({ kind: 'read', expression: code })).toBe('Read a value');
  });

  it('names the keys of a configuration but not their values, and records no queries', async () => {
    const told: string[] = [];
    const control = {
      birth: undefined,
      config: () => Promise.resolve({}),
      configure: () => Promise.resolve(),
      app: (what: string) =>
        what === 'stop' ? Promise.reject(new Error('busy')) : Promise.resolve({}),
    } as unknown as AgentControl;
    const audited = auditedControl(control, (what, error) =>
      told.push(error instanceof Error ? `${what}: ${error.message}` : what),
    );
    await audited.config();
    await audited.app('info');
    await audited.configure({ wifi: [['home', 'hunter2']], name: 'x' });
    await expect(audited.app('stop')).rejects.toThrow('busy');
    expect(audited.birth).toBeUndefined();
    expect(told).toEqual(['Changing the configuration: wifi, name', 'Stopping the program: busy']);
  });
});
