/**
 * @typedef {object} Work What an agent is asked to do; each agent's file turns it into a configuration.
 * @property {'tcp' | 'udp' | 'tail' | 'http'} input where messages come from: `port`, or `logFile` for tail
 * @property {3164 | 5424} [format] of syslog messages
 * @property {boolean} [warnings] pass only severities up to warning; under tail only lines with `result=failed`
 * @property {boolean} [realistic] a condition on severity and text, key=value pairs of the text as fields, a field
 *   computed from others, a rate limit by host (high enough to pass all); written as JSON lines and as received
 * @property {'file' | 'http'} output `out`, or `sinkPort` with the body {"host": …, "msg": …}
 * @property {number} [batch] events a POST; one if undefined
 * @property {number} [pipelines] so many pipelines of one receiver, the last of which passes something
 * @property {number} [keys] rate-limit keys
 * @property {boolean} [synced] what waits is on disk, and synced, where the agent can
 * @property {number} port
 * @property {string} directory for whatever the agent writes
 * @property {string} out
 * @property {string} [logFile]
 * @property {number} [sinkPort]
 */

/** In the lines that pass, and in no other. */
export const FAILED = 'result=failed';

/** POSTs under way at once, for every agent that has the choice. */
export const CONCURRENCY = 8;
