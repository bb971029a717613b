/** A line that says what is being waited for, on a terminal; nothing in a pipe or a file. */
import type { Outside } from './outside.ts';

const FRAME_MS = 100;
const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const CLEAR = '\r\u001B[K';

export class Progress {
  readonly #stream: Outside['stderr'];
  readonly #waiting = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #frame = 0;

  constructor({ stderr }: Outside) {
    this.#stream = stderr;
  }

  begin(what: string): void {
    this.#waiting.add(what);
    if (this.#stream.isTTY !== true) return;
    this.#timer ??= setInterval(() => this.#draw(), FRAME_MS);
  }

  /** Takes the line away, so that a result can be printed in its place. */
  end(what: string): void {
    this.#waiting.delete(what);
    if (!this.#timer) return;
    this.#stream.write(CLEAR);
    if (this.#waiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #draw(): void {
    this.#frame = (this.#frame + 1) % FRAMES.length;
    const [first, ...others] = this.#waiting;
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    this.#stream.write(`${CLEAR}${FRAMES[this.#frame]} waiting for ${first}${more}`);
  }
}
