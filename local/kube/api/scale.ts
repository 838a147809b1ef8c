import type { KubeObject } from '../../../operator/kube/port.ts';
import type { ApiKind } from '../kinds/api-kind.ts';
import { readPath, writePath } from '../kinds/field-path.ts';
import type { LabelSelector } from '../selectors/labels.ts';
import { invalid, modified, noSuchResource } from './errors.ts';

/** autoscaling/v1 Scale of an object that has the subresource; 404 for a kind that has none. */
export function scaleOf(kind: ApiKind, object: KubeObject): KubeObject {
  if (!kind.scale) throw noSuchResource();
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = readPath(object, kind.scale.specReplicasPath);
  const shown = readPath(object, kind.scale.statusReplicasPath);
  const selector = selectorText(kind, object);
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: typeof replicas === 'number' ? replicas : 0 },
    status: { replicas: typeof shown === 'number' ? shown : 0, ...(selector === '' ? {} : { selector }) },
  };
}

function selectorText(kind: ApiKind, object: KubeObject): string {
  const path = kind.scale?.labelSelectorPath ?? '';
  if (path !== '=selector') {
    const text = readPath(object, path);
    return typeof text === 'string' ? text : '';
  }
  const { matchLabels = {} } = (object.spec?.selector ?? {}) as LabelSelector;
  return Object.entries(matchLabels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

/** The object with the replicas of a Scale; what else stands in the Scale is not looked at. */
export function withScale(kind: ApiKind, live: KubeObject, scale: KubeObject): KubeObject {
  if (!kind.scale) throw noSuchResource();
  const { resourceVersion } = scale.metadata ?? {};
  if (resourceVersion !== undefined && resourceVersion !== '' && resourceVersion !== live.metadata.resourceVersion) throw modified(kind, live.metadata.name);
  const replicas = scale.spec?.replicas ?? 0;
  if (typeof replicas !== 'number' || !Number.isInteger(replicas) || replicas < 0) {
    const scaleKind = { group: 'autoscaling', version: 'v1', plural: 'scales', kind: 'Scale', namespaced: true };
    throw invalid(scaleKind, live.metadata.name, [{ field: 'spec.replicas', reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(replicas)}: must be greater than or equal to 0` }]);
  }
  return writePath(live, kind.scale.specReplicasPath, replicas);
}
