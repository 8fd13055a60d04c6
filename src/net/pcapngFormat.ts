/** Numbers of the pcapng format that its reader and its writer share. */

export const BLOCK = { section: 0x0a0d0d0a, interface: 1, packet: 2, simple: 3, enhanced: 6 } as const;

export const OPTION = { end: 0, comment: 1, ifName: 2, epbFlags: 2, ifTsresol: 9, ifTsoffset: 14 } as const;

export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
