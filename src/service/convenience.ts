/** The documented short cuts. They use the service made last that is open, else one from `collector.yaml` or `config.yaml` here. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { AlertLevel, EventType, type EventFields } from '../connector/integration-event.ts';
import { openServices } from './lifetime.ts';
import { IntegrationConnectorService, type Delivery } from './service.ts';

const FILES = ['collector.yaml', 'config.yaml'];

/** Sends a critical `critical_error`, unless told otherwise. */
export function sendCriticalAlert(fields: EventFields): Promise<Delivery> {
  return send({ level: AlertLevel.CRITICAL, eventType: EventType.CRITICAL_ERROR, ...fields });
}

/** Sends a `system_health` warning, unless told otherwise. */
export function sendHealthAlert(fields: EventFields): Promise<Delivery> {
  return send({ level: AlertLevel.WARNING, eventType: EventType.SYSTEM_HEALTH, ...fields });
}

/** Sends a `threshold_breach` warning, unless told otherwise. */
export function sendThresholdAlert(fields: EventFields): Promise<Delivery> {
  return send({ level: AlertLevel.WARNING, eventType: EventType.THRESHOLD_BREACH, ...fields });
}

async function send(fields: EventFields): Promise<Delivery> {
  return serviceOf().alert(fields);
}

function serviceOf(): IntegrationConnectorService {
  const { last } = openServices;
  if (last instanceof IntegrationConnectorService) return last;
  const file = FILES.map((name) => resolve(name)).find((path) => existsSync(path));
  if (file) return new IntegrationConnectorService(file);
  throw new Error(
    `there is no service to send with: make one with new IntegrationConnectorService(file), or put ${FILES.join(' or ')} into ${process.cwd()}`,
  );
}
