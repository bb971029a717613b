/**
 * file: appends each event to a file, one a line, in the order they came.
 *
 * When is a line there? As soon as its batch is written, well within a second; what is written
 * survives this process, a power cut only once the kernel has flushed it. logrotate may move or
 * delete the file (no signal is needed: it is noticed within a second); `rotate` does without it.
 */
import { defineExporter, type Exporter, type OptionProblem, type Verdict } from '../component/component.ts';
import { codeOf } from '../component/errors.ts';
import { AppendFile } from './file/append-file.ts';
import { jsonLines, rawLines, SpareMemory, textLines } from './file/lines.ts';

const FORMATS = { json: jsonLines, text: textLines, raw: rawLines };

export default defineExporter({
  type: 'file',
  stability: 'stable',
  summary: 'Appends events to a file, one a line: as JSON, as readable text, or as they were received.',
  audience: 'store',
  local: 'file',
  take: 8_192,
  example: { path: '/var/log/lnmt/events.jsonl', rotate: { max_size: '100MB', keep: 5 } },
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['path'],
    properties: {
      path: {
        type: 'string',
        format: 'path',
        minLength: 1,
        description: 'File to append to. Directories that are missing are made; placeholders are not allowed.',
      },
      format: {
        type: 'string',
        enum: ['json', 'text', 'raw'],
        default: 'json',
        description:
          'json: the documented event. text: time, level, source, title, message and metadata on a readable line. raw: the line as it was received; the message where there is none or a processor edited the message. A newline in it is written as #012.',
      },
      rotate: {
        type: 'object',
        additionalProperties: false,
        description: 'Starts a new file at a size; old ones are kept as path.1 (the newest), path.2 and so on.',
        properties: {
          max_size: {
            type: 'number',
            format: 'size',
            minimum: 1_024,
            default: 100_000_000,
            description: 'Bytes at which a new file is started.',
          },
          keep: {
            type: 'integer',
            minimum: 1,
            maximum: 1_000,
            default: 5,
            description: 'Old files that are kept; older ones are deleted.',
          },
        },
      },
    },
  },
  check: ({ path }) => placeholderProblems(path),
  create({ path, format, rotate }, { clock, log }): Exporter<Buffer> {
    const rotation = rotate && { maxBytes: rotate.max_size, keep: rotate.keep };
    const file = new AppendFile(path, rotation, clock, log);
    const linesOf = FORMATS[format];
    const memory = new SpareMemory();
    // Writes take turns, whatever the concurrency: that keeps the order.
    let turn: Promise<unknown> = Promise.resolve();
    const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
      const result = turn.then(task);
      turn = result.catch(() => undefined);
      return result;
    };
    return {
      encode: (events) => (events.length === 0 ? [] : [{ request: linesOf(events, memory), events: events.length }]),
      send(bytes, signal): Promise<Verdict> {
        return inTurn(async () => {
          signal.throwIfAborted();
          try {
            await file.append(bytes);
            memory.giveBack(bytes);
            return { kind: 'sent' };
          } catch (error) {
            return failureOf(error, path);
          }
        });
      },
      stop: () => inTurn(() => file.close()),
    };
  },
});

function placeholderProblems(path: string): OptionProblem[] {
  const placeholder = /\{\{?[^}]*\}/.exec(path)?.[0];
  if (placeholder === undefined) return [];
  const message = `a path has no placeholders, so ${placeholder} would be part of the name: name one file, and use an exporter with filters for each file`;
  return [{ severity: 'error', message, path: ['path'] }];
}

const MISCONFIGURED: Readonly<Record<string, string>> = {
  EACCES: 'permission denied: let this user write there',
  EPERM: 'not permitted: let this user write there',
  EROFS: 'the file system is read-only',
  EISDIR: 'it is a directory: name a file',
  ENOTFILE: 'it is a pipe or a socket: name a file',
  ENXIO: 'it is a pipe or a socket: name a file',
  ENOENT: 'its directory does not exist and cannot be made',
  ENOTDIR: 'a part of its path is not a directory',
  EEXIST: 'a part of its path is not a directory',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its symbolic links form a circle',
  ERR_INVALID_ARG_VALUE: 'its name has a NUL in it',
};

const LATER: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the disk',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the disk reports an I/O error',
  EFBIG: 'it is as large as files may become: set rotate',
  EMFILE: 'this process has too many files open',
  ENFILE: 'this machine has too many files open',
};

function failureOf(error: unknown, path: string): Verdict {
  const code = codeOf(error);
  const mend = MISCONFIGURED[code];
  if (mend !== undefined) return { kind: 'misconfigured', reason: `cannot write ${path}: ${mend} (${code})` };
  return { kind: 'later', reason: `cannot write ${path}: ${LATER[code] ?? 'the write failed'} (${code})` };
}
