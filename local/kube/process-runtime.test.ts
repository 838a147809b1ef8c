import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../operator/kube/port.ts';
import { resourceTypes } from '../../operator/kube/types.ts';
import { mounts } from '../../shared/kube/names.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { until, untilObject } from '../../test/conformance/kube/subject.ts';
import { type LocalKube, startLocalKube } from './local-kube.ts';
import { isReadyPod } from './pods/conditions.ts';
import { createProcessRuntime, portsOfPod } from './process-runtime.ts';

const { pod, statefulSet, configMap, service } = resourceTypes;

/** Stands in for the node: serves probes and answers what it was given. */
const program = `
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
console.log('started', process.argv[2], process.env.MERIDIAN_POD_NAME);
createServer((request, response) => {
  if (request.url === '/exit') process.exit(3);
  if (request.url === '/env') return response.end(JSON.stringify(process.env));
  if (request.url === '/config') return response.end(readFileSync(process.env.MERIDIAN_CONFIG_DIR + '/node.json'));
  if (request.url === '/seeds') return response.end(readFileSync(process.env.MERIDIAN_SEEDS_FILE));
  response.end('ok');
}).listen(Number(process.env.MERIDIAN_METRICS_PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
`;

const set = (replicas: number): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas,
    serviceName: 'web-nodes',
    podManagementPolicy: 'Parallel',
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        terminationGracePeriodSeconds: 10,
        containers: [
          {
            name: 'node',
            command: ['meridian', 'node'],
            env: [{ name: 'MERIDIAN_POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }, { name: 'MERIDIAN_POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
            volumeMounts: [{ name: 'config', mountPath: mounts.config }, { name: 'data', mountPath: mounts.data }],
            startupProbe: { httpGet: { path: '/startupz', port: 'metrics' }, periodSeconds: 1, failureThreshold: 120 },
            readinessProbe: { httpGet: { path: '/readyz', port: 'metrics' }, periodSeconds: 2 },
          },
        ],
        volumes: [{ name: 'config', configMap: { name: 'config' } }, { name: 'data', emptyDir: {} }],
      },
    },
  },
});

let folder: string;
let kube: LocalKube;
let nextPort = 0;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'meridian-runtime-'));
  writeFileSync(join(folder, 'program.mjs'), program);
  const given = new Map<string, { redis: number; http: number }>();
  const runtime = createProcessRuntime({
    ports: systemPorts,
    program: join(folder, 'program.mjs'),
    dataFolder: join(folder, 'data'),
    kubeUrl: 'http://127.0.0.1:7300',
    clientPorts(namespace, name) {
      const key = `${namespace}/${name}`;
      const ports = given.get(key) ?? { redis: 30_000 + nextPort, http: 31_000 + nextPort++ };
      given.set(key, ports);
      return ports;
    },
    env: { PATH: process.env.PATH ?? '' },
  });
  kube = startLocalKube({ ports: systemPorts, kubelet: { runtime, backoff: { firstMs: 100, mostMs: 1000, forgiveMs: 10_000 }, hurryMs: 50 } });
  await kube.port.create(configMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'config', namespace: 'default' }, data: { 'node.json': '{"shards":1}' } });
  await kube.port.create(service, { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web-nodes', namespace: 'default' }, spec: { clusterIP: 'None', selector: { app: 'web' } } });
});

afterEach(async () => {
  await kube.stop();
  rmSync(folder, { recursive: true, force: true });
});

const ready = (count: number): Promise<readonly KubeObject[]> => until(kube.port, pod, 'default', `${count} pods ready`, (pods) => pods.length === count && pods.every(isReadyPod));
const ask = async (of: KubeObject, path: string): Promise<string> => await (await fetch(`http://127.0.0.1:${portsOfPod(of)?.metrics}${path}`)).text();

const restartsOf = ({ status }: KubeObject): number | undefined => (status?.containerStatuses as { restartCount: number }[] | undefined)?.[0].restartCount;

describe('pods as processes', () => {
  it('run with their ports, files, variables and seeds', async () => {
    await kube.port.create(statefulSet, set(2));
    const [first, second] = await ready(2);
    const ports = portsOfPod(first)!;
    expect(new Set(Object.values(ports)).size).toBe(5);
    expect(JSON.parse(await ask(first, '/env'))).toMatchObject({
      MERIDIAN_POD_NAME: 'web-0',
      MERIDIAN_POD_IP: '127.0.0.1',
      MERIDIAN_LISTEN_HOST: '127.0.0.1',
      MERIDIAN_KUBE_URL: 'http://127.0.0.1:7300',
      MERIDIAN_REDIS_PORT: String(ports.redis),
      MERIDIAN_ADMIN_PORT: String(ports.admin),
      MERIDIAN_DATA_DIR: expect.stringContaining('web-0'),
    });
    expect(await ask(first, '/config')).toBe('{"shards":1}');
    expect(await ask(first, '/seeds')).toBe([first, second].map((each) => `127.0.0.1:${portsOfPod(each)?.bus}\n`).join(''));
    await kube.port.patch(configMap, 'default', 'config', { data: { 'node.json': '{"shards":2}' } });
    await expect.poll(() => ask(first, '/config')).toBe('{"shards":2}');
    expect(kube.api.context.podLog?.(first)).toBe('started node web-0\n');
  });

  it('come back in the same pod after a crash, and as a new pod on the same ports after a deletion', async () => {
    await kube.port.create(statefulSet, set(1));
    const [before] = await ready(1);
    await ask(before, '/exit').catch(() => undefined);
    const restarted = await untilObject(kube.port, pod, 'default', 'web-0', 'restarted', (object) => isReadyPod(object) && restartsOf(object) === 1);
    expect(restarted.metadata.uid).toBe(before.metadata.uid);
    expect(restarted.status?.containerStatuses).toMatchObject([{ lastState: { terminated: { exitCode: 3, reason: 'Error' } } }]);
    await kube.port.delete(pod, 'default', 'web-0');
    const [after] = await until(kube.port, pod, 'default', 'a new pod ready', (pods) => pods.length === 1 && isReadyPod(pods[0]) && pods[0].metadata.uid !== before.metadata.uid);
    expect(portsOfPod(after)).toEqual(portsOfPod(before));
  });

  it('leave nothing behind when the kubernetes stops', async () => {
    await kube.port.create(statefulSet, set(2));
    const [first] = await ready(2);
    await kube.stop(5);
    await expect(ask(first, '/env')).rejects.toThrow();
    expect(() => readFileSync(join(folder, 'data', 'default', 'pods', 'web-0', 'log'))).toThrow();
  });

  it('run nothing but meridian', async () => {
    const other = set(1);
    const spec = other.spec as { template: { spec: { containers: { command: string[] }[] } } };
    spec.template.spec.containers[0].command = ['sh', '-c', 'true'];
    await kube.port.create(statefulSet, other);
    const refused = await untilObject(kube.port, pod, 'default', 'web-0', 'refused', (object) => JSON.stringify(object.status).includes('RunContainerError'));
    expect(JSON.stringify(refused.status)).toContain('local mode runs only the program meridian');
  });
});
