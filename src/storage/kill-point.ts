/** Named points at which the crash tests end the process as a power cut would; nothing unless the environment asks. */
const [wanted, times = '1'] = (process.env['LNMT_COLLECTOR_KILL_AT'] ?? '').split(':');

export type KillPoint =
  | 'record_appended'
  | 'segment_created'
  | 'segment_sealed'
  | 'checkpoint_written'
  | 'segment_unlinked';

let left = Number(times);

/** Ends the process at once at the point named in LNMT_COLLECTOR_KILL_AT, such as `segment_sealed:2` for the second time. */
export function killPoint(point: KillPoint): void {
  if (point === wanted && --left === 0) process.kill(process.pid, 'SIGKILL');
}
