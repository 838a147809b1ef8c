import { describe, expect, it } from 'vitest';
import { answerHttp, type Health } from './api.ts';

const healthy: Health = { reason: undefined, redisListens: true, memoryUsedBytes: 45, memoryLimitBytes: 100 };
const ask = (path: string, health: Health = healthy, headers: Record<string, string> = {}, method = 'GET') => {
  const answer = answerHttp({ method, path, headers }, () => health, () => 'fresh');
  return { status: answer.status, trace: answer.headers?.['X-Trace-Id'], body: JSON.parse(answer.body) as unknown };
};

describe('the HTTP port', () => {
  it('answers health in the promised shape', () => {
    expect(ask('/health')).toEqual({ status: 200, trace: 'fresh', body: { status: 'healthy', redis: 'connected', memory_usage: '45%' } });
    expect(ask('/health', { ...healthy, reason: 'c-r-s0-0 leads the shard' })).toMatchObject({ status: 503, body: { status: 'unhealthy', reason: 'c-r-s0-0 leads the shard' } });
  });

  it('gives the caller’s trace id back, unless it could harm a header', () => {
    expect(ask('/health', healthy, { 'x-trace-id': 'abc-1' }).trace).toBe('abc-1');
    expect(ask('/health', healthy, { 'x-trace-id': 'a\r\nb' }).trace).toBe('fresh');
  });

  it.each([
    ['/', 404, 'NO_ROUTE'],
  ])('answers %s with the error shape', (path, status, code) => {
    expect(ask(path)).toMatchObject({ status, trace: 'fresh', body: { error: expect.any(String) as string, code } });
  });
});
