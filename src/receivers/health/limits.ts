/** One limit: says when it is crossed and when that is over, once each, without flapping in between. */

export interface LimitOptions {
  readonly limit: number;
  /** Over only once the value is below this. */
  readonly recoverBelow: number;
  /** From here on it is grave, which is said too. */
  readonly graveFrom: number;
  /** How long the value must be past the limit before it is said. */
  readonly forMs: number;
}

export type Change = 'breached' | 'worsened' | 'recovered';

/** What outlives an instance: when it was crossed (Unix milliseconds), and how bad it was said to be. */
export interface Breach {
  readonly since: number;
  readonly said: 'no' | 'breached' | 'grave';
}

export class Limit {
  readonly options: LimitOptions;
  breach: Breach | undefined;

  constructor(options: LimitOptions, breach?: Breach) {
    this.options = options;
    this.breach = breach;
  }

  /** Whether it is crossed now, and has been said to be. */
  get active(): boolean {
    return this.breach !== undefined && this.breach.said !== 'no';
  }

  observe(value: number, now: number): Change | undefined {
    const { limit, recoverBelow, graveFrom, forMs } = this.options;
    const { breach } = this;
    if (!breach || breach.said === 'no') {
      if (value < limit) this.breach = undefined;
      else {
        const since = breach?.since ?? now;
        const due = now - since >= forMs;
        this.breach = { since, said: !due ? 'no' : value >= graveFrom ? 'grave' : 'breached' };
        if (due) return 'breached';
      }
      return undefined;
    }
    if (value < recoverBelow) {
      this.breach = undefined;
      return 'recovered';
    }
    if (value < graveFrom || breach.said === 'grave') return undefined;
    this.breach = { ...breach, said: 'grave' };
    return 'worsened';
  }
}
