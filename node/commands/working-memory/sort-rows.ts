/** What is sorted: rows, each with a number that decides; where those are equal `tie` does. Both arrays are put in order together. */
export interface Sortable {
  readonly weights: Float64Array;
  readonly rows: Int32Array;
  /** Negative: the first row comes first. */
  readonly tie: (left: number, right: number) => number;
}

/** Ranges up to here are sorted by insertion. */
const smallRange = 16;

/** Puts the first `count` in order, where they lie: quicksort, and heap sort for what quicksort would take long for. */
export function sortRows(items: Sortable, count: number): void {
  quick(items, 0, count - 1, 2 * Math.ceil(Math.log2(count + 1)));
}

/** Whether (weight, row) comes before the item at `i`. */
function isBefore({ weights, rows, tie }: Sortable, weight: number, row: number, i: number): boolean {
  const other = weights[i];
  return weight < other || (weight === other && tie(row, rows[i]) < 0);
}

function isBehind({ weights, rows, tie }: Sortable, weight: number, row: number, i: number): boolean {
  const other = weights[i];
  return weight > other || (weight === other && tie(row, rows[i]) > 0);
}

function swap({ weights, rows }: Sortable, i: number, j: number): void {
  const weight = weights[i];
  weights[i] = weights[j];
  weights[j] = weight;
  const row = rows[i];
  rows[i] = rows[j];
  rows[j] = row;
}

function quick(items: Sortable, first: number, last: number, depth: number): void {
  let low = first;
  let high = last;
  let left = depth;
  while (high - low >= smallRange) {
    if (left-- === 0) return heap(items, low, high);
    const middle = partition(items, low, high);
    // The smaller part by recursion: no deeper than the logarithm.
    if (middle - low < high - middle - 1) {
      quick(items, low, middle, left);
      low = middle + 1;
    } else {
      quick(items, middle + 1, high, left);
      high = middle;
    }
  }
  insertion(items, low, high);
}

/** Around the middle one of three; returns the end of the lower part. */
function partition(items: Sortable, low: number, high: number): number {
  const { weights, rows } = items;
  const middle = (low + high) >>> 1;
  if (isBefore(items, weights[middle], rows[middle], low)) swap(items, low, middle);
  if (isBefore(items, weights[high], rows[high], low)) swap(items, low, high);
  if (isBefore(items, weights[high], rows[high], middle)) swap(items, middle, high);
  const weight = weights[middle];
  const row = rows[middle];
  let i = low;
  let j = high;
  for (;;) {
    do i++;
    while (isBehind(items, weight, row, i));
    do j--;
    while (isBefore(items, weight, row, j));
    if (i >= j) return j;
    swap(items, i, j);
  }
}

function insertion(items: Sortable, low: number, high: number): void {
  const { weights, rows } = items;
  for (let i = low + 1; i <= high; i++) {
    const weight = weights[i];
    const row = rows[i];
    let at = i;
    for (; at > low && isBefore(items, weight, row, at - 1); at--) {
      weights[at] = weights[at - 1];
      rows[at] = rows[at - 1];
    }
    weights[at] = weight;
    rows[at] = row;
  }
}

function heap(items: Sortable, low: number, high: number): void {
  const count = high - low + 1;
  for (let i = (count >> 1) - 1; i >= 0; i--) sink(items, low, i, count);
  for (let end = count - 1; end > 0; end--) {
    swap(items, low, low + end);
    sink(items, low, 0, end);
  }
}

/** Lets the item at `place` of the heap that begins at `low` sink to where it belongs: the last in order is at the top. */
export function sink(items: Sortable, low: number, place: number, count: number): void {
  const { weights, rows } = items;
  for (let i = place; ; ) {
    let child = 2 * i + 1;
    if (child >= count) return;
    if (child + 1 < count && isBefore(items, weights[low + child], rows[low + child], low + child + 1)) child += 1;
    if (!isBefore(items, weights[low + i], rows[low + i], low + child)) return;
    swap(items, low + i, low + child);
    i = child;
  }
}
