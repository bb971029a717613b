/** The library: what a program imports from `lnmt-collector`. */
export { BaseConnector } from './connector/base-connector.ts';
export { AlertLevel, EventType, IntegrationEvent } from './connector/integration-event.ts';
export { ConfigurationError } from './service/configuration-error.ts';
export { sendCriticalAlert, sendHealthAlert, sendThresholdAlert } from './service/convenience.ts';
export { setLogLevel } from './service/logging.ts';
export { IntegrationConnectorService } from './service/service.ts';
