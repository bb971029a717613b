/** What an OTLP server answers, as protobuf. */
import { BackwardWriter } from './write-protobuf.ts';

/** A google.rpc.Status. */
export function writeStatus(code: number, message: string): Buffer {
  const writer = new BackwardWriter();
  writer.text(2, message);
  writer.varint(code);
  writer.tag(1, 0);
  return writer.written();
}

/** An ExportLogsServiceResponse that took every record and has something to say about some. */
export function writeWarning(message: string): Buffer {
  const writer = new BackwardWriter();
  writer.text(2, message);
  const { length } = writer;
  writer.varint(length);
  writer.tag(1, 2);
  return writer.written();
}
