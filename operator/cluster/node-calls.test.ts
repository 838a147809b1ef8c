import { expect, it } from 'vitest';
import { MeridianError } from '../../shared/errors/meridian-error.ts';
import { createLogger } from '../../shared/log/log.ts';
import type { NodeApi } from '../node-api/node-api.ts';
import { nodeCalls } from './node-calls.ts';

const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'demo-east-s0-0', namespace: 'default', uid: 'u' }, status: { podIP: '127.0.0.1' } };

async function logOf(error: Error): Promise<string> {
  const lines: string[] = [];
  const log = createLogger({ clock: { wallMs: () => 0, monotonicMs: () => 0 }, write: (line) => lines.push(line) });
  const nodeApi = { targetsChanged: () => Promise.reject(error) } as unknown as NodeApi;
  await nodeCalls(nodeApi, 'key', log).retarget(pod);
  return lines.join();
}

it('a node that does not answer yet is logged in a sentence, a fault of the program with its trace', async () => {
  const line = await logOf(new MeridianError('LOADING'));
  expect(line).toContain('"code":"LOADING"');
  expect(line).not.toContain('stack');
  expect(await logOf(new TypeError('a fault'))).toContain('stack');
});
