import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MeridianError } from '../../shared/errors/meridian-error.ts';
import { silentLogger } from '../../shared/log/log.ts';
import { namespacesDocumentSchema, type NamespacesDocument } from '../../shared/namespaces/document.ts';
import { splitDocument } from '../../shared/namespaces/parts.ts';
import { manualPorts } from '../../test/runtime/manual-ports.ts';
import { parseNamespaces } from './namespaces.ts';
import { createNamespacesIntake, keptNamespaces } from './namespaces-intake.ts';

const document = (revision = 3): NamespacesDocument => ({
  formatVersion: 1,
  revision,
  namespaces: [
    {
      name: 'carts', uid: 'u1', revision: 2, tenant: 'shop', consistency: 'eventual', acknowledge: 'insync', defaultTtlMs: 60_000, maxTtlMs: 90_000.5, ttlJitterPercent: 10, slidingExpiry: false, eviction: 'allkeys-lru',
      maxValueBytes: 1024, quota: { memoryBytes: 1, keys: 2, opsPerSecond: 3, egressBytesPerSecond: 4, connections: 5 }, negativeTtlMs: 1, staleWhileRevalidateMs: 2, trackAccess: true,
      invalidation: { schedule: '* * * * *', pattern: 'a*', webhookTokenSha256: 'ab' }, access: [{ user: 'ann', verbs: ['read', 'admin'] }],
    },
  ],
  retired: [{ name: 'old', uid: 'u0' }],
});

type Step = string | number;
const pathsOf = (node: unknown, path: readonly Step[] = []): (readonly Step[])[] =>
  typeof node !== 'object' || node === null ? [] : Object.entries(node).flatMap(([name, child]) => [[...path, Array.isArray(node) ? Number(name) : name], ...pathsOf(child, [...path, Array.isArray(node) ? Number(name) : name])]);

function changed(node: unknown, [step, ...rest]: readonly Step[], to: unknown): unknown {
  if (step === undefined) return to;
  if (Array.isArray(node)) return node.map((item: unknown, index) => (index === step ? changed(item, rest, to) : item));
  return { ...(node as object), [step]: changed((node as Record<string, unknown>)[step], rest, to) };
}

describe('a document of namespaces', () => {
  it('is taken as the schema takes it, with any one place changed', () => {
    const odd = fc.constantFrom<unknown>(undefined, null, -1, 0, 1, 51, 1.5, 2 ** 60, true, '', 'x', 'read', 'insync', [], ['x'], [1], {}, [{}], [null], { user: 'a' });
    fc.assert(
      fc.property(fc.constantFrom(...pathsOf(document())), odd, (path, to) => {
        const wire = JSON.parse(JSON.stringify(changed(document(), path, to))) as unknown;
        let taken = true;
        try {
          parseNamespaces(wire);
        } catch (error) {
          expect((error as MeridianError).code).toBe('NODE_CONFIG');
          taken = false;
        }
        expect(taken).toBe(namespacesDocumentSchema.safeParse(wire).success);
      }),
      { numRuns: 1500, seed: 1 },
    );
  });

  it('says what is wrong with one that is not', () => {
    expect(() => parseNamespaces(null)).toThrow('namespaces: it is no object');
    expect(() => parseNamespaces({ ...document(), revision: 0 })).toThrow('namespaces: revision is 0');
    expect(() => parseNamespaces(changed(document(), ['namespaces', 0, 'quota'], 5))).toThrow('namespaces[0]: quota is 5');
    expect(() => parseNamespaces({ ...document(), namespaces: [...document().namespaces, ...document().namespaces] })).toThrow('a name is there twice');
  });
});

describe('the intake', () => {
  const intakeOf = (readKept: () => Promise<unknown>) => {
    const ports = manualPorts();
    const seen: number[] = [];
    return { ports, seen, intake: createNamespacesIntake({ ports, log: silentLogger, readKept, onDocument: ({ revision }) => seen.push(revision) }) };
  };

  it('keeps the highest revision, wherever it comes from', async () => {
    const { ports, seen, intake } = intakeOf(() => Promise.resolve(document(4)));
    expect(intake.take(document(5))).toBe(5);
    intake.start();
    await ports.advance(10);
    expect(intake.take(document(3))).toBe(5);
    expect(intake.take(document(6))).toBe(6);
    expect(seen).toEqual([5, 6]);
  });

  it('reads what is kept until that was possible, and leaves what is in force alone when a document makes no sense', async () => {
    const answers: unknown[] = [new Error('no API server'), { formatVersion: 2 }, document(4)];
    const { ports, seen, intake } = intakeOf(async () => {
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    });
    intake.start();
    await ports.advance(5_000);
    expect(seen).toEqual([4]);
    expect(answers).toEqual([]);
    expect(() => intake.take({ formatVersion: 2 })).toThrow(MeridianError);
    expect(intake.document?.revision).toBe(4);
  });

  it('asks no more once it is stopped', async () => {
    let asked = 0;
    const { ports, intake } = intakeOf(() => Promise.reject(new Error(`no ${(asked += 1)}`)));
    intake.start();
    await ports.advance(10);
    intake.stop();
    await ports.advance(60_000);
    expect(asked).toBe(1);
  });
});

describe('the kept document', () => {
  const place = { namespace: 'apps', cluster: 'demo', region: 'east' };
  const path = (name: string): string => `/api/v1/namespaces/apps/configmaps/${name}`;
  const server = (maps: Readonly<Record<string, unknown>>) => ({
    send: (_method: 'GET' | 'PUT', asked: string) => Promise.resolve(maps[asked] === undefined ? { status: 404, body: {} } : { status: 200, body: { data: { 'namespaces.json': JSON.stringify(maps[asked]) } } }),
  });
  const big: NamespacesDocument = { ...document(), namespaces: Array.from({ length: 1000 }, (_, index) => ({ ...document().namespaces[0], name: `n${index}`, access: [{ user: 'x'.repeat(900), verbs: ['read'] }] })) };

  it('is put together from its parts', async () => {
    const parts = splitDocument(big);
    expect(parts.length).toBe(3);
    const maps = Object.fromEntries(parts.map((part, index) => [path(index === 0 ? 'demo-east-namespaces' : `demo-east-namespaces-${index}`), part]));
    expect(await keptNamespaces(server(maps), place)()).toEqual(big);
    await expect(keptNamespaces(server({ ...maps, [path('demo-east-namespaces-1')]: { ...parts[1], revision: 9 } }), place)()).rejects.toThrow('not of one revision');
  });

  it('is none where there is no object, and unknown where the API server does not answer', async () => {
    expect(await keptNamespaces(server({}), place)()).toBeUndefined();
    await expect(keptNamespaces({ send: () => Promise.resolve({ status: 403, body: {} }) }, place)()).rejects.toThrow('answered 403');
  });
});
