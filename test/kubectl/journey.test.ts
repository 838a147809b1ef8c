import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type KubeServer, serveKube } from '../../local/kube/http/serve.ts';
import { type LocalKube, startLocalKube } from '../../local/kube/local-kube.ts';
import { createVirtualRuntime } from '../../local/kube/pods/virtual-runtime.ts';
import { resourceTypes } from '../../operator/kube/types.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { type Kubectl, kubectlFor } from './kubectl.ts';

let kube: LocalKube;
let server: KubeServer;
let kubectl: Kubectl;

beforeAll(async () => {
  kube = startLocalKube({ ports: systemPorts, kubelet: { runtime: createVirtualRuntime(systemPorts).runtime, hurryMs: 50 } });
  server = await serveKube(kube.api, { port: 0 });
  kubectl = kubectlFor(server.url);
});

afterAll(async () => {
  kubectl.end();
  await server.close();
  await kube.stop();
});

const manifest = (more = ''): string => `apiVersion: meridiancache.io/v1alpha1
kind: CacheCluster
metadata:
  name: quickstart
spec:
  shards: 3
  memory: 64Mi
  regions:
    - name: us
    - name: eu
${more}`;

const statefulSet = `apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  replicas: 2
  serviceName: web
  podManagementPolicy: Parallel
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: main
          image: web:1
          ports: [{containerPort: 80}]
          readinessProbe: {httpGet: {path: /readyz, port: 80}, periodSeconds: 1}
`;

const cluster = (): Record<string, unknown> | undefined => kube.api.find(resourceTypes.cacheCluster, 'default', 'quickstart');
const setStatus = (status: Record<string, unknown>): void => void kube.api.patch(resourceTypes.cacheCluster, 'default', 'quickstart', { type: 'merge', patch: { status } }, { subresource: 'status', manager: 'operator' });

describe('kubectl on a CacheCluster', () => {
  beforeEach(async () => {
    await kubectl.ok(['delete', 'cc', '--all']);
  });

  it('applies, and applies a change', async () => {
    expect(await kubectl.ok(['apply', '-f', '-'], manifest())).toBe('cachecluster.meridiancache.io/quickstart created\n');
    expect(await kubectl.ok(['apply', '-f', '-'], manifest())).toBe('cachecluster.meridiancache.io/quickstart unchanged\n');
    expect(await kubectl.ok(['apply', '-f', '-'], manifest().replace('shards: 3', 'shards: 4'))).toBe('cachecluster.meridiancache.io/quickstart configured\n');
    expect(cluster()).toMatchObject({ spec: { shards: 4, eviction: 'allkeys-s3fifo' } });
  });

  it('applies on the server, and is told of conflicts', async () => {
    expect(await kubectl.ok(['apply', '--server-side', '--field-manager=one', '-f', '-'], manifest())).toBe('cachecluster.meridiancache.io/quickstart serverside-applied\n');
    const changed = manifest().replace('shards: 3', 'shards: 4');
    const refused = await kubectl.run(['apply', '--server-side', '--field-manager=two', '-f', '-'], changed);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('Apply failed with 1 conflict: conflict with "one": .spec.shards');
    await kubectl.ok(['apply', '--server-side', '--field-manager=two', '--force-conflicts', '-f', '-'], changed);
    expect(cluster()).toMatchObject({ spec: { shards: 4 } });
  });

  it('is told which field there is not, and which rule does not hold', async () => {
    const unknown = await kubectl.run(['apply', '-f', '-'], manifest('  shardz: 3\n'));
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('strict decoding error: unknown field "spec.shardz"') });
    const lenient = await kubectl.run(['create', '--validate=warn', '--dry-run=server', '-f', '-'], manifest('  shardz: 3\n'));
    expect(lenient).toMatchObject({ code: 0, stderr: expect.stringContaining('Warning: unknown field "spec.shardz"') });
    const broken = await kubectl.run(['apply', '-f', '-'], manifest().replace('shards: 3', 'shards: 0'));
    expect(broken).toMatchObject({ code: 1, stderr: expect.stringContaining('The CacheCluster "quickstart" is invalid: spec.shards: Invalid value: 0: spec.shards in body should be greater than or equal to 1') });
    expect(cluster()).toBeUndefined();
  });

  it('gets tables, YAML, names and columns', async () => {
    await kubectl.ok(['apply', '-f', '-'], manifest());
    setStatus({ phase: 'Ready', shards: 3, conditions: [{ type: 'Ready', status: 'True', reason: 'AllServed', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }] });
    const [head, row] = (await kubectl.ok(['get', 'cc'])).split('\n');
    expect(head).toMatch(/^NAME +READY +PHASE +SHARDS/);
    expect(row).toMatch(/^quickstart +True +Ready +3 /);
    expect(await kubectl.ok(['get', 'cacheclusters', '-o', 'name'])).toBe('cachecluster.meridiancache.io/quickstart\n');
    expect(await kubectl.ok(['get', 'cc', 'quickstart', '-o', 'jsonpath={.spec.shards}'])).toBe('3');
    expect(await kubectl.ok(['get', 'meridian', '-A'])).toContain('quickstart');
    expect(await kubectl.run(['get', 'cc', 'nothing'])).toMatchObject({ code: 1, stderr: 'Error from server (NotFound): cacheclusters.meridiancache.io "nothing" not found\n' });
  });

  it('scales, labels, annotates and patches', async () => {
    await kubectl.ok(['apply', '-f', '-'], manifest());
    expect(await kubectl.ok(['scale', 'cc/quickstart', '--replicas=5'])).toContain('scaled');
    expect(cluster()).toMatchObject({ spec: { shards: 5 } });
    await kubectl.ok(['label', 'cc', 'quickstart', 'team=a']);
    await kubectl.ok(['annotate', 'cc', 'quickstart', 'meridiancache.io/approve=abc']);
    await kubectl.ok(['patch', 'cc', 'quickstart', '--type', 'merge', '-p', '{"spec":{"replicas":1}}']);
    await kubectl.ok(['patch', 'cc', 'quickstart', '--type', 'json', '-p', '[{"op":"replace","path":"/spec/shards","value":2}]']);
    expect(cluster()).toMatchObject({ metadata: { labels: { team: 'a' }, annotations: { 'meridiancache.io/approve': 'abc' } }, spec: { shards: 2, replicas: 1 } });
    expect(await kubectl.ok(['get', 'cc', '-l', 'team=b', '-o', 'name'])).toBe('');
  });

  it('edits', async () => {
    await kubectl.ok(['apply', '-f', '-'], manifest());
    const editor = join(tmpdir(), `meridian-editor-${process.pid}.sh`);
    writeFileSync(editor, '#!/bin/sh\nsed -i "s/shards: 3/shards: 6/" "$1"\n', { mode: 0o700 });
    expect(await kubectl.ok(['edit', 'cc/quickstart'], '', { KUBE_EDITOR: editor })).toContain('edited');
    expect(cluster()).toMatchObject({ spec: { shards: 6 } });
  });

  it('waits for a condition, watches, and waits for the end of a deletion', async () => {
    await kubectl.ok(['apply', '-f', '-'], manifest('').replace('  name: quickstart', '  name: quickstart\n  finalizers: [example.com/hold]'));
    const lines: string[] = [];
    const heard = (wanted: string): Promise<void> =>
      new Promise((resolve) => {
        const watching = kubectl.follow(['get', 'cc', '--watch', '-o', 'custom-columns=N:.metadata.name,P:.status.phase,D:.metadata.deletionTimestamp', '--no-headers'], (line) => {
          lines.push(line.replaceAll(/ +/g, ' ').trim());
          if (lines.length === 1) setStatus({ phase: 'Serving', conditions: [{ type: 'Ready', status: 'True', reason: 'AllServed', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }] });
          if (!line.includes(wanted)) return;
          watching.kill();
          resolve();
        });
      });
    const waiting = kubectl.ok(['wait', 'cc/quickstart', '--for=condition=Ready', '--timeout=20s']);
    await heard('Serving');
    expect(lines[0]).toBe('quickstart <none> <none>');
    expect(await waiting).toBe('cachecluster.meridiancache.io/quickstart condition met\n');
    const deleting = kubectl.follow(['delete', 'cc', 'quickstart'], () => {
      kube.api.patch(resourceTypes.cacheCluster, 'default', 'quickstart', { type: 'merge', patch: { metadata: { finalizers: null } } });
    });
    const [code] = (await once(deleting, 'exit')) as [number];
    expect(code).toBe(0);
    expect(cluster()).toBeUndefined();
  });

  it('describes with events, and lists them', async () => {
    await kubectl.ok(['apply', '-f', '-'], manifest());
    const { uid } = (cluster() as { metadata: { uid: string } }).metadata;
    const regarding = { apiVersion: 'meridiancache.io/v1alpha1', kind: 'CacheCluster', name: 'quickstart', namespace: 'default', uid };
    kube.api.create(resourceTypes.event, { apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: { name: 'quickstart.1', namespace: 'default' }, eventTime: '2026-01-01T00:00:00.000001Z', type: 'Normal', reason: 'ShardReady', note: 'shard 0 of us is served', action: 'Observe', reportingController: 'meridiancache.io/operator', reportingInstance: 'local', regarding });
    const described = await kubectl.ok(['describe', 'cc', 'quickstart']);
    expect(described).toMatch(/Shards: +3/);
    expect(described).toMatch(/Normal +ShardReady .*shard 0 of us is served/);
    expect(await kubectl.ok(['get', 'events'])).toMatch(/Normal +ShardReady +cachecluster\/quickstart +shard 0 of us is served/);
    expect(await kubectl.ok(['get', 'events', '--sort-by=.lastTimestamp'])).toContain('shard 0 of us is served');
    expect(await kubectl.ok(['events'])).toContain('shard 0 of us is served');
  });

  it('explains fields and lists what is served', async () => {
    expect(await kubectl.ok(['explain', 'cc.spec.shards'])).toContain('FIELD: shards <integer>');
    expect(await kubectl.ok(['api-resources', '--api-group=meridiancache.io', '-o', 'name'])).toContain('cacheclusters.meridiancache.io');
  });
});

describe('kubectl on workloads', () => {
  it('follows a StatefulSet from apply to delete', async () => {
    await kubectl.ok(['apply', '-f', '-'], statefulSet);
    await kubectl.ok(['wait', 'pod', '-l', 'app=web', '--for=condition=Ready', '--timeout=20s']);
    expect(await kubectl.ok(['get', 'pods'])).toMatch(/web-0 +1\/1 +Running +0 /);
    expect(await kubectl.ok(['get', 'sts'])).toMatch(/web +2\/2 /);
    expect(await kubectl.ok(['get', 'all'])).toContain('statefulset.apps/web');
    expect(await kubectl.ok(['rollout', 'status', 'sts/web', '--timeout=20s'])).toContain('complete');
    expect(await kubectl.ok(['describe', 'pod', 'web-0'])).toContain('Controlled By:  StatefulSet/web');
    expect(await kubectl.ok(['describe', 'sts', 'web'])).toContain('2 Running');
    await kubectl.ok(['apply', '-f', '-'], statefulSet.replace('replicas: 2', 'replicas: 1'));
    await kubectl.ok(['wait', 'pod/web-1', '--for=delete', '--timeout=20s']);
    await kubectl.ok(['delete', 'pod', 'web-0', '--grace-period=0', '--force']);
    await kubectl.ok(['delete', 'sts', 'web', '--cascade=foreground']);
    expect(await kubectl.ok(['get', 'pods', '-o', 'name'])).toBe('');
  });

  it('keeps ConfigMaps, Secrets and namespaces', async () => {
    await kubectl.ok(['create', 'namespace', 'other']);
    await kubectl.ok(['-n', 'other', 'create', 'configmap', 'settings', '--from-literal', 'a=1']);
    await kubectl.ok(['-n', 'other', 'create', 'secret', 'generic', 'hidden', '--from-literal', 'b=2']);
    expect(await kubectl.ok(['-n', 'other', 'get', 'cm,secret'])).toMatch(/configmap\/settings +1 .*\n\nNAME[^\n]*\nsecret\/hidden +Opaque +1 /s);
    expect(await kubectl.ok(['-n', 'other', 'get', 'secret', 'hidden', '-o', 'jsonpath={.data.b}'])).toBe('Mg==');
    await kubectl.ok(['delete', 'namespace', 'other']);
    expect(await kubectl.run(['get', 'namespace', 'other'])).toMatchObject({ code: 1 });
  });
});
