/** The parts of a running graph. */
import type { Exporter, Receiver } from '../component/component.ts';
import type { ComponentSpec, ExporterSpec } from '../component/configuration.ts';
import type { Delivery } from './delivery.ts';
import type { DeliveryHealth } from './delivery-health.ts';
import type { ExporterTallies } from './ledger.ts';
import type { Outlet } from './outlet.ts';
import type { Pipeline } from './pipeline.ts';
import type { ReceiverSink } from './receiver-sink.ts';
import type { Stage } from './stages.ts';

export interface ReceiverNode {
  readonly spec: ComponentSpec;
  readonly receiver: Receiver;
  readonly sink: ReceiverSink;
}

export interface ExporterNode {
  readonly spec: ExporterSpec;
  readonly exporter: Exporter;
  readonly outlet: Outlet;
  readonly delivery: Delivery;
  readonly health: DeliveryHealth;
  readonly tallies: ExporterTallies;
}

export interface Nodes {
  readonly receivers: ReadonlyMap<string, ReceiverNode>;
  /** By key. */
  readonly stages: ReadonlyMap<string, Stage>;
  readonly exporters: ReadonlyMap<string, ExporterNode>;
  readonly pipelines: ReadonlyMap<string, Pipeline>;
}

export const NO_NODES: Nodes = { receivers: new Map(), stages: new Map(), exporters: new Map(), pipelines: new Map() };
