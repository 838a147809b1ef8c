/**
 * Versions of what travels between nodes, and between nodes and operator, that this build speaks (docs/versions.md). Two ends use the highest
 * that both have; a build keeps the version before its own, so that N and N+1 run side by side, up and down.
 * Raise `max` with any frame, message, unit, field or word that a reader of the version before would refuse, and send it only where the
 * channel's version has it.
 */
export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

export const busVersions: VersionRange = { min: 1, max: 1 };
