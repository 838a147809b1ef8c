/** Fault kinds as data. */
const faultKinds = [
  'kill', 'killPrimary', 'killAll', 'replacePod', 'pause', 'pausePrimary', 'partition', 'oneWay', 'isolate', 'isolatePrimary', 'islandPrimary', 'majority', 'ring', 'breakConnections', 'slowLinks', 'slowToOne',
  'slowAcks', 'halfOpen', 'wakeAndVanish', 'apiAway', 'apiCutOff', 'apiLostAnswers', 'apiSlow', 'switchover', 'clockBump',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** What a seed runs with. A profile fixes some of it, so that rare mixes get their turn often enough to be caught. */
export interface Profile {
  readonly name: string;
  /** Undefined: a random half of the general kinds (swarm testing, Groce et al. 2012). */
  readonly kinds?: readonly FaultKind[];
  readonly everyMs?: number;
  readonly members?: number;
  readonly minInSync?: number;
  readonly clients?: number;
  /** Clients that only read, and stay with whom they know. */
  readonly readers?: number;
  readonly keys?: number;
  readonly thinkMs?: number;
  /** Largest deviation of a node's clock rate (ρ). */
  readonly drift?: number;
  readonly backlogBytes?: number;
  readonly replicaReads?: number;
  /** Shares of plain commands. */
  readonly writes?: number;
  readonly deletes?: number;
  readonly witnesses?: number;
  /** How long a client waits for an answer. */
  readonly patienceMs?: number;
  /** Liveness: writes are acknowledged again within this, whatever goes on. */
  readonly progressWithinMs?: number;
  /** Liveness: no operation is left without an answer (P13). */
  readonly everyAnswer?: true;
}

const general: readonly FaultKind[] = faultKinds.filter((kind) => kind !== 'killAll' && kind !== 'replacePod');

export const profiles = {
  mixed: { name: 'mixed' },
  /** Primaries that stop, wake and vanish, with clocks at the bound and readers that stay. */
  leaseEdge: { name: 'leaseEdge', kinds: ['wakeAndVanish', 'slowAcks', 'pausePrimary', 'isolatePrimary', 'apiSlow'], everyMs: 900, readers: 3, clients: 6, keys: 2, drift: 0.03, thinkMs: 10 },
  /** The same with two copies: one acknowledgement decides. */
  leaseEdgeOfTwo: { name: 'leaseEdgeOfTwo', kinds: ['wakeAndVanish', 'slowAcks', 'pausePrimary', 'isolatePrimary', 'apiSlow'], everyMs: 900, members: 2, readers: 3, clients: 6, keys: 2, drift: 0.03, thinkMs: 10 },
  /** Answers of the API server that come late or never while members come and go. */
  lostSwaps: { name: 'lostSwaps', kinds: ['apiLostAnswers', 'apiSlow', 'killPrimary', 'kill', 'isolatePrimary', 'pausePrimary'], everyMs: 500, members: 2, keys: 3, thinkMs: 10 },
  lostSwapsOfThree: { name: 'lostSwapsOfThree', kinds: ['apiLostAnswers', 'apiSlow', 'killPrimary', 'kill', 'islandPrimary', 'slowToOne'], everyMs: 500, keys: 3, thinkMs: 10 },
  /** Primaries alone in the in-sync set, and pods that are replaced: the witness decides. */
  alone: { name: 'alone', kinds: ['kill', 'replacePod', 'isolatePrimary', 'islandPrimary', 'pausePrimary'], everyMs: 900, members: 2, readers: 2, clients: 5, keys: 3 },
  /** Copies made under writes, with a small backlog. */
  snapshots: { name: 'snapshots', kinds: ['kill', 'slowLinks', 'breakConnections', 'isolate', 'switchover', 'killPrimary'], everyMs: 600, keys: 24, thinkMs: 6, backlogBytes: 1_024 },
  /** Primaries die while one link is slow. */
  unequal: { name: 'unequal', kinds: ['slowToOne', 'killPrimary'], everyMs: 400, keys: 12, thinkMs: 6 },
  /** Two copies: the one that takes over is the one that the deletes were slow to reach. */
  deletes: { name: 'deletes', kinds: ['slowToOne', 'killPrimary'], everyMs: 400, members: 2, keys: 3, clients: 6, thinkMs: 6, writes: 0.2, deletes: 0.3 },
  /** Clocks that step while primaries change. */
  clocks: { name: 'clocks', kinds: ['clockBump', 'killPrimary', 'switchover', 'pausePrimary'], everyMs: 600, drift: 0.03, keys: 16, thinkMs: 10 },
  replicaReads: { name: 'replicaReads', kinds: ['slowToOne', 'killPrimary', 'isolatePrimary', 'islandPrimary', 'pausePrimary', 'kill'], everyMs: 500, replicaReads: 0.7, keys: 4, thinkMs: 6 },
  handOver: { name: 'handOver', kinds: ['switchover'], everyMs: 300, keys: 4, thinkMs: 6, minInSync: 1, progressWithinMs: 600, everyAnswer: true },
  halfOpen: { name: 'halfOpen', kinds: ['halfOpen'], everyMs: 4_000, keys: 4, thinkMs: 10, minInSync: 1, progressWithinMs: 2_500 },
  stranded: { name: 'stranded', kinds: ['apiCutOff', 'islandPrimary', 'kill', 'apiSlow', 'halfOpen'], everyMs: 500, readers: 3, clients: 6, keys: 2, thinkMs: 10 },
  emptied: { name: 'emptied', kinds: ['killAll', 'kill', 'killPrimary', 'replacePod'], everyMs: 2_500, keys: 6 },
} as const satisfies Record<string, Profile>;

export type ProfileName = keyof typeof profiles;
export const profileNames = Object.keys(profiles) as readonly ProfileName[];
export const generalKinds = general;

/** Half of the seeds are mixed, the others take the profiles in turn. */
export const profileOfSeed = (seed: number): Profile => (seed % 2 === 0 ? profiles.mixed : profiles[profileNames[((seed - 1) / 2) % profileNames.length]]);
