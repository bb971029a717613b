/** What `/status` says, as far as the tests look. */
export interface Status {
  readonly config: {
    readonly state: string;
    readonly last_reload: {
      readonly at: string;
      readonly result: string;
      readonly took_ms: number;
      readonly plan?: readonly { readonly kind: string; readonly id: string; readonly action: string }[];
      readonly problems?: readonly { readonly line: number; readonly severity: string; readonly message: string }[];
    };
  };
  readonly receivers: Readonly<Record<string, { addresses?: string[]; accepted: number; refused: number }>>;
  readonly pipelines: Readonly<Record<string, PipelineStatus>>;
  readonly exporters: Readonly<Record<string, ExporterStatus>>;
}

type Books<Name extends string> = Readonly<Record<Name, number>>;

type PipelineStatus = Books<'accepted' | 'generated' | 'dropped' | 'suppressed' | 'dead_lettered' | 'passed'> & {
  readonly exporters: readonly string[];
};

type ExporterStatus = Books<
  | 'received'
  | 'generated'
  | 'recovered'
  | 'dropped_at_door'
  | 'suppressed_at_door'
  | 'sent'
  | 'dead_lettered'
  | 'dead_letters'
  | 'dropped'
  | 'damaged'
  | 'held'
  | 'failed_requests'
> & {
  readonly state: string;
  readonly last_error?: string;
  readonly queue: { readonly type: string; readonly events: number; readonly bytes: number; readonly full: boolean };
};
