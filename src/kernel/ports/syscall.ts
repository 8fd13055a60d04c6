/** System calls of syscall programs over the World: maps by descriptor, with attributes in linear memory. */
import type { SyscallPort } from '../../helpers/ports/syscall.ts';
import { freezeMap } from '../../maps/user.ts';
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import type { KernelCore } from '../core.ts';
import { mapOfFd, openMapFd } from '../fds.ts';
import { holdMap, putMapUser } from '../lifetime.ts';
import type { MapRecord } from '../world.ts';
import { createFromAttr, deleteFromAttr, updateFromAttr } from './syscallMaps.ts';

const { BPF_MAP_CREATE, BPF_MAP_DELETE_ELEM, BPF_MAP_FREEZE, BPF_MAP_GET_FD_BY_ID, BPF_MAP_UPDATE_ELEM } = UAPI;
const { BPF_BTF_LOAD, BPF_LINK_CREATE, BPF_PROG_LOAD, BPF_RAW_TRACEPOINT_OPEN } = UAPI;
const { E2BIG, EBADF, EINVAL, ENOENT } = ERRNO;
/** sizeof(union bpf_attr) */
const ATTR_SIZE = 152;
const PAGE_SIZE = 4096;
/** BPF_F_RDONLY and BPF_F_WRONLY. */
const OPEN_FLAGS = UAPI.BPF_F_RDONLY | UAPI.BPF_F_WRONLY;

/** Commands that programs may make and nothing here carries out. */
const NOT_SIMULATED = new Map<number, string>([
  [BPF_PROG_LOAD, 'BPF_PROG_LOAD'],
  [BPF_BTF_LOAD, 'BPF_BTF_LOAD'],
  [BPF_LINK_CREATE, 'BPF_LINK_CREATE'],
  [BPF_RAW_TRACEPOINT_OPEN, 'BPF_RAW_TRACEPOINT_OPEN'],
]);

/** What a command does with its attributes, which end where its last field does. */
interface Command {
  readonly end: number;
  run(attr: DataView): number;
}

function close(kernel: KernelCore, fd: number): number {
  const { world } = kernel;
  const file = world.files.find((f) => f.fd === fd);
  if (!file) return -EBADF;
  kernel.world = { ...world, files: world.files.filter((f) => f !== file) };
  const map = world.maps.find((m) => m.id === file.map);
  if (map) putMapUser(kernel, map);
  return 0;
}

function commandsOf(kernel: KernelCore, lack: (what: string) => void): ReadonlyMap<number, Command> {
  const withMap = (attr: DataView, run: (map: MapRecord) => number): number => {
    const map = mapOfFd(kernel, attr.getUint32(0, true));
    return typeof map === 'number' ? map : run(map);
  };
  return new Map<number, Command>([
    [BPF_MAP_CREATE, { end: 80, run: (attr) => createFromAttr(kernel, attr, lack) }],
    [BPF_MAP_UPDATE_ELEM, { end: 32, run: (attr) => withMap(attr, (map) => updateFromAttr(kernel, map, attr, lack)) }],
    [BPF_MAP_DELETE_ELEM, { end: 16, run: (attr) => withMap(attr, (map) => deleteFromAttr(kernel, map, attr)) }],
    [BPF_MAP_FREEZE, { end: 4, run: (attr) => withMap(attr, (map) => freezeMap(kernel.maps, map.address)) }],
    [
      BPF_MAP_GET_FD_BY_ID,
      {
        end: 12,
        run(attr) {
          if ((attr.getUint32(8, true) & ~OPEN_FLAGS) !== 0) return -EINVAL;
          const map = kernel.world.maps.find((m) => m.id === attr.getUint32(0, true));
          if (!map) return -ENOENT;
          holdMap(kernel, map);
          return openMapFd(kernel, map);
        },
      },
    ],
  ]);
}

/** `lack` is told what a call asks for that is not simulated. */
export function syscallPort(kernel: KernelCore, lack: (what: string) => void): SyscallPort {
  return {
    /** @kernel __sys_bpf */
    bpf(number, address, size) {
      const bytes = kernel.arena.bytes(address, size);
      const command = commandsOf(kernel, lack).get(number);
      const missing = NOT_SIMULATED.get(number);
      if (!command && missing === undefined) return -EINVAL;
      if (size > PAGE_SIZE || bytes.subarray(ATTR_SIZE).some((byte) => byte !== 0)) return -E2BIG;
      if (!command) {
        lack(missing!);
        return 0;
      }
      const attr = new Uint8Array(ATTR_SIZE);
      attr.set(bytes.subarray(0, ATTR_SIZE));
      // CHECK_ATTR: what the command does not know is zero.
      if (attr.subarray(command.end).some((byte) => byte !== 0)) return -EINVAL;
      return command.run(new DataView(attr.buffer));
    },
    close: (fd) => close(kernel, fd),
  };
}
