import { KubeError, type KubeObject, type KubePort } from '../../operator/kube/port.ts';
import type { ManualPorts } from './manual-ports.ts';

/** What happens to one request: answered after `there` + `back` ms, or lost on one of the two ways. */
export interface Fate {
  readonly thereMs: number;
  readonly backMs: number;
  readonly lost?: 'request' | 'answer';
}

export type LeaseClient = Pick<KubePort, 'get' | 'create' | 'replace'>;

/** One Lease with compare-and-swap on its version, reached over a network whose fates a test decides. */
export function leaseServer(ports: ManualPorts) {
  let lease: KubeObject | undefined;
  let version = 0;
  let created = 0;
  const store = (object: KubeObject): KubeObject => {
    version += 1;
    lease = structuredClone({ ...object, metadata: { ...object.metadata, resourceVersion: String(version) } });
    return lease;
  };
  const operations = {
    get: () => lease,
    create(object: KubeObject): KubeObject {
      if (lease) throw new KubeError(409, 'AlreadyExists', 'exists');
      created += 1;
      return store({ ...object, metadata: { ...object.metadata, uid: `uid-${created}` } });
    },
    replace(object: KubeObject): KubeObject {
      if (!lease) throw new KubeError(404, 'NotFound', 'gone');
      if (object.metadata.uid !== lease.metadata.uid || object.metadata.resourceVersion !== lease.metadata.resourceVersion) throw new KubeError(409, 'Conflict', 'modified');
      return store(object);
    },
  };
  const after = (ms: number): Promise<void> => new Promise((resolve) => ports.timers.after(ms, resolve));
  const timeoutMs = 3_000;
  const client = (fate: () => Fate): LeaseClient => {
    const over = async <T>(run: () => T): Promise<T> => {
      const { thereMs, backMs, lost } = fate();
      if (lost === 'request') return await after(timeoutMs).then(() => Promise.reject(new Error('timed out')));
      await after(thereMs);
      let outcome: { readonly value: T } | { readonly error: unknown };
      try {
        outcome = { value: structuredClone(run()) };
      } catch (error) {
        outcome = { error };
      }
      await after(lost === 'answer' ? timeoutMs : backMs);
      if (lost === 'answer') throw new Error('timed out');
      if ('error' in outcome) throw outcome.error;
      return outcome.value;
    };
    return {
      get: (_type, _namespace, _name) => over(operations.get),
      create: (_type, object) => over(() => operations.create(object)),
      replace: (_type, object) => over(() => operations.replace(object)),
    };
  };
  return {
    client,
    get lease() {
      return lease;
    },
    /** Someone with kubectl. */
    edit(change: (object: KubeObject) => KubeObject) {
      if (lease) store(change(structuredClone(lease)));
    },
    remove() {
      lease = undefined;
    },
  };
}
