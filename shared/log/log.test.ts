import { expect, test } from 'vitest';
import { createLogger } from './log.ts';

const clock = { wallMs: () => Date.UTC(2026, 0, 2, 3, 4, 5, 6), monotonicMs: () => 0 };

function recorded(level?: 'debug' | 'warn') {
  const lines: string[] = [];
  return { lines, log: createLogger({ clock, write: (line) => lines.push(line), level }) };
}

test('a record is one line of JSON with time, level, message and the fields of every ancestor', () => {
  const { lines, log } = recorded();
  log.with({ controller: 'cluster' }).with({ reconcile: 'a1' }).info('applied\nall', { object: 'default/web' });
  expect(lines).toEqual(['{"time":"2026-01-02T03:04:05.006Z","level":"info","message":"applied\\nall","controller":"cluster","reconcile":"a1","object":"default/web"}']);
});

test('records below the level are dropped', () => {
  const { lines, log } = recorded('warn');
  log.info('no');
  log.error('yes');
  expect(lines.map((line) => JSON.parse(line).message)).toEqual(['yes']);
});

test('errors keep their words, and no field can break a line or forge a level', () => {
  const { lines, log } = recorded();
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  log.warn('failed', { error: new Error('no route', { cause: new Error('reset') }), big: 7n, level: 'debug' });
  log.warn('odd', { cycle });
  const first = JSON.parse(lines[0]);
  expect(first).toMatchObject({ level: 'warn', big: '7', error: { message: 'no route', cause: { message: 'reset' } } });
  expect(JSON.parse(lines[1])).toMatchObject({ level: 'warn', message: 'odd' });
});
