/** Elements by their rank in ascending order: from … to - 1; empty when `to` is not above `from`. */
export interface RankSpan {
  readonly from: number;
  readonly to: number;
}

export const spanSize = ({ from, to }: RankSpan): number => Math.max(0, to - from);

/** `start stop` of ZRANGE: both included, negative from the end. */
export function spanOfIndices(size: number, start: number, stop: number): RankSpan {
  const from = Math.max(0, start < 0 ? size + start : start);
  return { from, to: Math.min(size - 1, stop < 0 ? size + stop : stop) + 1 };
}
