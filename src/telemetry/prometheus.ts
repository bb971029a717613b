/**
 * `/metrics`: the collector's numbers by way of the OpenTelemetry SDK, in Prometheus' text format.
 * Loaded only when somebody asks, since the SDK costs a start of the process some 60 ms.
 */
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import type { Metric } from './metrics.ts';

/** The names are ours already: no scope label on each line, no `target_info`. */
const serializer = new PrometheusSerializer(undefined, false, undefined, true, true);

/**
 * One provider per scrape: an SDK that lives on goes on reporting the gauges of components that a
 * reload has removed, since it adds each collection to the last.
 */
export async function toPrometheus(metrics: readonly Metric[]): Promise<string> {
  const reader = new PulledReader({ cardinalitySelector: () => Number.MAX_SAFE_INTEGER });
  const provider = new MeterProvider({ readers: [reader] });
  const meter = provider.getMeter('lnmt-collector');
  for (const metric of metrics) {
    const options = { description: metric.description };
    const instrument =
      metric.kind === 'counter'
        ? meter.createObservableCounter(metric.name, options)
        : meter.createObservableGauge(metric.name, options);
    instrument.addCallback((result) => {
      for (const { labels, value } of metric.samples()) result.observe(value, labels);
    });
  }
  const { resourceMetrics } = await reader.collect();
  await provider.shutdown();
  return serializer.serialize(resourceMetrics);
}

/** Collects when it is asked to, and keeps nothing. */
class PulledReader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }
}
