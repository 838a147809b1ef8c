import { afterAll, beforeAll, describe } from 'vitest';
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
    objectsAndLists(subject);
    watches(subject);
    serverSideApply(subject);
    deletes(subject);
    workloads(subject);
    customResources(subject);
  });
}
