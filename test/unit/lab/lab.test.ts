import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hashOf, removeTempDir, tempDir } from '../../lab/paths.mjs';
import { freePort, launch, pollUntil, run } from '../../lab/process.mjs';

describe('hashOf', () => {
  test('changes only with a content, a name and a word', () => {
    const dir = tempDir('hash');
    const file = join(dir, 'a');
    mkdirSync(join(dir, 'sub'));
    writeFileSync(file, 'one');
    writeFileSync(join(dir, 'sub', 'b'), 'two');
    const first = hashOf([dir], 'v1');
    expect(hashOf([dir], 'v1')).toBe(first);
    expect(hashOf([dir], 'v2')).not.toBe(first);
    writeFileSync(file, 'One');
    const changed = hashOf([dir], 'v1');
    expect(changed).not.toBe(first);
    writeFileSync(file, 'one');
    expect(hashOf([dir], 'v1')).toBe(first);
    writeFileSync(join(dir, 'sub', 'c'), '');
    expect(hashOf([dir], 'v1')).not.toBe(first);
    removeTempDir(dir);
    expect(existsSync(dir)).toBe(false);
  });
});

describe('launch', () => {
  test('resolves when the program says that it is ready, and stop ends it', async () => {
    const program = await launch(['sh', '-c', 'echo hello; echo READY 7; exec sleep 100'], {
      ready: /^READY \d/,
    });
    expect(program.line).toBe('READY 7');
    await program.stop();
    expect(await program.exited).toBe('SIGTERM');
  });

  test('kills a process that does not stop', async () => {
    const stubborn = ['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done'];
    const program = await launch(stubborn, { ready: /ready/, stopMs: 200 });
    await program.stop();
    expect(await program.exited).toBe('SIGKILL');
  });

  test('rejects with the output if the program ends or stays silent', async () => {
    await expect(launch(['sh', '-c', 'echo oh no >&2; exit 3'], { ready: /x/ })).rejects.toThrow(
      /sh ended \(3\) instead of starting.*oh no/s,
    );
    await expect(launch(['sleep', '100'], { ready: /x/, readyMs: 100 })).rejects.toThrow(
      /sleep was not ready after 0.1 s/,
    );
  });

  test('asks line by line, and an answer that cannot come rejects', async () => {
    const program = await launch(['sh', '-c', 'echo ready; exec cat'], { ready: /ready/ });
    expect(await Promise.all([program.ask('one'), program.ask('two')])).toEqual(['one', 'two']);
    await program.kill();
    await expect(program.ask('three')).rejects.toThrow('cat has ended'.replace('cat', 'sh'));
  });
});

test('run returns the output, or throws with it', async () => {
  expect(await run(['sh', '-c', 'cat; echo done'], { input: 'hi ' })).toBe('hi done\n');
  await expect(run(['sh', '-c', 'echo why >&2; exit 2'])).rejects.toThrow(/failed \(2\)\s+why/);
});

test('pollUntil stops polling on abort', async () => {
  let asked = 0;
  const never = () => Promise.resolve(++asked < 0);
  expect(await pollUntil(never, 10_000, () => asked > 2)).toBe(false);
  expect(asked).toBe(3);
});

test('freePort gives a port that can be listened on', async () => {
  expect(await freePort()).toBeGreaterThan(1023);
});
