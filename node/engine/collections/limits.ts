/** Up to where collections stay packed; CONFIG SET changes them while the store runs. */
export interface CollectionLimits {
  hashMaxListpackEntries: number;
  hashMaxListpackValue: number;
  setMaxIntsetEntries: number;
  zsetMaxListpackEntries: number;
  zsetMaxListpackValue: number;
  /** Up to where a HyperLogLog names its registers one by one. */
  hllSparseMaxBytes: number;
}

export function defaultCollectionLimits(): CollectionLimits {
  return { hashMaxListpackEntries: 128, hashMaxListpackValue: 64, setMaxIntsetEntries: 512, zsetMaxListpackEntries: 128, zsetMaxListpackValue: 64, hllSparseMaxBytes: 3000 };
}

/** What the count in front of packed elements can say. */
export const maxPackedElements = 0xffff;
