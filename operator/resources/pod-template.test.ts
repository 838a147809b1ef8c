import { describe, expect, it } from 'vitest';
import { annotations, labels } from '../../shared/kube/names.ts';
import { full, fullRegion, plain, plainRegion } from './golden/sample-intent.ts';
import type { ClusterIntent, RegionIntent } from './intent.ts';
import { podTemplate } from './pod-template.ts';

const hash = (intent: ClusterIntent, region: RegionIntent): string => podTemplate(intent, region, 0).metadata.annotations[annotations.templateHash];

interface Container {
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly resources: { readonly limits: Record<string, string>; readonly requests: Record<string, string> };
  readonly securityContext: Record<string, unknown>;
  readonly volumeMounts: readonly { readonly name: string }[];
}
const containerOf = (intent: ClusterIntent, region: RegionIntent): Container => (podTemplate(intent, region, 0).spec.containers as Container[])[0];

describe('the template hash', () => {
  /**
   * Frozen. Every pod of every cluster carries one of these; another value for the same spec makes all of them outdated, and an
   * upgrade of the operator would roll every cache there is. If you meant to change the template, keep the old one for clusters
   * that have it (architecture.md: the pod template's hash is frozen), and add a line here instead of changing one.
   */
  it('of a given spec never changes', () => {
    expect(hash(plain, plainRegion)).toBe('343818be61eaeddf');
    expect(hash(full, fullRegion)).toBe('3a3d42cc3e7084ba');
  });

  it('does not cover what can be resized live', () => {
    expect(hash({ ...plain, memoryBytes: 1e9 }, plainRegion)).toBe(hash(plain, plainRegion));
    expect(hash({ ...plain, resources: { requests: { cpu: '3' }, limits: { cpu: '4' } } }, plainRegion)).toBe(hash(plain, plainRegion));
  });

  it('does not cover what nodes read from their mounted config', () => {
    expect(hash({ ...plain, eviction: 'noeviction', minInSync: 2, shards: 9, replicas: 2, announce: 'hostname' }, plainRegion)).toBe(hash(plain, plainRegion));
  });

  it('covers everything else', () => {
    const changed: ClusterIntent[] = [{ ...plain, image: 'other' }, { ...plain, auth: { enabled: false } }, { ...plain, storage: { size: '1Gi' } }, { ...plain, podTemplate: { env: [{ name: 'A', value: '1' }] } }];
    const hashes = changed.map((intent) => hash(intent, plainRegion));
    expect(new Set([...hashes, hash(plain, plainRegion), hash(plain, { ...plainRegion, nodeSelector: { a: 'b' } })]).size).toBe(6);
  });
});

describe('the pod', () => {
  it('fits the restricted Pod Security profile with a read-only root', () => {
    for (const [intent, region] of [[plain, plainRegion], [full, fullRegion]] as const) {
      const { spec } = podTemplate(intent, region, 0);
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      expect(containerOf(intent, region).securityContext).toEqual({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true, capabilities: { drop: ['ALL'] } });
      for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) expect(spec).not.toHaveProperty(field);
      const allowed = new Set(['configMap', 'secret', 'emptyDir']);
      const sources = (spec.volumes as Record<string, unknown>[]).flatMap((volume) => Object.keys(volume).filter((key) => key !== 'name'));
      expect(sources.filter((source) => !allowed.has(source))).toEqual([]);
    }
  });

  it('has time to hand over, and no variables of other services', () => {
    const { spec } = podTemplate(plain, plainRegion, 0);
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(60);
    expect(spec.enableServiceLinks).toBe(false);
  });

  it('has a memory limit derived from the data limit, whatever the spec asks for', () => {
    expect(containerOf(plain, plainRegion).resources.limits.memory).toBe(String(480 * 1024 * 1024));
    expect(containerOf(full, fullRegion).resources).toEqual({ requests: { memory: '128Mi', cpu: '1' }, limits: { cpu: '2', memory: String(480 * 1024 * 1024) } });
  });

  it("keeps its own labels and variables where the spec's have the same name", () => {
    const template = podTemplate(full, fullRegion, 3);
    expect(template.metadata.labels).toMatchObject({ team: 'shop', [labels.cluster]: 'demo', [labels.region]: 'west', [labels.shard]: '3' });
    expect(containerOf(full, fullRegion).env.filter(({ name }) => name === 'MERIDIAN_SHARD')).toEqual([{ name: 'MERIDIAN_SHARD', value: '0' }]);
    expect(containerOf(full, fullRegion).env).toContainEqual({ name: 'TZ', value: 'UTC' });
  });

  it('mounts users only where clients must authenticate', () => {
    expect(containerOf(plain, plainRegion).volumeMounts.map(({ name }) => name)).toEqual(['config', 'bus', 'auth', 'data']);
    expect(containerOf({ ...plain, auth: { enabled: false } }, plainRegion).volumeMounts.map(({ name }) => name)).toEqual(['config', 'bus', 'data']);
  });
});
