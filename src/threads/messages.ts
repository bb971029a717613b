/** What the main thread and the threads of exporters say to each other: plain data, many messages at a time. */
import type { Logger, Verdict } from '../component/component.ts';

/** Each instance and each request has a number of its own, which is never used again. */
export type ToThread =
  | {
      readonly kind: 'create';
      readonly instance: number;
      readonly id: string;
      readonly type: string;
      readonly options: unknown;
      readonly batched: boolean;
    }
  | {
      readonly kind: 'send';
      readonly instance: number;
      readonly request: number;
      readonly events: Uint8Array<ArrayBuffer>;
    }
  | { readonly kind: 'abort'; readonly instance: number; readonly request: number }
  | { readonly kind: 'stop'; readonly instance: number };

export type FromThread =
  /** `carried`: of the events, in order, how many the request was made of. */
  | { readonly kind: 'ended'; readonly request: number; readonly verdict: Verdict; readonly carried: number }
  /** The exporter's own code threw. */
  | { readonly kind: 'failed'; readonly request: number; readonly message: string; readonly code: string }
  | { readonly kind: 'stopped'; readonly instance: number }
  | {
      readonly kind: 'counted';
      readonly instance: number;
      readonly name: string;
      readonly description: string;
      readonly labels: Readonly<Record<string, string>> | undefined;
      readonly count: number;
    }
  | {
      readonly kind: 'said';
      readonly instance: number;
      readonly level: keyof Logger;
      readonly message: string;
      readonly fields: object | undefined;
    };
