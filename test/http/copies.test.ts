import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually, startRegion, type NodeProcess, type ProcessRegion } from '../node/region-of-processes.ts';

let region: ProcessRegion;
let nodes: NodeProcess[];
beforeEach(async () => {
  region = await startRegion({ shards: 1, replicas: 1 });
  nodes = await Promise.all([0, 1].map((ordinal) => region.start(0, ordinal)));
  await eventually(async () => Promise.all(nodes.map((node) => node.admin.status())), (statuses) => statuses.some(({ role, isr }) => role === 'primary' && isr.length === 2));
}, 60_000);
afterEach(() => region.close());

interface Answered {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function ask(node: NodeProcess, method: string, path: string, body?: unknown): Promise<Answered> {
  const answer = await fetch(`http://127.0.0.1:${node.ports.http}/api/v1/cache/default${path}`, { method, headers: body === undefined ? {} : { 'content-type': 'application/json' }, body: body === undefined ? undefined : JSON.stringify(body) });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

it('what was acknowledged at a replica is there when that leads, in the form and under the version that it had', { timeout: 90_000 }, async () => {
  const roles = await Promise.all(nodes.map((node) => node.admin.status()));
  const primary = nodes[roles.findIndex(({ role }) => role === 'primary')];
  const replica = nodes[roles.findIndex(({ role }) => role !== 'primary')];
  await eventually(() => ask(replica, 'PUT', '/first', { value: 1 }), ({ status }) => status < 300);
  const names = Array.from({ length: 50 }, (_, i) => `k${i}`);
  const written = await Promise.all(names.map((name, i) => eventually(() => ask(replica, 'PUT', `/${name}`, { value: { i }, ttl: 600, tags: ['t'] }), ({ status }) => status < 300)));
  await eventually(() => ask(replica, 'POST', '/mset', { entries: names.map((name) => ({ key: `m-${name}`, value: name })) }), ({ body }) => body.stored === names.length);

  // A busy machine may have a copy out of sync for a moment; then nothing is handed over yet.
  await eventually(() => primary.admin.switchover(replica.pod), ({ handedOver }) => handedOver);
  await eventually(() => replica.admin.status(), ({ role, notServing }) => role === 'primary' && notServing === undefined);
  await eventually(() => ask(primary, 'PUT', '/after', { value: 1 }), ({ status }) => status < 300);
  for (const [i, name] of names.entries()) {
    const { body } = await eventually(() => ask(replica, 'GET', `/${name}`), ({ status }) => status !== 503);
    expect([body.value, (body.metadata as { version: unknown }).version]).toEqual([{ i }, written[i].body.version]);
  }
  await eventually(() => ask(replica, 'POST', '/mget', { keys: names.map((name) => `m-${name}`) }), ({ body }) => body.hits === names.length);
  const metrics = await (await fetch(`http://127.0.0.1:${replica.ports.metrics}/metrics`)).text();
  expect(Number(/meridian_http_requests_total\{[^}]*status="2xx"\} (\d+)/.exec(metrics)?.[1])).toBeGreaterThan(100);
});
