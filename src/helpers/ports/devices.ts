/** Network devices as the helpers reach them. */

/** What the program asked the device layer to do once it has returned its REDIRECT verdict. */
export interface Redirect {
  readonly kind: 'ifindex' | 'peer' | 'neigh' | 'map';
  readonly ifindex: number;
  readonly flags: number;
  /** redirect_map: the map and the index in it; `ifindex` is 0 for a CPU and for BPF_F_BROADCAST. */
  readonly map?: number;
  readonly index?: number;
  /** redirect_neigh: the next hop's family and address, when the program named one. */
  readonly nextHop?: Uint8Array;
}

export interface DevicePort {
  /** Does an interface of this index exist? */
  exists(ifindex: number): boolean;
  /** bpf_clone_redirect: sends a copy now; 0 or a negative errno. */
  cloneRedirect(object: number, ifindex: number, flags: number): number;
  setRedirect(redirect: Redirect | undefined): void;
}
