import { expect, it, vi } from 'vitest';

vi.mock('vscode', async () => (await import('../../rig/vscodeWords')).vscodeWords);

const { awayQuestion } = await import('../../../../src/commands/fleet/awayQuestion');

/** Boards without a sleep, or that said they sleep for some hours. */
const boards = (names: string[], until?: number) =>
  names.map((name) => ({ name, asleep: until ? { until, overslept: false } : undefined }));

it('names one board in the singular, alone or among others', () => {
  expect(awayQuestion(boards(['hall-2']), 1)).toMatchObject({
    text: 'hall-2 is away',
    later: 'Run When It Is Back',
  });
  expect(awayQuestion(boards(['hall-2']), 2)).toMatchObject({
    text: 'hall-2 is away (1 of 2 boards)',
    detail: 'Work on the other board begins now.',
    later: 'Run When It Is Back',
    skip: 'Leave It Out',
  });
});

it('names several boards in the plural, and says when it is all of them', () => {
  expect(awayQuestion(boards(['hall-2', 'hall-3']), 8)).toMatchObject({
    text: 'hall-[2-3] are away (2 of 8 boards)',
    detail: 'Work on the other 6 boards begins now.',
    later: 'Run When They Are Back',
    skip: 'Leave Them Out',
  });
  expect(awayQuestion(boards(['hall-2', 'hall-3']), 2).text).toBe(
    'All 2 boards are away: hall-[2-3]',
  );
});

it('says when boards wake up that are asleep', () => {
  const until = Date.now() + 1_000;
  const { text, later, hint } = awayQuestion(boards(['pump'], until), 3);
  expect(text).toMatch(/^pump is asleep \(1 of 3 boards\)\. It wakes up at .*\d\d:\d\d$/);
  expect([later, hint]).toEqual(['Run When It Wakes Up', 'Try again then.']);
  expect(awayQuestion(boards(['pump', 'tank'], until), 2).text).toMatch(
    /^All 2 boards are asleep: pump, tank\. The first wakes up at .*\d\d:\d\d$/,
  );
  const mixed = [...boards(['pump'], until), ...boards(['tank'])];
  expect(awayQuestion(mixed, 2).later).toBe('Run When They Are Back');
});
