import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resourceTypes } from '../../../operator/kube/types.ts';
import { customResources } from './custom-resources.ts';
import { deletes } from './deletes.ts';
import { objectsAndLists } from './objects-and-lists.ts';
import { serverSideApply } from './server-side-apply.ts';
import type { OpenSubject, Subject } from './subject.ts';
import { watches } from './watches.ts';
import { workloads } from './workloads.ts';

/** What every KubePort must do; each implementation runs all of it. */
export function kubeConformance(name: string, open: OpenSubject): void {
  describe(name, () => {
    let opened: Subject;
    const subject = (): Subject => opened;
    beforeAll(async () => {
      opened = await open();
    }, 900_000);
    afterAll(async () => {
      await opened?.close();
    });
    // Those of the Prometheus operator are there only where it is: test/operator/real-api.test.ts.
    it.each(Object.values(resourceTypes).filter((type) => type !== resourceTypes.serviceMonitor))('serves $plural', async (type) => {
      const { resourceVersion } = await opened.port.list(type);
      expect(Number(resourceVersion)).toBeGreaterThan(0);
    });
    objectsAndLists(subject);
    watches(subject);
    serverSideApply(subject);
    deletes(subject);
    workloads(subject);
    customResources(subject);
  });
}
