import { expect, it } from 'vitest';
import { mayHoldSecrets, SessionFiles } from '../../../../src/core/files';
import type { WithSession } from '../../../../src/core/files/inSession';

it.each([
  '/webrepl_cfg.py',
  '/flash/webrepl_cfg.py',
  '/mpyfleet/config.json',
  '/MPYFLE~1/CONFIG~1.JSO',
  '/lib/secrets.py',
  '/settings.toml',
  '/cert/key.der',
])('the content of %s is in no log, whoever transfers it', async (path) => {
  const secret: unknown[] = [];
  const withSession: WithSession = (_work, options) => {
    secret.push(options?.secret);
    return Promise.reject(new Error('not opened'));
  };
  const files = new SessionFiles(withSession);
  const other = { path: '/main.py', size: 1, content: new Uint8Array(1) };
  const both = [other, { ...other, path }];
  const take = () => Promise.resolve();
  const all = [
    files.read(path),
    files.write(path, new Uint8Array(1)),
    files.readMany(both, take),
    files.writeMany(both),
  ];
  await Promise.allSettled(all);
  expect(secret).toEqual([true, true, true, true]);
  secret.length = 0;
  await Promise.allSettled([files.read('/main.py'), files.writeMany([other])]);
  expect(secret).toEqual([false, false]);
});

it('are not suspected for their beginning alone', () => {
  for (const path of ['/main.py', '/secretsauce.py', '/lib/mpyfleet.py', '/keys.py']) {
    expect(mayHoldSecrets(path), path).toBe(false);
  }
});
