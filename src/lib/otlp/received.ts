/**
 * Log records as they came in, whatever they were written in: values are plain, and what a record
 * has in common with others of its request is one object for all of them.
 */
import type { Metadata } from '../../component/event.ts';

export interface ReceivedRecord {
  readonly resource: Received;
  readonly scope: ReceivedScope;
  /** Unix nanoseconds; 0 where it does not say. */
  readonly time: bigint;
  readonly observedTime: bigint;
  /** 0 where it does not say. */
  readonly severityNumber: number;
  readonly severityText: string;
  /** Undefined where there is none. */
  readonly body: unknown;
  readonly attributes: Metadata;
  /** Lower-case hex; empty where there is none. */
  readonly traceId: string;
  readonly spanId: string;
  readonly flags: number;
  readonly eventName: string;
}

export interface Received {
  readonly attributes: Metadata;
}

export interface ReceivedScope extends Received {
  readonly name: string;
  readonly version: string;
}

/** This is no OTLP: its message says what is wrong with it. */
export class MalformedLogs extends Error {
  override readonly name = 'MalformedLogs';
}

/** Values nested deeper than this become a text that says so. */
export const MAX_VALUE_DEPTH = 64;

export const TOO_DEEP = '[nested too deeply]';

/** Keys of one set of attributes or one map. */
export const MAX_KEYS = 10_000;

export function tooManyKeys(): MalformedLogs {
  return new MalformedLogs(`a set of attributes has at most ${MAX_KEYS} keys`);
}

/** An integer of 64 bits: a number where that holds all of its digits, else a string of them, as OTLP's JSON writes it. */
export function integer(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}
