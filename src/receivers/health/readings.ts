/**
 * How this machine fares. In a container whose CPU or memory is limited, the container: what counts
 * there is what its cgroup allows it, not what the machine has.
 *
 * cgroup v2: https://docs.kernel.org/admin-guide/cgroup-v2.html, v1: …/cgroup-v1/; /proc: proc(5).
 */
import { readFile, statfs } from 'node:fs/promises';
import { cpus, freemem, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';

export interface Readings {
  /** 0 to 100; undefined until there are two samples to compare. */
  readonly cpuPercent: number | undefined;
  /** CPUs that may be used; a fraction in a container. */
  readonly cpus: number;
  readonly memory: Usage;
  /** By path; without those that cannot be read. */
  readonly disks: ReadonlyMap<string, Usage>;
  /** Of the last 1, 5 and 15 minutes; the machine's, also in a container. */
  readonly load: readonly number[];
  /** True if a container's limits were reckoned with. */
  readonly container: boolean;
}

export interface Usage {
  readonly usedBytes: number;
  readonly totalBytes: number;
  readonly percent: number;
}

/** CPU time used and available so far, in seconds. */
interface CpuSample {
  readonly used: number;
  readonly available: number;
}

/** Ticks a second of /proc/stat: USER_HZ, which is 100 on every architecture that Node runs on. */
const USER_HZ = 100;

export class Machine {
  readonly #root: string;
  readonly #paths: readonly string[];
  /** Monotonic milliseconds. */
  readonly #now: () => number;
  #last: CpuSample | undefined;

  /** `root` is where the machine's file system is: `/`, or a mount of it. */
  constructor(root: string, paths: readonly string[], now: () => number) {
    this.#root = root;
    this.#paths = paths;
    this.#now = now;
  }

  async read(): Promise<Readings> {
    const [quota, memory] = await Promise.all([this.#cpuQuota(), this.#containerMemory()]);
    const sample = await this.#cpuSample(quota);
    const last = this.#last;
    this.#last = sample;
    const available = last ? sample.available - last.available : 0;
    const cpuPercent = last && available > 0 ? percent(sample.used - last.used, available) : undefined;
    return {
      cpuPercent,
      cpus: quota ?? cpus().length,
      memory: memory ?? (await this.#memory()),
      disks: await this.#disks(),
      load: await this.#load(),
      container: quota !== undefined || memory !== undefined,
    };
  }

  async #cpuSample(quota: number | undefined): Promise<CpuSample> {
    if (quota !== undefined) {
      const used = await this.#containerCpuSeconds();
      if (used !== undefined) return { used, available: (this.#now() / 1_000) * quota };
    }
    const line = /^cpu +(.*)$/m.exec((await this.#text('proc/stat')) ?? '')?.[1];
    // user nice system idle iowait irq softirq steal; guest times are in user's already.
    const times = line?.split(' ').slice(0, 8).map(Number);
    if (times) {
      const all = times.reduce((sum, time) => sum + time, 0) / USER_HZ;
      return { used: all - ((times[3] ?? 0) + (times[4] ?? 0)) / USER_HZ, available: all };
    }
    let used = 0;
    let available = 0;
    for (const { times: one } of cpus()) {
      const busy = one.user + one.nice + one.sys + one.irq;
      used += busy / 1_000;
      available += (busy + one.idle) / 1_000;
    }
    return { used, available };
  }

  /** CPUs that the cgroup may use; undefined if it is not limited. */
  async #cpuQuota(): Promise<number | undefined> {
    const v2 = await this.#text('sys/fs/cgroup/cpu.max');
    const [quota, period] = v2
      ? v2.split(' ')
      : await Promise.all([
          this.#text('sys/fs/cgroup/cpu/cpu.cfs_quota_us'),
          this.#text('sys/fs/cgroup/cpu/cpu.cfs_period_us'),
        ]);
    const limit = Number(quota) / Number(period);
    return limit > 0 && Number.isFinite(limit) ? limit : undefined;
  }

  async #containerCpuSeconds(): Promise<number | undefined> {
    const v2 = /^usage_usec (\d+)/m.exec((await this.#text('sys/fs/cgroup/cpu.stat')) ?? '')?.[1];
    if (v2 !== undefined) return Number(v2) / 1e6;
    const v1 =
      (await this.#text('sys/fs/cgroup/cpuacct/cpuacct.usage')) ??
      (await this.#text('sys/fs/cgroup/cpu/cpuacct.usage'));
    return v1 === undefined ? undefined : Number(v1) / 1e9;
  }

  /** Without the page cache that the kernel would give back. Undefined if memory is not limited. */
  async #containerMemory(): Promise<Usage | undefined> {
    const v2 = await this.#text('sys/fs/cgroup/memory.max');
    const v1 = v2 === undefined ? await this.#text('sys/fs/cgroup/memory/memory.limit_in_bytes') : undefined;
    const totalBytes = Number(v2 ?? v1);
    // v1 says "no limit" with a number larger than any machine.
    if (!(totalBytes > 0) || totalBytes > 2 ** 50) return undefined;
    const folder = v2 === undefined ? 'sys/fs/cgroup/memory/memory' : 'sys/fs/cgroup/memory';
    const used = Number(await this.#text(v2 === undefined ? `${folder}.usage_in_bytes` : `${folder}.current`));
    const cache = /^(?:total_)?inactive_file (\d+)/m.exec((await this.#text(`${folder}.stat`)) ?? '')?.[1] ?? '0';
    return Number.isFinite(used) ? usage(Math.max(0, used - Number(cache)), totalBytes) : undefined;
  }

  async #memory(): Promise<Usage> {
    const text = (await this.#text('proc/meminfo')) ?? '';
    const kilobytes = (name: string): number => Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(text)?.[1]);
    const total = kilobytes('MemTotal') * 1_024;
    const available = kilobytes('MemAvailable') * 1_024;
    return Number.isFinite(total - available)
      ? usage(total - available, total)
      : usage(totalmem() - freemem(), totalmem());
  }

  async #disks(): Promise<ReadonlyMap<string, Usage>> {
    const disks = new Map<string, Usage>();
    for (const path of this.#paths) {
      try {
        const { blocks, bfree, bavail, bsize } = await statfs(join(this.#root, path));
        // As df reckons: what only root may fill counts neither as used nor as free.
        if (blocks > 0) disks.set(path, usage((blocks - bfree) * bsize, (blocks - bfree + bavail) * bsize));
      } catch {
        // Not there now, such as a mount that comes and goes: the reading goes without it.
      }
    }
    return disks;
  }

  async #load(): Promise<readonly number[]> {
    const text = await this.#text('proc/loadavg');
    const load = text?.split(' ').slice(0, 3).map(Number);
    return load?.every(Number.isFinite) ? load : loadavg();
  }

  async #text(path: string): Promise<string | undefined> {
    try {
      return (await readFile(join(this.#root, path), 'utf8')).trim();
    } catch {
      return undefined;
    }
  }
}

function usage(usedBytes: number, totalBytes: number): Usage {
  return { usedBytes, totalBytes, percent: percent(usedBytes, totalBytes) };
}

/** 0 to 100, to a tenth. */
function percent(part: number, whole: number): number {
  return Math.round(Math.min(1, Math.max(0, part / whole)) * 1_000) / 10;
}
