import type { KubeObject, WatchEvent } from '../../../operator/kube/port.ts';
import { apiVersionOf } from '../kinds/api-kind.ts';
import type { Front } from './front.ts';
import { type Exchange, integerOf } from './exchange.ts';
import { includeObjectOf, selectionOf, shownOf } from './read-requests.ts';
import type { ResourceRoute } from './route.ts';
import { asKubeError, failure } from './status.ts';
import { partial, tableOf } from './table.ts';

/** A client that names no limit is told to come again after this. */
const standardTimeoutSeconds = 1800;

/** GET with watch=true: a line of JSON for each event until the time is over or the client goes. */
export function handleWatch(kube: Front, exchange: Exchange, route: ResourceRoute): void {
  const { query, responder, shape } = exchange;
  const { kind } = route;
  const { ports } = kube.api.context;
  const bookmarks = query.get('allowWatchBookmarks') === 'true' || query.get('allowWatchBookmarks') === '1';
  const initial = query.get('sendInitialEvents') === 'true';
  let first = true;
  let stop = (): void => {};
  const selection = selectionOf(exchange, route);
  const listed = initial ? kube.api.list(kind, selection) : undefined;

  const shaped = (object: KubeObject): unknown => {
    if (shape === 'partial') return partial(object);
    if (shape !== 'table') return shownOf(route, object);
    const table = tableOf(kind, [object], { nowMs: ports.clock.wallMs(), includeObject: includeObjectOf(exchange), includeColumns: first, metadata: { resourceVersion: object.metadata.resourceVersion }, shown: (one) => shownOf(route, one) });
    first = false;
    return table;
  };
  const bookmark = (resourceVersion: string, isInitialEnd: boolean): unknown => {
    const metadata = { resourceVersion, creationTimestamp: null, ...(isInitialEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}) };
    const object = { kind: kind.kind, apiVersion: route.coreEvents ? 'v1' : apiVersionOf(kind), metadata };
    if (shape !== 'table') return object;
    return { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: { resourceVersion }, columnDefinitions: [], rows: [{ cells: [], object: { ...object, kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' } }] };
  };
  // Faults of the request are an answer of their own: the watch must begin before the stream does.
  const early: string[] = [];
  let write = (line: string): void => void early.push(line);
  let end = (): void => {};
  const line = (type: string, object: unknown): void => write(`${JSON.stringify({ type, object })}\n`);
  const onEvent = (event: WatchEvent): void => {
    if (event.type !== 'BOOKMARK') return line(event.type, shaped(event.object));
    if (bookmarks) line('BOOKMARK', bookmark(event.resourceVersion, false));
  };
  const stopWatch = kube.api.watch(
    kind,
    { ...selection, resourceVersion: listed?.resourceVersion ?? query.get('resourceVersion') ?? '', timeoutSeconds: integerOf(query, 'timeoutSeconds') ?? standardTimeoutSeconds },
    {
      event: onEvent,
      end(error) {
        if (error) line('ERROR', failure(asKubeError(error)));
        end();
      },
    },
  );
  stop = stopWatch;
  const stream = responder.stream(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' }, () => stop());
  write = (text) => stream.write(text);
  end = () => stream.end();
  for (const text of early) stream.write(text);
  if (!listed) return;
  for (const object of listed.items) line('ADDED', shaped(object));
  line('BOOKMARK', bookmark(listed.resourceVersion, true));
}
