/** Records of a log for tests: any bytes. */
import { RecordBatch } from '../../src/storage/record-batch.ts';

export function recordsOf(payloads: readonly Buffer[]): RecordBatch {
  const batch = new RecordBatch(16);
  for (const payload of payloads) {
    batch.begin();
    batch.room(payload.length);
    batch.at += payload.copy(batch.bytes, batch.at);
    batch.end();
  }
  return batch;
}
