/** The one cluster of a run. */
export const namespace = 'apps';
export const clusterName = 'demo';
export const images = ['registry.example/meridian:1', 'registry.example/meridian:2'] as const;
/** This image does not come up. */
export const badImage = 'registry.example/meridian:broken';
