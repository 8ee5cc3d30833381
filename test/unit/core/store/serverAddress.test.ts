import { parse } from 'pg-connection-string';
import { expect, it } from 'vitest';
import { UsageError } from '../../../../src/core/errors';
import { parseServer, withPassword } from '../../../../src/core/store';

it('reads an address, and binds a password to user, host and port', () => {
  expect(parseServer(' postgres://ann@db.lan/fleet?sslmode=require ')).toEqual({
    ...{ text: 'postgres://ann@db.lan/fleet?sslmode=require', login: 'ann@db.lan:5432' },
    place: 'db.lan/fleet',
  });
  expect(parseServer('postgresql://ann@db.lan:6432/fleet').login).toBe('ann@db.lan:6432');
});

it('rejects an invalid address, and an address with a password, without repeating it', () => {
  for (const text of [
    'mysql://ann@db/fleet',
    'db.lan',
    'postgres://',
    'postgres://ann:hidden@db.lan/fleet',
    'postgres://ann@db.lan/fleet?password=hidden',
    'ann:hidden@db.lan//ann:hidden@x',
  ]) {
    const read = () => parseServer(text);
    expect(read).toThrow(UsageError);
    expect(read).toThrow(/^(?:(?!hidden).)*$/);
  }
});

it('passes a password with any characters to the client of PostgreSQL', () => {
  const address = parseServer('postgres://ann@db.lan/fleet');
  for (const password of ['plain', 'p@ss/w:rd?#[%41]', 'ä b%']) {
    expect(parse(withPassword(address, password))).toMatchObject({
      ...{ user: 'ann', password, host: 'db.lan', database: 'fleet' },
    });
  }
  expect(withPassword(address, undefined)).toBe(address.text);
});
