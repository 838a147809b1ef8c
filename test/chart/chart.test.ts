import { beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../operator/kube/port.ts';
import { parseOperatorOptions } from '../../operator/options.ts';
import { helm, type Helm } from './helm.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

let tool: Helm;
let plain: readonly KubeObject[];
let scoped: readonly KubeObject[];
beforeAll(async () => {
  tool = await helm();
  plain = await tool.template('meridian');
  scoped = await tool.template('meridian', 'watchNamespaces={shop,bank}');
}, 900_000);

const named = (objects: readonly KubeObject[], kind: string, name: string): KubeObject => {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (!found) throw new Error(`no ${kind} ${name} among ${objects.map((object) => `${object.kind}/${object.metadata.name}`).join(', ')}`);
  return found;
};

/** `resource [names]: verbs`, as a person would check it. */
const listed = (object: KubeObject): string[] =>
  (object.rules as Rule[]).flatMap(({ apiGroups, resources, resourceNames, verbs }) =>
    apiGroups.flatMap((group) => resources.map((resource) => `${resource}${group === '' ? '' : `.${group}`}${resourceNames ? ` [${resourceNames.join(' ')}]` : ''}: ${verbs.join(' ')}`)));

/** Every right that the operator has. Another line here, or another verb, needs a reason. */
const operatorRights = [
  'cacheclusters.meridiancache.io: list patch watch',
  'cacheclusters/status.meridiancache.io: patch',
  'cachenamespaces/status.meridiancache.io: patch',
  'cachenamespaces.meridiancache.io: list patch watch',
  'namespaces: get',
  'pods: delete get list watch',
  'pods/eviction: create',
  'pods/resize: patch',
  'services: create delete get list patch watch',
  'serviceaccounts: create delete get list patch watch',
  'configmaps: create delete get list patch update watch',
  'secrets: create get list patch update watch',
  'persistentvolumeclaims: get list patch watch',
  'statefulsets.apps: create delete get list patch watch',
  'poddisruptionbudgets.policy: create delete get list patch watch',
  'networkpolicies.networking.k8s.io: create delete get list patch watch',
  'servicemonitors.monitoring.coreos.com: create delete get list patch watch',
  'roles.rbac.authorization.k8s.io: create delete get list patch watch',
  'rolebindings.rbac.authorization.k8s.io: create delete get list patch watch',
  'leases.coordination.k8s.io: create delete get list patch update watch',
  'events.events.k8s.io: create patch',
];
/** Only where every namespace is watched. */
const machineRights = ['nodes: list watch'];
const electionRights = ['leases.coordination.k8s.io: create', 'leases.coordination.k8s.io [meridian-operator]: get update'];
const takeDownRights = ['deployments.apps [caches-meridian]: delete get'];
const releaseRights = ['cacheclusters.meridiancache.io: list patch', 'cachenamespaces.meridiancache.io: list patch'];

describe('rights', () => {
  it('are these and no others', () => {
    expect(listed(named(plain, 'ClusterRole', 'system-caches-meridian'))).toEqual([...operatorRights, ...machineRights]);
    expect(listed(named(plain, 'Role', 'caches-meridian-election'))).toEqual(electionRights);
    expect(listed(named(plain, 'ClusterRole', 'system-caches-meridian-release'))).toEqual(releaseRights);
    expect(listed(named(plain, 'Role', 'caches-meridian-release-operator'))).toEqual(takeDownRights);
    expect(plain.filter((object) => object.kind.endsWith('Role'))).toHaveLength(4);
  });

  it('with watchNamespaces are Roles of those namespaces only', () => {
    expect(scoped.filter((object) => object.kind.startsWith('ClusterRole'))).toEqual([]);
    const roles = scoped.filter((object) => object.kind === 'Role').map((role) => [role.metadata.namespace, role.metadata.name, listed(role)]);
    expect(roles.toSorted(([a, b], [c, d]) => (`${a as string}/${b as string}` < `${c as string}/${d as string}` ? -1 : 1))).toEqual([
      ['bank', 'caches-meridian', operatorRights],
      ['bank', 'caches-meridian-release', releaseRights],
      ['shop', 'caches-meridian', operatorRights],
      ['shop', 'caches-meridian-release', releaseRights],
      ['system', 'caches-meridian-election', electionRights],
      ['system', 'caches-meridian-release-operator', takeDownRights],
    ]);
  });

  it('are bound to the service accounts of the chart', () => {
    const bindings = [...plain, ...scoped].filter((object) => object.kind.endsWith('Binding'));
    expect(bindings).toHaveLength(10);
    for (const { metadata, roleRef, subjects } of bindings) {
      const account = metadata.name.includes('-release') ? 'caches-meridian-release' : 'caches-meridian';
      expect(subjects, metadata.name).toEqual([{ kind: 'ServiceAccount', name: account, namespace: 'system' }]);
      expect((roleRef as { name: string }).name).toBe(metadata.name);
    }
  });

  it('never include escalate, bind, impersonate or a wildcard', () => {
    const rights = JSON.stringify([...plain, ...scoped].filter((object) => object.kind.endsWith('Role')).map((object) => object.rules));
    for (const word of ['escalate', 'bind"', 'impersonate', '"*"']) expect(rights).not.toContain(word);
  });
});

describe('the Deployment', () => {
  interface Pod {
    readonly securityContext: Record<string, unknown>;
    readonly containers: readonly { readonly securityContext: Record<string, unknown>; readonly env: readonly { readonly name: string; readonly value?: string }[]; readonly command: readonly string[] }[];
  }
  const podsOf = (objects: readonly KubeObject[]): Pod[] => objects.filter((object) => object.kind === 'Deployment' || object.kind === 'Job').map((object) => (object as KubeObject & { spec: { template: { spec: Pod } } }).spec.template.spec);

  it('has two replicas, of which one may be away', () => {
    expect(named(plain, 'Deployment', 'caches-meridian').spec?.replicas).toBe(2);
    expect(named(plain, 'PodDisruptionBudget', 'caches-meridian').spec?.maxUnavailable).toBe(1);
  });

  it('and the hook fit the restricted profile', () => {
    expect(podsOf(plain)).toHaveLength(2);
    for (const { securityContext, containers } of podsOf(plain)) {
      expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      for (const container of containers) expect(container.securityContext).toEqual({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true, capabilities: { drop: ['ALL'] } });
    }
  });

  it('starts the operator with flags and variables that it understands', () => {
    const read = podsOf(scoped).map(({ containers: [{ command, env }] }) => {
      const values = Object.fromEntries(env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
      expect(command.slice(0, 2)).toEqual(['meridian', 'operator']);
      expect(Object.keys(values).filter((name) => !name.startsWith('MERIDIAN_') && !['NODE_OPTIONS', 'MALLOC_ARENA_MAX'].includes(name))).toEqual([]);
      return parseOperatorOptions(command.slice(2), values, 'none');
    });
    expect(read).toMatchObject([
      { watchNamespaces: ['shop', 'bank'], defaultImage: 'ghcr.io/meridiancache/meridian:0.1.0', logLevel: 'info', leaderElection: true, releaseFinalizers: false, leaseName: 'meridian-operator' },
      { watchNamespaces: ['shop', 'bank'], releaseFinalizers: true, releaseDeployment: 'caches-meridian' },
    ]);
  });

  it("is found by the nodes' NetworkPolicy", () => {
    expect(named(plain, 'Deployment', 'caches-meridian').spec).toMatchObject({ template: { metadata: { labels: { 'app.kubernetes.io/name': 'meridian-operator' } } } });
  });
});

describe('the chart', () => {
  it('is linted, in every mode', async () => {
    await expect(tool.lint('meridian')).resolves.toContain('0 chart(s) failed');
    await expect(tool.lint('meridian', 'watchNamespaces={a}', 'metrics.serviceMonitor.enabled=true', 'flowSchema.enabled=false', 'preDeleteHook.enabled=false', 'replicaCount=1')).resolves.toContain('0 chart(s) failed');
    await expect(tool.lint('meridian-crds')).resolves.toContain('0 chart(s) failed');
  });

  it('refuses values that it does not know or that make no sense', async () => {
    await expect(tool.template('meridian', 'replicas=3')).rejects.toThrow('replicas');
    await expect(tool.template('meridian', 'logLevel=loud')).rejects.toThrow('logLevel');
    await expect(tool.template('meridian', 'watchNamespaces={Not_a_name}')).rejects.toThrow('watchNamespaces');
  });

  it("puts the nodes' requests on the leader-election level", async () => {
    const { spec } = named(plain, 'FlowSchema', 'system-caches-meridian-nodes');
    expect(spec).toMatchObject({ priorityLevelConfiguration: { name: 'leader-election' }, rules: [{ subjects: [{ kind: 'Group', group: { name: 'system:serviceaccounts' } }] }] });
    expect(named(scoped, 'FlowSchema', 'system-caches-meridian-nodes').spec).toMatchObject({ rules: [{ subjects: [{ kind: 'ServiceAccount', serviceAccount: { name: '*', namespace: 'shop' } }, { kind: 'ServiceAccount', serviceAccount: { name: '*', namespace: 'bank' } }] }] });
    expect((await tool.template('meridian', 'flowSchema.enabled=false')).filter((object) => object.kind === 'FlowSchema')).toEqual([]);
  });

  it('runs the hook before the deletion and leaves nothing of it', () => {
    const hooks = plain.filter((object) => object.metadata.annotations?.['helm.sh/hook'] !== undefined);
    expect(hooks.map((object) => object.kind).toSorted()).toEqual(['ClusterRole', 'ClusterRoleBinding', 'Job', 'Role', 'RoleBinding', 'ServiceAccount']);
    for (const { metadata } of hooks) expect(metadata.annotations).toMatchObject({ 'helm.sh/hook': 'pre-delete', 'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded' });
  });

  it('keeps the CRDs when it is uninstalled', async () => {
    const crds = await tool.template('meridian-crds');
    expect(crds.map((crd) => crd.metadata.name)).toContain('cacheclusters.meridiancache.io');
    for (const crd of crds) expect(crd.metadata.annotations).toMatchObject({ 'helm.sh/resource-policy': 'keep' });
  });

  it('makes a ServiceMonitor only where it is asked for', async () => {
    expect(plain.filter((object) => object.kind === 'ServiceMonitor')).toEqual([]);
    expect((await tool.template('meridian', 'metrics.serviceMonitor.enabled=true')).filter((object) => object.kind === 'ServiceMonitor')).toHaveLength(1);
  });
});
