import { admitExamples, runQuickstart } from './apply-examples.ts';
import { applyCluster, threeLanguages } from './clients-of-three-languages.ts';
import { statusCommand, switchoverCommand } from './command-line.ts';
import { fewerAndMoreCopies, killPrimary } from './copies.ts';
import { adoptData, deleteEverything, retainData } from './delete-cluster.ts';
import { drainNode } from './drain-node.ts';
import { installChart } from './install-chart.ts';
import { namespaces } from './namespaces.ts';
import { leaseComesBack, statefulSetComesBack } from './objects-deleted-by-hand.ts';
import { killOperatorPod, stealOperatorLease } from './operator-failures.ts';
import { addRegion, removeRegion } from './regions-come-and-go.ts';
import { rolesOnly } from './roles-only.ts';
import type { Step } from './step.ts';
import { uninstallChart } from './uninstall-chart.ts';

/** In this order: each step starts from what the one before left. */
export const journeySteps: readonly Step[] = [
  installChart, admitExamples, runQuickstart, applyCluster, threeLanguages, namespaces, statusCommand, switchoverCommand, killPrimary, fewerAndMoreCopies, killOperatorPod, stealOperatorLease, statefulSetComesBack, leaseComesBack,
  addRegion, removeRegion, drainNode, rolesOnly, deleteEverything, retainData, adoptData, uninstallChart,
];
