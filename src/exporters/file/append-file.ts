/**
 * One file that is appended to: opened on first use, again when it was moved or deleted, rotated by
 * size. A write that fails half-way is taken back, so that its lines can be written again.
 */
import { constants } from 'node:fs';
import { open, rename, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock, Logger } from '../../component/component.ts';
import { codeOf } from '../../component/errors.ts';
import { makeDirectory } from '../../lib/make-directory.ts';

/** How often it is looked whether the path still names the open file. */
const LOOK_EVERY_MS = 1_000;
const LF = 0x0a;

export interface Rotation {
  readonly maxBytes: number;
  /** Old files that are kept, as `path.1` (the newest) to `path.N`. */
  readonly keep: number;
}

export class AppendFile {
  readonly #path: string;
  readonly #rotation: Rotation | undefined;
  readonly #clock: Clock;
  readonly #log: Logger;
  #file: OpenFile | undefined;
  #lookedAtMs = 0;
  #cannotRotate = false;

  constructor(path: string, rotation: Rotation | undefined, clock: Clock, log: Logger) {
    this.#path = path;
    this.#rotation = rotation;
    this.#clock = clock;
    this.#log = log;
  }

  /** Resolves once the kernel has all of `bytes`; rejects when it has none of them. Not to be called again before it settles. */
  async append(bytes: Buffer): Promise<void> {
    if (this.#file && this.#clock.monotonic() - this.#lookedAtMs >= LOOK_EVERY_MS) await this.#look(this.#file);
    let file = (this.#file ??= await this.#open());
    if (this.#isFullWith(file, bytes.length) && (await this.#rotate())) file = this.#file = await this.#open();
    await file.append(bytes);
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.handle.close();
  }

  async #open(): Promise<OpenFile> {
    await makeDirectory(dirname(this.#path));
    // A named pipe without a reader would hang in open.
    const handle = await open(
      this.#path,
      constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK,
      0o640,
    );
    try {
      const file = await OpenFile.of(handle);
      this.#lookedAtMs = this.#clock.monotonic();
      return file;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Lets go of a file that was moved away (logrotate) or deleted; takes note of one that was truncated. */
  async #look(file: OpenFile): Promise<void> {
    this.#lookedAtMs = this.#clock.monotonic();
    if (!file.regular) return;
    try {
      const { dev, ino, size } = await stat(this.#path);
      if (dev === file.dev && ino === file.ino) {
        file.size = size;
        return;
      }
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    await this.close();
  }

  #isFullWith(file: OpenFile, more: number): boolean {
    return this.#rotation !== undefined && file.regular && file.size > 0 && file.size + more > this.#rotation.maxBytes;
  }

  /** True if the path is free for a new file. Where it cannot be made free, writing goes on. */
  async #rotate(): Promise<boolean> {
    const { keep } = this.#rotation!;
    try {
      for (let number = keep - 1; number >= 1; number -= 1)
        await moveIfThere(`${this.#path}.${number}`, `${this.#path}.${number + 1}`);
      await rename(this.#path, `${this.#path}.1`);
      this.#cannotRotate = false;
      await this.close();
      return true;
    } catch (error) {
      if (!this.#cannotRotate)
        this.#log.warn(`cannot rotate, so it grows past its max_size: ${codeOf(error)} on a rename beside it`);
      this.#cannotRotate = true;
      return false;
    }
  }
}

async function moveIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

class OpenFile {
  readonly handle: FileHandle;
  readonly regular: boolean;
  readonly dev: number;
  readonly ino: number;
  size: number;
  /** Its last line was left unfinished: by a process that was killed, or by a write that could not be taken back. */
  #torn: boolean;

  static async of(handle: FileHandle): Promise<OpenFile> {
    const stats = await handle.stat();
    if (stats.isFIFO() || stats.isSocket()) throw Object.assign(new Error('not a file'), { code: 'ENOTFILE' });
    let torn = false;
    if (stats.isFile() && stats.size > 0) {
      const last = Buffer.alloc(1);
      await handle.read(last, 0, 1, stats.size - 1);
      torn = last[0] !== LF;
    }
    return new OpenFile(handle, stats, torn);
  }

  private constructor(
    handle: FileHandle,
    stats: { dev: number; ino: number; size: number; isFile(): boolean },
    torn: boolean,
  ) {
    this.handle = handle;
    this.regular = stats.isFile();
    this.dev = stats.dev;
    this.ino = stats.ino;
    this.size = stats.size;
    this.#torn = torn;
  }

  async append(bytes: Buffer): Promise<void> {
    if (this.#torn) await this.#write(Buffer.of(LF));
    this.#torn = false;
    await this.#write(bytes);
  }

  async #write(bytes: Buffer): Promise<void> {
    let written = 0;
    try {
      while (written < bytes.length) {
        const { bytesWritten } = await this.handle.write(bytes, written, bytes.length - written);
        written += bytesWritten;
      }
    } catch (error) {
      if (written > 0) this.#torn = !(await this.#takeBack(written));
      throw error;
    }
    this.size += bytes.length;
  }

  /** False where somebody else has written behind it, or it cannot be cut: then its half line gets an end of its own. */
  async #takeBack(written: number): Promise<boolean> {
    try {
      const { size } = await this.handle.stat();
      if (!this.regular || size !== this.size + written) return false;
      await this.handle.truncate(this.size);
      return true;
    } catch {
      return false;
    }
  }
}
