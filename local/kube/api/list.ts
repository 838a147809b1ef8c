import type { KubeList, ListOptions } from '../../../operator/kube/port.ts';
import type { ApiKind } from '../kinds/api-kind.ts';
import { parseFieldSelector } from '../selectors/fields.ts';
import { parseLabelSelector } from '../selectors/labels.ts';
import type { ApiContext } from './context.ts';
import { badRequest, expired } from './errors.ts';

interface Continuation {
  /** The list was begun at this version. */
  readonly version: number;
  readonly after: string;
}

const encode = (continuation: Continuation): string => Buffer.from(JSON.stringify(continuation)).toString('base64url');

function decode(text: string): Continuation {
  try {
    const { version, after } = JSON.parse(Buffer.from(text, 'base64url').toString()) as Continuation;
    if (typeof version === 'number' && typeof after === 'string') return { version, after };
  } catch {
    // Said below.
  }
  throw badRequest('continue key is not valid: cannot be read');
}

/** Objects are shared with the store: callers copy what they hand out. */
export function listObjects({ store }: ApiContext, kind: ApiKind, options: ListOptions = {}): KubeList & { readonly remaining?: number } {
  const from = options.continue ? decode(options.continue) : undefined;
  // Objects stand as they are now; a page of an old list is refused where the store could not have told that version from this.
  if (from && from.version < store.oldestVersion()) throw expired(from.version, store.oldestVersion());
  const matchesLabels = parseLabelSelector(options.labelSelector);
  const matchesFields = parseFieldSelector(kind, options.fieldSelector);
  const keyOf = (object: { metadata: { namespace?: string; name: string } }): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
  const items = store.list(kind, kind.namespaced ? options.namespace : undefined).filter((object) => matchesLabels(object.metadata.labels ?? {}) && matchesFields(object) && (!from || keyOf(object) > from.after));
  const version = from?.version ?? store.version();
  const resourceVersion = String(version);
  const limit = options.limit ?? 0;
  if (limit <= 0 || items.length <= limit) return { items, resourceVersion };
  const page = items.slice(0, limit);
  return { items: page, resourceVersion, continue: encode({ version, after: keyOf(page[limit - 1]) }), remaining: items.length - limit };
}
