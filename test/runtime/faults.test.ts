import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { WriteGate } from '../../operator/kube/write-gate.ts';
import type { KubeObject, KubePort } from '../../operator/kube/port.ts';
import { resourceTypes } from '../../operator/kube/types.ts';
import { startElection, type Election } from '../../operator/runtime/election.ts';
import { startInformer, type Informer } from '../../operator/runtime/informer.ts';
import { silentObserver } from '../../operator/runtime/observer.ts';
import { silentLogger } from '../../shared/log/log.ts';
import { systemPorts as ports } from '../../shared/ports/system.ts';
import { startControlPlane, type ControlPlane } from '../kube/control-plane.ts';
import { connect, until, type Connected } from './connect.ts';
import { startFaultProxy, type Fault, type FaultProxy } from './fault-proxy.ts';

const { configMap, namespace } = resourceTypes;
const log = silentLogger;

let plane: ControlPlane;
let direct: KubePort;
let proxy: FaultProxy;
let faulty: Connected;
const closes: (() => unknown)[] = [];

beforeAll(async () => {
  plane = await startControlPlane();
  const connected = await connect({ kubeconfig: plane.kubeconfig });
  direct = connected.kube;
  closes.push(() => plane.stop(), () => connected.transport.close());
  proxy = await startFaultProxy(plane);
  faulty = await connect({ env: { MERIDIAN_KUBE_URL: proxy.url } }, { requestTimeoutMs: 1_000 });
  closes.push(() => proxy.close(), () => faulty.transport.close());
}, 900_000);
afterEach(() => {
  proxy.decide = () => undefined;
  proxy.thaw();
});
afterAll(async () => {
  for (const close of closes.toReversed()) await close();
});

async function area(name: string): Promise<string> {
  await direct.create(namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return name;
}

const map = (ns: string, name: string, n: number): KubeObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: ns, name, labels: { test: 'yes' } }, data: { n: String(n), filling: 'x'.repeat(300) } });

/** A mirror through the proxy, with what its handlers were told, checked for order as it comes. */
function mirrored(ns: string) {
  const ends: string[] = [];
  const told = new Map<string, string>();
  const informer = startInformer({
    kube: faulty.kube,
    ports,
    log,
    type: configMap,
    namespaces: [ns],
    labelSelector: 'test=yes',
    observer: { ...silentObserver, watchEnded: (_type, why) => ends.push(why) },
    timing: { pageSize: 10, watchSeconds: 1, idleMs: 500, pageTimeoutMs: 500, firstBackoffMs: 5, mostBackoffMs: 100 },
  });
  const disorder: string[] = [];
  informer.onChange((change) => {
    const uid = change.object.metadata.uid!;
    const known = told.get(uid);
    if ((change.kind === 'added') !== (known === undefined)) disorder.push(`${change.kind} after ${known ?? 'nothing'}`);
    if (change.kind === 'deleted') told.delete(uid);
    else told.set(uid, change.object.metadata.resourceVersion!);
  });
  closes.push(() => informer.stop());
  return { informer, ends, told, disorder };
}

const shape = (objects: readonly KubeObject[]): string[] => objects.map(({ metadata }) => `${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`).toSorted();

const truth = async (ns: string): Promise<string[]> => shape((await direct.list(configMap, { namespace: ns, labelSelector: 'test=yes' })).items);

const sameAsTruth = async (ns: string, informer: Informer): Promise<void> => {
  await until('the mirror shows the truth', async () => JSON.stringify(shape(informer.store.list())) === JSON.stringify(await truth(ns)));
};

/** Creates, changes and deletes for as long as told, over a direct connection. */
async function churn(ns: string, rounds: number): Promise<void> {
  for (let n = 0; n < rounds; n += 1) {
    const name = `m${n % 40}`;
    if (n % 3 === 2) await direct.delete(configMap, ns, `m${(n * 7) % 40}`);
    else await direct.apply(configMap, map(ns, name, n), { fieldManager: 'churn', force: true });
  }
}

/** Four of five watches meet a fault, and one of five pages of a list (a list is several of them). */
function faultsByTurns(faults: readonly Fault[]): FaultProxy['decide'] {
  const asked = { watch: 0, list: 0 };
  return ({ isWatch }) => {
    const turn = isWatch ? ++asked.watch : ++asked.list;
    return (turn % 5 === 0) === isWatch ? undefined : faults[turn % faults.length];
  };
}

const kinds: Record<string, readonly Fault[]> = {
  '500s': [{ kind: 'status', code: 500 }, { kind: 'status', code: 503 }],
  resets: [{ kind: 'reset', afterBytes: 0 }, { kind: 'reset', afterBytes: 900 }, { kind: 'reset', afterBytes: 5_000 }],
  'truncated JSON': [{ kind: 'truncate', afterBytes: 1 }, { kind: 'truncate', afterBytes: 1_700 }, { kind: 'truncate', afterBytes: 4_001 }],
  'half-open connections': [{ kind: 'silence', afterBytes: 0 }, { kind: 'silence', afterBytes: 1_500 }],
  delays: [{ kind: 'delay', ms: 50 }, { kind: 'delay', ms: 300 }],
  '410 in place of a watch': [{ kind: 'status', code: 410 }],
};

test.each(Object.entries(kinds))('a mirror survives %s, is told everything in order, and ends at the truth', async (name, faults) => {
  const ns = await area(`mirror-${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`);
  await churn(ns, 30);
  const before = Object.values(proxy.done).reduce((sum, count) => sum + count, 0);
  proxy.decide = faultsByTurns(faults);
  const { informer, told, disorder } = mirrored(ns);
  await until('faults were met before and after the first list', async () => {
    await churn(ns, 20);
    return informer.hasSynced() && Object.values(proxy.done).reduce((sum, count) => sum + count, 0) > before + 3;
  });
  proxy.decide = () => undefined;
  await churn(ns, 10);
  await sameAsTruth(ns, informer);
  expect(disorder).toEqual([]);
  expect(new Set(told.values())).toEqual(new Set(informer.store.list().map(({ metadata }) => metadata.resourceVersion)));
  informer.stop();
});

test('a watch that went silent is noticed and resumed where it was, without a list', async () => {
  const ns = await area('silent');
  await churn(ns, 10);
  const { informer, ends } = mirrored(ns);
  await informer.whenSynced();
  let lists = 0;
  proxy.decide = ({ isWatch }) => {
    if (!isWatch) lists += 1;
    return undefined;
  };
  proxy.freeze();
  await churn(ns, 10);
  await until('the silence is noticed', () => ends.includes('idle'));
  proxy.thaw();
  await sameAsTruth(ns, informer);
  expect(lists).toBe(0);
  informer.stop();
});

test('a version that a restarted API server has forgotten is a real 410: the mirror lists anew and misses nothing', async () => {
  const ns = await area('expired');
  await churn(ns, 30);
  const { informer, ends, disorder } = mirrored(ns);
  await informer.whenSynced();
  proxy.freeze();
  await churn(ns, 60);
  await plane.stopApiServer();
  await plane.startApiServer();
  proxy.thaw();
  proxy.resetAll();
  await sameAsTruth(ns, informer);
  expect(ends).toContain('expired');
  expect(disorder).toEqual([]);
  informer.stop();
}, 60_000);

// --- leader election

const timing = { leaseMs: 3_000, writeMs: 1_800, retryMs: 150 };

interface Replica {
  readonly election: Election;
  readonly said: string[];
  /** Monotonic time at which the gate was seen closed. */
  closedMs(): number | undefined;
  stop(): void;
}

/** A replica that, while it may, writes its name into one ConfigMap as fast as it can. */
function replica(ns: string, identity: string, via: Connected): Replica {
  const said: string[] = [];
  let closedMs: number | undefined;
  let stopped = false;
  const election = startElection({ kube: via.client({ requestTimeoutMs: 700 }), ports, log, namespace: ns, name: 'operator', identity, timing, onElected: () => said.push('elected'), onLost: (why) => said.push(why) });
  const gate: WriteGate = election.gate;
  gate.onClose(() => (closedMs = ports.clock.monotonicMs()));
  const kube = via.client({ gate, requestTimeoutMs: 700, limits: { perSecond: 200, burst: 1, mostInFlight: 4 } });
  const write = async (): Promise<void> => {
    for (let n = 0; !stopped; n += 1) {
      if (gate.closed() === undefined) await kube.apply(configMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: ns, name: 'writer' }, data: { writer: identity, n: String(n) } }, { fieldManager: 'replica', force: true }).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  void write();
  closes.push(() => void (stopped = true), () => election.release());
  return { election, said, closedMs: () => closedMs, stop: () => void (stopped = true) };
}

/** Who wrote, in the order of the API server. */
function writers(ns: string): { readonly names: string[]; readonly firstMs: Map<string, number> } {
  const names: string[] = [];
  const firstMs = new Map<string, number>();
  const informer = startInformer({ kube: direct, ports, log, type: configMap, namespaces: [ns], fieldSelector: 'metadata.name=writer' });
  informer.onChange(({ object }) => {
    const name = object.data?.writer ?? '';
    if (!firstMs.has(name)) firstMs.set(name, ports.clock.monotonicMs());
    if (names.at(-1) !== name) names.push(name);
  });
  closes.push(() => informer.stop());
  return { names, firstMs };
}

const cutOffs: Record<string, (leaderProxy: FaultProxy) => void> = {
  'the connection goes half-open': (leaderProxy) => leaderProxy.freeze(),
  'every request is answered 500': (leaderProxy) => (leaderProxy.decide = () => ({ kind: 'status', code: 500 })),
  'every connection is reset': (leaderProxy) => {
    leaderProxy.decide = () => ({ kind: 'reset', afterBytes: 0 });
    leaderProxy.resetAll();
  },
  'every answer is cut short': (leaderProxy) => (leaderProxy.decide = () => ({ kind: 'truncate', afterBytes: 5 })),
  'requests take longer than their time': (leaderProxy) => (leaderProxy.decide = () => ({ kind: 'delay', ms: 900 })),
};

test.each(Object.entries(cutOffs))('when %s for the leader, its last write is before the first of the next one', async (name, cutOff) => {
  const ns = await area(`lead-${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`);
  const seen = writers(ns);
  const leaderProxy = await startFaultProxy(plane);
  const viaProxy = await connect({ env: { MERIDIAN_KUBE_URL: leaderProxy.url } });
  closes.push(() => leaderProxy.close(), () => viaProxy.transport.close());
  const first = replica(ns, 'first', viaProxy);
  await until('the first leads and writes', () => seen.names.includes('first'));
  const second = replica(ns, 'second', await connectDirect());
  cutOff(leaderProxy);
  await until('the second leads and writes', () => seen.names.includes('second'));
  expect(first.said).toEqual(['elected', 'the Lease was not renewed in time']);
  expect(first.closedMs()).toBeLessThan(seen.firstMs.get('second')! - 500);
  leaderProxy.decide = () => undefined;
  leaderProxy.thaw();
  await churn(ns, 20);
  expect(seen.names).toEqual(['first', 'second']);
  first.stop();
  second.stop();
  await second.election.release();
});

async function connectDirect(): Promise<Connected> {
  const connected = await connect({ kubeconfig: plane.kubeconfig });
  closes.push(() => connected.transport.close());
  return connected;
}

test('a leader whose Lease is stolen stops at once and never writes again', async () => {
  const ns = await area('stolen');
  const seen = writers(ns);
  const only = replica(ns, 'only', await connectDirect());
  await until('it leads and writes', () => seen.names.includes('only'));
  await direct.patch(resourceTypes.lease, ns, 'operator', { spec: { holderIdentity: 'thief' } });
  await until('it has noticed', () => only.election.gate.closed() !== undefined);
  expect(only.said).toEqual(['elected', 'the Lease was taken by "thief"']);
  const version = (await direct.get(configMap, ns, 'writer'))!.metadata.resourceVersion;
  await churn(ns, 50);
  expect((await direct.get(configMap, ns, 'writer'))!.metadata.resourceVersion).toBe(version);
  only.stop();
});
