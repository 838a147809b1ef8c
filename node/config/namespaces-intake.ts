import type { KubeRequester } from '../../shared/io/kube-request.ts';
import { mostNamespacesParts, namespacesConfigMap, namespacesKey } from '../../shared/kube/names.ts';
import type { Logger } from '../../shared/log/log.ts';
import { joinParts, type NamespacesPart } from '../../shared/namespaces/parts.ts';
import type { NamespacesDocument } from '../../shared/namespaces/document.ts';
import type { Ports, TimerHandle } from '../../shared/ports/ports.ts';
import { parseNamespaces } from './namespaces.ts';

export interface NamespacesIntakeOptions {
  readonly ports: Pick<Ports, 'timers'>;
  readonly log: Logger;
  /** Of the kept document; undefined when there is none. Rejects when that cannot be known now. */
  readonly readKept: () => Promise<unknown>;
  /** A document newer than any before is in force from now on. */
  readonly onDocument: (document: NamespacesDocument) => void;
}

/** The one door for documents of namespaces: pushed by the operator, told by peers, read at a cold start. The highest revision wins. */
export interface NamespacesIntake {
  readonly document: NamespacesDocument | undefined;
  /** Throws NODE_CONFIG; answers the revision in force afterwards, 0 for none. */
  take(value: unknown): number;
  /** Reads what is kept, again and again until that was possible. */
  start(): void;
  stop(): void;
}

const retryMs = 1_000;

export function createNamespacesIntake({ ports, log, readKept, onDocument }: NamespacesIntakeOptions): NamespacesIntake {
  let document: NamespacesDocument | undefined;
  let timer: TimerHandle | undefined;
  let stopped = false;

  function take(value: unknown): number {
    const given = parseNamespaces(value);
    if (given.revision > (document?.revision ?? 0)) {
      document = given;
      onDocument(given);
      log.info('namespaces changed', { revision: given.revision, namespaces: given.namespaces.length });
    }
    return document?.revision ?? 0;
  }

  async function read(): Promise<void> {
    if (stopped) return;
    try {
      const kept = await readKept();
      if (kept !== undefined && !stopped) take(kept);
    } catch (error) {
      log.warn('the kept namespaces could not be read', { error: error instanceof Error ? error.message : String(error) });
      if (!stopped) timer = ports.timers.after(retryMs, () => void read(), { keepAlive: false });
    }
  }

  return {
    get document() {
      return document;
    },
    take,
    start: () => void read(),
    stop() {
      stopped = true;
      ports.timers.cancel(timer);
    },
  };
}

/** From the region's ConfigMaps. Between two writes of the operator the parts may not fit together: that is tried again. */
export function keptNamespaces(kube: KubeRequester, place: { readonly namespace: string; readonly cluster: string; readonly region: string }): () => Promise<unknown> {
  async function part(index: number): Promise<NamespacesPart | undefined> {
    const name = namespacesConfigMap(place.cluster, place.region, index);
    const { status, body } = await kube.send('GET', `/api/v1/namespaces/${place.namespace}/configmaps/${name}`);
    if (status === 404) return undefined;
    if (status !== 200) throw new Error(`the API server answered ${status} for ConfigMap ${name}`);
    const text = (body as { readonly data?: Readonly<Record<string, string>> }).data?.[namespacesKey];
    if (text === undefined) throw new Error(`ConfigMap ${name} has no ${namespacesKey}`);
    return JSON.parse(text) as NamespacesPart;
  }
  return async () => {
    const first = await part(0);
    if (first === undefined) return undefined;
    const rest = await Promise.all(Array.from({ length: Math.min(Number(first.of) || 1, mostNamespacesParts) - 1 }, (_, index) => part(index + 1)));
    const joined = joinParts([first, ...rest]);
    if (joined === undefined) throw new Error('the parts of the namespaces are not of one revision');
    return joined;
  };
}
