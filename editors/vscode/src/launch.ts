/** Launch configurations without VS Code: what F5 on a file means. */

export interface Launch {
  type: string;
  name: string;
  request: string;
  [key: string]: unknown;
}

const PACKET_SOURCES = ['packet', 'pcap', 'replay', 'ctx'];

/**
 * Fills in what a configuration leaves open.
 *
 * @param file the .bpf file in front, if one is
 * @param packet hex of the packet that is taken where the configuration names none
 * @returns undefined when there is nothing to debug
 */
export function completeLaunch(config: Partial<Launch>, file: string | undefined, packet: string): Launch | undefined {
  const empty = config.type === undefined && config.request === undefined;
  const whole: Launch = {
    ...config,
    type: 'bpflab',
    request: config.request ?? 'launch',
    name: config.name ?? 'bpflab: this file',
  };
  if (empty) whole.stopOnEntry = true;
  if (whole.program === undefined && whole.replay === undefined) {
    if (file === undefined) return undefined;
    whole.program = file;
  }
  const isText = typeof whole.program === 'string' && /\.bpf$|^\$\{file\}$/.test(whole.program);
  if (isText && !PACKET_SOURCES.some((key) => whole[key] !== undefined)) whole.packet = packet;
  return whole;
}
