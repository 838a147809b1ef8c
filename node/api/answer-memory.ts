/** So many answers to one whose metadata is checked by its schema while serving: that costs more than putting it together. Tests check every answer. */
const checkEvery = 128;

/** What one answer leaves to the next. */
export class AnswerMemory {
  #answers = 0;
  #wallMs = NaN;
  #text = '';

  /** This answer is one of those that are checked. */
  isCheckDue(): boolean {
    return this.#answers++ % checkEvery === 0;
  }

  /** RFC 3339; most answers in a row are about values of the same second. */
  timeText(wallMs: number): string {
    if (wallMs !== this.#wallMs) {
      this.#wallMs = wallMs;
      this.#text = new Date(wallMs).toISOString();
    }
    return this.#text;
  }
}
