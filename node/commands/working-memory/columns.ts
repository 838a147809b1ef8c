import type { WorkingMemory } from './working-memory.ts';

/** Rows of the first piece; later pieces have `laterRows`. */
const firstRows = 1024;
const laterShift = 16;
const laterRows = 1 << laterShift;

const pieceOf = (row: number): number => (row < firstRows ? 0 : ((row - firstRows) >>> laterShift) + 1);
const placeOf = (row: number): number => (row < firstRows ? row : (row - firstRows) & (laterRows - 1));
const rowsOf = (piece: number): number => (piece === 0 ? firstRows : laterRows);

/** Numbers by row, in pieces: growing copies nothing. */
export class NumberColumn {
  readonly #memory: WorkingMemory;
  readonly #pieces: Float64Array[] = [];

  constructor(memory: WorkingMemory) {
    this.#memory = memory;
  }

  get(row: number): number {
    return this.#pieces[pieceOf(row)][placeOf(row)];
  }

  set(row: number, value: number): void {
    const piece = pieceOf(row);
    if (piece === this.#pieces.length) this.#pieces.push(this.#memory.doubles(rowsOf(piece)));
    this.#pieces[piece][placeOf(row)] = value;
  }

  free(): void {
    for (const piece of this.#pieces) this.#memory.free(piece);
    this.#pieces.length = 0;
  }
}

/** A few words by row, in pieces. */
export class WordColumns {
  readonly #memory: WorkingMemory;
  readonly #wordsPerRow: number;
  readonly #pieces: Int32Array[] = [];

  constructor(memory: WorkingMemory, wordsPerRow: number) {
    this.#memory = memory;
    this.#wordsPerRow = wordsPerRow;
  }

  /** The piece that holds the row; it begins at `at(row)` there. */
  piece(row: number): Int32Array {
    const piece = pieceOf(row);
    if (piece === this.#pieces.length) this.#pieces.push(this.#memory.words(rowsOf(piece) * this.#wordsPerRow));
    return this.#pieces[piece];
  }

  at(row: number): number {
    return placeOf(row) * this.#wordsPerRow;
  }
}
