/** The options of `bpflab test` as commander hands them over. */
export interface TestOptions {
  /** Only scenarios whose name or file holds this. */
  readonly only?: string;
  /** Only this step is printed. */
  readonly step?: number;
  readonly verbose?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
  readonly tap?: boolean;
  readonly junit?: string;
  readonly update?: boolean;
  readonly pcap?: string;
  readonly watch?: boolean;
}
