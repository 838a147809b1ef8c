import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KubeError, type KubeObject, type KubePort, type ResourceType } from '../../operator/kube/port.ts';
import { resourceTypes } from '../../operator/kube/types.ts';
import { driveCluster } from './cluster-driver.ts';
import { startInProcess, type InProcess } from './in-process.ts';

const writeVerbs = ['create', 'replace', 'apply', 'patch', 'delete', 'evict'] as const;

/** The port with every write noted as `verb Kind/name`, and a chance to say no. */
function noted(kube: KubePort, refuse: (note: string) => KubeError | undefined = () => undefined): { readonly port: KubePort; readonly writes: string[]; readonly objects: KubeObject[] } {
  const writes: string[] = [];
  const objects: KubeObject[] = [];
  const wrap = (verb: (typeof writeVerbs)[number]) => (async (type: ResourceType, ...args: unknown[]) => {
    const named = args.find((one): one is KubeObject => typeof one === 'object' && one !== null && 'kind' in one);
    const note = `${verb} ${type.kind}/${named?.metadata.name ?? String(args[1])}`;
    writes.push(note);
    if (named) objects.push(named);
    const refusal = refuse(note);
    if (refusal) throw refusal;
    return await (kube[verb] as (...all: unknown[]) => Promise<unknown>)(type, ...args);
  }) as never;
  return { writes, objects, port: { ...kube, ...Object.fromEntries(writeVerbs.map((verb) => [verb, wrap(verb)])) } };
}

let world: InProcess;
beforeEach(() => {
  world = startInProcess();
});
afterEach(() => world.stop());

const cluster = () => driveCluster(world.kube, 'apps');
const reasonOf = async (type: string): Promise<string | undefined> => (await cluster().condition(type))?.reason;

describe('a pass', () => {
  it('says Reconciling before it does anything, so that nobody takes the new object for settled', async () => {
    const { port, writes, objects } = noted(world.kube);
    const operator = world.operator(port);
    await cluster().create();
    await world.ports.advance(5_000);
    expect(writes[0]).toBe('apply CacheCluster/demo');
    expect(JSON.stringify(objects[0].status?.conditions)).toContain('"type":"Reconciling","status":"True"');
    expect(await reasonOf('Ready')).toBe('Serving');
    await operator.stop();
  });

  it('writes nothing while nothing changes, and gauges once a minute at most', async () => {
    const { port, writes } = noted(world.kube);
    const operator = world.operator(port);
    await cluster().create();
    await world.ports.advance(130_000);
    expect((await cluster().get()).status?.regions).toMatchObject([{ keys: 10, memoryUsed: 1000 }]);
    const before = writes.length;
    await world.ports.advance(3_600_000);
    expect(writes.slice(before)).toEqual([]);
    await operator.stop();
  });

  it('a new operator finds a settled cluster and writes nothing', async () => {
    const first = world.operator();
    await cluster().create({ replicas: 1, regions: [{ name: 'east' }, { name: 'west' }] });
    await world.ports.advance(130_000);
    await first.stop();
    const { port, writes } = noted(world.kube);
    const second = world.operator(port);
    await world.ports.advance(300_000);
    expect(writes).toEqual([]);
    await second.stop();
  });

  it('stops where the API server says no, says so, and goes on when it no longer does', async () => {
    let full = true;
    const refusal = new KubeError(403, 'Forbidden', 'statefulsets.apps "demo-east-s0" is forbidden: exceeded quota: pods');
    const { port } = noted(world.kube, (note) => (full && note === 'apply StatefulSet/demo-east-s0' ? refusal : undefined));
    const operator = world.operator(port);
    await cluster().create();
    await world.ports.advance(5_000);
    expect(await cluster().condition('Stalled')).toMatchObject({ status: 'True', reason: 'Refused', message: refusal.message });
    full = false;
    await world.ports.advance(30_000);
    expect(await cluster().condition('Stalled')).toMatchObject({ status: 'False' });
    expect(await reasonOf('Ready')).toBe('Serving');
    await operator.stop();
  });

  it('comes back with patience when the API server fails', async () => {
    let broken = true;
    const { port, writes } = noted(world.kube, (note) => (broken && note.startsWith('apply Service/') ? new KubeError(500, 'InternalError', 'etcd is away') : undefined));
    const operator = world.operator(port);
    await cluster().create();
    await world.ports.advance(60_000);
    expect(writes.filter((note) => note === 'apply Service/demo-east-nodes').length).toBeLessThan(40);
    broken = false;
    await world.ports.advance(120_000);
    expect(await reasonOf('Ready')).toBe('Serving');
    await operator.stop();
  });

  it('forgets a cluster that is gone, and makes one of the same name anew', async () => {
    const operator = world.operator();
    await cluster().create();
    await world.ports.advance(5_000);
    const { uid } = (await cluster().get()).metadata;
    const key = (await world.kube.get(resourceTypes.secret, 'apps', 'demo-bus'))?.data;
    await cluster().delete();
    await world.ports.advance(1_000);
    await cluster().create();
    await world.ports.advance(60_000);
    expect((await cluster().get()).metadata.uid).not.toBe(uid);
    expect(await reasonOf('Ready')).toBe('Serving');
    expect((await world.kube.get(resourceTypes.secret, 'apps', 'demo-bus'))?.data).not.toEqual(key);
    await operator.stop();
  });
});

it('two clusters in one namespace whose names collide: the first keeps its objects, the second says so', async () => {
  const operator = world.operator();
  const first = driveCluster(world.kube, 'apps', 'shop');
  await first.create({ regions: [{ name: 'a-b' }] });
  await world.ports.advance(5_000);
  const second = driveCluster(world.kube, 'apps', 'shop-a');
  await second.create({ regions: [{ name: 'b' }] });
  await world.ports.advance(5_000);
  expect(await second.condition('Stalled')).toMatchObject({ status: 'True', reason: 'NameCollision' });
  expect(await first.condition('Ready')).toMatchObject({ status: 'True' });
  expect((await world.kube.get(resourceTypes.service, 'apps', 'shop-a-b'))?.metadata.labels?.['meridiancache.io/cluster']).toBe('shop');
  await operator.stop();
});

describe('volumes', () => {
  it('grow under pods that go on running, and their set is made anew', async () => {
    const operator = world.operator();
    await cluster().create({ shards: 2, storage: { size: '1Gi' } });
    await world.ports.advance(20_000);
    const uids = async (): Promise<unknown> => (await world.kube.list(resourceTypes.pod, { namespace: 'apps' })).items.map(({ metadata }) => metadata.uid).toSorted();
    const before = await uids();
    await cluster().edit({ storage: { size: '3Gi' } });
    await world.ports.advance(20_000);
    const sizes = async (type: ResourceType): Promise<readonly string[]> => (await world.kube.list(type, { namespace: 'apps' })).items.map(({ spec }) => JSON.stringify(spec).match(/"storage":"(\w+)"/)?.[1] ?? '');
    expect(await sizes(resourceTypes.persistentVolumeClaim)).toEqual(['3Gi', '3Gi']);
    expect(await sizes(resourceTypes.statefulSet)).toEqual(['3Gi', '3Gi']);
    expect(await uids()).toEqual(before);
    expect(await reasonOf('RollingOut')).toBe('UpToDate');
    expect(await reasonOf('Ready')).toBe('Serving');
    await operator.stop();
  });
});
