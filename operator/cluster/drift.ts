import { annotations } from '../../shared/kube/names.ts';
import { compareQuantities, parseQuantity } from '../../shared/resources/quantity.ts';
import type { KubeObject } from '../kube/port.ts';
import { hashOf } from '../resources/canonical.ts';

/** The object with the hash of what is applied on it: what an earlier version applied and this one leaves out is seen by it. */
export function sealed(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [annotations.appliedHash]: hashOf(object) } } };
}

/**
 * Whether applying would change anything. What others have added beside our fields is theirs, as in server-side apply; lists and
 * maps that the API treats as one value must be equal.
 */
export function differs(wanted: unknown, actual: unknown, key = ''): boolean {
  if (isRecord(wanted)) {
    if (!isRecord(actual)) return true;
    if (atomicMaps.has(key) && Object.keys(actual).length !== Object.keys(wanted).length) return true;
    return Object.entries(wanted).some(([name, value]) => value !== undefined && differs(value, actual[name], quantityMaps.has(key) ? 'quantity' : name));
  }
  if (Array.isArray(wanted)) return listsDiffer(wanted, actual ?? [], key);
  if (key === 'quantity' || key === 'storage') return !sameQuantity(wanted, actual);
  return wanted !== actual;
}

function listsDiffer(wanted: readonly unknown[], actual: unknown, key: string): boolean {
  if (!Array.isArray(actual)) return true;
  if (!atomicLists.has(key)) return wanted.some((item) => !actual.some((candidate) => !differs(item, candidate)));
  return actual.length !== wanted.length || wanted.some((item, index) => differs(item, actual[index]));
}

const atomicMaps: ReadonlySet<string> = new Set(['selector', 'matchLabels', 'nodeSelector']);
const atomicLists: ReadonlySet<string> = new Set([
  'rules', 'apiGroups', 'resources', 'resourceNames', 'verbs', 'subjects', 'ingress', 'from', 'policyTypes', 'command', 'drop', 'tolerations', 'accessModes', 'preferredDuringSchedulingIgnoredDuringExecution',
]);
/** The server writes quantities its own way: 0.5 is stored as 500m. */
const quantityMaps: ReadonlySet<string> = new Set(['requests', 'limits']);

function sameQuantity(wanted: unknown, actual: unknown): boolean {
  if (wanted === actual) return true;
  const [a, b] = [wanted, actual].map((value) => (typeof value === 'string' || typeof value === 'number' ? parseQuantity(value) : undefined));
  return a !== undefined && b !== undefined && compareQuantities(a, b) === 0;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
