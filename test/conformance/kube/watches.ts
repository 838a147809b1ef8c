import { describe, expect, it } from 'vitest';
import type { KubePort, WatchEvent, WatchOptions } from '../../../operator/kube/port.ts';
import { resourceTypes } from '../../../operator/kube/types.ts';
import { type Subject, configMap } from './subject.ts';

const type = resourceTypes.configMap;

/** Events of a watch up to the first that `last` accepts. */
function collect(port: KubePort, options: WatchOptions, last: (event: WatchEvent) => boolean): Promise<readonly WatchEvent[]> {
  return new Promise((resolve, reject) => {
    const events: WatchEvent[] = [];
    const stop = port.watch(type, options, {
      event(event) {
        if (event.type !== 'BOOKMARK') events.push(event);
        if (!last(event)) return;
        stop();
        resolve(events);
      },
      end: (error) => reject(error ?? new Error('the watch ended')),
    });
  });
}

const shown = (events: readonly WatchEvent[]): readonly string[] => events.map((event) => (event.type === 'BOOKMARK' ? event.type : `${event.type} ${event.object.metadata.name}`));
const isDeleted = (name: string) => (event: WatchEvent) => event.type === 'DELETED' && event.object.metadata.name === name;

export function watches(subject: () => Subject): void {
  describe('watch', () => {
    it('tells every change after a version, old ones and new ones, in order', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const { resourceVersion } = await port.list(type, { namespace });
      await port.create(type, configMap(namespace, 'a', { labels: { w: '1' } }));
      await port.patch(type, namespace, 'a', { data: { x: '1' } });
      const events = collect(port, { namespace, labelSelector: 'w', resourceVersion }, isDeleted('b'));
      await port.create(type, configMap(namespace, 'b', { labels: { w: '1' } }));
      await port.delete(type, namespace, 'a');
      await port.delete(type, namespace, 'b');
      expect(shown(await events)).toEqual(['ADDED a', 'MODIFIED a', 'ADDED b', 'DELETED a', 'DELETED b']);
      const versions = (await events).map((event) => (event.type === 'BOOKMARK' ? 0 : Number(event.object.metadata.resourceVersion)));
      expect(versions).toEqual(versions.toSorted((left, right) => left - right));
    });

    it('begins with what is there when no version is given', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await port.create(type, configMap(namespace, 'a', { labels: { w: '1' } }));
      const events = collect(port, { namespace, labelSelector: 'w', resourceVersion: '' }, isDeleted('a'));
      await port.delete(type, namespace, 'a');
      expect(shown(await events)).toEqual(['ADDED a', 'DELETED a']);
    });

    it('shows objects entering and leaving its selection as added and deleted', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      await port.create(type, configMap(namespace, 'a'));
      const { resourceVersion } = await port.list(type, { namespace });
      const events = collect(port, { namespace, labelSelector: 'in=yes', resourceVersion }, isDeleted('a'));
      await port.patch(type, namespace, 'a', { metadata: { labels: { in: 'yes' } } });
      await port.patch(type, namespace, 'a', { data: { x: '1' } });
      await port.patch(type, namespace, 'a', { metadata: { labels: { in: 'no' } } });
      expect(shown(await events)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
    });

    it('selects by name', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const { resourceVersion } = await port.list(type, { namespace });
      const events = collect(port, { namespace, fieldSelector: 'metadata.name=b', resourceVersion }, isDeleted('b'));
      for (const name of ['a', 'b']) await port.create(type, configMap(namespace, name));
      for (const name of ['a', 'b']) await port.delete(type, namespace, name);
      expect(shown(await events)).toEqual(['ADDED b', 'DELETED b']);
    });

    it('ends without an error when its time is over, and sends a version to go on from', async () => {
      const { port } = subject();
      const namespace = await subject().namespace();
      const { resourceVersion } = await port.list(type, { namespace });
      const ended = await new Promise<{ readonly error?: Error }>((resolve) => {
        port.watch(type, { namespace, resourceVersion, timeoutSeconds: 2 }, { event: () => undefined, end: (error) => resolve({ error }) });
      });
      expect(ended.error).toBeUndefined();
    });

    it('is told 410 when the version is forgotten', async () => {
      const { port } = subject();
      const resourceVersion = await subject().forgottenVersion();
      const error = await new Promise<Error | undefined>((resolve) => {
        port.watch(type, { resourceVersion }, { event: () => undefined, end: resolve });
      });
      expect(error).toMatchObject({ code: 410, reason: 'Expired' });
      expect(error?.message).toContain('too old resource version');
    });
  });
}
