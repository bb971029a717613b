import type { ObjectField } from '../component/schema.ts';

/** The options of exporters that speak TLS: whether, and by whom, the server's certificate is vouched for. */
export const trustProperties = {
  verify_ssl: {
    type: 'boolean',
    default: true,
    description: 'Whether the server’s certificate and name are checked.',
  },
  ca_file: {
    type: 'string',
    format: 'path',
    description:
      'PEM file of an authority to trust besides the usual ones: the one that signed the server’s certificate, or a proxy’s.',
  },
} as const satisfies ObjectField['properties'];
