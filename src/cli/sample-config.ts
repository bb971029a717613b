/**
 * `sample-config`: a complete file to start from. It is valid as it stands, runs without root or
 * secrets, and has the options people ask for behind a `#`. Loaded by a test.
 */
export const SAMPLE_CONFIG =
  String.raw`# A configuration of lnmt-collector. Check it with: lnmt-collector validate -c FILE
# Edit it at any time: a running collector takes over what is valid, and says what is not.
# Every option of a component: lnmt-collector components TYPE
#
# Values: \${env:NAME}, \${env:NAME:-default}, \${file:/run/secrets/token}; $$ is a dollar sign.
# Durations: 250ms, 30s, 5m, 1h, 1d (a number is seconds). Sizes: 64KiB, 10MB.

# ---- where events come from ---------------------------------------------------------------------
receivers:
  syslog:
    listen: [udp://127.0.0.1:5514, tcp://127.0.0.1:5514]
    # allow: [10.0.0.0/8, 127.0.0.0/8]     # who may send; everybody unless said
    # format: auto                         # rfc3164 | rfc5424
    # framing: auto                        # octet_counting | newline, for tcp and tls
    # max_message_size: 64KiB              # what is longer is cut there and flagged
    # timezone: Europe/Berlin              # of time stamps that have none

  http:
    listen: http://127.0.0.1:8686 # POST /v1/events (JSON, an array, NDJSON), POST /v1/logs (OTLP)
    # auth: { type: bearer, token: '\${env:EVENTS_TOKEN}' }
    # max_body: 10MiB

  file/app:
    include: [/var/log/app/*.log]
    # exclude: [/var/log/app/debug*.log]
    # start_at: end                        # beginning: what stands in files not seen before is read too
    # format: auto                         # json | syslog | text
    # multiline: { start: '^\d{4}-\d{2}-\d{2}' }

# ---- what happens to them on the way ------------------------------------------------------------
processors:
  enrich/site:
    set: { site: example } # a bare name is a metadata key; level, source, title … are the event's own
    tags: [production]
    # host: true                           # this machine's name, addresses, OS

  filter/noise:
    drop_when: 'message.contains("health check")'

# ---- where they go ------------------------------------------------------------------------------
# Each has a queue of its own, and tries again until its destination takes the event.
exporters:
  console: {}

  file/archive:
    path: \${env:TMPDIR:-/tmp}/lnmt-events.jsonl
    rotate: { max_size: 100MiB, keep: 5 }

  slack/ops:
    enabled: false # checked and listed, not started
    webhook_url: \${env:SLACK_WEBHOOK_URL:-https://hooks.slack.com/services/T000/B000/XXXX}
    filters:
      min_level: warning # debug < info < warning < error < critical
      # event_types: [system_health, threshold_breach, critical_error]
      # required_tags: [production]        # all of them
    rate_limit:
      max_per_window: 10
      window: 1h
    # timeout: 30s
    # retry: { initial_interval: 1s, max_interval: 1m, max_elapsed_time: 0 } # 0: for ever
    # queue: { type: disk, max_size: 256MiB, on_full: drop_oldest }          # or block

  email/oncall:
    enabled: false
    smtp_host: smtp.example.com
    smtp_port: 587
    use_tls: true # never in the clear
    username: lnmt@example.com
    password: \${env:SMTP_PASSWORD:-change-me}
    from_email: lnmt@example.com
    to_emails: [oncall@example.com]
    subject_template: 'LNMT Alert: {level} - {title}'
    filters: { min_level: critical }

  http/webhook:
    enabled: false
    url: https://api.example.com/webhooks/lnmt
    method: POST
    headers: { X-Source: LNMT }
    # auth: { type: basic, username: lnmt, password: '\${env:WEBHOOK_PASSWORD}' }

# ---- which way ----------------------------------------------------------------------------------
pipelines:
  everything:
    receivers: [syslog, http, file/app]
    processors:
      - enrich/site # a named processor
      - filter/noise
    exporters: [file/archive, http/webhook, pipeline/alerts] # a pipeline can feed another

  alerts:
    processors:
      - filter: { min_level: warning } # or one written in place
      - ratelimit: { max_per_window: 30, window: 10m, by: [source], summary: true }
    exporters: [console, slack/ops, email/oncall]

# ---- the collector itself -----------------------------------------------------------------------
service:
  # storage: { directory: /var/lib/lnmt-collector } # queues, offsets, windows; by default below ~/.local/state
  admin: { listen: 127.0.0.1:13133 } # /healthz /readyz /status /metrics
  log: { level: info, format: auto } # json | pretty
  # shutdown_timeout: 10s
`.replaceAll('\\${', '${');
