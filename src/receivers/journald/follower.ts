/** journalctl as a child process: its lines, its end, and what it said on the way out. */
import { spawn, type ChildProcess } from 'node:child_process';
import { codeOf } from '../../component/errors.ts';
import { Framer, type FrameSink } from '../../lib/syslog/framing.ts';

export interface FollowerEvents {
  /** Lines that were read together. */
  lines(lines: readonly string[], bytes: number, truncated: number): void;
  /** Once, unless it was stopped: why, and what it wrote to standard error. */
  ended(reason: string): void;
}

/** Of standard error, as much is kept for the log. */
const MAX_COMPLAINT = 300;

export class Follower {
  readonly #child: ChildProcess;
  readonly #framer: Framer;
  #events: FollowerEvents | undefined;
  #complaint = '';

  constructor(command: readonly string[], maxLineBytes: number, events: FollowerEvents) {
    this.#events = events;
    this.#framer = new Framer('newline', maxLineBytes);
    const [program = 'journalctl', ...more] = command;
    this.#child = spawn(program, more, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-MAX_COMPLAINT);
    });
    this.#child.on('error', () => {});
    this.#child.on('close', (code, signal) => this.#end(signal === null ? `exit code ${code}` : signal));
  }

  /** Resolves once it runs; rejects with what the system says if it cannot be run. */
  running(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#child.pid !== undefined) resolve();
      else this.#child.once('error', reject);
    });
  }

  pause(): void {
    this.#child.stdout?.pause();
  }

  resume(): void {
    this.#child.stdout?.resume();
  }

  /** Ends it. Nothing more comes of it from now on. */
  stop(): void {
    this.#events = undefined;
    this.#child.kill('SIGTERM');
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  #read(chunk: Buffer): void {
    const lines: string[] = [];
    let bytes = 0;
    let cut = 0;
    const sink: FrameSink = {
      frame(frame, start, end, truncated) {
        lines.push(frame.toString('utf8', start, end));
        bytes += end - start;
        if (truncated) cut += 1;
      },
    };
    this.#framer.feed(chunk, sink);
    if (lines.length > 0) this.#events?.lines(lines, bytes, cut);
  }

  #end(how: string): void {
    const events = this.#events;
    this.#events = undefined;
    const complaint = this.#complaint.trim().split('\n').at(-1) ?? '';
    events?.ended(complaint === '' ? how : `${how}: ${complaint}`);
  }
}

/** Why journalctl could not be run, and what to do. */
export function runTrouble(error: unknown, program: string): string {
  const code = codeOf(error);
  if (code === 'ENOENT') {
    return `${program} is not on this machine: it comes with systemd. Read log files with the receiver file, or /dev/log with syslog.`;
  }
  return `cannot run ${program}: ${code}.`;
}
