import type { KubeObject, WatchEvent, WatchOptions, WatchSink } from '../../../operator/kube/port.ts';
import type { ApiKind } from '../kinds/api-kind.ts';
import { parseFieldSelector } from '../selectors/fields.ts';
import { parseLabelSelector } from '../selectors/labels.ts';
import { type Change, sameKind } from '../storage/store.ts';
import { type ApiContext, cloneObject } from './context.ts';
import { badRequest, expired } from './errors.ts';

const bookmarkPeriodMs = 60_000;

/**
 * Changes after `resourceVersion`, then as they come, in order, each after the turn of its write. '' and '0' begin with what is
 * there. Bookmarks come once a minute and before the server's time-out.
 */
export function watchObjects(context: ApiContext, kind: ApiKind, options: WatchOptions, sink: WatchSink): () => void {
  const { store, ports } = context;
  const selected = selection(kind, options);
  let pending: WatchEvent[] = [];
  let failure: Error | undefined;
  let over = false;
  let scheduled = false;
  let sent = 0;

  const finish = (): void => {
    over = true;
    unsubscribe();
    ports.timers.cancel(bookmarks);
    ports.timers.cancel(deadline);
  };
  const flush = (): void => {
    scheduled = false;
    const events = pending;
    pending = [];
    for (const event of events) if (!over) sink.event(event);
    if (failure && !over) {
      finish();
      sink.end(failure);
    }
  };
  const schedule = (): void => {
    if (scheduled || over) return;
    scheduled = true;
    ports.timers.soon(flush);
  };
  const push = (event: WatchEvent | undefined): void => {
    if (!event || over) return;
    pending.push(event);
    schedule();
  };
  const bookmark = (): void => push({ type: 'BOOKMARK', resourceVersion: String(Math.max(store.version(), sent)) });

  const unsubscribe = store.subscribe((change) => {
    sent = change.version;
    if (sameKind(change.kind, kind)) push(eventOf(change, selected));
  });
  const bookmarks = ports.timers.every(bookmarkPeriodMs, bookmark, { keepAlive: false });
  const deadline = options.timeoutSeconds === undefined ? undefined : ports.timers.after(options.timeoutSeconds * 1000, timeOut, { keepAlive: false });

  function timeOut(): void {
    if (over) return;
    bookmark();
    flush();
    finish();
    sink.end();
  }

  try {
    for (const event of backlog(context, kind, options, selected)) push(event);
  } catch (error) {
    failure = error as Error;
    schedule();
  }
  return finish;
}

type Selected = (object: KubeObject) => boolean;

function selection(kind: ApiKind, options: WatchOptions): Selected {
  const matchesLabels = parseLabelSelector(options.labelSelector);
  const matchesFields = parseFieldSelector(kind, options.fieldSelector);
  const { namespace } = options;
  const anywhere = namespace === undefined || !kind.namespaced;
  return (object) => (anywhere || object.metadata.namespace === namespace) && matchesLabels(object.metadata.labels ?? {}) && matchesFields(object);
}

function backlog({ store }: ApiContext, kind: ApiKind, { resourceVersion }: WatchOptions, selected: Selected): readonly (WatchEvent | undefined)[] {
  if (resourceVersion === '' || resourceVersion === '0') {
    return store.list(kind).filter(selected).map((object) => ({ type: 'ADDED', object: cloneObject(object) }));
  }
  const since = Number(resourceVersion);
  if (!Number.isSafeInteger(since) || since < 0) throw badRequest(`Invalid value: ${JSON.stringify(resourceVersion)}: resourceVersion: Invalid value`);
  const changes = store.changesSince(kind, since);
  if (!changes) throw expired(since, store.oldestVersion());
  return changes.map((change) => eventOf(change, selected));
}

/** An object that no longer matches is, to this watcher, deleted; one that matches only now, added. */
function eventOf({ type, object, previous }: Change, selected: Selected): WatchEvent | undefined {
  const before = previous !== undefined && selected(previous);
  if (type === 'DELETED') return before ? { type, object: cloneObject(object) } : undefined;
  const now = selected(object);
  if (!before && !now) return undefined;
  if (!now) return { type: 'DELETED', object: cloneObject({ ...(previous as KubeObject), metadata: { ...(previous as KubeObject).metadata, resourceVersion: object.metadata.resourceVersion } }) };
  return { type: before ? 'MODIFIED' : 'ADDED', object: cloneObject(object) };
}
